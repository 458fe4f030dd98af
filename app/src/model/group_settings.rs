//! What a compute node group is to be, once for request, answer, document, rules and database.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::health::InstanceHealthChecks;
use super::lifecycle::NodeLifecycleActions;
use super::setting::SlurmCustomSetting;

/// As a group's idle time it takes the group's own away (N9).
pub const IDLE_TIME_OF_CLUSTER: i64 = -1;

/// In the order in which an exported document has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSettings {
    /// The EC2 instance types that PCS can provision in the compute node group; they stay for life (N3).
    pub instance_configs: Vec<InstanceConfig>,
    /// Specifies the boundaries of the compute node group auto scaling.
    pub scaling_configuration: ScalingConfiguration,
    /// The list of subnet IDs where the compute node group launches instances.
    pub subnet_ids: Vec<String>,
    /// The Amazon Resource Name (ARN) of the IAM instance profile used to pass an IAM role when launching EC2
    /// instances.
    pub iam_instance_profile_arn: String,
    /// The ID of the Amazon Machine Image (AMI) that PCS uses to launch instances; none: the template's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
    /// Whether the group uses a custom launch template or one that PCS manages; none: CUSTOM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_mode: Option<LaunchTemplateMode>,
    /// The custom Amazon EC2 launch template to associate with the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    /// The IDs of the EC2 security groups to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    /// The name of the EC2 key pair to configure directly on the compute node group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_name: Option<String>,
    /// How EC2 instances are purchased on your behalf; none: ONDEMAND.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_option: Option<PurchaseOption>,
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
}

impl GroupSettings {
    /// CUSTOM where nothing is said.
    pub fn template_mode(&self) -> LaunchTemplateMode {
        self.launch_template_mode
            .unwrap_or(LaunchTemplateMode::Custom)
    }

    /// ONDEMAND where nothing is said.
    pub fn purchase(&self) -> PurchaseOption {
        self.purchase_option.unwrap_or(PurchaseOption::Ondemand)
    }

    /// The names of the types, in order of preference.
    pub fn type_names(&self) -> Vec<String> {
        let configs = self.instance_configs.iter();
        configs.filter_map(|c| c.instance_type.clone()).collect()
    }

    /// The group's own settings of Slurm.
    pub fn slurm_settings(&self) -> Option<&Vec<SlurmCustomSetting>> {
        let slurm = self.slurm_configuration.as_ref()?;
        slurm.slurm_custom_settings.as_ref()
    }
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

impl ComputeNodeGroupSlurmConfiguration {
    /// What is named here goes before what there is; [`IDLE_TIME_OF_CLUSTER`] leaves none.
    pub fn over(self, there: Self) -> Self {
        ComputeNodeGroupSlurmConfiguration {
            scale_down_idle_time_in_seconds: self
                .scale_down_idle_time_in_seconds
                .or(there.scale_down_idle_time_in_seconds)
                .filter(|seconds| *seconds >= 0),
            slurm_custom_settings: self.slurm_custom_settings.or(there.slurm_custom_settings),
            gres_custom_settings: self.gres_custom_settings.or(there.gres_custom_settings),
        }
    }
}

/// Specifies the boundaries of the compute node group auto scaling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
