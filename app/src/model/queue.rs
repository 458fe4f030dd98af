//! Queues: what is asked for, what is answered.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::setting::{ErrorInfo, SlurmCustomSetting};
use super::status::Status;

/// `CreateQueueRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateQueueRequest {
    /// The name or ID of the cluster for which to create a queue.
    pub cluster_identifier: String,
    /// A name to identify the queue.
    pub queue_name: String,
    /// The list of compute node group configurations to associate with the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_group_configurations: Option<Vec<ComputeNodeGroupConfiguration>>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<QueueSlurmConfiguration>,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// 1 or more tags added to the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateQueueResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateQueueResponse {
    pub queue: Queue,
}

/// `GetQueueRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetQueueRequest {
    /// The name or ID of the cluster of the queue.
    pub cluster_identifier: String,
    /// The name or ID of the queue.
    pub queue_identifier: String,
}

/// `GetQueueResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetQueueResponse {
    pub queue: Queue,
}

/// `ListQueuesRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListQueuesRequest {
    /// The name or ID of the cluster to list queues for.
    pub cluster_identifier: String,
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The maximum number of results that are returned per call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

/// `ListQueuesResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListQueuesResponse {
    /// The list of queues associated with the cluster.
    pub queues: Vec<QueueSummary>,
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `UpdateQueueRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateQueueRequest {
    /// The name or ID of the cluster of the queue.
    pub cluster_identifier: String,
    /// The name or ID of the queue.
    pub queue_identifier: String,
    /// The list of compute node group configurations to associate with the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_group_configurations: Option<Vec<ComputeNodeGroupConfiguration>>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<QueueSlurmConfiguration>,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// Not of the service model and never on the wire: the `modifiedAt` that a form of the console began from. The
    /// update is refused if somebody has changed the resource since.
    #[serde(skip)]
    pub unmodified_since: Option<String>,
}

/// `UpdateQueueResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateQueueResponse {
    pub queue: Queue,
}

/// `DeleteQueueRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteQueueRequest {
    /// The name or ID of the cluster of the queue.
    pub cluster_identifier: String,
    /// The name or ID of the queue to delete.
    pub queue_identifier: String,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// `DeleteQueueResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeleteQueueResponse {}

/// A queue resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// The name that identifies the queue.
    pub name: String,
    /// The generated unique ID of the queue.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the queue.
    pub arn: String,
    /// The ID of the cluster of the queue.
    pub cluster_id: String,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    /// The provisioning status of the queue.
    pub status: Status,
    /// The list of compute node group configurations associated with the queue.
    pub compute_node_group_configurations: Vec<ComputeNodeGroupConfiguration>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<QueueSlurmConfiguration>,
    /// The list of errors that occurred during queue provisioning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_info: Vec<ErrorInfo>,
}

/// The object returned by the ListQueues API action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueSummary {
    /// The name that identifies the queue.
    pub name: String,
    /// The generated unique ID of the queue.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the queue.
    pub arn: String,
    /// The ID of the cluster of the queue.
    pub cluster_id: String,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    /// The provisioning status of the queue.
    pub status: Status,
}

/// Additional options related to the Slurm scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueSlurmConfiguration {
    /// Additional Slurm-specific configuration that directly maps to Slurm settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_custom_settings: Option<Vec<SlurmCustomSetting>>,
}

impl QueueSlurmConfiguration {
    /// The queue that takes the jobs while this one is drained or inactive, and the place of the setting in the list.
    pub fn alternate(&self) -> Option<(usize, &str)> {
        let settings = self.slurm_custom_settings.iter().flatten().enumerate();
        settings
            .filter(|(_, s)| s.parameter_name.eq_ignore_ascii_case("Alternate"))
            .map(|(index, s)| (index, s.parameter_value.as_str()))
            .next()
    }
}

/// The compute node group configuration for a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComputeNodeGroupConfiguration {
    /// The compute node group ID for the compute node group configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_group_id: Option<String>,
}
