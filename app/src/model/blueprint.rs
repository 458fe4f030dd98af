//! A cluster with its groups, its queues and where its logs go as one document, for export, import and clone (X8).
//!
//! The document says what a person chose and nothing that the service made: groups are referred to by name; there are
//! no ids of its own resources, no ports and no secrets. A member that is left out stays as it is, or gets its default;
//! an export has all of them, an empty one where there is nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cluster::*;
use super::cluster_delivery::{SetUpDeliveryRequest, destination_name};
use super::compute_node_group::*;
use super::delivery::LogType;
use super::log_target::Target;
use super::queue::*;

/// The shape that this release reads and writes.
pub const API_VERSION: &str = "openpcs/v1";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Blueprint {
    pub api_version: String,
    pub cluster: ClusterBlueprint,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compute_node_groups: Vec<GroupBlueprint>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueBlueprint>,
    /// None: those that there are stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_deliveries: Option<Vec<DeliveryBlueprint>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterBlueprint {
    pub name: String,
    pub scheduler: Scheduler,
    pub size: Size,
    pub networking: Networking,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ClusterSlurmConfigurationRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// Read in `group_document.rs`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupBlueprint {
    pub name: String,
    #[serde(flatten)]
    pub settings: GroupSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueBlueprint {
    pub name: String,
    /// By name.
    #[serde(default)]
    pub compute_node_groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<QueueSlurmConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// Where a log of the cluster goes: a log has one delivery to each type of destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryBlueprint {
    pub log_type: LogType,
    pub destination_resource_arn: String,
    /// None: named after the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_name: Option<String>,
}

impl DeliveryBlueprint {
    /// The type of its destination; none where the ARN leads nowhere that logs can go to.
    pub fn kind(&self) -> Option<&'static str> {
        Target::parse(&self.destination_resource_arn).map(|target| target.kind())
    }

    /// What tells it from the cluster's others.
    pub fn name(&self) -> String {
        let to = self.kind().unwrap_or(&self.destination_resource_arn);
        format!("{} to {to}", self.log_type.as_str())
    }

    pub fn set_up(&self, cluster_id: &str) -> SetUpDeliveryRequest {
        let own = || destination_name(cluster_id, self.log_type, self.kind().unwrap_or_default());
        SetUpDeliveryRequest {
            cluster_identifier: cluster_id.into(),
            log_type: self.log_type,
            destination_name: self.destination_name.clone().unwrap_or_else(own),
            destination_resource_arn: Some(self.destination_resource_arn.clone()),
        }
    }
}

impl ClusterBlueprint {
    pub fn create(&self) -> CreateClusterRequest {
        CreateClusterRequest {
            cluster_name: self.name.clone(),
            scheduler: self.scheduler.clone(),
            size: self.size,
            networking: self.networking.clone(),
            slurm_configuration: self.slurm_configuration.clone(),
            client_token: None,
            tags: some(self.tags.as_ref()),
        }
    }

    pub fn update(&self, cluster_id: &str) -> UpdateClusterRequest {
        let slurm =
            self.slurm_configuration
                .clone()
                .map(|s| UpdateClusterSlurmConfigurationRequest {
                    scale_down_idle_time_in_seconds: s.scale_down_idle_time_in_seconds,
                    slurm_custom_settings: s.slurm_custom_settings,
                    slurmdbd_custom_settings: s.slurmdbd_custom_settings,
                    cgroup_custom_settings: s.cgroup_custom_settings,
                    job_submit_plugins: s.job_submit_plugins,
                    accounting: s.accounting.map(|a| UpdateAccountingRequest {
                        default_purge_time_in_days: a.default_purge_time_in_days,
                        mode: Some(a.mode),
                    }),
                    slurm_rest: s
                        .slurm_rest
                        .map(|r| UpdateSlurmRestRequest { mode: Some(r.mode) }),
                });
        UpdateClusterRequest {
            cluster_identifier: cluster_id.into(),
            client_token: None,
            slurm_configuration: slurm,
            scheduler: Some(UpdateSchedulerRequest {
                version: self.scheduler.version.clone(),
            }),
            unmodified_since: None,
        }
    }
}

impl GroupBlueprint {
    pub fn create(&self, cluster_id: &str) -> CreateComputeNodeGroupRequest {
        CreateComputeNodeGroupRequest {
            cluster_identifier: cluster_id.into(),
            compute_node_group_name: self.name.clone(),
            settings: self.without_empty(),
            client_token: None,
            tags: some(self.tags.as_ref()),
        }
    }

    /// What an update would make of a group that has nothing yet: there an empty text says that there is none, a create
    /// would refuse it.
    fn without_empty(&self) -> GroupSettings {
        let nothing = GroupSettings {
            instance_configs: self.settings.instance_configs.clone(),
            ..GroupSettings::default()
        };
        GroupPatch::from(self.settings.clone()).apply(nothing)
    }

    pub fn update(&self, cluster_id: &str, group_id: &str) -> UpdateComputeNodeGroupRequest {
        UpdateComputeNodeGroupRequest {
            cluster_identifier: cluster_id.into(),
            compute_node_group_identifier: group_id.into(),
            patch: self.settings.clone().into(),
            client_token: None,
            unmodified_since: None,
        }
    }
}

impl QueueBlueprint {
    /// `group_ids` are those of the groups that it names, in that order.
    pub fn create(&self, cluster_id: &str, group_ids: &[String]) -> CreateQueueRequest {
        CreateQueueRequest {
            cluster_identifier: cluster_id.into(),
            queue_name: self.name.clone(),
            compute_node_group_configurations: Some(configurations(group_ids)),
            slurm_configuration: self.slurm_configuration.clone(),
            client_token: None,
            tags: some(self.tags.as_ref()),
        }
    }

    pub fn update(
        &self,
        cluster_id: &str,
        queue_id: &str,
        group_ids: &[String],
    ) -> UpdateQueueRequest {
        UpdateQueueRequest {
            cluster_identifier: cluster_id.into(),
            queue_identifier: queue_id.into(),
            compute_node_group_configurations: Some(configurations(group_ids)),
            slurm_configuration: self.slurm_configuration.clone(),
            client_token: None,
            unmodified_since: None,
        }
    }
}

/// Tags for a create, which takes some or none.
fn some(tags: Option<&BTreeMap<String, String>>) -> Option<BTreeMap<String, String>> {
    tags.filter(|tags| !tags.is_empty()).cloned()
}

fn configurations(group_ids: &[String]) -> Vec<ComputeNodeGroupConfiguration> {
    let one = |id: &String| ComputeNodeGroupConfiguration {
        compute_node_group_id: Some(id.clone()),
    };
    group_ids.iter().map(one).collect()
}
