//! Where in EC2's network instances are: its network nodes, from the farthest to the nearest. EC2 tells it of some instance
//! types only, and leaves the others out.

use std::collections::HashMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::InstanceTopology;
use openpcs_provider::NetworkPlace;

use super::CallError;

/// The actions of IAM that these calls need.
pub const ACTIONS: &[&str] = &["ec2:DescribeInstanceTopology"];

/// The most that one call may name: AWS's own limit.
pub const MOST: usize = 100;

/// The codes where it tells of none of them.
const UNSUPPORTED: [&str; 2] = ["Unsupported", "UnsupportedOperation"];

/// Of these, [`MOST`] at most, by EC2's ids.
pub async fn places(
    client: &Client,
    ids: &[String],
) -> Result<HashMap<String, NetworkPlace>, CallError> {
    let call = client.describe_instance_topology();
    let call = call.set_instance_ids(Some(ids.to_vec()));
    let mut answers = call.into_paginator().send();
    let mut found = HashMap::new();
    while let Some(answer) = answers.next().await {
        match answer.map_err(|error| CallError::of("DescribeInstanceTopology", error)) {
            Ok(answer) => found.extend(answer.instances().iter().filter_map(place)),
            Err(error) if error.is(&UNSUPPORTED) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn place(told: &InstanceTopology) -> Option<(String, NetworkPlace)> {
    let place = NetworkPlace {
        zone: told.availability_zone()?.to_owned(),
        network_nodes: told.network_nodes().to_vec(),
    };
    Some((told.instance_id()?.to_owned(), place))
}
