//! The checks of networks (C7, N4): before anything is created, each with the name of what failed.

use crate::model::catalogue::{Catalogue, Subnet, Vpc};
use crate::model::cluster::{NetworkType, Networking};
use crate::model::error::{Error, FieldError, Result};

const MAX_SECURITY_GROUPS: usize = 5;

/// Checks a cluster's network and fills in what was left out: the VPC's default group, IPv4.
pub fn resolve(catalogue: &Catalogue, asked: &Networking) -> Result<Networking> {
    let subnet_ids = asked.subnet_ids.clone().unwrap_or_default();
    if subnet_ids.is_empty() {
        return Err(Error::field(
            "networking.subnetIds",
            "Name at least one subnet for the cluster's controller.",
        ));
    }
    if asked.network_type == Some(NetworkType::Ipv6) {
        return Err(Error::field(
            "networking.networkType",
            "IPV6 is not available on this provider. Use IPV4, or leave the member out.",
        ));
    }
    let subnets = find_subnets(catalogue, &subnet_ids, "networking.subnetIds")?;
    let vpc = common_vpc(catalogue, &subnets, "networking.subnetIds")?;
    let mut wrong = check_vpc(vpc);
    wrong.extend(
        subnets
            .iter()
            .enumerate()
            .filter_map(|(i, s)| check_subnet(i, s)),
    );
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    let mut groups = asked.security_group_ids.clone().unwrap_or_default();
    check_security_groups(catalogue, &groups, &vpc.id, "networking.securityGroupIds")?;
    if groups.is_empty() {
        groups.push(vpc.default_security_group_id.clone());
    }
    Ok(Networking {
        subnet_ids: Some(subnet_ids),
        security_group_ids: Some(groups),
        network_type: Some(NetworkType::Ipv4),
    })
}

/// The subnets of those ids, or which one does not exist.
pub fn find_subnets<'a>(
    catalogue: &'a Catalogue,
    ids: &[String],
    field: &str,
) -> Result<Vec<&'a Subnet>> {
    ids.iter()
        .enumerate()
        .map(|(i, id)| {
            catalogue.subnets.iter().find(|s| s.id == *id).ok_or_else(|| {
                Error::field(
                    format!("{field}[{i}]"),
                    format!("There is no subnet {id} in this account and region. Choose one that exists."),
                )
            })
        })
        .collect()
}

fn common_vpc<'a>(catalogue: &'a Catalogue, subnets: &[&Subnet], field: &str) -> Result<&'a Vpc> {
    let first = subnets
        .first()
        .map(|s| s.vpc_id.as_str())
        .unwrap_or_default();
    if let Some(other) = subnets.iter().find(|s| s.vpc_id != first) {
        return Err(Error::field(
            field,
            format!(
                "Subnet {} is in {}, the first one in {first}. Name subnets of one VPC.",
                other.id, other.vpc_id
            ),
        ));
    }
    catalogue
        .vpcs
        .iter()
        .find(|v| v.id == first)
        .ok_or_else(|| Error::field(field, format!("The subnets' VPC {first} does not exist.")))
}

fn check_vpc(vpc: &Vpc) -> Vec<FieldError> {
    let mut wrong = vec![];
    let mut fail = |message: String| {
        wrong.push(FieldError {
            name: "networking.subnetIds".into(),
            message,
        })
    };
    if !vpc.dns_hostnames {
        fail(format!(
            "VPC {} has DNS hostnames off. Turn them on (enableDnsHostnames).",
            vpc.id
        ));
    }
    if !vpc.dns_resolution {
        fail(format!(
            "VPC {} has DNS resolution off. Turn it on (enableDnsSupport).",
            vpc.id
        ));
    }
    if vpc.tenancy != "default" {
        fail(format!(
            "VPC {} has {} tenancy. A cluster needs a VPC with default tenancy.",
            vpc.id, vpc.tenancy
        ));
    }
    wrong
}

fn check_subnet(index: usize, subnet: &Subnet) -> Option<FieldError> {
    let name = format!("networking.subnetIds[{index}]");
    if subnet.zone_type != "availability-zone" {
        let message = format!(
            "Subnet {} lies in a {}. Choose a subnet of an ordinary Availability Zone.",
            subnet.id, subnet.zone_type
        );
        return Some(FieldError { name, message });
    }
    if subnet.free_addresses < 1 {
        let message = format!(
            "Subnet {} has no free address. Choose one with a free address.",
            subnet.id
        );
        return Some(FieldError { name, message });
    }
    None
}

/// At most five groups, all of that VPC.
pub fn check_security_groups(
    catalogue: &Catalogue,
    ids: &[String],
    vpc_id: &str,
    field: &str,
) -> Result<()> {
    if ids.len() > MAX_SECURITY_GROUPS {
        return Err(Error::field(
            field,
            format!(
                "At most {MAX_SECURITY_GROUPS} security groups; {} were named.",
                ids.len()
            ),
        ));
    }
    for (i, id) in ids.iter().enumerate() {
        let name = format!("{field}[{i}]");
        let Some(group) = catalogue.security_groups.iter().find(|g| g.id == *id) else {
            return Err(Error::field(
                name,
                format!("There is no security group {id}. Choose one that exists."),
            ));
        };
        if group.vpc_id != vpc_id {
            return Err(Error::field(
                name,
                format!(
                    "Security group {id} is in {}, the subnets in {vpc_id}. Name groups of that VPC.",
                    group.vpc_id
                ),
            ));
        }
    }
    Ok(())
}

/// The VPC a cluster lives in.
pub fn vpc_of<'a>(catalogue: &'a Catalogue, networking: &Networking) -> Option<&'a str> {
    let first = networking.subnet_ids.as_ref()?.first()?;
    catalogue
        .subnets
        .iter()
        .find(|s| s.id == *first)
        .map(|s| s.vpc_id.as_str())
}
