//! What a group's purchase and its launch template's place need of the account: EC2's role for Spot, a capacity reservation,
//! a placement group. The emulator has neither of the last two: EC2's answers are put in by hand, as its reference has them.

use std::net::SocketAddr;

use app::model::catalogue::{CapacityReservation, PlacementGroup};
use app::model::compute_node_group::PurchaseOption;
use app::model::refs::{Refs, SPOT_ROLE};
use openpcs_provider_aws::offers::Offers;

use crate::canned::answering;
use crate::ec2::Moto;
use crate::offers::aws;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

fn answer(action: &str, body: &str) -> String {
    format!("<{action}Response xmlns=\"{NAMESPACE}\">{body}</{action}Response>")
}

async fn offers(address: SocketAddr) -> Offers {
    Offers::new(aws(address).await, vec![])
}

fn roles() -> Refs {
    Refs {
        roles: [SPOT_ROLE.to_owned()].into(),
        ..Refs::default()
    }
}

#[tokio::test]
async fn the_role_for_spot_is_there_or_not() {
    let moto = Moto::start().await;
    let found = offers(moto.address).await.resolve(&roles()).await.unwrap();
    assert_eq!(found.roles, []);
    assert!(found.purchase_options.contains(&PurchaseOption::Spot));
    let iam = aws(moto.address).await.iam;
    let create = iam.create_role().role_name(SPOT_ROLE);
    let create = create.path("/aws-service-role/spot.amazonaws.com/");
    create
        .assume_role_policy_document("{}")
        .send()
        .await
        .unwrap();
    let found = offers(moto.address).await.resolve(&roles()).await.unwrap();
    assert_eq!(found.roles[0].name, SPOT_ROLE);
}

#[tokio::test]
async fn a_reservation_is_told_with_what_is_free_and_until_when() {
    const ACTION: &str = "DescribeCapacityReservations";
    let there = answer(
        ACTION,
        "<capacityReservationSet><item><capacityReservationId>cr-1</capacityReservationId>\
         <instanceType>p5.48xlarge</instanceType><availabilityZone>us-east-1a</availabilityZone>\
         <totalInstanceCount>4</totalInstanceCount><availableInstanceCount>3</availableInstanceCount>\
         <state>scheduled</state><startDate>2026-12-01T11:30:00.000Z</startDate>\
         <endDate>2026-12-03T11:30:00.000Z</endDate></item></capacityReservationSet>",
    );
    let none_such = "<Response><Errors><Error><Code>InvalidCapacityReservationId.NotFound</Code>\
                     <Message>The ID does not exist</Message></Error></Errors></Response>";
    let moto = Moto::start().await;
    let answers = vec![(200, there), (400, none_such.to_owned())];
    let door = answering(moto.address, ACTION, answers).await;
    let offers = offers(door).await;
    let refs = |id: &str| Refs {
        capacity_reservations: [id.to_owned()].into(),
        ..Refs::default()
    };
    let told = CapacityReservation {
        id: "cr-1".into(),
        instance_type: "p5.48xlarge".into(),
        availability_zone: "us-east-1a".into(),
        state: "scheduled".into(),
        total: 4,
        free: 3,
        begins: Some("2026-12-01T11:30:00Z".into()),
        ends: Some("2026-12-03T11:30:00Z".into()),
    };
    let found = offers.resolve(&refs("cr-1")).await.unwrap();
    assert_eq!(found.capacity_reservations, [told]);
    let found = offers.resolve(&refs("cr-2")).await.unwrap();
    assert_eq!(found.capacity_reservations, []);
}

#[tokio::test]
async fn a_placement_group_is_told_by_its_name() {
    const ACTION: &str = "DescribePlacementGroups";
    let there = answer(
        ACTION,
        "<placementGroupSet><item><groupName>near</groupName><strategy>cluster</strategy>\
         <state>available</state></item></placementGroupSet>",
    );
    let moto = Moto::start().await;
    let door = answering(moto.address, ACTION, vec![(200, there)]).await;
    let refs = Refs {
        placement_groups: ["near".to_owned()].into(),
        ..Refs::default()
    };
    let found = offers(door).await.resolve(&refs).await.unwrap();
    let near = PlacementGroup {
        name: "near".into(),
        strategy: "cluster".into(),
        state: "available".into(),
    };
    assert_eq!(found.placement_groups, [near]);
}
