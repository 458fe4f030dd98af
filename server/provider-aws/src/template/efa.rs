//! Network cards and EFA (A4).
//!
//! The first interface of an instance is device 0 of card 0. An interface of another card is its device 1; one that is EFA
//! and nothing else may be device 0 of it, or stand beside the first on card 0: the EC2 user guide, "Maximize network
//! bandwidth on Amazon EC2 instances with multiple network cards".

use app::model::compute_node_group::GroupSettings;
use aws_sdk_ec2::types::{
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as Interface,
    RequestLaunchTemplateData,
};

use super::network::{interfaces as of, member};
use super::{Review, TypeFacts};

const EFA_ONLY: &str = "efa-only";

pub(super) fn interfaces(
    data: &RequestLaunchTemplateData,
    group: &GroupSettings,
    types: &[&TypeFacts],
    review: &mut Review,
) {
    let all = of(data);
    places(all, review);
    cards(all, types, review);
    support(all, types, review);
    let has_efa = all.iter().any(is_efa);
    if has_efa && group.subnet_ids.len() > 1 {
        review.warn(
            "subnetIds",
            "EFA traffic does not leave a subnet: nodes of this group in different subnets cannot reach each other by \
             it. Choose one subnet.",
        );
    }
}

fn is_efa(interface: &Interface) -> bool {
    matches!(interface.interface_type.as_deref(), Some("efa" | EFA_ONLY))
}

fn is_efa_only(interface: &Interface) -> bool {
    interface.interface_type.as_deref() == Some(EFA_ONLY)
}

fn card(interface: &Interface) -> i32 {
    interface.network_card_index.unwrap_or(0)
}

/// Each at a place of its own, one of them the first.
fn places(all: &[Interface], review: &mut Review) {
    for (index, interface) in all.iter().enumerate() {
        let Some(device) = interface.device_index else {
            review.refuse(
                member(index, "DeviceIndex"),
                "The network interface does not say which device it is.",
                "Set 0 for the first interface and 1 for those of other network cards.",
            );
            continue;
        };
        let card = card(interface);
        device_of_card(index, interface, device, card, review);
        let before = all.iter().take(index);
        let mut beside = before.filter(|other| self::card(other) == card);
        let taken = |other: &Interface| {
            other.device_index == Some(device) || !(is_efa_only(other) || is_efa_only(interface))
        };
        if beside.any(taken) {
            review.refuse(
                member(index, "NetworkCardIndex"),
                format!("Another interface is on network card {card} already."),
                "Number the cards 0, 1 and so on, in the order of the interfaces.",
            );
        }
    }
    let is_first = |it: &Interface| it.device_index == Some(0) && card(it) == 0;
    if !all.is_empty() && !all.iter().any(is_first) {
        review.refuse(
            "LaunchTemplateData.NetworkInterfaces",
            "None of the interfaces is the first one of the instance.",
            "Set DeviceIndex 0 and NetworkCardIndex 0 for one of them.",
        );
    }
}

fn device_of_card(
    index: usize,
    interface: &Interface,
    device: i32,
    card: i32,
    review: &mut Review,
) {
    let only = is_efa_only(interface);
    let (reason, remedy) = match (card, device) {
        (0, 0) if only => (
            "The first interface of an instance has its address, which one of type efa-only cannot have.",
            "Make it `interface` or `efa`, and the efa-only one device 1.",
        ),
        (0, 0) => return,
        (_, 0 | 1) if only => return,
        (0, _) => (
            "Only the first interface is on network card 0, as device 0.",
            "Put each other interface on a card of its own, as device 1.",
        ),
        (_, 1) => return,
        _ => (
            "An interface of a network card other than 0 is its device 1.",
            "Set DeviceIndex 1.",
        ),
    };
    review.refuse(member(index, "DeviceIndex"), reason, remedy);
}

/// Every type has the cards that are named.
fn cards(all: &[Interface], types: &[&TypeFacts], review: &mut Review) {
    for (index, interface) in all.iter().enumerate() {
        let card = card(interface);
        for facts in types.iter().filter(|facts| facts.network_cards <= card) {
            review.refuse(
                member(index, "NetworkCardIndex"),
                format!(
                    "There is no network card {card}: {} has {}.",
                    facts.name, facts.network_cards
                ),
                "Name only cards that every instance type of the group has.",
            );
        }
    }
}

/// EFA only where every type supports it, and no more of it than each has.
fn support(all: &[Interface], types: &[&TypeFacts], review: &mut Review) {
    let efa: Vec<usize> = (0..all.len())
        .filter(|at| all.get(*at).is_some_and(is_efa))
        .collect();
    let Some(first) = efa.first() else {
        return;
    };
    let without = types.iter().filter(|facts| facts.efa_interfaces == 0);
    let without: Vec<&str> = without.map(|facts| facts.name.as_str()).collect();
    if !without.is_empty() {
        review.refuse(
            member(*first, "InterfaceType"),
            format!(
                "These instance types do not support EFA: {}.",
                without.join(", ")
            ),
            "Choose types that all do, or the interface type `interface`.",
        );
    }
    let few = |facts: &&&TypeFacts| {
        facts.efa_interfaces > 0 && (facts.efa_interfaces as usize) < efa.len()
    };
    for facts in types.iter().filter(few) {
        review.refuse(
            "LaunchTemplateData.NetworkInterfaces",
            format!(
                "{} interfaces are EFA; {} takes {}.",
                efa.len(),
                facts.name,
                facts.efa_interfaces
            ),
            "Make the others `interface`, or leave them out.",
        );
    }
}
