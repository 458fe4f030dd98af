//! What a spec means, however it is spelled (N21): defaults spelled out, empty lists and texts, and the order of what has
//! none, say nothing. Equality by meaning stands here and in no other place.

use app::model::cluster::*;
use app::model::compute_node_group::*;
use app::model::health::InstanceHealthChecks;
use app::model::lifecycle::NodeLifecycleActions;
use app::model::queue::{ComputeNodeGroupConfiguration, QueueSlurmConfiguration};
use app::model::setting::SlurmCustomSetting;

use super::cluster::ClusterSpec;
use super::compute_node_group::ComputeNodeGroupSpec;
use super::queue::QueueSpec;
use super::resource::Meaning;

impl Meaning for ClusterSpec {
    fn plain(&self) -> Self {
        ClusterSpec {
            networking: self.networking.plain(),
            slurm: self.slurm.plain(),
            ..self.clone()
        }
    }
}

impl Meaning for Networking {
    fn plain(&self) -> Self {
        Networking {
            subnet_ids: any_order(self.subnet_ids.as_ref()),
            security_group_ids: any_order(self.security_group_ids.as_ref()),
            network_type: Some(self.network_type.unwrap_or(NetworkType::Ipv4)),
        }
    }
}

impl Meaning for ClusterSlurmConfiguration {
    fn plain(&self) -> Self {
        let accounting = self.accounting.clone();
        let rest = self.slurm_rest.clone();
        ClusterSlurmConfiguration {
            slurm_custom_settings: settings(self.slurm_custom_settings.as_ref()),
            slurmdbd_custom_settings: filled(self.slurmdbd_custom_settings.as_ref()),
            cgroup_custom_settings: filled(self.cgroup_custom_settings.as_ref()),
            job_submit_plugins: filled(self.job_submit_plugins.as_ref()),
            accounting: accounting.filter(Accounting::is_on),
            slurm_rest: rest.filter(|r| r.mode != SlurmRestMode::None),
            ..self.clone()
        }
    }
}

impl Meaning for ComputeNodeGroupSpec {
    fn plain(&self) -> Self {
        ComputeNodeGroupSpec {
            settings: self.settings.plain(),
            instance_types: vec![],
            zones: vec![],
            placement_group: None,
            ..self.clone()
        }
    }
}

impl Meaning for GroupSettings {
    fn plain(&self) -> Self {
        let actions = self.node_lifecycle_actions.as_ref();
        let checks = self.instance_health_checks.as_ref();
        GroupSettings {
            ami_id: text(self.ami_id.as_ref()),
            security_group_ids: any_order(self.security_group_ids.as_ref()),
            ssh_key_name: text(self.ssh_key_name.as_ref()),
            subnet_ids: sorted(&self.subnet_ids),
            purchase_option: Some(self.purchase()),
            launch_template_mode: Some(self.template_mode()),
            spot_options: spot_options(self.purchase(), self.spot_options.as_ref()),
            slurm_configuration: group_slurm(self.slurm_configuration.as_ref()),
            node_lifecycle_actions: actions.and_then(NodeLifecycleActions::plain),
            instance_health_checks: checks.and_then(InstanceHealthChecks::plain),
            ..self.clone()
        }
    }
}

impl Meaning for QueueSpec {
    fn plain(&self) -> Self {
        let mut groups = self.groups.clone();
        groups.sort_by_key(
            |ComputeNodeGroupConfiguration {
                 compute_node_group_id: id,
             }| id.clone(),
        );
        let list = self.slurm.as_ref();
        let list = settings(list.and_then(|s| s.slurm_custom_settings.as_ref()));
        QueueSpec {
            groups,
            slurm: list.map(|list| QueueSlurmConfiguration {
                slurm_custom_settings: Some(list),
            }),
        }
    }
}

/// What a Spot group gets when it names no strategy, and what the others have none of (N8).
pub fn spot_options(purchase: PurchaseOption, asked: Option<&SpotOptions>) -> Option<SpotOptions> {
    let strategy = asked.and_then(|options| options.allocation_strategy);
    (purchase == PurchaseOption::Spot).then(|| SpotOptions {
        allocation_strategy: strategy.or(Some(SpotAllocationStrategy::PriceCapacityOptimized)),
    })
}

fn group_slurm(
    slurm: Option<&ComputeNodeGroupSlurmConfiguration>,
) -> Option<ComputeNodeGroupSlurmConfiguration> {
    let slurm = slurm?;
    let plain = ComputeNodeGroupSlurmConfiguration {
        scale_down_idle_time_in_seconds: slurm.scale_down_idle_time_in_seconds,
        slurm_custom_settings: settings(slurm.slurm_custom_settings.as_ref()),
        gres_custom_settings: filled(slurm.gres_custom_settings.as_ref()),
    };
    (plain != ComputeNodeGroupSlurmConfiguration::default()).then_some(plain)
}

/// Settings in the one order that all lists with the same meaning share, so that Slurm's files do not change with the
/// order in which people give them.
pub fn by_name(list: Option<&Vec<SlurmCustomSetting>>) -> Vec<SlurmCustomSetting> {
    let mut list = list.cloned().unwrap_or_default();
    list.sort_by_cached_key(|given| given.parameter_name.to_ascii_lowercase());
    list
}

/// Settings by name; Slurm reads small and capital letters alike.
fn settings(list: Option<&Vec<SlurmCustomSetting>>) -> Option<Vec<SlurmCustomSetting>> {
    let mut list = by_name(Some(&filled(list)?));
    for given in &mut list {
        given.parameter_name.make_ascii_lowercase();
        given.parameter_value = value(&given.parameter_name, &given.parameter_value);
    }
    Some(list)
}

/// Settings of nodes that are whole numbers: with a change of any other all nodes of a group are replaced.
const NUMBERS: [&str; 8] = [
    "corespeccount",
    "corespersocket",
    "memspeclimit",
    "realmemory",
    "restrictedcorespergpu",
    "sockets",
    "tmpdisk",
    "weight",
];

/// A value as Slurm takes it: numbers without what leads them, features in any order.
fn value(name: &str, value: &str) -> String {
    match name {
        "features" => sorted(&value.split(',').map(str::to_owned).collect::<Vec<_>>()).join(","),
        name if NUMBERS.contains(&name) => value
            .parse::<u64>()
            .map_or_else(|_| value.to_owned(), |number| number.to_string()),
        _ => value.to_owned(),
    }
}

fn any_order(list: Option<&Vec<String>>) -> Option<Vec<String>> {
    filled(list).map(|list| sorted(&list))
}

fn sorted(list: &[String]) -> Vec<String> {
    let mut list = list.to_vec();
    list.sort();
    // A request names each once; rows of before may not.
    list.dedup();
    list
}

/// A list that says something; an empty one says nothing.
pub fn filled<T: Clone>(list: Option<&Vec<T>>) -> Option<Vec<T>> {
    list.filter(|list| !list.is_empty()).cloned()
}

fn text(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn group(changes: Value) -> ComputeNodeGroupSpec {
        let mut spec = json!({
            "ami_id": "ami-1", "security_group_ids": null, "ssh_key_name": null, "subnet_ids": ["subnet-1", "subnet-2"],
            "purchase_option": null, "launch_template_mode": null,
            "custom_launch_template": {"id": "lt-1", "version": "1"}, "iam_instance_profile_arn": "arn",
            "scaling": {"minInstanceCount": 0, "maxInstanceCount": 1}, "instance_configs": [{"instanceType": "c6i.large"}],
            "spot_options": null, "slurm": null, "node_lifecycle_actions": null, "launch_generation": 1
        });
        for (name, value) in changes.as_object().unwrap() {
            spec[name] = value.clone();
        }
        serde_json::from_value(spec).unwrap()
    }

    fn actions(script: Value) -> Value {
        json!({"node_lifecycle_actions": {"stages": {"nodeBootstrapped": [script]}}})
    }

    fn settings_of(pairs: &[(&str, &str)]) -> Value {
        let one = |(n, v): &(&str, &str)| json!({"parameterName": n, "parameterValue": v});
        json!({"slurmCustomSettings": pairs.iter().map(one).collect::<Vec<_>>()})
    }

    #[test]
    fn a_group_means_the_same_however_it_is_spelled() {
        let (ab, ba) = (
            [("Weight", "1"), ("Features", "a")],
            [("features", "a"), ("Weight", "1")],
        );
        for (one, other, same) in [
            (json!({}), json!({"launch_template_mode": "CUSTOM"}), true),
            (json!({}), json!({"purchase_option": "ONDEMAND"}), true),
            (
                json!({}),
                json!({"security_group_ids": [], "ssh_key_name": ""}),
                true,
            ),
            (
                json!({}),
                json!({"subnet_ids": ["subnet-2", "subnet-1"]}),
                true,
            ),
            (
                json!({}),
                json!({"subnet_ids": ["subnet-2", "subnet-1", "subnet-2"]}),
                true,
            ),
            (json!({}), json!({"slurm": {}}), true),
            (
                json!({}),
                json!({"slurm": {"slurmCustomSettings": [], "gresCustomSettings": []}}),
                true,
            ),
            (json!({}), json!({"spot_options": {}}), true),
            (
                json!({}),
                json!({"node_lifecycle_actions": {"stages": {"nodeReady": []}}}),
                true,
            ),
            (
                json!({}),
                json!({"instance_health_checks": {"healthMonitoring": {"mode": "NONE"}}}),
                true,
            ),
            (
                actions(
                    json!({"name": "a", "scriptSource": {"scriptLocation": "s3://b/k", "checksum": "AB"}}),
                ),
                actions(json!({
                    "name": "a", "scriptSource": {"scriptLocation": "s3://b/k", "checksum": "ab", "s3VersionId": ""},
                    "arguments": [], "onError": "TERMINATE", "executionPolicy": "FIRST_BOOT_ONLY",
                })),
                true,
            ),
            (
                actions(json!({"name": "a", "scriptSource": {"scriptLocation": "s3://b/k"}})),
                actions(
                    json!({"name": "a", "scriptSource": {"scriptLocation": "s3://b/k"}, "arguments": ["x"]}),
                ),
                false,
            ),
            (
                json!({"instance_health_checks": {"healthMonitoring": {"mode": "STANDARD"}}}),
                json!({"instance_health_checks": {"healthMonitoring": {"mode": "STANDARD", "repairAction": "AUTO"}}}),
                true,
            ),
            (
                json!({"instance_health_checks": {"healthMonitoring": {"mode": "STANDARD"}}}),
                json!({"instance_health_checks": {"healthMonitoring": {"mode": "STANDARD", "repairAction": "NONE"}}}),
                false,
            ),
            (
                json!({"slurm": settings_of(&ab)}),
                json!({"slurm": settings_of(&ba)}),
                true,
            ),
            (
                json!({"purchase_option": "SPOT"}),
                json!({"purchase_option": "SPOT", "spot_options": {"allocationStrategy": "price-capacity-optimized"}}),
                true,
            ),
            (
                json!({"security_group_ids": ["sg-1", "sg-2"]}),
                json!({"security_group_ids": ["sg-2", "sg-1"]}),
                true,
            ),
            (
                json!({"slurm": settings_of(&[("Weight", "05"), ("Features", "gpu,nvme")])}),
                json!({"slurm": settings_of(&[("features", "nvme,gpu"), ("WEIGHT", "5")])}),
                true,
            ),
            (
                json!({"slurm": settings_of(&[("RealMemory", "007000")])}),
                json!({"slurm": settings_of(&[("RealMemory", "7000")])}),
                true,
            ),
            // Another feature, and another text, are another thing.
            (
                json!({"slurm": settings_of(&[("Features", "gpu,nvme")])}),
                json!({"slurm": settings_of(&[("Features", "gpu")])}),
                false,
            ),
            (
                json!({"slurm": settings_of(&[("Features", "05")])}),
                json!({"slurm": settings_of(&[("Features", "5")])}),
                false,
            ),
            (
                json!({"slurm": settings_of(&[("CPUSpecList", "0,1")])}),
                json!({"slurm": settings_of(&[("CPUSpecList", "1,0")])}),
                false,
            ),
            (json!({}), json!({"launch_template_mode": "MANAGED"}), false),
            (json!({}), json!({"purchase_option": "SPOT"}), false),
            (json!({}), json!({"subnet_ids": ["subnet-1"]}), false),
            (json!({}), json!({"ssh_key_name": "key"}), false),
            (
                json!({}),
                json!({"scaling": {"minInstanceCount": 1, "maxInstanceCount": 1}}),
                false,
            ),
            (
                json!({}),
                json!({"slurm": {"scaleDownIdleTimeInSeconds": 600}}),
                false,
            ),
            (
                json!({"slurm": settings_of(&ab)}),
                json!({"slurm": settings_of(&ab[..1])}),
                false,
            ),
            (
                json!({"slurm": settings_of(&ab)}),
                json!({"slurm": settings_of(&[("Weight", "2"), ab[1]])}),
                false,
            ),
        ] {
            assert_eq!(
                group(one.clone()).means(&group(other.clone())),
                same,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_queue_and_a_cluster_too() {
        let queue = |ids: &[&str], settings: Option<Value>| QueueSpec {
            groups: ids
                .iter()
                .map(|id| ComputeNodeGroupConfiguration {
                    compute_node_group_id: Some((*id).into()),
                })
                .collect(),
            slurm: settings.map(|s| serde_json::from_value(s).unwrap()),
        };
        assert!(queue(&["a", "b"], None).means(&queue(&["b", "a"], Some(settings_of(&[])))));
        assert!(!queue(&["a", "b"], None).means(&queue(&["a"], None)));
        assert!(!queue(&[], None).means(&queue(&[], Some(settings_of(&[("MaxTime", "1")])))));
        let cluster =
            |slurm: Value| -> ClusterSlurmConfiguration { serde_json::from_value(slurm).unwrap() };
        let said = json!({
            "accounting": {"mode": "NONE"}, "slurmRest": {"mode": "NONE"}, "jobSubmitPlugins": [],
            "slurmCustomSettings": [], "cgroupCustomSettings": [], "slurmdbdCustomSettings": []
        });
        assert!(cluster(said).means(&cluster(json!({}))));
        assert!(!cluster(json!({"scaleDownIdleTimeInSeconds": 1})).means(&cluster(json!({}))));
    }
}
