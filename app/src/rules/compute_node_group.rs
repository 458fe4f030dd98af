//! What a compute node group may ask for (N2–N9): pure checks against the provider's catalogue, each for itself so that
//! a form can make it as soon as its field is left. What Slurm's settings may be is not here.

use crate::i18n::Text;
use crate::model::catalogue::{Catalogue, Image, InstanceType, LaunchTemplateVersion};
use crate::model::cluster::Networking;
use crate::model::compute_node_group::*;
use crate::model::echo::clip;
use crate::model::error::{Error, Result};
use crate::rules::check_once;
use crate::rules::network::{self, check_security_groups, find_subnets, vpc_of};

/// All of them, for a group as it is to be.
pub fn check(
    t: &'static Text,
    catalogue: &Catalogue,
    cluster: &Networking,
    group: &GroupSettings,
    provider: &str,
) -> Result<()> {
    scaling(t, &group.scaling_configuration)?;
    let instance_type = instance_types(t, catalogue, &group.instance_configs)?;
    let managed = group.template_mode() == LaunchTemplateMode::Managed;
    let template = template(t, catalogue, managed, group.custom_launch_template.as_ref())?;
    subnets(t, catalogue, cluster, &group.subnet_ids, template)?;
    let security_group_ids = group.security_group_ids.as_deref().unwrap_or_default();
    security_groups(t, catalogue, cluster, security_group_ids, template)?;
    key_pair(t, catalogue, group.ssh_key_name.as_deref())?;
    image(
        t,
        catalogue,
        group.ami_id.as_deref(),
        template,
        instance_type,
    )?;
    profile(t, catalogue, &group.iam_instance_profile_arn)?;
    let spot = group.spot_options.as_ref();
    purchase(t, group.purchase_option, spot, provider)?;
    if let Some(slurm) = &group.slurm_configuration {
        idle_time(t, slurm.scale_down_idle_time_in_seconds)?;
        let gres = slurm.gres_custom_settings.as_ref();
        if gres.is_some_and(|g| !g.is_empty()) {
            let field = "slurmConfiguration.gresCustomSettings";
            return Err(Error::field(field, t.group_rules.gres));
        }
    }
    if let Some(actions) = &group.node_lifecycle_actions {
        super::lifecycle::check(t, actions)?;
    }
    if let Some(checks) = &group.instance_health_checks {
        super::health::check(t, checks, instance_type)?;
    }
    Ok(())
}

/// N3, N4: what a create lists is listed once.
pub fn each_once(t: &'static Text, asked: &GroupSettings) -> Result<()> {
    let types = asked.instance_configs.iter();
    let types = types.filter_map(|config| config.instance_type.as_deref());
    check_once(t, types, |i| format!("instanceConfigs[{i}].instanceType"))?;
    changed_once(t, &GroupPatch::from(asked.clone()))
}

/// The same of an update. What it leaves alone may be of a time when nobody asked.
pub fn changed_once(t: &'static Text, asked: &GroupPatch) -> Result<()> {
    let subnets = asked.subnet_ids.as_deref().unwrap_or_default();
    network::each_once(t, subnets, "subnetIds")?;
    let groups = asked.security_group_ids.as_deref().unwrap_or_default();
    network::each_once(t, groups, "securityGroupIds")
}

/// N2: static (min = max > 0), dynamic (min = 0 < max) or parked (both 0).
pub fn scaling(t: &'static Text, scaling: &ScalingConfiguration) -> Result<()> {
    let (min, max) = (scaling.min_instance_count, scaling.max_instance_count);
    if max >= 0 && (min == 0 || min == max) {
        return Ok(());
    }
    Err(Error::field(
        "scalingConfiguration",
        t.group_rules.scaling(min, max),
    ))
}

/// N3: known types, interchangeable.
pub fn instance_types<'a>(
    t: &'static Text,
    catalogue: &'a Catalogue,
    configs: &[InstanceConfig],
) -> Result<&'a InstanceType> {
    let field = |i: usize| format!("instanceConfigs[{i}].instanceType");
    let mut types: Vec<&InstanceType> = vec![];
    for (i, config) in configs.iter().enumerate() {
        let name = config.instance_type.as_deref().unwrap_or_default();
        let Some(known) = catalogue.instance_types.iter().find(|t| t.id == name) else {
            return Err(Error::field(
                field(i),
                t.group_rules.type_unknown(clip(name)),
            ));
        };
        types.push(known);
    }
    let Some(first) = types.first().copied() else {
        return Err(Error::field("instanceConfigs", t.group_rules.type_needed));
    };
    for (i, other) in types.iter().enumerate().skip(1) {
        if let Some(what) = difference(t, first, other) {
            let message = t.group_rules.type_differs(&other.id, what, &first.id);
            return Err(Error::field(field(i), message));
        }
    }
    Ok(first)
}

/// In what two types of one group would differ, and must not.
pub fn difference(
    t: &'static Text,
    first: &InstanceType,
    other: &InstanceType,
) -> Option<&'static str> {
    let differs = [
        (
            first.architecture != other.architecture,
            t.group_rules.architecture,
        ),
        (first.vcpus != other.vcpus, t.group_rules.vcpus),
        (first.gpus != other.gpus, t.group_rules.gpus),
    ];
    let found = differs.into_iter().find(|(differs, _)| *differs);
    found.map(|(_, what)| what)
}

/// N5: an existing version of an existing template, or none in MANAGED mode.
pub fn template<'a>(
    t: &'static Text,
    catalogue: &'a Catalogue,
    managed: bool,
    asked: Option<&CustomLaunchTemplate>,
) -> Result<Option<&'a LaunchTemplateVersion>> {
    let refuse = |field: &str, message: String| Err(Error::field(field, message));
    let Some(asked) = asked else {
        if managed {
            return Ok(None);
        }
        return refuse("customLaunchTemplate", t.group_rules.template_needed.into());
    };
    if managed {
        return refuse(
            "customLaunchTemplate",
            t.group_rules.template_managed.into(),
        );
    }
    let Some(template) = catalogue.launch_templates.iter().find(|t| t.id == asked.id) else {
        return refuse(
            "customLaunchTemplate.id",
            t.group_rules.template_unknown.into(),
        );
    };
    if is_services_own(&template.name) {
        let message = t.group_rules.template_own(&template.name);
        return refuse("customLaunchTemplate.id", message);
    }
    let versions = &template.versions;
    if let Some(version) = versions.iter().find(|v| v.version == asked.version) {
        return Ok(Some(version));
    }
    let known: Vec<&str> = versions.iter().map(|v| v.version.as_str()).collect();
    let message = t
        .group_rules
        .template_version(&template.name, known.join(", "));
    refuse("customLaunchTemplate.version", message)
}

/// Templates that the service derives from people's (N5).
pub fn is_services_own(template_name: &str) -> bool {
    template_name.starts_with("pcs-") && template_name.ends_with("-do-not-delete")
}

/// N4: subnets of the cluster's VPC, and those that the template names if it names any.
pub fn subnets(
    t: &'static Text,
    catalogue: &Catalogue,
    cluster: &Networking,
    subnet_ids: &[String],
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    if subnet_ids.is_empty() {
        return Err(Error::field("subnetIds", t.group_rules.subnet_needed));
    }
    let vpc = vpc_of(catalogue, cluster).unwrap_or_default();
    let found = find_subnets(t, catalogue, subnet_ids, "subnetIds")?;
    for (i, subnet) in found.into_iter().enumerate() {
        let field = format!("subnetIds[{i}]");
        if subnet.vpc_id != vpc {
            let message = t.group_rules.subnet_vpc(&subnet.id, &subnet.vpc_id, vpc);
            return Err(Error::field(field, message));
        }
        if template.is_some_and(|t| !t.subnet_ids.is_empty() && !t.subnet_ids.contains(&subnet.id))
        {
            let message = t.group_rules.subnet_template(&subnet.id);
            return Err(Error::field(field, message));
        }
    }
    Ok(())
}

/// The group's own, which go before the template's; a template with interfaces has theirs, and without a template
/// there must be some (N5). All in the cluster's VPC.
pub fn security_groups(
    t: &'static Text,
    catalogue: &Catalogue,
    cluster: &Networking,
    ids: &[String],
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    let vpc = vpc_of(catalogue, cluster).unwrap_or_default();
    let own = "securityGroupIds";
    match template {
        None if ids.is_empty() => return Err(Error::field(own, t.group_rules.groups_needed)),
        Some(template) if ids.is_empty() => {
            let of_template = &template.security_group_ids;
            return check_security_groups(
                t,
                catalogue,
                of_template,
                vpc,
                "customLaunchTemplate.id",
            );
        }
        Some(template) if template.has_interfaces() => {
            return Err(Error::field(own, t.group_rules.groups_interfaces));
        }
        _ => {}
    }
    check_security_groups(t, catalogue, ids, vpc, own)
}

/// The group's own, which goes before the template's; one that there is.
pub fn key_pair(t: &'static Text, catalogue: &Catalogue, name: Option<&str>) -> Result<()> {
    let Some(name) = name else {
        return Ok(());
    };
    if catalogue.key_pairs.iter().any(|pair| pair.name == name) {
        return Ok(());
    }
    Err(Error::field(
        "sshKeyName",
        t.group_rules.key_unknown(clip(name)),
    ))
}

/// N6: the group's image, else the template's; available and of the types' architecture.
pub fn image(
    t: &'static Text,
    catalogue: &Catalogue,
    asked: Option<&str>,
    template: Option<&LaunchTemplateVersion>,
    instance_type: &InstanceType,
) -> Result<()> {
    let refuse = |message: String| Err(Error::field("amiId", message));
    let asked = asked.or(template.and_then(|t| t.image_id.as_deref()));
    let Some(asked) = asked else {
        return refuse(t.group_rules.image_needed.into());
    };
    let Some(image) = catalogue.images.iter().find(|i: &&Image| i.id == asked) else {
        return refuse(t.group_rules.image_unknown(clip(asked)));
    };
    if image.state != "available" {
        return refuse(t.group_rules.image_state(asked, &image.state));
    }
    if image.architecture != instance_type.architecture {
        return refuse(t.group_rules.image_architecture(
            asked,
            &image.architecture,
            &instance_type.id,
            &instance_type.architecture,
        ));
    }
    Ok(())
}

/// N7: the role's name starts with AWSPCS, or its path has /aws-pcs/.
pub fn profile(t: &'static Text, catalogue: &Catalogue, arn: &str) -> Result<()> {
    let field = "iamInstanceProfileArn";
    let Some(profile) = catalogue.instance_profiles.iter().find(|p| p.arn == arn) else {
        return Err(Error::field(
            field,
            t.group_rules.profile_unknown(clip(arn)),
        ));
    };
    if profile.role_name.starts_with("AWSPCS") || profile.role_path.contains("/aws-pcs/") {
        return Ok(());
    }
    let message = t.group_rules.profile_role(&profile.role_name);
    Err(Error::field(field, message))
}

/// N8, as far as the provider can.
pub fn purchase(
    t: &'static Text,
    option: Option<PurchaseOption>,
    spot: Option<&SpotOptions>,
    provider: &str,
) -> Result<()> {
    let option = option.unwrap_or(PurchaseOption::Ondemand);
    let strategy = spot.and_then(|o| o.allocation_strategy);
    if strategy.is_some() && option != PurchaseOption::Spot {
        let field = "spotOptions.allocationStrategy";
        return Err(Error::field(field, t.group_rules.spot_strategy));
    }
    if option != PurchaseOption::Ondemand {
        return Err(Error::field(
            "purchaseOption",
            t.group_rules.purchase(provider),
        ));
    }
    Ok(())
}

/// N9: a number of seconds; −1 takes the group's own away.
pub fn idle_time(t: &'static Text, seconds: Option<i64>) -> Result<()> {
    if seconds != Some(0) {
        return Ok(());
    }
    let field = "slurmConfiguration.scaleDownIdleTimeInSeconds";
    Err(Error::field(field, t.group_rules.idle_zero))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn bounds(min: i64, max: i64) -> ScalingConfiguration {
        ScalingConfiguration {
            min_instance_count: min,
            max_instance_count: max,
        }
    }

    #[test]
    fn a_group_is_static_dynamic_or_parked_and_nothing_between() {
        let t = english();
        assert!(scaling(t, &bounds(1, 1)).is_ok());
        assert!(scaling(t, &bounds(0, 4)).is_ok());
        assert!(scaling(t, &bounds(0, 0)).is_ok());
        for (min, max) in [(1, 4), (4, 1), (2, 0), (-1, -1), (0, -1)] {
            let refusal = scaling(t, &bounds(min, max)).unwrap_err();
            assert!(
                refusal.message.contains("scalingConfiguration"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn what_a_group_lists_it_lists_once() {
        let t = english();
        let strings = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        for (types, subnets, groups, field) in [
            (
                &["a", "b"][..],
                &["s-1", "s-2"][..],
                &["sg-1", "sg-2"][..],
                None,
            ),
            (
                &["a", "b", "a"],
                &["s-1"],
                &["sg-1"],
                Some("instanceConfigs[2].instanceType"),
            ),
            (&["a"], &["s-1", "s-1"], &["sg-1"], Some("subnetIds[1]")),
            (
                &["a"],
                &["s-1"],
                &["sg-1", "sg-2", "sg-1"],
                Some("securityGroupIds[2]"),
            ),
        ] {
            let config = |name: String| InstanceConfig {
                instance_type: Some(name),
            };
            let asked = GroupSettings {
                instance_configs: strings(types).into_iter().map(config).collect(),
                subnet_ids: strings(subnets),
                security_group_ids: Some(strings(groups)),
                ..GroupSettings::default()
            };
            match (each_once(t, &asked), field) {
                (Ok(()), None) => {}
                (Err(error), Some(field)) => {
                    assert!(error.message.starts_with(field), "{error}");
                }
                (other, _) => panic!("{field:?}: {other:?}"),
            }
        }
    }
}
