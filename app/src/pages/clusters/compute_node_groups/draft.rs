//! A compute node group as it is being filled in.

use leptos::prelude::*;

use super::super::fields::tags;
use super::super::own_settings::{OwnField, OwnSettings};
use super::choice::{choice, word};
use super::life_draft::LifeDraft;
use crate::model::catalogue::{Catalogue, InstanceType, LaunchTemplateVersion};
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::*;
use crate::model::refs::Refs;
use crate::ui::form::Rows;

pub const DYNAMIC: &str = "dynamic";
pub const STATIC: &str = "static";
pub const CUSTOM: &str = "custom";
pub const MANAGED: &str = "managed";
/// What Spot groups get that name none.
const STRATEGY: SpotAllocationStrategy = SpotAllocationStrategy::PriceCapacityOptimized;
/// In the order in which the request names them.
pub const OWN_FIELD: [OwnField; 3] = [
    ("Weight", "weight"),
    ("RealMemory", "realMemory"),
    ("Features", "features"),
];

#[derive(Clone, Copy)]
pub struct Draft {
    pub name: RwSignal<String>,
    pub scaling: RwSignal<String>,
    pub count: RwSignal<String>,
    pub types: RwSignal<Vec<String>>,
    pub purchase: RwSignal<String>,
    /// How Spot instances are chosen.
    pub strategy: RwSignal<String>,
    pub mode: RwSignal<String>,
    pub template: RwSignal<String>,
    pub version: RwSignal<String>,
    pub security_groups: RwSignal<Vec<String>>,
    pub key: RwSignal<String>,
    pub image: RwSignal<String>,
    pub profile: RwSignal<String>,
    pub subnets: RwSignal<Vec<String>>,
    pub idle: RwSignal<String>,
    pub settings: OwnSettings<{ OWN_FIELD.len() }>,
    pub life: LifeDraft,
    pub tags: Rows,
    /// It exists already: name and types stand, tags are edited elsewhere.
    pub exists: bool,
}

impl Draft {
    pub fn new() -> Draft {
        Draft {
            name: RwSignal::default(),
            scaling: RwSignal::new(DYNAMIC.into()),
            count: RwSignal::new("4".into()),
            types: RwSignal::default(),
            purchase: RwSignal::new(word(&PurchaseOption::Ondemand)),
            strategy: RwSignal::new(word(&STRATEGY)),
            mode: RwSignal::new(CUSTOM.into()),
            template: RwSignal::default(),
            version: RwSignal::default(),
            security_groups: RwSignal::default(),
            key: RwSignal::default(),
            image: RwSignal::default(),
            profile: RwSignal::default(),
            subnets: RwSignal::default(),
            idle: RwSignal::default(),
            settings: OwnSettings::new(OWN_FIELD, &[]),
            life: LifeDraft::of(None, None),
            tags: Rows::new([]),
            exists: false,
        }
    }

    pub fn of(group: &ComputeNodeGroup) -> Draft {
        let is = &group.settings;
        let slurm = is.slurm_configuration.clone().unwrap_or_default();
        let settings = slurm.slurm_custom_settings.unwrap_or_default();
        let managed = is.template_mode() == LaunchTemplateMode::Managed;
        let template = is.custom_launch_template.clone();
        let (template, version) = template.map(|t| (t.id, t.version)).unwrap_or_default();
        let bounds = &is.scaling_configuration;
        let scaling = if bounds.min_instance_count == 0 {
            DYNAMIC
        } else {
            STATIC
        };
        let idle = slurm.scale_down_idle_time_in_seconds;
        let spot = is.spot_options.as_ref();
        let strategy = spot.and_then(|options| options.allocation_strategy);
        Draft {
            name: RwSignal::new(group.name.clone()),
            scaling: RwSignal::new(scaling.into()),
            count: RwSignal::new(bounds.max_instance_count.to_string()),
            types: RwSignal::new(is.type_names()),
            purchase: RwSignal::new(word(&is.purchase())),
            strategy: RwSignal::new(word(&strategy.unwrap_or(STRATEGY))),
            mode: RwSignal::new(if managed { MANAGED } else { CUSTOM }.into()),
            template: RwSignal::new(template),
            version: RwSignal::new(version),
            security_groups: RwSignal::new(is.security_group_ids.clone().unwrap_or_default()),
            key: RwSignal::new(is.ssh_key_name.clone().unwrap_or_default()),
            image: RwSignal::new(is.ami_id.clone().unwrap_or_default()),
            profile: RwSignal::new(is.iam_instance_profile_arn.clone()),
            subnets: RwSignal::new(is.subnet_ids.clone()),
            idle: RwSignal::new(idle.map(|s| s.to_string()).unwrap_or_default()),
            settings: OwnSettings::new(OWN_FIELD, &settings),
            life: LifeDraft::of(
                is.node_lifecycle_actions.as_ref(),
                is.instance_health_checks.as_ref(),
            ),
            tags: Rows::new([]),
            exists: true,
        }
    }

    pub fn purchase_option(self) -> PurchaseOption {
        choice(self.purchase).unwrap_or(PurchaseOption::Ondemand)
    }

    pub fn is_spot(self) -> bool {
        self.purchase_option() == PurchaseOption::Spot
    }

    pub fn is_managed(self) -> bool {
        self.mode.with(|mode| mode == MANAGED)
    }

    pub fn configs(self) -> Vec<InstanceConfig> {
        let config = |name: String| InstanceConfig {
            instance_type: Some(name),
        };
        self.types.get().into_iter().map(config).collect()
    }

    /// The number of nodes, if it is one; 0 parks the group.
    pub fn nodes(self) -> Option<i64> {
        self.count
            .with(|count| count.trim().parse().ok())
            .filter(|n| *n >= 0)
    }

    pub fn bounds(self) -> ScalingConfiguration {
        let max = self.nodes().unwrap_or_default();
        let is_static = self.scaling.with(|kind| kind == STATIC);
        ScalingConfiguration {
            min_instance_count: if is_static { max } else { 0 },
            max_instance_count: max,
        }
    }

    pub fn custom_template(self) -> Option<CustomLaunchTemplate> {
        let template = CustomLaunchTemplate {
            id: self.template.get(),
            version: self.version.get(),
        };
        (!self.is_managed() && !template.id.is_empty()).then_some(template)
    }

    /// The contents of the chosen template's version.
    pub fn template_version(self, catalogue: &Catalogue) -> Option<LaunchTemplateVersion> {
        let chosen = self.custom_template()?;
        let template = catalogue
            .launch_templates
            .iter()
            .find(|t| t.id == chosen.id)?;
        template
            .versions
            .iter()
            .find(|v| v.version == chosen.version)
            .cloned()
    }

    /// The first chosen type: the others are of its kind.
    pub fn first_type(self, catalogue: &Catalogue) -> Option<InstanceType> {
        let name = self.types.with(|types| types.first().cloned())?;
        catalogue
            .instance_types
            .iter()
            .find(|t| t.id == name)
            .cloned()
    }

    pub fn idle_seconds(self) -> Option<i64> {
        self.idle.with(|idle| idle.trim().parse().ok())
    }

    /// What of the account it names, and the cluster with it.
    pub fn refs(self, cluster: &Cluster) -> Refs {
        Refs::of_group(&cluster.networking, &self.over(GroupSettings::default()))
    }

    pub fn create(self, cluster_id: &str) -> CreateComputeNodeGroupRequest {
        CreateComputeNodeGroupRequest {
            cluster_identifier: cluster_id.into(),
            compute_node_group_name: self.name.get(),
            settings: self.over(GroupSettings::default()),
            client_token: None,
            tags: tags(self.tags),
        }
    }

    /// Names only what differs from what was.
    pub fn update(self, before: &ComputeNodeGroup) -> UpdateComputeNodeGroupRequest {
        let wanted = self.over(before.settings.clone());
        UpdateComputeNodeGroupRequest {
            cluster_identifier: before.cluster_id.clone(),
            compute_node_group_identifier: before.id.clone(),
            patch: GroupPatch::between(&before.settings, &wanted),
            client_token: None,
            unmodified_since: None,
        }
    }

    /// What has no field here is as it was.
    pub fn over(self, before: GroupSettings) -> GroupSettings {
        let security_groups = self.security_groups.get();
        let settings = self.settings.all();
        let slurm = ComputeNodeGroupSlurmConfiguration {
            scale_down_idle_time_in_seconds: self.idle_seconds(),
            slurm_custom_settings: (!settings.is_empty()).then_some(settings),
            ..before.slurm_configuration.unwrap_or_default()
        };
        let has_slurm = slurm != ComputeNodeGroupSlurmConfiguration::default();
        GroupSettings {
            instance_configs: self.configs(),
            scaling_configuration: self.bounds(),
            subnet_ids: self.subnets.get(),
            iam_instance_profile_arn: self.profile.get(),
            ami_id: filled(self.image),
            launch_template_mode: self.is_managed().then_some(LaunchTemplateMode::Managed),
            custom_launch_template: self.custom_template(),
            security_group_ids: (!security_groups.is_empty()).then_some(security_groups),
            ssh_key_name: filled(self.key),
            purchase_option: match self.purchase_option() {
                // Not said where it need not be.
                PurchaseOption::Ondemand => {
                    before.purchase_option.map(|_| PurchaseOption::Ondemand)
                }
                other => Some(other),
            },
            spot_options: self.is_spot().then(|| SpotOptions {
                allocation_strategy: choice(self.strategy),
            }),
            slurm_configuration: has_slurm.then_some(slurm),
            node_lifecycle_actions: self.life.actions(before.node_lifecycle_actions),
            instance_health_checks: self.life.checks(before.instance_health_checks),
        }
    }
}

fn filled(text: RwSignal<String>) -> Option<String> {
    let text = text.with(|text| text.trim().to_owned());
    (!text.is_empty()).then_some(text)
}
