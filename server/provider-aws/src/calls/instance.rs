//! Instances: looked at by their tags, ended, and what they print on their console.

use std::net::IpAddr;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Instance, InstanceStateName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openpcs_provider::State;

use super::CallError;

pub const CLUSTER: &str = "pcs:cluster-id";
pub const TOKEN: &str = "pcs:launch-token";

/// The actions of IAM that these calls need.
pub const ACTIONS: &[&str] = &[
    "ec2:DescribeInstances",
    "ec2:GetConsoleOutput",
    "ec2:TerminateInstances",
];

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;

const NOT_FOUND: [&str; 2] = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"];

/// An instance that carries the tag of a cluster or of a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// EC2's.
    pub id: String,
    pub cluster_id: Option<String>,
    pub launch_token: Option<String>,
    pub state: State,
    /// Private ones; none yet of one that just began.
    pub addresses: Vec<IpAddr>,
}

/// Those that have a tag, with the number of pages that it took.
pub async fn with_tag(
    client: &Client,
    key: &str,
    value: Option<&str>,
) -> Result<(Vec<Seen>, u32), CallError> {
    let filter = match value {
        Some(value) => Filter::builder().name(format!("tag:{key}")).values(value),
        None => Filter::builder().name("tag-key").values(key),
    };
    let call = client.describe_instances().filters(filter.build());
    let mut answers = call.into_paginator().page_size(PAGE).send();
    let (mut found, mut pages) = (vec![], 0);
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(|error| CallError::of("DescribeInstances", error))?;
        pages += 1;
        let reservations = answer.reservations.unwrap_or_default();
        let instances = reservations.iter().flat_map(|it| it.instances());
        found.extend(instances.filter_map(seen));
    }
    Ok((found, pages))
}

fn seen(instance: &Instance) -> Option<Seen> {
    let tag = |key: &str| {
        let mut tags = instance.tags().iter();
        let tag = tags.find(|tag| tag.key() == Some(key))?;
        tag.value().map(str::to_owned)
    };
    Some(Seen {
        id: instance.instance_id()?.to_owned(),
        cluster_id: tag(CLUSTER),
        launch_token: tag(TOKEN),
        state: state(instance),
        addresses: addresses(instance),
    })
}

/// Those of all its network interfaces.
fn addresses(instance: &Instance) -> Vec<IpAddr> {
    let interfaces = instance.network_interfaces().iter();
    let of_interfaces = interfaces.flat_map(|it| {
        let v4 = it.private_ip_addresses().iter();
        let v6 = it.ipv6_addresses().iter();
        v4.filter_map(|it| it.private_ip_address())
            .chain(v6.filter_map(|it| it.ipv6_address()))
    });
    let told = instance
        .private_ip_address()
        .into_iter()
        .chain(of_interfaces);
    let mut addresses: Vec<IpAddr> = told.filter_map(|text| text.parse().ok()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// What is not understood is taken as on its way up: nothing is concluded from it.
fn state(instance: &Instance) -> State {
    let name = instance.state().and_then(|state| state.name());
    match name {
        Some(InstanceStateName::Running) => State::Running,
        Some(InstanceStateName::ShuttingDown | InstanceStateName::Stopping) => State::Stopping,
        Some(InstanceStateName::Stopped) => State::Stopped {
            cause: cause(instance),
        },
        Some(InstanceStateName::Terminated) => State::Gone {
            cause: cause(instance),
        },
        _ => State::Pending,
    }
}

/// Why it ended, in EC2's words: `Server.SpotInstanceTermination: …`.
fn cause(instance: &Instance) -> String {
    let reason = instance.state_reason();
    let message = reason.and_then(|it| it.message());
    let code = reason.and_then(|it| it.code());
    let transition = instance.state_transition_reason();
    let mut words = [message, code, transition].into_iter().flatten();
    let said = words.find(|words| !words.is_empty());
    said.unwrap_or("EC2 does not say why.").to_owned()
}

/// Asks for the end of these, a few hundred at most. One that EC2 does not know is ended; an error is of one or of all.
pub async fn terminate(client: &Client, ids: &[String]) -> Vec<Result<(), CallError>> {
    let mut left: Vec<String> = ids.to_vec();
    let mut failed: Vec<(String, CallError)> = vec![];
    while !left.is_empty() {
        let call = client.terminate_instances();
        let answer = call.set_instance_ids(Some(left.clone())).send().await;
        let Err(error) = answer.map_err(|error| CallError::of("TerminateInstances", error)) else {
            break;
        };
        // One of them fails the whole call: the others are asked for without it.
        let (named, others) = split(&left, &error.message);
        let is_for_all = named.is_empty();
        let refused = if is_for_all { others.clone() } else { named };
        left = if is_for_all { vec![] } else { others };
        if !error.is(&NOT_FOUND) || is_for_all {
            failed.extend(refused.into_iter().map(|id| (id, error.clone())));
        }
    }
    let result = |id: &String| {
        let error = failed.iter().find(|(failed, _)| failed == id);
        error.map_or(Ok(()), |(_, error)| Err(error.clone()))
    };
    ids.iter().map(result).collect()
}

/// Those that the words name, and the others.
fn split(ids: &[String], words: &str) -> (Vec<String>, Vec<String>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let named: Vec<&str> = words.split(|c| !is_part(c)).collect();
    let ids = ids.iter().cloned();
    ids.partition(|id| named.contains(&id.as_str()))
}

/// What an instance printed last; nothing yet, or nothing any more, is empty.
pub async fn console(client: &Client, id: &str) -> Result<Vec<u8>, CallError> {
    let answer = client.get_console_output().instance_id(id).send().await;
    match answer.map_err(|error| CallError::of("GetConsoleOutput", error)) {
        Ok(answer) => {
            let text = answer.output.unwrap_or_default();
            let packed: String = text.split_ascii_whitespace().collect();
            // What is not what EC2 promises is shown as it is.
            Ok(STANDARD.decode(&packed).unwrap_or(text.into_bytes()))
        }
        Err(error) if error.is(&NOT_FOUND) => Ok(vec![]),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        InstanceIpv6Address, InstanceNetworkInterface, InstancePrivateIpAddress, InstanceState,
        StateReason,
    };

    use super::*;

    #[test]
    fn what_a_state_means() {
        let gone = |cause: &str| State::Gone {
            cause: cause.into(),
        };
        let stopped = |cause: &str| State::Stopped {
            cause: cause.into(),
        };
        for (name, message, transition, expected) in [
            ("pending", None, None, State::Pending),
            ("running", None, None, State::Running),
            ("stopping", None, None, State::Stopping),
            ("shutting-down", None, None, State::Stopping),
            (
                "stopped",
                None,
                Some("User initiated"),
                stopped("User initiated"),
            ),
            ("terminated", Some("Spot"), Some("later"), gone("Spot")),
            (
                "terminated",
                Some(""),
                Some(""),
                gone("EC2 does not say why."),
            ),
            ("something-new", None, None, State::Pending),
        ] {
            let reason = message.map(|words: &str| StateReason::builder().message(words).build());
            let instance = Instance::builder()
                .instance_id("i-1")
                .state(InstanceState::builder().name(name.into()).build())
                .set_state_reason(reason)
                .set_state_transition_reason(transition.map(str::to_owned))
                .build();
            assert_eq!(seen(&instance).unwrap().state, expected, "{name}");
        }
    }

    #[test]
    fn addresses_of_all_interfaces() {
        let v4 = |text: &str| {
            InstancePrivateIpAddress::builder()
                .private_ip_address(text)
                .build()
        };
        let v6 = InstanceIpv6Address::builder().ipv6_address("fd00::7");
        let interface = InstanceNetworkInterface::builder()
            .private_ip_addresses(v4("10.0.0.7"))
            .private_ip_addresses(v4("10.0.0.8"))
            .ipv6_addresses(v6.build());
        let instance = Instance::builder().private_ip_address("10.0.0.7");
        let instance = instance.network_interfaces(interface.build()).build();
        let expected: Vec<IpAddr> = ["10.0.0.7", "10.0.0.8", "fd00::7"]
            .map(|text| text.parse().unwrap())
            .into();
        assert_eq!(addresses(&instance), expected);
        assert!(addresses(&Instance::builder().build()).is_empty());
    }

    #[test]
    fn a_refusal_is_of_those_that_it_names() {
        let ids = ["i-1".to_owned(), "i-12".to_owned(), "i-3".to_owned()];
        for (words, named) in [
            ("The instance ID 'i-1' does not exist", vec!["i-1"]),
            (
                "The instance IDs 'i-12, i-3' do not exist",
                vec!["i-12", "i-3"],
            ),
            ("Request limit exceeded.", vec![]),
        ] {
            let (found, others) = split(&ids, words);
            assert_eq!(found, named, "{words}");
            assert_eq!(found.len() + others.len(), ids.len());
        }
    }
}
