//! The guide's examples of launch templates. Where it prints a member that EC2 does not know (`CapacityReservationSpecification`
//! without its target, `"True"` as a text), the test has what EC2 makes of the example that works.

use aws_sdk_ec2::types::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{derived, group, reservation, template};
use crate::user_data::{self, Part, tests::guide};

fn interface(
    index: i32,
    kind: Option<&str>,
    groups: &[&str],
) -> LaunchTemplateInstanceNetworkInterfaceSpecification {
    LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
        .device_index(index)
        .network_card_index(index)
        .set_interface_type(kind.map(str::to_owned))
        .subnet_id("subnet-1")
        .set_groups(Some(groups.iter().map(|id| (*id).to_owned()).collect()))
        .build()
}

#[test]
fn a_basic_template() {
    let basic = ResponseLaunchTemplateData::builder()
        .image_id("ami-1")
        .key_name("my-ssh-key-name")
        .set_security_group_ids(Some(vec!["sg-1".into(), "sg-2".into()]));
    let data = derived(basic, &group(&["c6i.large"])).data;
    assert_eq!(data.key_name.as_deref(), Some("my-ssh-key-name"));
    assert_eq!(data.security_group_ids.unwrap(), ["sg-1", "sg-2"]);
}

#[test]
fn two_network_cards() {
    let cards = ResponseLaunchTemplateData::builder()
        .image_id("ami-1")
        .network_interfaces(interface(0, None, &["sg-1", "sg-2"]))
        .network_interfaces(interface(1, None, &["sg-2"]));
    let made = derived(cards, &group(&["hpc7a.96xlarge"]));
    assert_eq!(made.subnet_id.as_deref(), Some("subnet-1"));
    let kept = made.data.network_interfaces.unwrap();
    assert_eq!(kept[0].groups(), ["sg-1", "sg-2"]);
    assert_eq!(
        (kept[1].device_index, kept[1].network_card_index),
        (Some(1), Some(1))
    );
    assert_eq!(kept[1].subnet_id(), Some("subnet-1"));
}

#[test]
fn efa_on_two_cards_in_a_placement_group() {
    let efa = ResponseLaunchTemplateData::builder()
        .image_id("ami-1")
        .placement(LaunchTemplatePlacement::builder().group_id("pg-1").build())
        .network_interfaces(interface(0, Some("efa"), &["sg-1", "sg-efa"]))
        .network_interfaces(interface(1, Some("efa"), &["sg-efa"]));
    let made = derived(efa, &group(&["hpc7a.96xlarge"]));
    assert_eq!(made.warnings, []);
    assert_eq!(made.data.placement.unwrap().group_id(), Some("pg-1"));
    let kept = made.data.network_interfaces.unwrap();
    assert!(kept.iter().all(|one| one.interface_type() == Some("efa")));
    assert_eq!(kept[1].groups(), ["sg-efa"]);
}

#[test]
fn a_group_of_capacity_reservations() {
    let arn = "arn:aws:resource-groups:us-east-2:123456789012:group/EXAMPLE-CR-GROUP";
    let reserved = template().capacity_reservation_specification(reservation(None, Some(arn)));
    let data = derived(reserved, &group(&["hpc6a.48xlarge"])).data;
    let target = data.capacity_reservation_specification.unwrap();
    let target = target.capacity_reservation_target.unwrap();
    assert_eq!(
        target.capacity_reservation_resource_group_arn.as_deref(),
        Some(arn)
    );
    assert_eq!(data.instance_market_options, None);
}

#[test]
fn detailed_monitoring_and_metadata_by_token_only() {
    let metadata = LaunchTemplateInstanceMetadataOptions::builder()
        .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::Enabled)
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(4);
    let watched = template()
        .monitoring(LaunchTemplatesMonitoring::builder().enabled(true).build())
        .metadata_options(metadata.build());
    let data = derived(watched, &group(&["c6i.large"])).data;
    assert_eq!(data.monitoring.unwrap().enabled, Some(true));
    let metadata = data.metadata_options.unwrap();
    assert_eq!(
        metadata.http_tokens,
        Some(LaunchTemplateHttpTokensState::Required)
    );
    assert_eq!(metadata.http_put_response_hop_limit, Some(4));
}

#[test]
fn each_example_of_user_data() {
    for example in guide::ALL {
        let with = template().user_data(STANDARD.encode(example));
        let data = derived(with, &group(&["c6i.large"])).data;
        let archive = user_data::read(data.user_data.unwrap().as_bytes()).unwrap();
        let last = archive.parts.last().unwrap();
        assert_eq!(
            *last,
            Part::Shell(b"#!/bin/sh\nsystemctl start openpcs-agent\n".to_vec())
        );
    }
    let with = template().user_data(guide::OF_TEMPLATE);
    let refusal = super::refused(with, &group(&["c6i.large"]));
    assert!(
        refusal.contains("It is not a MIME multipart archive"),
        "{refusal}"
    );
}
