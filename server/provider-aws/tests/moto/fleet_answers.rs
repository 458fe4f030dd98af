//! What fleets answer, in the words of real EC2, which moto never says: what the nodes get, and what it says of the pools. And
//! fleets of each way to buy, as far as moto takes them.

use app::model::attempt::{Pool, PoolTrouble, RestingPool, listed};
use openpcs_provider::{Batch, LaunchError, Outcome, Provider};
use serde_json::json;

use crate::canned::answering;
use crate::counting::Door;
use crate::ec2::client;
use crate::provider::{CLUSTER, Lab, refusal};

const NONE: &str = "InsufficientInstanceCapacity";

/// A pool as EC2 names it.
fn overrides(of_type: &str, place: &str) -> String {
    let place = match place.starts_with("subnet-") {
        true => format!("<subnetId>{place}</subnetId>"),
        false => format!("<availabilityZone>{place}</availabilityZone>"),
    };
    format!(
        "<launchTemplateAndOverrides><overrides><instanceType>{of_type}</instanceType>{place}</overrides>\
         </launchTemplateAndOverrides>"
    )
}

/// Errors, each with its code and its pool, beside so many instances of a pool.
fn fleet(errors: &[(&str, &str, &str)], came: usize, of_type: &str, subnet: &str) -> String {
    let error = |(code, of_type, place): &(&str, &str, &str)| {
        let pool = overrides(of_type, place);
        format!(
            "<item>{pool}<lifecycle>on-demand</lifecycle><errorCode>{code}</errorCode>\
             <errorMessage>no</errorMessage></item>"
        )
    };
    let errors: String = errors.iter().map(error).collect();
    let instance = |number| {
        let pool = overrides(of_type, subnet);
        format!(
            "<item>{pool}<instanceIds><item>i-{number:017x}</item></instanceIds>\
             <instanceType>{of_type}</instanceType></item>"
        )
    };
    let instances: String = (0..came).map(instance).collect();
    format!(
        "<CreateFleetResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><fleetId>fleet-1</fleetId>\
         <errorSet>{errors}</errorSet><fleetInstanceSet>{instances}</fleetInstanceSet></CreateFleetResponse>"
    )
}

/// `come` for each node that got one, else the class of the error.
fn got(outcome: &Outcome) -> String {
    let one = |result: &Result<String, LaunchError>| match result {
        Ok(_) => "comes",
        Err(LaunchError::Capacity { .. }) => "capacity",
        Err(LaunchError::Throttled { .. }) => "throttled",
        Err(LaunchError::Quota { .. }) => "quota",
        Err(LaunchError::Refused { .. }) => "refused",
        Err(LaunchError::Unknown { .. }) => "unknown",
    };
    let all: Vec<&str> = outcome.launched.iter().map(|it| one(&it.result)).collect();
    all.join(" ")
}

/// What each error says, and of which pools.
fn said(outcome: &Outcome, subnet: &str) -> Vec<(PoolTrouble, String)> {
    let errors = outcome.asked.errors.iter();
    errors
        .map(|error| (error.trouble, listed(&error.pools).replace(subnet, "S")))
        .collect()
}

#[tokio::test]
async fn an_answer_says_what_came_and_which_pools_failed() {
    let lab = Lab::start().await;
    let subnet = lab.owner.settings.subnet_ids[0].clone();
    let ec2 = client(lab.moto.address);
    let found = ec2.describe_subnets().subnet_ids(&subnet).send().await;
    let zone = found.unwrap().subnets()[0]
        .availability_zone()
        .unwrap()
        .to_owned();
    let (one, other, place) = ("c6i.large", "c5.large", subnet.as_str());
    let all = "c6i.large in S, c5.large in S";
    for (case, status, answer, nodes, pools) in [
        (
            "one type has none",
            200,
            fleet(&[(NONE, one, place)], 2, other, place),
            "comes comes",
            vec![(PoolTrouble::Capacity, "c6i.large in S")],
        ),
        (
            "a part comes",
            200,
            fleet(&[(NONE, one, place), (NONE, other, place)], 1, other, place),
            "comes capacity",
            vec![
                (PoolTrouble::Capacity, "c6i.large in S"),
                (PoolTrouble::Capacity, "c5.large in S"),
            ],
        ),
        (
            "a zone has none",
            200,
            fleet(&[(NONE, one, &zone)], 0, one, place),
            "capacity capacity",
            vec![(PoolTrouble::Capacity, "c6i.large in S")],
        ),
        (
            "the types have one limit",
            200,
            fleet(&[("VcpuLimitExceeded", one, place)], 0, one, place),
            "quota quota",
            vec![(PoolTrouble::Quota, all)],
        ),
        (
            "no address is left",
            200,
            fleet(
                &[("InsufficientFreeAddressesInSubnet", one, place)],
                0,
                one,
                place,
            ),
            "capacity capacity",
            vec![(PoolTrouble::Capacity, all)],
        ),
        (
            "the zone lacks a type",
            200,
            fleet(&[("Unsupported", one, place)], 2, other, place),
            "comes comes",
            vec![(PoolTrouble::Unsupported, "c6i.large in S")],
        ),
        (
            "too many requests, told in the answer",
            200,
            fleet(&[("RequestLimitExceeded", one, place)], 1, one, place),
            "comes throttled",
            vec![(PoolTrouble::None, "c6i.large in S")],
        ),
        (
            "a limit of all",
            400,
            refusal("MaxFleetCountExceeded"),
            "quota quota",
            vec![(PoolTrouble::Quota, all)],
        ),
        (
            "too many tags",
            400,
            refusal("TagLimitExceeded"),
            "refused refused",
            vec![(PoolTrouble::None, all)],
        ),
    ] {
        let door = answering(lab.moto.address, "CreateFleet", vec![(status, answer)]).await;
        let provider = lab.provider(door).await;
        let mut batch = lab.batch(&provider, 2).await;
        batch.token = case.replace(' ', "-");
        let outcome = provider.launch(&batch).await;
        assert_eq!(got(&outcome), nodes, "{case}");
        let pools: Vec<_> = pools
            .into_iter()
            .map(|(it, of)| (it, of.to_owned()))
            .collect();
        assert_eq!(said(&outcome, place), pools, "{case}");
        assert_eq!(
            listed(&outcome.asked.pools).replace(place, "S"),
            all,
            "{case}"
        );
        assert_eq!(
            outcome.asked.strategy.as_deref(),
            Some("prioritized"),
            "{case}"
        );
        let gave = listed(&outcome.asked.gave).replace(place, "S");
        let some = got(&outcome).contains("comes");
        assert_eq!(some, !gave.is_empty(), "{case}: {gave}");
    }
    assert_eq!(lab.live().await.len(), 0);
}

fn rests(batch: &Batch, of_type: &str) -> RestingPool {
    RestingPool {
        pool: Pool {
            instance_type: of_type.into(),
            place: batch.settings.subnet_ids.first().cloned(),
            purchase: batch.settings.purchase(),
        },
        code: Some(NONE.into()),
        message: "no".into(),
        until: 0,
    }
}

#[tokio::test]
async fn a_pool_that_rests_is_not_asked_and_without_any_nothing_is() {
    let lab = Lab::start().await;
    let door = Door::before(lab.moto.address).await;
    let provider = lab.provider(door.address).await;
    let mut batch = lab.batch(&provider, 1).await;
    batch.resting = vec![rests(&batch, "c6i.large"), rests(&batch, "c5.large")];
    door.asked();
    let outcome = provider.launch(&batch).await;
    let error = outcome.launched[0].result.clone().unwrap_err();
    let words = error.to_string();
    for part in ["c6i.large", "c5.large", NONE] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(error.ask_again_after_ms(), None);
    assert_eq!(outcome.asked.pools, []);
    assert!(!door.asked().contains(&"CreateFleet".to_owned()));

    // moto takes the first pool that it is told.
    batch.resting.pop();
    let outcome = provider.launch(&batch).await;
    assert_eq!(got(&outcome), "comes");
    assert_eq!(outcome.asked.pools.len(), 1);
    assert_eq!(outcome.asked.gave, outcome.asked.pools);
    let ec2 = client(lab.moto.address)
        .describe_instances()
        .send()
        .await
        .unwrap();
    let of_type = ec2.reservations()[0].instances()[0]
        .instance_type()
        .unwrap();
    assert_eq!(of_type.as_str(), "c5.large");
}

#[tokio::test]
async fn fleets_are_bought_in_each_way_that_moto_takes() {
    for (purchase, strategy, lifecycle) in [
        (json!({}), Some("prioritized"), None),
        (
            json!({"purchaseOption": "SPOT"}),
            Some("price-capacity-optimized"),
            Some("spot"),
        ),
        (
            json!({"purchaseOption": "SPOT", "spotOptions": {"allocationStrategy": "lowest-price"}}),
            Some("lowest-price"),
            Some("spot"),
        ),
        (
            json!({"purchaseOption": "SPOT", "spotOptions": {"allocationStrategy": "capacity-optimized"}}),
            Some("capacity-optimized"),
            Some("spot"),
        ),
    ] {
        let mut lab = Lab::start().await;
        let mut settings = serde_json::to_value(&lab.owner.settings).unwrap();
        let members = settings.as_object_mut().unwrap();
        members.extend(purchase.as_object().unwrap().clone());
        lab.owner.settings = serde_json::from_value(settings).unwrap();
        let provider = lab.provider(lab.moto.address).await;
        let batch = lab.batch(&provider, 2).await;
        let outcome = provider.launch(&batch).await;
        assert_eq!(got(&outcome), "comes comes", "{purchase}: {outcome:?}");
        assert_eq!(outcome.asked.strategy.as_deref(), strategy, "{purchase}");
        lab.rows.note(&outcome.launched);
        assert_eq!(
            provider.inventory(CLUSTER).await.unwrap().instances.len(),
            2
        );
        let ec2 = client(lab.moto.address)
            .describe_instances()
            .send()
            .await
            .unwrap();
        let instance = &ec2.reservations()[0].instances()[0];
        let told = instance.instance_lifecycle().map(|it| it.as_str());
        assert_eq!(told, lifecycle, "{purchase}");
    }
}
