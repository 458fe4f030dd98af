//! Compute node groups: what is asked for, what is answered.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::health::InstanceHealthChecks;
use super::lifecycle::NodeLifecycleActions;
use super::setting::{ErrorInfo, SlurmCustomSetting};
use super::status::Status;

/// `CreateComputeNodeGroupRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateComputeNodeGroupRequest {
    /// The ID of the Amazon Machine Image (AMI) that PCS uses to launch compute nodes (Amazon EC2 instances).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
    /// The IDs of the EC2 security groups to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    /// The name of the EC2 key pair to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_name: Option<String>,
    /// The name or ID of the cluster to create a compute node group in.
    pub cluster_identifier: String,
    /// A name to identify the cluster.
    pub compute_node_group_name: String,
    /// The list of subnet IDs where the compute node group launches instances.
    pub subnet_ids: Vec<String>,
    /// Specifies how EC2 instances are purchased on your behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_option: Option<PurchaseOption>,
    /// Specifies whether the compute node group uses a custom launch template or a launch template that PCS
    /// manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_mode: Option<LaunchTemplateMode>,
    /// The custom Amazon EC2 launch template to associate with the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    /// The Amazon Resource Name (ARN) of the IAM instance profile used to pass an IAM role when launching EC2
    /// instances.
    pub iam_instance_profile_arn: String,
    /// Specifies the boundaries of the compute node group auto scaling.
    pub scaling_configuration: ScalingConfiguration,
    /// A list of EC2 instance configurations that PCS can provision in the compute node group.
    pub instance_configs: Vec<InstanceConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_options: Option<SpotOptions>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ComputeNodeGroupSlurmConfiguration>,
    /// The lifecycle actions to run on compute nodes in the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// The instance health check settings for the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_health_checks: Option<InstanceHealthChecks>,
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
    /// The ID of the Amazon Machine Image (AMI) that PCS uses to launch instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
    /// The IDs of the EC2 security groups to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    /// The name of the EC2 key pair to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_name: Option<String>,
    /// The name or ID of the cluster of the compute node group.
    pub cluster_identifier: String,
    /// The name or ID of the compute node group.
    pub compute_node_group_identifier: String,
    /// The list of subnet IDs where the compute node group provisions instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<Vec<String>>,
    /// Specifies whether the compute node group uses a custom launch template or a launch template that PCS
    /// manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_mode: Option<LaunchTemplateMode>,
    /// The custom Amazon EC2 launch template to associate with the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    /// Specifies how EC2 instances are purchased on your behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_option: Option<PurchaseOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_options: Option<SpotOptions>,
    /// Specifies the boundaries of the compute node group auto scaling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling_configuration: Option<ScalingConfiguration>,
    /// The Amazon Resource Name (ARN) of the IAM instance profile used to pass an IAM role when launching EC2
    /// instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_instance_profile_arn: Option<String>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ComputeNodeGroupSlurmConfiguration>,
    /// The lifecycle actions to run on compute nodes in the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// The instance health check settings for the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_health_checks: Option<InstanceHealthChecks>,
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
    /// The ID of the Amazon Machine Image (AMI) that PCS uses to launch instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
    /// The IDs of the EC2 security groups configured directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    /// The name of the EC2 key pair configured directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_name: Option<String>,
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
    /// The list of subnet IDs where instances are provisioned by the compute node group.
    pub subnet_ids: Vec<String>,
    /// Specifies how EC2 instances are purchased on your behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_option: Option<PurchaseOption>,
    /// Indicates whether the compute node group uses a custom launch template or a launch template that PCS
    /// manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_mode: Option<LaunchTemplateMode>,
    /// The custom Amazon EC2 launch template associated with the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    /// The Amazon Resource Name (ARN) of the IAM instance profile used to pass an IAM role when launching EC2
    /// instances.
    pub iam_instance_profile_arn: String,
    pub scaling_configuration: ScalingConfiguration,
    /// A list of EC2 instance configurations that PCS can provision in the compute node group.
    pub instance_configs: Vec<InstanceConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_options: Option<SpotOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ComputeNodeGroupSlurmConfiguration>,
    /// The lifecycle actions to run on compute nodes in the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// The instance health check settings for the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_health_checks: Option<InstanceHealthChecks>,
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

/// Additional options related to the Slurm scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComputeNodeGroupSlurmConfiguration {
    /// The time (in seconds) before an idle node is scaled down; none: the cluster's. In requests −1 takes the group's
    /// own time away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_idle_time_in_seconds: Option<i64>,
    /// Additional Slurm-specific configuration that directly maps to Slurm settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_custom_settings: Option<Vec<SlurmCustomSetting>>,
    /// The additional Slurm gres.conf records for the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gres_custom_settings: Option<Vec<BTreeMap<String, String>>>,
}

/// Specifies the boundaries of the compute node group auto scaling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalingConfiguration {
    /// The lower bound of the number of instances allowed in the compute fleet.
    pub min_instance_count: i64,
    /// The upper bound of the number of instances allowed in the compute fleet.
    pub max_instance_count: i64,
}

/// An EC2 instance configuration PCS uses to launch compute nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceConfig {
    /// The EC2 instance type that PCS can provision in the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
}

/// An Amazon EC2 launch template PCS uses to launch compute nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomLaunchTemplate {
    /// The ID of the EC2 launch template to use to provision instances.
    pub id: String,
    /// The version of the EC2 launch template to use to provision instances.
    pub version: String,
}

/// `LaunchTemplateMode` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LaunchTemplateMode {
    Custom,
    Managed,
}

/// `PurchaseOption` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PurchaseOption {
    #[serde(rename = "ONDEMAND")]
    Ondemand,
    Spot,
    CapacityBlock,
    InterruptibleCapacityReservation,
}

/// Additional configuration when you specify SPOT as the purchaseOption for the CreateComputeNodeGroup API action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpotOptions {
    /// The Amazon EC2 allocation strategy PCS uses to provision EC2 instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation_strategy: Option<SpotAllocationStrategy>,
}

/// `SpotAllocationStrategy` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpotAllocationStrategy {
    LowestPrice,
    CapacityOptimized,
    PriceCapacityOptimized,
}
