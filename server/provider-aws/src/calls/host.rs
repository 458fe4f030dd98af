//! The instance that this server runs on, and what its security groups let in: whether nodes reach it.

use std::net::IpAddr;

use app::model::catalogue::InboundRule;
use app::model::system::Network;
use app::rules::ports::{self, Ports};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Instance, InstanceStateName};

use super::CallError;
use super::inbound_rule::inbound;

/// The actions of IAM that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeInstances", "ec2:DescribeSecurityGroups"];

/// Which of these ports the groups of the instance with that address let nobody reach. An address may be of several networks:
/// any instance that lets all in is taken, else the first.
pub async fn network(client: &Client, at: IpAddr, needed: &[Ports]) -> Result<Network, CallError> {
    let mut found = None;
    for instance in instances(client, at).await? {
        let groups: Vec<String> = ids(&instance);
        let rules = rules(client, &groups).await?;
        let closed = closed(&rules, needed);
        let network = Network::Host {
            instance: instance.instance_id().unwrap_or_default().to_owned(),
            remedies: remedies(&groups, &closed),
            groups,
            closed: ports::told(&closed),
        };
        if closed.is_empty() {
            return Ok(network);
        }
        found.get_or_insert(network);
    }
    Ok(found.unwrap_or(Network::Stranger))
}

async fn instances(client: &Client, at: IpAddr) -> Result<Vec<Instance>, CallError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let running = InstanceStateName::Running;
    let call = client
        .describe_instances()
        .filters(filter("private-ip-address", &at.to_string()))
        .filters(filter("instance-state-name", running.as_str()));
    let answer = call.send().await;
    let answer = answer.map_err(|error| CallError::of("DescribeInstances", error))?;
    let reservations = answer.reservations.unwrap_or_default().into_iter();
    let instances = reservations.flat_map(|it| it.instances.unwrap_or_default());
    Ok(instances.collect())
}

fn ids(instance: &Instance) -> Vec<String> {
    let groups = instance.security_groups().iter();
    groups
        .filter_map(|it| it.group_id().map(str::to_owned))
        .collect()
}

async fn rules(client: &Client, groups: &[String]) -> Result<Vec<InboundRule>, CallError> {
    if groups.is_empty() {
        return Ok(vec![]);
    }
    let filter = Filter::builder()
        .name("group-id")
        .set_values(Some(groups.to_vec()))
        .build();
    let answer = client
        .describe_security_groups()
        .filters(filter)
        .send()
        .await;
    let answer = answer.map_err(|error| CallError::of("DescribeSecurityGroups", error))?;
    let permissions = answer
        .security_groups()
        .iter()
        .flat_map(|it| it.ip_permissions());
    Ok(permissions.filter_map(inbound).collect())
}

/// Those that no rule opens for anybody.
fn closed(rules: &[InboundRule], needed: &[Ports]) -> Vec<Ports> {
    let open = rules
        .iter()
        .filter(|rule| !rule.groups.is_empty() || !rule.ranges.is_empty());
    let open: Vec<Ports> = open.map(|rule| (rule.from, rule.to)).collect();
    let needed = needed.iter().copied();
    needed.filter(|it| !ports::covers(&open, *it)).collect()
}

/// The commands that open them for the nodes' own group.
fn remedies(groups: &[String], closed: &[Ports]) -> Vec<String> {
    let Some(group) = groups.first() else {
        return vec![];
    };
    let command = |ports: &Ports| {
        let ports = ports::told(&[*ports]);
        format!(
            "aws ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port {ports} \
             --source-group SECURITY_GROUP_OF_THE_NODES"
        )
    };
    closed.iter().map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_closed_that_no_rule_opens() {
        let rule = |from, to, range: &str| InboundRule {
            from,
            to,
            groups: vec![],
            ranges: Some(range.to_owned())
                .filter(|it| !it.is_empty())
                .into_iter()
                .collect(),
        };
        let needed = [(8766, 8766), (20_000, 21_999)];
        for (rules, shut) in [
            (vec![], "8766, 20000-21999"),
            (vec![rule(0, u16::MAX, "10.0.0.0/16")], ""),
            (vec![rule(8766, 8766, "10.0.0.0/16")], "20000-21999"),
            // For nobody.
            (vec![rule(0, u16::MAX, "")], "8766, 20000-21999"),
        ] {
            let closed = closed(&rules, &needed);
            assert_eq!(ports::told(&closed), shut, "{rules:?}");
            assert_eq!(remedies(&["sg-1".into()], &closed).len(), closed.len());
        }
    }
}
