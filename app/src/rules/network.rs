//! The checks of networks (C7, N4): before anything is created, each with the name of what failed.

use super::check_once;
use crate::i18n::Text;
use crate::model::catalogue::{Catalogue, Subnet, Vpc};
use crate::model::cluster::{NetworkType, Networking};
use crate::model::echo::clip;
use crate::model::error::{Error, FieldError, Result};

pub const MAX_SECURITY_GROUPS: usize = 5;

/// Checks a cluster's network and fills in what was left out: the VPC's default group, IPv4.
pub fn resolve(t: &'static Text, catalogue: &Catalogue, asked: &Networking) -> Result<Networking> {
    let subnet_ids = asked.subnet_ids.clone().unwrap_or_default();
    if subnet_ids.is_empty() {
        return Err(Error::field("networking.subnetIds", t.rules.subnet_needed));
    }
    if asked.network_type == Some(NetworkType::Ipv6) {
        return Err(Error::field("networking.networkType", t.rules.no_ipv6));
    }
    let mut groups = asked.security_group_ids.clone().unwrap_or_default();
    each_once(t, &subnet_ids, "networking.subnetIds")?;
    each_once(t, &groups, "networking.securityGroupIds")?;
    let subnets = find_subnets(t, catalogue, &subnet_ids, "networking.subnetIds")?;
    let vpc = common_vpc(t, catalogue, &subnets, "networking.subnetIds")?;
    let of_vpc = vpc_problems(t, vpc).into_iter().map(|message| FieldError {
        name: "networking.subnetIds".into(),
        message,
    });
    let of_subnets = subnets.iter().enumerate().filter_map(|(i, subnet)| {
        Some(FieldError {
            name: format!("networking.subnetIds[{i}]"),
            message: subnet_problem(t, subnet)?,
        })
    });
    let wrong: Vec<FieldError> = of_vpc.chain(of_subnets).collect();
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    check_security_groups(
        t,
        catalogue,
        &groups,
        &vpc.id,
        "networking.securityGroupIds",
    )?;
    if groups.is_empty() {
        groups.push(vpc.default_security_group_id.clone());
    }
    Ok(Networking {
        subnet_ids: Some(subnet_ids),
        security_group_ids: Some(groups),
        network_type: Some(NetworkType::Ipv4),
    })
}

/// Names each id of a list once.
pub fn each_once(t: &'static Text, ids: &[String], field: &str) -> Result<()> {
    let names = ids.iter().map(String::as_str);
    check_once(t, names, |i| format!("{field}[{i}]"))
}

/// The subnets of those ids, or which one does not exist.
pub fn find_subnets<'a>(
    t: &'static Text,
    catalogue: &'a Catalogue,
    ids: &[String],
    field: &str,
) -> Result<Vec<&'a Subnet>> {
    ids.iter()
        .enumerate()
        .map(|(i, id)| {
            catalogue
                .subnets
                .iter()
                .find(|s| s.id == *id)
                .ok_or_else(|| {
                    Error::field(format!("{field}[{i}]"), t.rules.subnet_unknown(clip(id)))
                })
        })
        .collect()
}

fn common_vpc<'a>(
    t: &'static Text,
    catalogue: &'a Catalogue,
    subnets: &[&Subnet],
    field: &str,
) -> Result<&'a Vpc> {
    let first = subnets
        .first()
        .map(|s| s.vpc_id.as_str())
        .unwrap_or_default();
    if let Some(other) = subnets.iter().find(|s| s.vpc_id != first) {
        return Err(Error::field(
            field,
            t.rules.subnets_differ(&other.id, &other.vpc_id, first),
        ));
    }
    catalogue
        .vpcs
        .iter()
        .find(|v| v.id == first)
        .ok_or_else(|| Error::field(field, t.rules.vpc_unknown(first)))
}

/// Everything in which the VPC does not fit, each with the remedy.
pub fn vpc_problems(t: &'static Text, vpc: &Vpc) -> Vec<String> {
    let checks = [
        (!vpc.dns_hostnames).then(|| t.rules.vpc_dns_hostnames(&vpc.id)),
        (!vpc.dns_resolution).then(|| t.rules.vpc_dns_resolution(&vpc.id)),
        (vpc.tenancy != "default").then(|| t.rules.vpc_tenancy(&vpc.id, &vpc.tenancy)),
    ];
    checks.into_iter().flatten().collect()
}

/// Why no controller can stand in the subnet.
pub fn subnet_problem(t: &'static Text, subnet: &Subnet) -> Option<String> {
    if subnet.zone_type != "availability-zone" {
        return Some(t.rules.subnet_zone(&subnet.id, &subnet.zone_type));
    }
    (subnet.free_addresses < 1).then(|| t.rules.subnet_full(&subnet.id))
}

/// At most five groups, all of that VPC.
pub fn check_security_groups(
    t: &'static Text,
    catalogue: &Catalogue,
    ids: &[String],
    vpc_id: &str,
    field: &str,
) -> Result<()> {
    if ids.len() > MAX_SECURITY_GROUPS {
        return Err(Error::field(
            field,
            t.rules.security_groups_most(MAX_SECURITY_GROUPS, ids.len()),
        ));
    }
    for (i, id) in ids.iter().enumerate() {
        let name = format!("{field}[{i}]");
        let Some(group) = catalogue.security_groups.iter().find(|g| g.id == *id) else {
            return Err(Error::field(name, t.rules.security_group_unknown(clip(id))));
        };
        if group.vpc_id != vpc_id {
            let message = t.rules.security_group_vpc(id, &group.vpc_id, vpc_id);
            return Err(Error::field(name, message));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn a_controller_stands_in_an_ordinary_zone_with_a_free_address() {
        let good = Subnet {
            id: "subnet-1".into(),
            name: "private".into(),
            vpc_id: "vpc-1".into(),
            cidr: "10.3.0.0/20".into(),
            availability_zone: "us-east-1a".into(),
            zone_type: "availability-zone".into(),
            free_addresses: 4091,
            public: false,
        };
        let problem = |subnet: &Subnet| subnet_problem(english(), subnet);
        assert_eq!(problem(&good), None);
        let full = Subnet {
            free_addresses: 0,
            ..good.clone()
        };
        assert!(problem(&full).is_some_and(|why| why.contains("free address")));
        let local = Subnet {
            zone_type: "local-zone".into(),
            ..good
        };
        assert!(problem(&local).is_some_and(|why| why.contains("local-zone")));
    }

    #[test]
    fn a_vpc_resolves_names_and_is_shared() {
        let vpc = Vpc {
            id: "vpc-1".into(),
            name: "hpc".into(),
            cidr: "10.3.0.0/16".into(),
            dns_hostnames: false,
            dns_resolution: false,
            tenancy: "dedicated".into(),
            default_security_group_id: "sg-1".into(),
        };
        assert_eq!(vpc_problems(english(), &vpc).len(), 3);
    }
}
