//! Clusters: what is asked for, what is answered.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::job_submit::JobSubmitPlugin;
use super::setting::{ErrorInfo, SlurmCustomSetting};
use super::status::Status;

/// `CreateClusterRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateClusterRequest {
    /// A name to identify the cluster.
    pub cluster_name: String,
    /// The cluster management and job scheduling software associated with the cluster.
    pub scheduler: Scheduler,
    /// A value that determines the maximum number of compute nodes in the cluster and the maximum number of jobs
    /// (active and queued).
    pub size: Size,
    /// The networking configuration used to set up the cluster's control plane.
    pub networking: Networking,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ClusterSlurmConfigurationRequest>,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// 1 or more tags added to the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// `CreateClusterResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateClusterResponse {
    /// The cluster resource.
    pub cluster: Cluster,
}

/// `GetClusterRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetClusterRequest {
    /// The name or ID of the cluster.
    pub cluster_identifier: String,
}

/// `GetClusterResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetClusterResponse {
    /// The cluster resource.
    pub cluster: Cluster,
}

/// `ListClustersRequest` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListClustersRequest {
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The maximum number of results that are returned per call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

/// `ListClustersResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListClustersResponse {
    /// The list of clusters.
    pub clusters: Vec<ClusterSummary>,
    /// The value of nextToken is a unique pagination token for each page of results returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `UpdateClusterRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateClusterRequest {
    /// The name or ID of the cluster to update.
    pub cluster_identifier: String,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<UpdateClusterSlurmConfigurationRequest>,
    /// The scheduler configuration to update for the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<UpdateSchedulerRequest>,
    /// Not of the service model and never on the wire: the `modifiedAt` that a form of the console began from. The
    /// update is refused if somebody has changed the resource since.
    #[serde(skip)]
    pub unmodified_since: Option<String>,
}

/// `UpdateClusterResponse` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateClusterResponse {
    pub cluster: Cluster,
}

/// `DeleteClusterRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteClusterRequest {
    /// The name or ID of the cluster to delete.
    pub cluster_identifier: String,
    /// A unique, case-sensitive identifier that you provide to ensure the idempotency of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// `DeleteClusterResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeleteClusterResponse {}

/// The cluster resource and configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// The name that identifies the cluster.
    pub name: String,
    /// The generated unique ID of the cluster.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the cluster.
    pub arn: String,
    /// The provisioning status of the cluster.
    pub status: Status,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    pub scheduler: Scheduler,
    /// The size of the cluster.
    pub size: Size,
    /// Additional options related to the Slurm scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ClusterSlurmConfiguration>,
    pub networking: Networking,
    /// The list of endpoints available for interaction with the scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<Endpoint>>,
    /// The list of errors that occurred during cluster provisioning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_info: Vec<ErrorInfo>,
}

/// The object returned by the ListClusters API action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSummary {
    /// The name that identifies the cluster.
    pub name: String,
    /// The generated unique ID of the cluster.
    pub id: String,
    /// The unique Amazon Resource Name (ARN) of the cluster.
    pub arn: String,
    /// The date and time the resource was created.
    pub created_at: String,
    /// The date and time the resource was modified.
    pub modified_at: String,
    /// The provisioning status of the cluster.
    pub status: Status,
}

/// Additional options related to the Slurm scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSlurmConfiguration {
    /// The time (in seconds) before an idle node is scaled down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_idle_time_in_seconds: Option<i64>,
    /// Additional Slurm-specific configuration that directly maps to Slurm settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_custom_settings: Option<Vec<SlurmCustomSetting>>,
    /// Additional SlurmDBD-specific configuration that directly maps to SlurmDBD settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurmdbd_custom_settings: Option<Vec<SlurmdbdCustomSetting>>,
    /// Additional Cgroup-specific configuration that directly maps to Cgroup settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_custom_settings: Option<Vec<CgroupCustomSetting>>,
    /// The job submit plugins to run on the cluster controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_submit_plugins: Option<Vec<JobSubmitPlugin>>,
    /// The shared Slurm key for authentication, also known as the cluster secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_key: Option<SlurmAuthKey>,
    /// The JWT authentication configuration for Slurm REST API access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_auth: Option<JwtAuth>,
    /// The accounting configuration includes configurable settings for Slurm accounting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounting: Option<Accounting>,
    /// The Slurm REST API configuration for the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_rest: Option<SlurmRest>,
}

impl ClusterSlurmConfiguration {
    pub fn has_accounting(&self) -> bool {
        self.accounting.as_ref().is_some_and(Accounting::is_on)
    }

    pub fn has_rest(&self) -> bool {
        self.slurm_rest.as_ref().is_some_and(SlurmRest::is_on)
    }
}

/// Additional options related to the Slurm scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSlurmConfigurationRequest {
    /// The time (in seconds) before an idle node is scaled down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_idle_time_in_seconds: Option<i64>,
    /// Additional Slurm-specific configuration that directly maps to Slurm settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_custom_settings: Option<Vec<SlurmCustomSetting>>,
    /// Additional SlurmDBD-specific configuration that directly maps to SlurmDBD settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurmdbd_custom_settings: Option<Vec<SlurmdbdCustomSetting>>,
    /// Additional Cgroup-specific configuration that directly maps to Cgroup settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_custom_settings: Option<Vec<CgroupCustomSetting>>,
    /// The job submit plugins to run on the cluster controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_submit_plugins: Option<Vec<JobSubmitPlugin>>,
    /// The accounting configuration includes configurable settings for Slurm accounting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounting: Option<Accounting>,
    /// The Slurm REST API configuration for the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_rest: Option<SlurmRest>,
}

/// Additional options related to the Slurm scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateClusterSlurmConfigurationRequest {
    /// The time (in seconds) before an idle node is scaled down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_idle_time_in_seconds: Option<i64>,
    /// Additional Slurm-specific configuration that directly maps to Slurm settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_custom_settings: Option<Vec<SlurmCustomSetting>>,
    /// Additional SlurmDBD-specific configuration that directly maps to SlurmDBD settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurmdbd_custom_settings: Option<Vec<SlurmdbdCustomSetting>>,
    /// Additional Cgroup-specific configuration that directly maps to Cgroup settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_custom_settings: Option<Vec<CgroupCustomSetting>>,
    /// The job submit plugins to run on the cluster controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_submit_plugins: Option<Vec<JobSubmitPlugin>>,
    /// The accounting configuration includes configurable settings for Slurm accounting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounting: Option<UpdateAccountingRequest>,
    /// The Slurm REST API configuration for the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_rest: Option<UpdateSlurmRestRequest>,
}

/// The cluster management and job scheduling software associated with the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheduler {
    /// The software PCS uses to manage cluster scaling and job scheduling.
    pub r#type: SchedulerType,
    /// The version of the specified scheduling software that PCS uses to manage cluster scaling and job scheduling.
    pub version: String,
}

/// `SchedulerType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SchedulerType {
    #[serde(rename = "SLURM")]
    Slurm,
}

/// The scheduler configuration for updating a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSchedulerRequest {
    /// The scheduler version to update the cluster to.
    pub version: String,
}

/// `Size` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Size {
    Small,
    Medium,
    Large,
}

/// The networking configuration for the cluster's control plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Networking {
    /// The ID of the subnet where PCS creates an Elastic Network Interface (ENI) to enable communication between
    /// managed controllers and PCS resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<Vec<String>>,
    /// The list of security group IDs associated with the Elastic Network Interface (ENI) created in subnets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    /// The IP address version the cluster uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_type: Option<NetworkType>,
}

/// `NetworkType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NetworkType {
    #[serde(rename = "IPV4")]
    Ipv4,
    #[serde(rename = "IPV6")]
    Ipv6,
}

/// An endpoint available for interaction with the scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Indicates the type of endpoint running at the specific IP address.
    pub r#type: EndpointType,
    /// For clusters that use IPv4, this is the endpoint's private IP address.
    pub private_ip_address: String,
    /// The endpoint's public IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip_address: Option<String>,
    /// The endpoint's IPv6 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// The endpoint's connection port number.
    pub port: String,
}

/// `EndpointType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndpointType {
    #[serde(rename = "SLURMCTLD")]
    Slurmctld,
    #[serde(rename = "SLURMDBD")]
    Slurmdbd,
    #[serde(rename = "SLURMRESTD")]
    Slurmrestd,
}

/// The shared Slurm key for authentication, also known as the cluster secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlurmAuthKey {
    /// The Amazon Resource Name (ARN) of the shared Slurm key.
    pub secret_arn: String,
    /// The version of the shared Slurm key.
    pub secret_version: String,
}

/// The JWT authentication configuration for Slurm REST API access.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtAuth {
    /// The JWT key for Slurm REST API authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_key: Option<JwtKey>,
}

/// The JWT key stored in AWS Secrets Manager for Slurm REST API authentication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtKey {
    /// The Amazon Resource Name (ARN) of the AWS Secrets Manager secret containing the JWT key.
    pub secret_arn: String,
    /// The version of the AWS Secrets Manager secret containing the JWT key.
    pub secret_version: String,
}

/// The accounting configuration includes configurable settings for Slurm accounting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accounting {
    /// The default value for all purge settings for slurmdbd.conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_purge_time_in_days: Option<i64>,
    /// The default value for mode is NONE.
    pub mode: AccountingMode,
}

impl Accounting {
    pub fn is_on(&self) -> bool {
        self.mode == AccountingMode::Standard
    }

    /// For how many days records are kept; none: for ever.
    pub fn days(&self) -> Option<i64> {
        self.default_purge_time_in_days.filter(|days| *days > 0)
    }
}

/// `AccountingMode` of the service model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountingMode {
    Standard,
    #[default]
    None,
}

impl AccountingMode {
    pub fn when(is_on: bool) -> AccountingMode {
        match is_on {
            true => AccountingMode::Standard,
            false => AccountingMode::None,
        }
    }
}

/// The accounting configuration includes configurable settings for Slurm accounting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAccountingRequest {
    /// The default value for all purge settings for slurmdbd.conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_purge_time_in_days: Option<i64>,
    /// The default value for mode is NONE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<AccountingMode>,
}

/// The Slurm REST API configuration includes settings for enabling and configuring the Slurm REST API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlurmRest {
    /// The default value for mode is NONE.
    pub mode: SlurmRestMode,
}

impl SlurmRest {
    pub fn is_on(&self) -> bool {
        self.mode == SlurmRestMode::Standard
    }
}

/// `SlurmRestMode` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SlurmRestMode {
    Standard,
    None,
}

/// The Slurm REST API configuration includes settings for enabling and configuring the Slurm REST API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSlurmRestRequest {
    /// The default value for mode is NONE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<SlurmRestMode>,
}

/// Additional settings that directly map to SlurmDBD settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlurmdbdCustomSetting {
    /// PCS supports custom SlurmDBD settings for clusters.
    pub parameter_name: String,
    /// The values for the configured SlurmDBD settings.
    pub parameter_value: String,
}

/// Additional settings that directly map to Cgroup settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CgroupCustomSetting {
    /// PCS supports custom Cgroup settings for clusters.
    pub parameter_name: String,
    /// The values for the configured Cgroup settings.
    pub parameter_value: String,
}

/// Settings of all kinds are shown and written alike.
macro_rules! like_slurms {
    ($($Setting:ident),+) => {$(
        impl From<$Setting> for SlurmCustomSetting {
            fn from(setting: $Setting) -> SlurmCustomSetting {
                SlurmCustomSetting {
                    parameter_name: setting.parameter_name,
                    parameter_value: setting.parameter_value,
                }
            }
        }

        impl From<SlurmCustomSetting> for $Setting {
            fn from(setting: SlurmCustomSetting) -> $Setting {
                $Setting {
                    parameter_name: setting.parameter_name,
                    parameter_value: setting.parameter_value,
                }
            }
        }
    )+};
}

like_slurms!(SlurmdbdCustomSetting, CgroupCustomSetting);
