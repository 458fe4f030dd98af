//! Tables: what a group may be, and what of it is refused.

use super::*;
use crate::model::catalogue::{CapacityReservation, PlacementGroup, Role, Subnet};
use crate::rules::english;

fn bounds(min: i64, max: i64) -> ScalingConfiguration {
    ScalingConfiguration {
        min_instance_count: min,
        max_instance_count: max,
    }
}

#[test]
fn a_group_is_static_dynamic_or_parked_and_nothing_between() {
    let t = english();
    assert!(scaling(t, &bounds(1, 1)).is_ok());
    assert!(scaling(t, &bounds(0, 4)).is_ok());
    assert!(scaling(t, &bounds(0, 0)).is_ok());
    for (min, max) in [(1, 4), (4, 1), (2, 0), (-1, -1), (0, -1)] {
        let refusal = scaling(t, &bounds(min, max)).unwrap_err();
        assert!(
            refusal.message.contains("scalingConfiguration"),
            "{refusal}"
        );
    }
}

#[test]
fn what_a_group_lists_it_lists_once() {
    let t = english();
    let strings = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    for (types, subnets, groups, field) in [
        (
            &["a", "b"][..],
            &["s-1", "s-2"][..],
            &["sg-1", "sg-2"][..],
            None,
        ),
        (
            &["a", "b", "a"],
            &["s-1"],
            &["sg-1"],
            Some("instanceConfigs[2].instanceType"),
        ),
        (&["a"], &["s-1", "s-1"], &["sg-1"], Some("subnetIds[1]")),
        (
            &["a"],
            &["s-1"],
            &["sg-1", "sg-2", "sg-1"],
            Some("securityGroupIds[2]"),
        ),
    ] {
        let config = |name: String| InstanceConfig {
            instance_type: Some(name),
        };
        let asked = GroupSettings {
            instance_configs: strings(types).into_iter().map(config).collect(),
            subnet_ids: strings(subnets),
            security_group_ids: Some(strings(groups)),
            ..GroupSettings::default()
        };
        match (each_once(t, &asked), field) {
            (Ok(()), None) => {}
            (Err(error), Some(field)) => {
                assert!(error.message.starts_with(field), "{error}");
            }
            (other, _) => panic!("{field:?}: {other:?}"),
        }
    }
}

/// Of one type in one subnet, with that template's reservation and placement.
fn bought(option: PurchaseOption) -> GroupSettings {
    GroupSettings {
        instance_configs: vec![InstanceConfig {
            instance_type: Some("p5.48xlarge".into()),
        }],
        scaling_configuration: bounds(0, 4),
        subnet_ids: vec!["subnet-1".into()],
        purchase_option: Some(option),
        ..GroupSettings::default()
    }
}

#[test]
fn spot_instances_need_ec2s_role_and_a_provider_that_sells_them() {
    let t = english();
    let mut catalogue = Catalogue {
        purchase_options: vec![PurchaseOption::Ondemand],
        ..Catalogue::default()
    };
    let of = |catalogue: &Catalogue, option, strategy| {
        let spot = SpotOptions {
            allocation_strategy: strategy,
        };
        let refused = purchase(t, catalogue, Some(option), Some(&spot), "local");
        refused.err().map(|error| error.message)
    };
    let cheap = Some(SpotAllocationStrategy::LowestPrice);
    let refused = |catalogue: &Catalogue, word: &str| {
        let message = of(catalogue, PurchaseOption::Spot, cheap).unwrap();
        assert!(message.contains(word), "{message}");
    };
    assert_eq!(of(&catalogue, PurchaseOption::Ondemand, None), None);
    assert!(of(&catalogue, PurchaseOption::Ondemand, cheap).is_some());
    refused(&catalogue, "The local provider");
    catalogue.purchase_options.push(PurchaseOption::Spot);
    refused(&catalogue, "aws iam create-service-linked-role");
    catalogue.roles.push(Role {
        name: SPOT_ROLE.into(),
    });
    assert_eq!(of(&catalogue, PurchaseOption::Spot, cheap), None);
}

#[test]
fn what_is_reserved_is_there_and_fits() {
    let t = english();
    let template = |id: &str| LaunchTemplateVersion {
        capacity_reservation_id: Some(id.into()),
        has_reservation: true,
        ..LaunchTemplateVersion::default()
    };
    let of_group = LaunchTemplateVersion {
        has_reservation: true,
        ..LaunchTemplateVersion::default()
    };
    let reserved = |id: &str, kind: &str, zone: &str, state: &str| CapacityReservation {
        id: id.into(),
        instance_type: kind.into(),
        availability_zone: zone.into(),
        state: state.into(),
        total: 4,
        free: 4,
        begins: None,
        ends: None,
    };
    let subnet = |id: &str, zone: &str| Subnet {
        id: id.into(),
        name: id.into(),
        vpc_id: "vpc-1".into(),
        cidr: "10.0.0.0/24".into(),
        availability_zone: zone.into(),
        zone_type: "availability-zone".into(),
        free_addresses: 100,
        public: false,
    };
    let catalogue = Catalogue {
        subnets: vec![subnet("subnet-1", "a"), subnet("subnet-2", "b")],
        capacity_reservations: vec![
            reserved("cr-now", "p5.48xlarge", "a", "active"),
            reserved("cr-soon", "p5.48xlarge", "a", "scheduled"),
            reserved("cr-over", "p5.48xlarge", "a", "expired"),
            reserved("cr-other", "p4d.24xlarge", "a", "active"),
            reserved("cr-there", "p5.48xlarge", "b", "active"),
        ],
        ..Catalogue::default()
    };
    let block = bought(PurchaseOption::CapacityBlock);
    let ondemand = bought(PurchaseOption::Ondemand);
    let plain = LaunchTemplateVersion::default();
    for (group, template, word) in [
        (&ondemand, None, None),
        (&ondemand, Some(&plain), None),
        (&ondemand, Some(&of_group), None),
        (&block, None, Some("Nothing says")),
        (&block, Some(&plain), Some("Nothing says")),
        (&block, Some(&template("cr-now")), None),
        (&block, Some(&template("cr-soon")), None),
        (&block, Some(&template("cr-none")), Some("does not exist")),
        (&block, Some(&template("cr-over")), Some("is expired")),
        (&block, Some(&template("cr-other")), Some("p4d.24xlarge")),
        (&block, Some(&template("cr-there")), Some("is in b")),
    ] {
        let refused = reservation(t, &catalogue, group, template);
        let message = refused.err().map(|error| error.message);
        match word {
            None => assert_eq!(message, None, "{template:?}"),
            Some(word) => assert!(message.unwrap().contains(word), "{word}"),
        }
    }
}

#[test]
fn a_placement_group_is_there() {
    let t = english();
    let near = |state: &str| PlacementGroup {
        name: "near".into(),
        strategy: "cluster".into(),
        state: state.into(),
    };
    let template = LaunchTemplateVersion {
        placement_group: Some("near".into()),
        ..LaunchTemplateVersion::default()
    };
    let of = |groups: Vec<PlacementGroup>, template: Option<&LaunchTemplateVersion>| {
        let catalogue = Catalogue {
            placement_groups: groups,
            ..Catalogue::default()
        };
        placement(t, &catalogue, template).is_ok()
    };
    assert!(of(vec![near("available")], Some(&template)));
    assert!(!of(vec![near("deleting")], Some(&template)));
    assert!(!of(vec![], Some(&template)));
    assert!(of(vec![], None));
    assert!(of(vec![], Some(&LaunchTemplateVersion::default())));
}
