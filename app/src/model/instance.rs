//! What a booting instance asks of the API (A8).
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use serde::{Deserialize, Serialize};

use super::cluster::Endpoint;
use super::lifecycle::NodeLifecycleActions;

/// `RegisterComputeNodeGroupInstanceRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterComputeNodeGroupInstanceRequest {
    /// The name or ID of the cluster to register the compute node group instance in.
    pub cluster_identifier: String,
    /// The client-generated token to allow for retries.
    pub bootstrap_id: String,
}

/// `RegisterComputeNodeGroupInstanceResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterComputeNodeGroupInstanceResponse {
    /// The scheduler node ID for this instance.
    #[serde(rename = "nodeID")]
    pub node_id: String,
    /// For the Slurm scheduler, this is the shared Munge key the scheduler uses to authenticate compute node group
    /// instances.
    pub shared_secret: String,
    /// The list of endpoints available for interaction with the scheduler.
    pub endpoints: Vec<Endpoint>,
    /// The name of the cluster that the compute node registered into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// The ID of the compute node group that the compute node registered into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_group_id: Option<String>,
    /// The name of the compute node group that the compute node registered into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_group_name: Option<String>,
    /// The node lifecycle actions configured for the node group, including scripts to run when a compute node
    /// finishes bootstrapping or becomes ready to accept jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// The scheduler version that the cluster is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_version: Option<String>,
}
