//! A compute node group as it is being filled in.

use leptos::prelude::*;

use super::super::fields::{pairs, settings, tags};
use crate::model::catalogue::{Catalogue, InstanceType, LaunchTemplateVersion};
use crate::model::compute_node_group::*;
use crate::model::setting::SlurmCustomSetting;
use crate::ui::form::Rows;

pub const DYNAMIC: &str = "dynamic";
pub const STATIC: &str = "static";
pub const CUSTOM: &str = "custom";
pub const MANAGED: &str = "managed";
pub const ONDEMAND: &str = "ONDEMAND";
/// Takes a group's own idle time away.
const OF_CLUSTER: i64 = -1;
/// Settings that have a field of their own.
const OWN_FIELDS: [&str; 3] = ["Weight", "RealMemory", "Features"];

#[derive(Clone, Copy)]
pub struct Draft {
    pub name: RwSignal<String>,
    pub scaling: RwSignal<String>,
    pub count: RwSignal<String>,
    pub types: RwSignal<Vec<String>>,
    pub purchase: RwSignal<String>,
    pub mode: RwSignal<String>,
    pub template: RwSignal<String>,
    pub version: RwSignal<String>,
    pub security_groups: RwSignal<Vec<String>>,
    pub key: RwSignal<String>,
    pub image: RwSignal<String>,
    pub profile: RwSignal<String>,
    pub subnets: RwSignal<Vec<String>>,
    pub weight: RwSignal<String>,
    pub memory: RwSignal<String>,
    pub features: RwSignal<String>,
    pub idle: RwSignal<String>,
    pub settings: Rows,
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
            purchase: RwSignal::new(ONDEMAND.into()),
            mode: RwSignal::new(CUSTOM.into()),
            template: RwSignal::default(),
            version: RwSignal::default(),
            security_groups: RwSignal::default(),
            key: RwSignal::default(),
            image: RwSignal::default(),
            profile: RwSignal::default(),
            subnets: RwSignal::default(),
            weight: RwSignal::default(),
            memory: RwSignal::default(),
            features: RwSignal::default(),
            idle: RwSignal::default(),
            settings: Rows::new([]),
            tags: Rows::new([]),
            exists: false,
        }
    }

    pub fn of(group: &ComputeNodeGroup) -> Draft {
        let slurm = group.slurm_configuration.clone().unwrap_or_default();
        let all = slurm.slurm_custom_settings.unwrap_or_default();
        let own = |name: &str| {
            let found = all
                .iter()
                .find(|s| s.parameter_name.eq_ignore_ascii_case(name));
            RwSignal::new(found.map(|s| s.parameter_value.clone()).unwrap_or_default())
        };
        let others: Vec<SlurmCustomSetting> =
            all.iter().filter(|s| !has_field(s)).cloned().collect();
        let managed = group.launch_template_mode == Some(LaunchTemplateMode::Managed);
        let template = group.custom_launch_template.clone();
        let (template, version) = template.map(|t| (t.id, t.version)).unwrap_or_default();
        let bounds = &group.scaling_configuration;
        let scaling = if bounds.min_instance_count == 0 {
            DYNAMIC
        } else {
            STATIC
        };
        let idle = slurm.scale_down_idle_time_in_seconds;
        Draft {
            name: RwSignal::new(group.name.clone()),
            scaling: RwSignal::new(scaling.into()),
            count: RwSignal::new(bounds.max_instance_count.to_string()),
            types: RwSignal::new(type_names(group)),
            purchase: RwSignal::new(ONDEMAND.into()),
            mode: RwSignal::new(if managed { MANAGED } else { CUSTOM }.into()),
            template: RwSignal::new(template),
            version: RwSignal::new(version),
            security_groups: RwSignal::new(group.security_group_ids.clone().unwrap_or_default()),
            key: RwSignal::new(group.ssh_key_name.clone().unwrap_or_default()),
            image: RwSignal::new(group.ami_id.clone().unwrap_or_default()),
            profile: RwSignal::new(group.iam_instance_profile_arn.clone()),
            subnets: RwSignal::new(group.subnet_ids.clone()),
            weight: own("Weight"),
            memory: own("RealMemory"),
            features: own("Features"),
            idle: RwSignal::new(idle.map(|s| s.to_string()).unwrap_or_default()),
            settings: Rows::new(pairs(&others)),
            tags: Rows::new([]),
            exists: true,
        }
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

    /// The settings of the own fields and of the rows.
    pub fn all_settings(self) -> Vec<SlurmCustomSetting> {
        let values = [self.weight, self.memory, self.features];
        let own = OWN_FIELDS
            .into_iter()
            .zip(values)
            .filter_map(|(name, value)| {
                let value = value.with(|value| value.trim().to_owned());
                (!value.is_empty()).then(|| SlurmCustomSetting {
                    parameter_name: name.into(),
                    parameter_value: value,
                })
            });
        own.chain(settings(self.settings)).collect()
    }

    pub fn idle_seconds(self) -> Option<i64> {
        self.idle.with(|idle| idle.trim().parse().ok())
    }

    pub fn create(self, cluster_id: &str) -> CreateComputeNodeGroupRequest {
        let managed = self.is_managed();
        let security_groups = self.security_groups.get();
        let settings = self.all_settings();
        let slurm = ComputeNodeGroupSlurmConfiguration {
            scale_down_idle_time_in_seconds: self.idle_seconds(),
            slurm_custom_settings: (!settings.is_empty()).then_some(settings),
            gres_custom_settings: None,
        };
        let has_slurm = slurm != ComputeNodeGroupSlurmConfiguration::default();
        CreateComputeNodeGroupRequest {
            ami_id: filled(self.image),
            security_group_ids: (!security_groups.is_empty()).then_some(security_groups),
            ssh_key_name: filled(self.key),
            cluster_identifier: cluster_id.into(),
            compute_node_group_name: self.name.get(),
            subnet_ids: self.subnets.get(),
            purchase_option: None,
            launch_template_mode: managed.then_some(LaunchTemplateMode::Managed),
            custom_launch_template: self.custom_template(),
            iam_instance_profile_arn: self.profile.get(),
            scaling_configuration: self.bounds(),
            instance_configs: self.configs(),
            spot_options: None,
            slurm_configuration: has_slurm.then_some(slurm),
            node_lifecycle_actions: None,
            instance_health_checks: None,
            client_token: None,
            tags: tags(self.tags),
        }
    }

    /// Names only what differs from what was. An empty text or list takes away.
    pub fn update(self, before: &ComputeNodeGroup) -> UpdateComputeNodeGroupRequest {
        let wanted = self.create(&before.cluster_id);
        let slurm = before.slurm_configuration.clone().unwrap_or_default();
        let settings = self.all_settings();
        let same_settings = settings == slurm.slurm_custom_settings.unwrap_or_default();
        let idle = self.idle_seconds();
        let same_idle = idle == slurm.scale_down_idle_time_in_seconds;
        let groups_before = before.security_group_ids.clone();
        let same_groups = wanted.security_group_ids == groups_before;
        let is_other = |is: &str| wanted.iam_instance_profile_arn != is;
        UpdateComputeNodeGroupRequest {
            ami_id: changed(&before.ami_id, &wanted.ami_id),
            security_group_ids: (!same_groups)
                .then(|| wanted.security_group_ids.unwrap_or_default()),
            ssh_key_name: changed(&before.ssh_key_name, &wanted.ssh_key_name),
            cluster_identifier: before.cluster_id.clone(),
            compute_node_group_identifier: before.id.clone(),
            subnet_ids: (wanted.subnet_ids != before.subnet_ids).then_some(wanted.subnet_ids),
            launch_template_mode: (mode(wanted.launch_template_mode)
                != mode(before.launch_template_mode))
            .then(|| mode(wanted.launch_template_mode)),
            custom_launch_template: wanted
                .custom_launch_template
                .filter(|t| before.custom_launch_template.as_ref() != Some(t)),
            purchase_option: None,
            spot_options: None,
            scaling_configuration: (wanted.scaling_configuration != before.scaling_configuration)
                .then_some(wanted.scaling_configuration),
            iam_instance_profile_arn: is_other(&before.iam_instance_profile_arn)
                .then(|| wanted.iam_instance_profile_arn.clone()),
            slurm_configuration: (!same_settings || !same_idle).then(|| {
                ComputeNodeGroupSlurmConfiguration {
                    scale_down_idle_time_in_seconds: (!same_idle)
                        .then(|| idle.unwrap_or(OF_CLUSTER)),
                    slurm_custom_settings: (!same_settings).then_some(settings),
                    gres_custom_settings: None,
                }
            }),
            node_lifecycle_actions: None,
            instance_health_checks: None,
            client_token: None,
            unmodified_since: None,
        }
    }
}

/// CUSTOM where nothing is said.
fn mode(said: Option<LaunchTemplateMode>) -> LaunchTemplateMode {
    said.unwrap_or(LaunchTemplateMode::Custom)
}

fn has_field(setting: &SlurmCustomSetting) -> bool {
    let name = &setting.parameter_name;
    OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn filled(text: RwSignal<String>) -> Option<String> {
    let text = text.with(|text| text.trim().to_owned());
    (!text.is_empty()).then_some(text)
}

/// The new text if it is another one; an empty one if there is none any more.
fn changed(before: &Option<String>, after: &Option<String>) -> Option<String> {
    (before != after).then(|| after.clone().unwrap_or_default())
}

pub fn type_names(group: &ComputeNodeGroup) -> Vec<String> {
    let configs = group.instance_configs.iter();
    configs.filter_map(|c| c.instance_type.clone()).collect()
}
