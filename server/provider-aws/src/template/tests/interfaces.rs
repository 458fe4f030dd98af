//! A4: network cards, devices, EFA and subnets.

use aws_sdk_ec2::types::LaunchTemplateInstanceNetworkInterfaceSpecification as Interface;
use aws_sdk_ec2::types::ResponseLaunchTemplateData;
use aws_sdk_ec2::types::builders::ResponseLaunchTemplateDataBuilder;

use super::{derived, group, refused};

/// An interface at that card and device.
fn at(card: i32, device: i32, kind: &str) -> Interface {
    Interface::builder()
        .network_card_index(card)
        .device_index(device)
        .interface_type(kind)
        .groups("sg-efa")
        .build()
}

fn with(interfaces: &[Interface]) -> ResponseLaunchTemplateDataBuilder {
    ResponseLaunchTemplateData::builder()
        .image_id("ami-1")
        .set_network_interfaces(Some(interfaces.to_vec()))
}

#[test]
fn what_fits_is_taken() {
    let hpc = ["hpc7a.96xlarge"];
    for (types, interfaces) in [
        (&hpc[..], vec![at(0, 0, "efa"), at(1, 1, "efa")]),
        (&hpc, vec![at(0, 0, "interface"), at(1, 1, "interface")]),
        // As EC2's guide recommends for machines with many cards.
        (
            &hpc,
            vec![
                at(0, 0, "interface"),
                at(0, 1, "efa-only"),
                at(1, 0, "efa-only"),
            ],
        ),
        (
            &hpc,
            vec![at(0, 0, "efa"), at(1, 0, "efa-only"), at(1, 1, "interface")],
        ),
        (&["hpc7a.96xlarge", "hpc6a.48xlarge"], vec![at(0, 0, "efa")]),
        (&["c6i.large"], vec![at(0, 0, "interface")]),
    ] {
        let data = derived(with(&interfaces), &group(types)).data;
        let kept = data.network_interfaces.unwrap();
        assert_eq!(kept.len(), interfaces.len());
        let places = |card: Option<i32>, device: Option<i32>| (card, device);
        for (kept, asked) in kept.iter().zip(&interfaces) {
            let is = places(kept.network_card_index, kept.device_index);
            assert_eq!(is, places(asked.network_card_index, asked.device_index));
            assert_eq!(kept.interface_type, asked.interface_type);
        }
        assert_eq!(data.security_group_ids, None);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut nameless = at(0, 0, "interface");
    nameless.device_index = None;
    let mut cases = vec![
        (
            "c6i.large",
            vec![at(0, 0, "efa")],
            "[0].InterfaceType: These instance types do not support EFA: c6i.large",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(0, 0, "efa"), at(2, 1, "interface")],
            "There is no network card 2: hpc7a.96xlarge has 2",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(0, 0, "efa"), at(1, 0, "efa")],
            "[1].DeviceIndex: An interface of a network card other than 0 is its device 1",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(0, 0, "efa"), at(1, 2, "efa")],
            "Set DeviceIndex 1",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(0, 0, "efa"), at(0, 0, "efa")],
            "[1].NetworkCardIndex: Another interface is on network card 0 already",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(0, 0, "efa-only")],
            "has its address, which one of type efa-only cannot have",
        ),
        (
            "hpc7a.96xlarge",
            vec![at(1, 1, "efa")],
            "None of the interfaces is the first one",
        ),
        (
            "hpc6a.48xlarge",
            vec![at(0, 0, "efa"), at(0, 1, "efa-only")],
            "2 interfaces are EFA; hpc6a.48xlarge takes 1",
        ),
    ];
    cases.push((
        "c6i.large",
        vec![at(0, 0, "interface"), nameless],
        "[1].DeviceIndex: The network interface does not say which device it is",
    ));
    for (kind, interfaces, expected) in cases {
        let refusal = refused(with(&interfaces), &group(&[kind]));
        assert!(refusal.contains(expected), "{refusal}\n{expected}");
    }
    // EFA only where every type of the group has it.
    let both = group(&["hpc6a.48xlarge", "c7g.xlarge"]);
    let refusal = refused(with(&[at(0, 0, "efa")]), &both);
    assert!(
        refusal.contains("do not support EFA: c7g.xlarge."),
        "{refusal}"
    );
}

#[test]
fn the_groups_security_groups_are_not_taken_beside_interfaces() {
    let mut own = group(&["c6i.large"]);
    own.security_group_ids = Some(vec!["sg-1".into()]);
    let refusal = refused(with(&[at(0, 0, "interface")]), &own);
    assert!(
        refusal.starts_with("securityGroupIds: The launch template has network interfaces"),
        "{refusal}"
    );
}

#[test]
fn several_subnets_with_efa_are_warned_of() {
    let mut own = group(&["hpc7a.96xlarge"]);
    let efa = [at(0, 0, "efa"), at(1, 1, "efa")];
    assert_eq!(derived(with(&efa), &own).warnings, []);
    own.subnet_ids.push("subnet-2".into());
    let warnings = derived(with(&efa), &own).warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].field, "subnetIds");
    let plain = [at(0, 0, "interface")];
    assert_eq!(derived(with(&plain), &own).warnings, []);
}

#[test]
fn interfaces_are_in_the_groups_subnet() {
    let in_subnet = |card, id: &str| {
        let mut interface = at(card, card, "interface");
        interface.subnet_id = Some(id.into());
        interface
    };
    let mut own = group(&["hpc7a.96xlarge"]);
    let same = [in_subnet(0, "subnet-1"), in_subnet(1, "subnet-1")];
    assert_eq!(
        derived(with(&same), &own).subnet_id.as_deref(),
        Some("subnet-1")
    );
    let none = [at(0, 0, "interface")];
    assert_eq!(derived(with(&none), &own).subnet_id, None);
    let two = [in_subnet(0, "subnet-1"), in_subnet(1, "subnet-2")];
    let refusal = refused(with(&two), &own);
    assert!(
        refusal.contains("[1].SubnetId: The interfaces of an instance are in different subnets"),
        "{refusal}"
    );
    own.subnet_ids = vec!["subnet-2".into()];
    let refusal = refused(with(&same), &own);
    assert!(
        refusal.starts_with(
            "subnetIds: The launch template's interfaces are in subnet-1, not in subnet-2"
        ),
        "{refusal}"
    );
}
