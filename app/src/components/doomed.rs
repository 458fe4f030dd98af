//! A cluster, a compute node group or a queue that is to go, and how it is asked for.

use crate::api;
use crate::model::cluster::DeleteClusterRequest;
use crate::model::compute_node_group::DeleteComputeNodeGroupRequest;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::plan::PlanRequest;
use crate::model::queue::DeleteQueueRequest;
use crate::paths::{self, ClusterTab};

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Cluster, compute node group or queue.
    pub kind: Kind,
    pub cluster_id: String,
    pub id: String,
    pub name: String,
}

impl Doomed {
    pub fn request(&self, client_token: Option<String>) -> PlanRequest {
        let cluster_identifier = self.cluster_id.clone();
        match self.kind {
            Kind::ComputeNodeGroup => {
                PlanRequest::DeleteComputeNodeGroup(DeleteComputeNodeGroupRequest {
                    cluster_identifier,
                    compute_node_group_identifier: self.id.clone(),
                    client_token,
                })
            }
            Kind::Queue => PlanRequest::DeleteQueue(DeleteQueueRequest {
                cluster_identifier,
                queue_identifier: self.id.clone(),
                client_token,
            }),
            _ => PlanRequest::DeleteCluster(DeleteClusterRequest {
                cluster_identifier,
                client_token,
            }),
        }
    }

    /// Where its list is, for when it is gone.
    pub fn list(&self) -> String {
        match self.kind {
            Kind::ComputeNodeGroup => paths::cluster(&self.cluster_id, ClusterTab::Groups),
            Kind::Queue => paths::cluster(&self.cluster_id, ClusterTab::Queues),
            _ => paths::CLUSTERS.into(),
        }
    }
}

pub async fn delete(request: PlanRequest) -> Result<()> {
    match request {
        PlanRequest::DeleteQueue(input) => api::queue::delete_queue(input).await,
        PlanRequest::DeleteComputeNodeGroup(input) => {
            api::compute_node_group::delete_compute_node_group(input).await
        }
        PlanRequest::DeleteCluster(input) => api::cluster::delete_cluster(input).await,
        // `Doomed::request` makes no other.
        _ => Ok(()),
    }
}
