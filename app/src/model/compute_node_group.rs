//! Compute node groups: what is asked for, what is answered.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::group_patch::GroupPatch;
pub use super::group_settings::*;
use super::setting::ErrorInfo;
use super::status::Status;

/// `CreateComputeNodeGroupRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateComputeNodeGroupRequest {
    /// The name or ID of the cluster to create a compute node group in.
    pub cluster_identifier: String,
    /// A name to identify the cluster.
    pub compute_node_group_name: String,
    #[serde(flatten)]
    pub settings: GroupSettings,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// 1 or more tags added to the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateComputeNodeGroupResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateComputeNodeGroupResponse {
    pub compute_node_group: ComputeNodeGroup,
}

/// `GetComputeNodeGroupRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetComputeNodeGroupRequest {
    /// The name or ID of the cluster.
    pub cluster_identifier: String,
    /// The name or ID of the compute node group.
    pub compute_node_group_identifier: String,
}

/// `GetComputeNodeGroupResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetComputeNodeGroupResponse {
    pub compute_node_group: ComputeNodeGroup,
}

/// `ListComputeNodeGroupsRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListComputeNodeGroupsRequest {
    /// The name or ID of the cluster to list compute node groups for.
    pub cluster_identifier: String,
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The maximum number of results that are returned per call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

/// `ListComputeNodeGroupsResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListComputeNodeGroupsResponse {
    /// The list of compute node groups for the cluster.
    pub compute_node_groups: Vec<ComputeNodeGroupSummary>,
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `UpdateComputeNodeGroupRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateComputeNodeGroupRequest {
    /// The name or ID of the cluster of the compute node group.
    pub cluster_identifier: String,
    /// The name or ID of the compute node group.
    pub compute_node_group_identifier: String,
    #[serde(flatten)]
    pub patch: GroupPatch,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// Not of the service model and never on the wire: the `modifiedAt` that a form of the console began from. The
    /// update is refused if somebody has changed the resource since.
    #[serde(skip)]
    pub unmodified_since: Option<String>,
}

/// `UpdateComputeNodeGroupResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateComputeNodeGroupResponse {
    pub compute_node_group: ComputeNodeGroup,
}

/// `DeleteComputeNodeGroupRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteComputeNodeGroupRequest {
    /// The name or ID of the cluster of the compute node group.
    pub cluster_identifier: String,
    /// The name or ID of the compute node group to delete.
    pub compute_node_group_identifier: String,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// `DeleteComputeNodeGroupResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeleteComputeNodeGroupResponse {}

/// A compute node group associated with a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComputeNodeGroup {
    /// The name that identifies the compute node group.
    pub name: String,
    /// The generated unique ID of the compute node group.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the compute node group.
    pub arn: String,
    /// The ID of the cluster of the compute node group.
    pub cluster_id: String,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    /// The provisioning status of the compute node group.
    pub status: Status,
    #[serde(flatten)]
    pub settings: GroupSettings,
    /// The list of errors that occurred during compute node group provisioning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_info: Vec<ErrorInfo>,
}

/// The object returned by the ListComputeNodeGroups API action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComputeNodeGroupSummary {
    /// The name that identifies the compute node group.
    pub name: String,
    /// The generated unique ID of the compute node group.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the compute node group.
    pub arn: String,
    /// The ID of the cluster of the compute node group.
    pub cluster_id: String,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    /// The provisioning status of the compute node group.
    pub status: Status,
}
