//! What a compute node group may ask for (N2–N9): pure checks against the provider's catalogue, each for itself so that
//! a form can make it as soon as its field is left. What Slurm's settings may be is not here.

use crate::model::catalogue::{Catalogue, Image, InstanceType, LaunchTemplateVersion};
use crate::model::cluster::Networking;
use crate::model::compute_node_group::*;
use crate::model::error::{Error, Result};
use crate::rules::network::{check_security_groups, find_subnets, vpc_of};

/// All of them, for a group as it is to be.
pub fn check(
    catalogue: &Catalogue,
    cluster: &Networking,
    group: &CreateComputeNodeGroupRequest,
    provider: &str,
) -> Result<()> {
    scaling(&group.scaling_configuration)?;
    let instance_type = instance_types(catalogue, &group.instance_configs)?;
    let managed = group.launch_template_mode == Some(LaunchTemplateMode::Managed);
    let template = template(catalogue, managed, group.custom_launch_template.as_ref())?;
    subnets(catalogue, cluster, &group.subnet_ids, template)?;
    let security_group_ids = group.security_group_ids.as_deref().unwrap_or_default();
    security_groups(catalogue, cluster, security_group_ids, template)?;
    image(catalogue, group.ami_id.as_deref(), template, instance_type)?;
    profile(catalogue, &group.iam_instance_profile_arn)?;
    let spot = group.spot_options.as_ref();
    purchase(group.purchase_option, spot, provider)?;
    if let Some(slurm) = &group.slurm_configuration {
        idle_time(slurm.scale_down_idle_time_in_seconds)?;
        if slurm
            .gres_custom_settings
            .as_ref()
            .is_some_and(|g| !g.is_empty())
        {
            return Err(Error::field(
                "slurmConfiguration.gresCustomSettings",
                "Generic resources of your own are not available in this release. Leave them out.",
            ));
        }
    }
    if group.node_lifecycle_actions.is_some() {
        return Err(Error::field(
            "nodeLifecycleActions",
            "Node lifecycle actions are not available in this release. Leave them out.",
        ));
    }
    Ok(())
}

/// N2: static (min = max > 0) or dynamic (min = 0 < max).
pub fn scaling(scaling: &ScalingConfiguration) -> Result<()> {
    let (min, max) = (scaling.min_instance_count, scaling.max_instance_count);
    if max > 0 && (min == 0 || min == max) {
        return Ok(());
    }
    Err(Error::field(
        "scalingConfiguration",
        format!(
            "minInstanceCount {min} and maxInstanceCount {max} are neither a static group (both the same, above 0) nor \
             a dynamic one (minimum 0, maximum above 0)."
        ),
    ))
}

/// N3: known types, interchangeable.
pub fn instance_types<'a>(
    catalogue: &'a Catalogue,
    configs: &[InstanceConfig],
) -> Result<&'a InstanceType> {
    let mut types = vec![];
    for (i, config) in configs.iter().enumerate() {
        let name = config.instance_type.as_deref().unwrap_or_default();
        let known = catalogue
            .instance_types
            .iter()
            .find(|t| t.id == name)
            .ok_or_else(|| {
                Error::field(
                    format!("instanceConfigs[{i}].instanceType"),
                    format!(
                        "There is no instance type {name:?}. Choose one that the provider offers."
                    ),
                )
            })?;
        types.push(known);
    }
    let Some(first) = types.first() else {
        return Err(Error::field(
            "instanceConfigs",
            "Name at least one instance type.",
        ));
    };
    for (i, other) in types.iter().enumerate().skip(1) {
        let differs = [
            (first.architecture != other.architecture, "architecture"),
            (first.vcpus != other.vcpus, "number of vCPUs"),
            (first.gpus != other.gpus, "number of GPUs"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(Error::field(
                format!("instanceConfigs[{i}].instanceType"),
                format!(
                    "{} has another {what} than {}. All types of a group must have the same.",
                    other.id, first.id
                ),
            ));
        }
    }
    Ok(first)
}

/// N5: an existing version of an existing template, or none in MANAGED mode.
pub fn template<'a>(
    catalogue: &'a Catalogue,
    managed: bool,
    asked: Option<&CustomLaunchTemplate>,
) -> Result<Option<&'a LaunchTemplateVersion>> {
    let Some(asked) = asked else {
        if managed {
            return Ok(None);
        }
        return Err(Error::field(
            "customLaunchTemplate",
            "Name a launch template with id and version, or set launchTemplateMode to MANAGED.",
        ));
    };
    if managed {
        return Err(Error::field(
            "customLaunchTemplate",
            "In MANAGED mode there is no launch template. Leave it out.",
        ));
    }
    let Some(template) = catalogue.launch_templates.iter().find(|t| t.id == asked.id) else {
        return Err(Error::field(
            "customLaunchTemplate.id",
            "There is no launch template with this id. Choose one that exists.",
        ));
    };
    if template.name.starts_with("pcs-") && template.name.ends_with("-do-not-delete") {
        return Err(Error::field(
            "customLaunchTemplate.id",
            format!(
                "Template {} is the service's own. Name the template that you made.",
                template.name
            ),
        ));
    }
    let version = template
        .versions
        .iter()
        .find(|v| v.version == asked.version);
    version.map(Some).ok_or_else(|| {
        let known = template
            .versions
            .iter()
            .map(|v| v.version.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        Error::field(
            "customLaunchTemplate.version",
            format!(
                "Template {} has no such version. Name one of its numbers: {known}.",
                template.name
            ),
        )
    })
}

/// N4: subnets of the cluster's VPC, and those that the template names if it names any.
pub fn subnets(
    catalogue: &Catalogue,
    cluster: &Networking,
    subnet_ids: &[String],
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    if subnet_ids.is_empty() {
        return Err(Error::field(
            "subnetIds",
            "Name at least one subnet for the instances.",
        ));
    }
    let vpc = vpc_of(catalogue, cluster).unwrap_or_default();
    for (i, subnet) in find_subnets(catalogue, subnet_ids, "subnetIds")?
        .into_iter()
        .enumerate()
    {
        if subnet.vpc_id != vpc {
            return Err(Error::field(
                format!("subnetIds[{i}]"),
                format!(
                    "Subnet {} is in {}, the cluster in {vpc}. Name subnets of that VPC.",
                    subnet.id, subnet.vpc_id
                ),
            ));
        }
        if template.is_some_and(|t| !t.subnet_ids.is_empty() && !t.subnet_ids.contains(&subnet.id))
        {
            return Err(Error::field(
                format!("subnetIds[{i}]"),
                format!(
                    "The launch template names other subnets than {}. Use the template's.",
                    subnet.id
                ),
            ));
        }
    }
    Ok(())
}

/// Those of the template, or with none the group's own; all in the cluster's VPC.
pub fn security_groups(
    catalogue: &Catalogue,
    cluster: &Networking,
    ids: &[String],
    template: Option<&LaunchTemplateVersion>,
) -> Result<()> {
    let vpc = vpc_of(catalogue, cluster).unwrap_or_default();
    let Some(template) = template else {
        return check_security_groups(catalogue, ids, vpc, "securityGroupIds");
    };
    let of_template = &template.security_group_ids;
    check_security_groups(catalogue, of_template, vpc, "customLaunchTemplate.id")?;
    if ids.is_empty() {
        return Ok(());
    }
    Err(Error::field(
        "securityGroupIds",
        "With a launch template, its security groups apply. Leave them out.",
    ))
}

/// N6: the group's image, else the template's; available, of the types' architecture and the cluster's Slurm.
pub fn image(
    catalogue: &Catalogue,
    asked: Option<&str>,
    template: Option<&LaunchTemplateVersion>,
    instance_type: &InstanceType,
) -> Result<()> {
    let asked = asked.or(template.and_then(|t| t.image_id.as_deref()));
    let Some(asked) = asked else {
        return Err(Error::field(
            "amiId",
            "Neither the group nor its launch template names an image. Name one.",
        ));
    };
    let Some(image) = catalogue.images.iter().find(|i: &&Image| i.id == asked) else {
        return Err(Error::field(
            "amiId",
            format!("There is no image {asked}. Choose one that exists."),
        ));
    };
    if image.state != "available" {
        return Err(Error::field(
            "amiId",
            format!(
                "Image {asked} is {}, not available. Choose another.",
                image.state
            ),
        ));
    }
    if image.architecture != instance_type.architecture {
        return Err(Error::field(
            "amiId",
            format!(
                "Image {asked} is for {}, instance type {} is {}. Choose an image of that architecture.",
                image.architecture, instance_type.id, instance_type.architecture
            ),
        ));
    }
    Ok(())
}

/// N7: the role's name starts with AWSPCS, or its path has /aws-pcs/.
pub fn profile(catalogue: &Catalogue, arn: &str) -> Result<()> {
    let field = "iamInstanceProfileArn";
    let Some(profile) = catalogue.instance_profiles.iter().find(|p| p.arn == arn) else {
        return Err(Error::field(
            field,
            format!("There is no instance profile {arn}. Choose one that exists."),
        ));
    };
    if profile.role_name.starts_with("AWSPCS") || profile.role_path.contains("/aws-pcs/") {
        return Ok(());
    }
    Err(Error::field(
        field,
        format!(
            "The profile's role {} neither starts with AWSPCS nor has /aws-pcs/ in its path. Name a role that does.",
            profile.role_name
        ),
    ))
}

/// N8, as far as the provider can.
pub fn purchase(
    option: Option<PurchaseOption>,
    spot: Option<&SpotOptions>,
    provider: &str,
) -> Result<()> {
    let option = option.unwrap_or(PurchaseOption::Ondemand);
    let strategy = spot.and_then(|o| o.allocation_strategy);
    if strategy.is_some() && option != PurchaseOption::Spot {
        return Err(Error::field(
            "spotOptions.allocationStrategy",
            "An allocation strategy goes with purchaseOption SPOT only. Leave it out, or ask for SPOT.",
        ));
    }
    if option != PurchaseOption::Ondemand {
        return Err(Error::field(
            "purchaseOption",
            format!(
                "The {provider} provider has no such purchase option. Use ONDEMAND, or leave it out."
            ),
        ));
    }
    Ok(())
}

/// N9: a number of seconds, −1 for never, or the cluster's own when it is left out.
pub fn idle_time(seconds: Option<i64>) -> Result<()> {
    if seconds != Some(0) {
        return Ok(());
    }
    Err(Error::field(
        "slurmConfiguration.scaleDownIdleTimeInSeconds",
        "0 would stop a node at once. Use a number of seconds above 0, or −1 for never.",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bounds(min: i64, max: i64) -> ScalingConfiguration {
        ScalingConfiguration {
            min_instance_count: min,
            max_instance_count: max,
        }
    }

    #[test]
    fn a_group_is_static_or_dynamic_and_nothing_between() {
        assert!(scaling(&bounds(1, 1)).is_ok());
        assert!(scaling(&bounds(0, 4)).is_ok());
        for (min, max) in [(0, 0), (1, 4), (4, 1), (2, 0)] {
            let refusal = scaling(&bounds(min, max)).unwrap_err();
            assert!(
                refusal.message.contains("scalingConfiguration"),
                "{refusal}"
            );
        }
    }
}
