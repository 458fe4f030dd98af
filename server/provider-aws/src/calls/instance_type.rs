//! What instance types are made of, as far as templates depend on it.

use std::collections::HashMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, InstanceTypeInfo};

use super::CallError;
use crate::template::TypeFacts;

/// The actions of IAM that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeInstanceTypes"];

/// Those of these that there are. A group names a handful.
pub async fn facts(client: &Client, names: &[String]) -> Result<Vec<TypeFacts>, CallError> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    // By a filter: one name that nobody knows fails a call by names.
    let filter = Filter::builder()
        .name("instance-type")
        .set_values(Some(names.to_vec()))
        .build();
    let call = client.describe_instance_types().filters(filter);
    let items = call.into_paginator().page_size(100).items().send();
    let found = items.try_collect().await;
    let found = found.map_err(|error| CallError::of("DescribeInstanceTypes", error))?;
    let known = found.iter().filter_map(|info| {
        let name = info.instance_type()?.as_str();
        Some((name, info))
    });
    let known: HashMap<&str, &InstanceTypeInfo> = known.collect();
    let of = |name: &String| known.get(name.as_str()).map(|info| of(name, info));
    Ok(names.iter().filter_map(of).collect())
}

fn of(name: &str, info: &InstanceTypeInfo) -> TypeFacts {
    let processor = info.v_cpu_info();
    let network = info.network_info();
    let cards = network.and_then(|it| it.maximum_network_cards());
    let efa = network.and_then(|it| it.efa_info());
    TypeFacts {
        name: name.into(),
        cores: processor
            .and_then(|it| it.default_cores().or(it.default_v_cpus()))
            .unwrap_or_default(),
        threads_per_core: processor
            .and_then(|it| it.default_threads_per_core())
            .unwrap_or(1),
        network_cards: cards.unwrap_or(1),
        efa_interfaces: efa
            .and_then(|it| it.maximum_efa_interfaces())
            .unwrap_or_default(),
    }
}
