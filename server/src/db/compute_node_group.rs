//! Compute node groups in the database.

use std::collections::BTreeSet;

use app::model::catalogue::{Catalogue, InstanceType, Subnet};
use app::model::compute_node_group::*;
use app::model::health::InstanceHealthChecks;
use app::model::lifecycle::NodeLifecycleActions;
use app::model::live::Kind;
use serde::{Deserialize, Serialize};

use super::resource::{Noun, Row};

/// The strategy of placement groups that put instances near each other.
const NEAR: &str = "cluster";

/// What is wanted of a compute node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComputeNodeGroupSpec {
    #[serde(flatten, with = "Stored")]
    pub settings: GroupSettings,
    /// Grows when a change needs new instances; older instances are replaced (N15).
    pub launch_generation: i64,
    /// What its types are, as the provider said when it was made: they stay for life (N3), and nobody is asked again.
    /// Empty in rows of a release that did not keep it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<InstanceType>,
    /// The zones of its subnets, each once, as the provider said when they were named. Empty in rows of a release that did
    /// not keep it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// The placement group of its template, if that puts instances near each other. None in rows of a release that did not
    /// keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<String>,
}

/// The names by which the database has the settings: not those of the wire, and to stay as they are while servers of
/// two releases share it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "GroupSettings")]
struct Stored {
    ami_id: Option<String>,
    security_group_ids: Option<Vec<String>>,
    ssh_key_name: Option<String>,
    subnet_ids: Vec<String>,
    purchase_option: Option<PurchaseOption>,
    launch_template_mode: Option<LaunchTemplateMode>,
    custom_launch_template: Option<CustomLaunchTemplate>,
    iam_instance_profile_arn: String,
    #[serde(rename = "scaling")]
    scaling_configuration: ScalingConfiguration,
    instance_configs: Vec<InstanceConfig>,
    spot_options: Option<SpotOptions>,
    #[serde(rename = "slurm")]
    slurm_configuration: Option<ComputeNodeGroupSlurmConfiguration>,
    node_lifecycle_actions: Option<NodeLifecycleActions>,
    #[serde(default)]
    instance_health_checks: Option<InstanceHealthChecks>,
}

impl ComputeNodeGroupSpec {
    /// min = max > 0: the service keeps exactly that many nodes (N2, N12).
    pub fn is_static(&self) -> bool {
        self.settings.scaling_configuration.min_instance_count > 0
    }

    /// The most instances that it may have.
    pub fn most(&self) -> i64 {
        self.settings.scaling_configuration.max_instance_count
    }

    /// How many nodes Slurm knows of.
    pub fn nodes(&self) -> usize {
        usize::try_from(self.most()).unwrap_or_default()
    }

    /// Nodes are made as the first of the group's interchangeable types (N3).
    pub fn instance_type(&self) -> &str {
        self.settings
            .instance_configs
            .first()
            .and_then(|c| c.instance_type.as_deref())
            .unwrap_or_default()
    }

    /// What that type is; none until it is [resolved](Self::resolve).
    pub fn made_as(&self) -> Option<&InstanceType> {
        let name = self.instance_type();
        self.instance_types.iter().find(|kind| kind.id == name)
    }

    /// Keeps where its instances will be.
    pub fn locate(&mut self, offered: &Catalogue) {
        self.zones = self.zones_of(&offered.subnets);
        self.placement_group = self.near(offered);
    }

    /// The placement group of its template, where it is one that puts instances near each other.
    fn near(&self, offered: &Catalogue) -> Option<String> {
        let named = self.settings.custom_launch_template.as_ref()?;
        let mut templates = offered.launch_templates.iter();
        let template = templates.find(|template| template.id == named.id)?;
        let mut versions = template.versions.iter();
        let version = versions.find(|version| version.version == named.version)?;
        let name = version.placement_group.as_ref()?;
        let mut groups = offered.placement_groups.iter();
        let group = groups.find(|group| group.name == *name)?;
        (group.strategy == NEAR).then(|| name.clone())
    }

    /// Where its subnets are; nothing, if that is not known of each.
    fn zones_of(&self, offered: &[Subnet]) -> Vec<String> {
        let zone = |id: &String| {
            let found = offered.iter().find(|subnet| subnet.id == *id)?;
            let zone = &found.availability_zone;
            (!zone.is_empty()).then(|| zone.clone())
        };
        let zones: Option<BTreeSet<String>> = self.settings.subnet_ids.iter().map(zone).collect();
        zones.unwrap_or_default().into_iter().collect()
    }

    /// Keeps what its types are, unless it knows that of old.
    pub fn resolve(&mut self, offered: &[InstanceType]) {
        if self.made_as().is_some() {
            return;
        }
        let known = |name: &String| offered.iter().find(|kind| kind.id == *name).cloned();
        let names = self.settings.type_names();
        self.instance_types = names.iter().filter_map(known).collect();
    }
}

pub type ComputeNodeGroupRow = Row<ComputeNodeGroupSpec>;

impl Noun for ComputeNodeGroupSpec {
    const TABLE: &'static str = "compute_node_group";
    const KIND: Kind = Kind::ComputeNodeGroup;
}

#[cfg(test)]
pub mod tests {
    use app::model::status::Status;
    use app::rules::cluster::IDLE_FOREVER;
    use serde_json::{Value, json};
    use sqlx::Executor;

    use super::*;
    use crate::db::resource::Meaning;
    use crate::db::{Db, resource};

    fn stored(idle: i64) -> Value {
        json!({
            "ami_id": null, "security_group_ids": null, "ssh_key_name": null, "subnet_ids": [], "purchase_option": null,
            "launch_template_mode": null, "custom_launch_template": null, "iam_instance_profile_arn": "arn",
            "scaling": {"minInstanceCount": 0, "maxInstanceCount": 1}, "instance_configs": [], "spot_options": null,
            "slurm": {"scaleDownIdleTimeInSeconds": idle}, "node_lifecycle_actions": null,
            "instance_health_checks": null, "launch_generation": 1
        })
    }

    fn spec(idle: i64) -> ComputeNodeGroupSpec {
        serde_json::from_value(stored(idle)).unwrap()
    }

    /// A server of another release reads and writes the same row.
    #[test]
    fn the_database_keeps_its_own_names() {
        assert_eq!(serde_json::to_value(spec(60)).unwrap(), stored(60));
    }

    pub fn kind(name: &str, cores: i64) -> InstanceType {
        InstanceType {
            id: name.into(),
            name: name.into(),
            architecture: "x86_64".into(),
            vcpus: 2 * cores,
            cores,
            memory_mib: 4096,
            gpus: 0,
            gpu_name: None,
            efa: false,
        }
    }

    #[test]
    fn what_was_resolved_is_kept_for_life_and_is_no_part_of_the_wish() {
        let named = |name: &str| InstanceConfig {
            instance_type: Some(name.into()),
        };
        let mut before = spec(60);
        before.settings.instance_configs = vec![named("b"), named("a"), named("gone")];
        assert_eq!(before.made_as(), None);
        let mut after = before.clone();
        after.resolve(&[kind("a", 1), kind("b", 2), kind("c", 4)]);
        assert_eq!(after.instance_types, [kind("b", 2), kind("a", 1)]);
        assert_eq!(after.made_as(), Some(&kind("b", 2)));
        assert!(before.means(&after));
        let stored = serde_json::to_value(&after).unwrap();
        assert_eq!(
            serde_json::from_value::<ComputeNodeGroupSpec>(stored).unwrap(),
            after
        );
        let known = after.clone();
        after.resolve(&[kind("b", 8)]);
        assert_eq!(after, known);
    }

    /// A group of that many nodes at most, as it is in force.
    pub fn row(name: &str, max: i64, status: Status) -> ComputeNodeGroupRow {
        let mut row = ComputeNodeGroupRow::new(name.into(), "pcs_a".into(), name.into(), spec(60));
        row.spec.settings.scaling_configuration.max_instance_count = max;
        (row.status, row.applied_spec) = (status, Some(row.spec.clone()));
        row
    }

    fn idle(spec: &ComputeNodeGroupSpec) -> Option<i64> {
        let slurm = spec.settings.slurm_configuration.as_ref()?;
        slurm.scale_down_idle_time_in_seconds
    }

    /// What an earlier release kept as −1 meant never, and goes on meaning it.
    #[tokio::test]
    async fn never_stays_never() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let mut write = db.write().await.unwrap();
        for (id, seconds) in [("pcs_never", -1), ("pcs_some", 10)] {
            let mut row =
                ComputeNodeGroupRow::new(id.into(), "pcs_c".into(), id.into(), spec(seconds));
            resource::insert(&mut write, &row).await.unwrap();
            row.applied_spec = Some(row.spec.clone());
            resource::update(&mut write, &row, false).await.unwrap();
        }
        let migration = include_str!("../../../migrations/0007_idle_time.sql");
        write.tx.execute(migration).await.unwrap();
        write.commit().await.unwrap();
        for (id, seconds) in [("pcs_never", IDLE_FOREVER), ("pcs_some", 10)] {
            let found = resource::find(db.pool(), Some("pcs_c"), id).await.unwrap();
            let row: ComputeNodeGroupRow = found.unwrap();
            assert_eq!(idle(&row.spec), Some(seconds));
            assert_eq!(row.applied_spec.as_ref().and_then(idle), Some(seconds));
        }
    }
}
