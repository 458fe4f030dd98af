//! A change of a compute node group's settings: the body of an update, applied here and nowhere else.

use serde::{Deserialize, Serialize};

use super::group_settings::*;
use super::health::InstanceHealthChecks;
use super::lifecycle::NodeLifecycleActions;

/// What is named replaces what there is; what is not named stays. An empty text or list takes away.
///
/// The members are those of [`GroupSettings`], which says what they mean, without the types: those stay for life (N3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling_configuration: Option<ScalingConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_instance_profile_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_mode: Option<LaunchTemplateMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_launch_template: Option<CustomLaunchTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_option: Option<PurchaseOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_options: Option<SpotOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_configuration: Option<ComputeNodeGroupSlurmConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_lifecycle_actions: Option<NodeLifecycleActions>,
    /// Replaces all of it, as the service model has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_health_checks: Option<InstanceHealthChecks>,
}

impl GroupPatch {
    /// The settings after the change.
    pub fn apply(self, there: GroupSettings) -> GroupSettings {
        // Who switches to the service's own template has none; one that is named all the same is refused.
        let is_switched = self.launch_template_mode == Some(LaunchTemplateMode::Managed);
        let template = there.custom_launch_template.filter(|_| !is_switched);
        let slurm = match self.slurm_configuration {
            Some(asked) => Some(asked.over(there.slurm_configuration.unwrap_or_default())),
            None => there.slurm_configuration,
        };
        let text = |text: &String| !text.is_empty();
        let list = |list: &Vec<String>| !list.is_empty();
        let purchase = self.purchase_option.or(there.purchase_option);
        let is_spot = purchase == Some(PurchaseOption::Spot);
        let spot_options = there.spot_options.filter(|_| is_spot);
        GroupSettings {
            instance_configs: there.instance_configs,
            scaling_configuration: self
                .scaling_configuration
                .unwrap_or(there.scaling_configuration),
            subnet_ids: self.subnet_ids.unwrap_or(there.subnet_ids),
            iam_instance_profile_arn: self
                .iam_instance_profile_arn
                .unwrap_or(there.iam_instance_profile_arn),
            ami_id: self.ami_id.or(there.ami_id).filter(text),
            launch_template_mode: self.launch_template_mode.or(there.launch_template_mode),
            custom_launch_template: self.custom_launch_template.or(template),
            security_group_ids: self
                .security_group_ids
                .or(there.security_group_ids)
                .filter(list),
            ssh_key_name: self.ssh_key_name.or(there.ssh_key_name).filter(text),
            purchase_option: purchase,
            // Its options go with Spot.
            spot_options: self.spot_options.or(spot_options),
            slurm_configuration: slurm,
            node_lifecycle_actions: self
                .node_lifecycle_actions
                .or(there.node_lifecycle_actions)
                .filter(NodeLifecycleActions::has_scripts),
            instance_health_checks: self.instance_health_checks.or(there.instance_health_checks),
        }
    }

    /// The change that makes the one of the other: it names only what differs.
    pub fn between(before: &GroupSettings, after: &GroupSettings) -> GroupPatch {
        GroupPatch {
            scaling_configuration: other(
                &before.scaling_configuration,
                &after.scaling_configuration,
            ),
            subnet_ids: other(&before.subnet_ids, &after.subnet_ids),
            iam_instance_profile_arn: other(
                &before.iam_instance_profile_arn,
                &after.iam_instance_profile_arn,
            ),
            ami_id: or_empty(&before.ami_id, &after.ami_id),
            launch_template_mode: other(&before.template_mode(), &after.template_mode()),
            // Taken away by MANAGED only.
            custom_launch_template: other(
                &before.custom_launch_template,
                &after.custom_launch_template,
            )
            .flatten(),
            security_group_ids: or_empty(&before.security_group_ids, &after.security_group_ids),
            ssh_key_name: or_empty(&before.ssh_key_name, &after.ssh_key_name),
            purchase_option: other(&before.purchase(), &after.purchase()),
            spot_options: or_empty(&before.spot_options, &after.spot_options),
            slurm_configuration: slurm_between(
                before.slurm_configuration.clone().unwrap_or_default(),
                after.slurm_configuration.clone().unwrap_or_default(),
            ),
            node_lifecycle_actions: or_empty(
                &before.node_lifecycle_actions,
                &after.node_lifecycle_actions,
            ),
            instance_health_checks: or_empty(
                &before.instance_health_checks,
                &after.instance_health_checks,
            ),
        }
    }
}

/// The change of a group to what a document says of it: all that the document names.
impl From<GroupSettings> for GroupPatch {
    fn from(wanted: GroupSettings) -> GroupPatch {
        GroupPatch {
            scaling_configuration: Some(wanted.scaling_configuration),
            subnet_ids: Some(wanted.subnet_ids),
            iam_instance_profile_arn: Some(wanted.iam_instance_profile_arn),
            ami_id: wanted.ami_id,
            launch_template_mode: wanted.launch_template_mode,
            custom_launch_template: wanted.custom_launch_template,
            security_group_ids: wanted.security_group_ids,
            ssh_key_name: wanted.ssh_key_name,
            purchase_option: wanted.purchase_option,
            spot_options: wanted.spot_options,
            slurm_configuration: wanted.slurm_configuration,
            node_lifecycle_actions: wanted.node_lifecycle_actions,
            instance_health_checks: wanted.instance_health_checks,
        }
    }
}

fn slurm_between(
    before: ComputeNodeGroupSlurmConfiguration,
    after: ComputeNodeGroupSlurmConfiguration,
) -> Option<ComputeNodeGroupSlurmConfiguration> {
    let idle = after.scale_down_idle_time_in_seconds;
    let change = ComputeNodeGroupSlurmConfiguration {
        scale_down_idle_time_in_seconds: (before.scale_down_idle_time_in_seconds != idle)
            .then(|| idle.unwrap_or(IDLE_TIME_OF_CLUSTER)),
        slurm_custom_settings: or_empty(
            &before.slurm_custom_settings,
            &after.slurm_custom_settings,
        ),
        gres_custom_settings: or_empty(&before.gres_custom_settings, &after.gres_custom_settings),
    };
    (change != ComputeNodeGroupSlurmConfiguration::default()).then_some(change)
}

/// What there is to be if it is another than before.
fn other<T: Clone + PartialEq>(before: &T, after: &T) -> Option<T> {
    (before != after).then(|| after.clone())
}

/// The same of what may be missing; an empty one takes away, and is as good as none.
fn or_empty<T: Clone + Default + PartialEq>(before: &Option<T>, after: &Option<T>) -> Option<T> {
    let value = |given: &Option<T>| given.clone().unwrap_or_default();
    other(&value(before), &value(after))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// Every member, with something in it.
    fn full() -> Map<String, Value> {
        let all = json!({
            "instanceConfigs": [{"instanceType": "c6i.large"}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
            "subnetIds": ["subnet-1"],
            "iamInstanceProfileArn": "arn",
            "amiId": "ami-1",
            "launchTemplateMode": "CUSTOM",
            "customLaunchTemplate": {"id": "lt-1", "version": "1"},
            "securityGroupIds": ["sg-1"],
            "sshKeyName": "key",
            "purchaseOption": "SPOT",
            "spotOptions": {"allocationStrategy": "lowest-price"},
            "slurmConfiguration": {
                "scaleDownIdleTimeInSeconds": 60,
                "slurmCustomSettings": [{"parameterName": "Weight", "parameterValue": "1"}],
                "gresCustomSettings": [{"Name": "gpu"}]
            },
            "nodeLifecycleActions": {
                "stages": {"nodeReady": [{"name": "a", "scriptSource": {"scriptLocation": "s3://bucket/a"}}]},
                "scriptCachingPolicy": "CACHE_ONCE"
            },
            "instanceHealthChecks": {"healthMonitoring": {"mode": "NONE"}}
        });
        all.as_object().unwrap().clone()
    }

    fn settings(members: &Map<String, Value>) -> GroupSettings {
        serde_json::from_value(members.clone().into()).unwrap()
    }

    /// What a group must have, and nothing else.
    fn bare() -> GroupSettings {
        let mut members = full();
        members.retain(|name, _| {
            let needed = ["instanceConfigs", "scalingConfiguration", "subnetIds"];
            needed.contains(&name.as_str()) || name == "iamInstanceProfileArn"
        });
        settings(&members)
    }

    fn members(value: &impl Serialize) -> Map<String, Value> {
        let value = serde_json::to_value(value).unwrap();
        value.as_object().unwrap().clone()
    }

    #[test]
    fn each_member_is_in_both_and_none_is_lost() {
        let full = full();
        let all = settings(&full);
        assert_eq!(members(&all), full);
        let mut changeable = full;
        changeable.remove("instanceConfigs");
        assert_eq!(members(&GroupPatch::from(all.clone())), changeable);
        assert_eq!(GroupPatch::from(all.clone()).apply(bare()), all);
    }

    #[test]
    fn what_is_not_named_stays() {
        let all = settings(&full());
        assert_eq!(GroupPatch::default().apply(all.clone()), all);
        assert_eq!(GroupPatch::between(&all, &all), GroupPatch::default());
        let idle = json!({"slurmConfiguration": {"scaleDownIdleTimeInSeconds": 5}});
        let patch: GroupPatch = serde_json::from_value(idle).unwrap();
        let slurm = patch.apply(all.clone()).slurm_configuration.unwrap();
        let before = all.slurm_configuration.unwrap();
        assert_eq!(slurm.scale_down_idle_time_in_seconds, Some(5));
        assert_eq!(slurm.slurm_custom_settings, before.slurm_custom_settings);
    }

    #[test]
    fn what_is_said_of_spot_goes_with_it() {
        let all = settings(&full());
        let patch: GroupPatch =
            serde_json::from_value(json!({"purchaseOption": "ONDEMAND"})).unwrap();
        assert_eq!(patch.apply(all).spot_options, None);
    }

    /// One member after the other taken from a full group, and given to a bare one.
    #[test]
    fn the_change_between_two_makes_the_one_of_the_other() {
        let full = full();
        let all = settings(&full);
        let optional = |name: &&String| !members(&bare()).contains_key(*name);
        for name in full.keys().filter(optional) {
            let mut fewer = full.clone();
            fewer.remove(name);
            if name == "customLaunchTemplate" {
                fewer["launchTemplateMode"] = "MANAGED".into();
            }
            if name == "purchaseOption" {
                fewer.remove("spotOptions");
            }
            let mut more = members(&bare());
            more.insert(name.clone(), full[name].clone());
            for (before, after) in [
                (all.clone(), settings(&fewer)),
                (bare(), settings(&more)),
                (settings(&more), bare()),
            ] {
                let made = GroupPatch::between(&before, &after).apply(before);
                let left = GroupPatch::between(&made, &after);
                assert_eq!(left, GroupPatch::default(), "{name}: {made:?} {after:?}");
            }
        }
    }

    #[test]
    fn an_empty_text_or_list_takes_away() {
        let empty = json!({
            "amiId": "", "sshKeyName": "", "securityGroupIds": [], "nodeLifecycleActions": {"stages": {}}
        });
        let patch: GroupPatch = serde_json::from_value(empty).unwrap();
        let left = patch.apply(settings(&full()));
        assert_eq!(left.node_lifecycle_actions, None);
        assert_eq!(
            (left.ami_id, left.ssh_key_name, left.security_group_ids),
            (None, None, None)
        );
    }
}
