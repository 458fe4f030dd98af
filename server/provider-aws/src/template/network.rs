//! Security groups and subnets: an instance has its template's interfaces with their own, or the one that EC2 makes.

use std::collections::BTreeSet;

use app::model::compute_node_group::{GroupSettings, LaunchTemplateMode};
use aws_sdk_ec2::types::{
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as Interface,
    RequestLaunchTemplateData,
};

use super::{Context, Review};

/// The template's interfaces; none if it names none.
pub(super) fn interfaces(data: &RequestLaunchTemplateData) -> &[Interface] {
    data.network_interfaces.as_deref().unwrap_or_default()
}

/// A member of the template's interface of that number.
pub(super) fn member(index: usize, name: &str) -> String {
    format!("LaunchTemplateData.NetworkInterfaces[{index}].{name}")
}

/// The group's go before the template's; beside interfaces neither may stand, as those have their own (A2, N5).
pub(super) fn security_groups(
    data: &mut RequestLaunchTemplateData,
    group: &GroupSettings,
    context: &Context<'_>,
    review: &mut Review,
) {
    if has_some(&data.security_groups) {
        review.refuse(
            "LaunchTemplateData.SecurityGroups",
            "Security groups by name are not taken.",
            "Give their ids in SecurityGroupIds.",
        );
    }
    if !interfaces(data).is_empty() {
        return beside_interfaces(data, group, context, review);
    }
    let (field, ids) = match has_some(&group.security_group_ids) {
        true => ("securityGroupIds", &group.security_group_ids),
        false => (
            "LaunchTemplateData.SecurityGroupIds",
            &data.security_group_ids,
        ),
    };
    let ids = ids.clone().filter(|ids| !ids.is_empty());
    if ids.is_none() && group.template_mode() == LaunchTemplateMode::Managed {
        review.refuse(
            "securityGroupIds",
            "Without a launch template nothing says which security groups the instances have.",
            "Name at least one.",
        );
    }
    in_vpc(field, ids.as_deref().unwrap_or_default(), context, review);
    data.security_group_ids = ids;
}

fn beside_interfaces(
    data: &RequestLaunchTemplateData,
    group: &GroupSettings,
    context: &Context<'_>,
    review: &mut Review,
) {
    let reason =
        "The launch template has network interfaces, which have security groups of their own.";
    if has_some(&data.security_group_ids) {
        let remedy = "Move them into Groups of each interface.";
        review.refuse("LaunchTemplateData.SecurityGroupIds", reason, remedy);
    }
    if has_some(&group.security_group_ids) {
        let remedy = "Leave them out here, and name them in Groups of each interface.";
        review.refuse("securityGroupIds", reason, remedy);
    }
    for (index, interface) in interfaces(data).iter().enumerate() {
        let field = member(index, "Groups");
        match &interface.groups {
            Some(ids) if !ids.is_empty() => in_vpc(&field, ids, context, review),
            _ => review.refuse(
                field,
                "The network interface has no security groups.",
                "Name at least one that lets the node and the controller talk to each other.",
            ),
        }
    }
}

fn in_vpc(field: &str, ids: &[String], context: &Context<'_>, review: &mut Review) {
    for id in ids {
        let found = context.security_groups.iter().find(|group| group.id == *id);
        let reason = match found {
            Some(group) if group.vpc_id == context.vpc_id => continue,
            Some(group) => format!(
                "The security group {id} is in {}, the cluster in {}.",
                group.vpc_id, context.vpc_id
            ),
            None => format!("There is no security group {id} here."),
        };
        let remedy = format!("Name security groups of {}.", context.vpc_id);
        review.refuse(field, reason, remedy);
    }
}

/// The one subnet that the interfaces name, if they do: it must be the group's, and all of its instances are in it (N4).
pub(super) fn subnet(
    data: &RequestLaunchTemplateData,
    group: &GroupSettings,
    review: &mut Review,
) -> Option<String> {
    let mut named = BTreeSet::new();
    for (index, interface) in interfaces(data).iter().enumerate() {
        let Some(id) = &interface.subnet_id else {
            continue;
        };
        if !named.insert(id.clone()) || named.len() == 1 {
            continue;
        }
        review.refuse(
            member(index, "SubnetId"),
            format!("The interfaces of an instance are in different subnets, {id} among them."),
            "Name the same subnet in each, or none.",
        );
    }
    let id = named.into_iter().next()?;
    for other in group.subnet_ids.iter().filter(|other| **other != id) {
        review.refuse(
            "subnetIds",
            format!("The launch template's interfaces are in {id}, not in {other}."),
            format!("Name {id} alone, or take SubnetId out of the template's interfaces."),
        );
    }
    Some(id)
}

fn has_some(list: &Option<Vec<String>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}
