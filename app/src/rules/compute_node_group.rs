//! What a compute node group may ask for (N2–N9): pure checks against the provider's catalogue, each for itself so that
//! a form can make it as soon as its field is left. What Slurm's settings may be is not here.

use crate::i18n::Text;
use crate::model::catalogue::{Catalogue, Image, InstanceType, LaunchTemplateVersion};
use crate::model::cluster::Networking;
use crate::model::compute_node_group::*;
use crate::model::echo::clip;
use crate::model::error::{Error, Result};
use crate::model::refs::SPOT_ROLE;
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
    purchase(t, catalogue, group.purchase_option, spot, provider)?;
    // A parked group needs no place: what its template names may be gone.
    if group.scaling_configuration.max_instance_count > 0 {
        reservation(t, catalogue, group, template)?;
        placement(t, catalogue, template)?;
    }
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
    catalogue: &Catalogue,
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
    if !catalogue.purchase_options.contains(&option) {
        let message = t.group_rules.purchase(provider);
        return Err(Error::field("purchaseOption", message));
    }
    spot_role(t, catalogue, option)
}

/// Spot instances are bought by a role of EC2's own (N8).
pub fn spot_role(t: &'static Text, catalogue: &Catalogue, option: PurchaseOption) -> Result<()> {
    let is_there = catalogue.roles.iter().any(|role| role.name == SPOT_ROLE);
    if option != PurchaseOption::Spot || is_there {
        return Ok(());
    }
    let message = t.group_rules.spot_role(SPOT_ROLE);
    Err(Error::field("purchaseOption", message))
}

/// States of reservations that no instance goes into any more.
const OVER: [&str; 5] = [
    "cancelled",
    "expired",
    "failed",
    "payment-failed",
    "unsupported",
];

/// What is bought as reserved goes into a reservation, which the template names; one that it names by itself is there, of
/// one of the group's types and in the zone of one of its subnets.
pub fn reservation(
    t: &'static Text,
    catalogue: &Catalogue,
    group: &GroupSettings,
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    let refuse = |message: String| Err(Error::field("customLaunchTemplate.id", message));
    let is_reserved = match group.purchase() {
        PurchaseOption::Ondemand | PurchaseOption::Spot => false,
        PurchaseOption::CapacityBlock | PurchaseOption::InterruptibleCapacityReservation => true,
    };
    if is_reserved && !template.is_some_and(|template| template.has_reservation) {
        return refuse(t.group_rules.reservation_needed.into());
    }
    let Some(id) = template.and_then(|template| template.capacity_reservation_id.as_deref()) else {
        return Ok(());
    };
    let mut known = catalogue.capacity_reservations.iter();
    let Some(found) = known.find(|it| it.id == id) else {
        return refuse(t.group_rules.reservation_unknown(clip(id)));
    };
    if OVER.contains(&found.state.as_str()) {
        return refuse(t.group_rules.reservation_state(id, &found.state));
    }
    if !group.type_names().contains(&found.instance_type) {
        return refuse(t.group_rules.reservation_type(id, &found.instance_type));
    }
    let subnets = catalogue.subnets.iter();
    let mut subnets = subnets.filter(|subnet| group.subnet_ids.contains(&subnet.id));
    if !subnets.any(|subnet| subnet.availability_zone == found.availability_zone) {
        return refuse(t.group_rules.reservation_zone(id, &found.availability_zone));
    }
    Ok(())
}

/// The placement group that a template names is there.
pub fn placement(
    t: &'static Text,
    catalogue: &Catalogue,
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    let Some(name) = template.and_then(|template| template.placement_group.as_deref()) else {
        return Ok(());
    };
    let refuse = |message: String| Err(Error::field("customLaunchTemplate.id", message));
    let mut known = catalogue.placement_groups.iter();
    match known.find(|group| group.name == name) {
        None => refuse(t.group_rules.placement_unknown(clip(name))),
        Some(group) if group.state != "available" => {
            refuse(t.group_rules.placement_state(name, &group.state))
        }
        Some(_) => Ok(()),
    }
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
#[path = "compute_node_group_tests.rs"]
mod tests;
