//! What EC2 says of the health of instances, and of what it plans for their hosts, comes with the inventory. moto's instances
//! are always well, so that a door before it says otherwise.

use std::time::Duration;

use openpcs_provider::{Instance, Provider};

use crate::canned::answering;
use crate::counting::Door;
use crate::provider::{CLUSTER, Lab, refusal};

fn statuses(items: &str) -> (u16, String) {
    let body = format!(
        "<DescribeInstanceStatusResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
         <instanceStatusSet>{items}</instanceStatusSet></DescribeInstanceStatusResponse>"
    );
    (200, body)
}

fn impaired(id: &str) -> String {
    format!(
        "<item><instanceId>{id}</instanceId><instanceStatus><status>ok</status></instanceStatus><systemStatus>\
         <status>impaired</status><details><item><name>reachability</name><status>failed</status>\
         <impairedSince>1970-01-01T00:00:07.000Z</impairedSince></item></details></systemStatus></item>"
    )
}

fn planned(id: &str) -> String {
    format!(
        "<item><instanceId>{id}</instanceId><instanceStatus><status>ok</status></instanceStatus><systemStatus>\
         <status>ok</status></systemStatus><eventsSet><item><code>instance-retirement</code><description>degraded\
         </description><notBefore>1970-01-01T00:00:09.000Z</notBefore></item></eventsSet></item>"
    )
}

async fn inventory(lab: &Lab, provider: &impl Provider) -> Vec<Instance> {
    let mut found = provider.inventory(CLUSTER).await.unwrap().instances;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found.len(), lab.live().await.len());
    found
}

#[tokio::test]
async fn trouble_is_told_with_the_inventory_and_not_asked_for_at_each_look() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, 3).await;
    let launched = whole.launch(&batch).await.launched;
    lab.rows.note(&launched);
    let ec2 = |at: usize| launched[at].result.clone().unwrap();
    let answers = vec![
        statuses(""),
        statuses(&(impaired(&ec2(0)) + &impaired("i-of-somebody-else"))),
        statuses(&planned(&ec2(1))),
    ];
    let told = answering(lab.moto.address, "DescribeInstanceStatus", answers).await;
    let door = Door::before(told).await;
    let provider = lab.provider(door.address).await;
    // It is asked for beside the first look.
    while inventory(&lab, &provider).await[1].health.planned.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let found = inventory(&lab, &provider).await;
    let failing = found[0].health.impaired.as_ref().unwrap();
    assert_eq!(
        (failing.since, failing.what.as_str()),
        (7_000, "system status check")
    );
    let notice = found[1].health.planned.as_ref().unwrap();
    assert_eq!(
        (notice.until, notice.what.as_str()),
        (Some(9_000), "instance-retirement")
    );
    assert_eq!(found[2].health, Default::default());
    let mut asked = door.asked();
    asked.retain(|action| action == "DescribeInstanceStatus");
    assert_eq!(asked.len(), 3);
}

/// A role that was made by the policy of an older version may not ask.
#[tokio::test]
async fn instances_are_seen_although_their_health_may_not_be_asked_for() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, 1).await;
    lab.rows.note(&whole.launch(&batch).await.launched);
    let answers = vec![(403, refusal("UnauthorizedOperation"))];
    let door = answering(lab.moto.address, "DescribeInstanceStatus", answers).await;
    let provider = lab.provider(door).await;
    for _ in 0..5 {
        let found = inventory(&lab, &provider).await;
        assert_eq!(found[0].health, Default::default());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An answer of an old mirror. That their nodes are not given up for it is the plan's to say.
#[tokio::test]
async fn instances_that_do_not_show_for_a_while_can_be_ended_and_show_again() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, 3).await;
    let launched = whole.launch(&batch).await.launched;
    lab.rows.note(&launched);
    let nothing = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                   <requestId>r</requestId><reservationSet/></DescribeInstancesResponse>";
    let answers = vec![(200, nothing.to_owned())];
    let door = answering(lab.moto.address, "DescribeInstances", answers).await;
    let provider = lab.provider(door).await;
    assert_eq!(provider.inventory(CLUSTER).await.unwrap().instances, []);
    // Ended meanwhile, one is found by the id that it was launched with.
    let one = batch.nodes[0].instance_id.clone();
    assert_eq!(provider.terminate(CLUSTER, &[one]).await, [Ok(())]);
    assert_eq!(lab.live().await.len(), 2);
    // The next look is due a second after the last.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let mut shown = provider.inventory(CLUSTER).await.unwrap().instances;
    shown.retain(Instance::lives);
    assert_eq!(shown.len(), 2);
}
