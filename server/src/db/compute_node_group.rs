//! Compute node groups in the database.

use app::model::compute_node_group::*;
use app::model::lifecycle::NodeLifecycleActions;
use app::model::live::Kind;
use serde::{Deserialize, Serialize};

use super::resource::{Noun, Row};

/// What is wanted of a compute node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComputeNodeGroupSpec {
    pub ami_id: Option<String>,
    pub security_group_ids: Option<Vec<String>>,
    pub ssh_key_name: Option<String>,
    pub subnet_ids: Vec<String>,
    pub purchase_option: Option<PurchaseOption>,
    pub launch_template_mode: Option<LaunchTemplateMode>,
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    pub iam_instance_profile_arn: String,
    pub scaling: ScalingConfiguration,
    pub instance_configs: Vec<InstanceConfig>,
    pub spot_options: Option<SpotOptions>,
    pub slurm: Option<ComputeNodeGroupSlurmConfiguration>,
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// The port of each node, `GROUP-1` first, from the cluster's range.
    pub ports: Vec<u16>,
    /// Grows when a change needs new instances; older instances are replaced (N15).
    pub launch_generation: i64,
}

impl ComputeNodeGroupSpec {
    /// min = max > 0: the service keeps exactly that many nodes (N2, N12).
    pub fn is_static(&self) -> bool {
        self.scaling.min_instance_count > 0
    }

    /// Nodes are made as the first of the group's interchangeable types (N3).
    pub fn instance_type(&self) -> &str {
        self.instance_configs
            .first()
            .and_then(|c| c.instance_type.as_deref())
            .unwrap_or_default()
    }
}

pub type ComputeNodeGroupRow = Row<ComputeNodeGroupSpec>;

impl Noun for ComputeNodeGroupSpec {
    const TABLE: &'static str = "compute_node_group";
    const KIND: Kind = Kind::ComputeNodeGroup;
}
