//! Where a pool has no instances: the others serve, each attempt says what was asked for and what was said, a job that waits
//! is told why, and all comes right by itself.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::{ComputeNodeGroupStatus, QueueStatus};
use openpcs_server::provider::fault::Faults;
use serde_json::{Value, json};

use crate::harness::*;
use crate::job_parts::{ask, page};

const CLUSTER: &str = "capacity";
const NODE: &str = "compute-1-1";
const NONE: &str = "InsufficientInstanceCapacity";

async fn attempts(visitor: &Visitor) -> Vec<Value> {
    let body = json!({ "cluster_identifier": CLUSTER, "node_name": NODE });
    let told = ask(visitor, "node-attempts", body).await.unwrap();
    told.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_pool_that_has_none_is_left_alone_and_tried_again_by_itself() {
    let mut server = Server::new(None);
    let file = server.root().join("faults.json");
    server.option("--faults", file.to_str().unwrap());
    let plane = TestPlane::on(server, None).await;
    plane.cluster(CLUSTER, 1).await;
    let group = plane.new_group(CLUSTER, "compute-1", 0, 1);
    let group = group.instance_configs(instance("c7i.xlarge"));
    group.send().await.unwrap();
    let active = ComputeNodeGroupStatus::Active;
    let group = plane.wait_group(CLUSTER, "compute-1", active.clone()).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let now_with = |empty: &[&str]| {
        let empty_pools = empty.iter().map(|name| (*name).to_owned()).collect();
        let faults = Faults {
            empty_pools,
            ..Faults::default()
        };
        faults.write(&file).unwrap();
    };
    let submit = || plane.sbatch(CLUSTER, &["--output=/dev/null"], "hostname");

    // The other type serves, in the same attempt.
    now_with(&["c6i.xlarge"]);
    let done = plane.wait_job(CLUSTER, &submit(), "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    let told = attempts(&visitor).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let first = &told[0];
    assert_eq!((&first["wanted"], &first["came"]), (&json!(1), &json!(1)));
    assert_eq!(first["pools"].as_array().unwrap().len(), 2, "{first}");
    let error = &first["errors"][0];
    assert_eq!(error["code"], NONE);
    assert_eq!(error["pools"][0]["instanceType"], "c6i.xlarge");
    assert!(first["providerId"].is_string(), "{first}");

    // None has any: the job waits and is told why.
    now_with(&["c6i.xlarge", "c7i.xlarge"]);
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 1 idle~ compute-1-1"])
        .await;
    let job = submit();
    wait_until("the job is told why it waits", async || {
        let told = page(&visitor, CLUSTER, &job).await;
        let words = told["explanation"].to_string();
        match words.contains("NoCapacity") && words.contains(NONE) {
            true => Ok(()),
            false => Err(words),
        }
    })
    .await;
    let told = attempts(&visitor).await;
    let error = told[0]["error"].as_str().unwrap();
    for part in ["c7i.xlarge", NONE] {
        assert!(error.contains(part) || told[0]["errors"].to_string().contains(part));
    }

    // Another group serves, however many nodes the empty one has: they are not tried one after the other.
    let many = plane.new_group(CLUSTER, "compute-2", 0, 20);
    many.send().await.unwrap();
    let many = plane.wait_group(CLUSTER, "compute-2", active.clone()).await;
    let other = plane.new_group(CLUSTER, "compute-3", 0, 1);
    let other = other.set_instance_configs(Some(vec![instance("c6i.2xlarge")]));
    other.send().await.unwrap();
    let other = plane.wait_group(CLUSTER, "compute-3", active).await;
    let both = plane.new_queue(CLUSTER, "both", &many.id);
    let both = both.compute_node_group_configurations(in_queue(&other.id));
    both.send().await.unwrap();
    plane.wait_queue(CLUSTER, "both", QueueStatus::Active).await;
    let begun = Instant::now();
    let options = ["--partition=both", "--output=/dev/null"];
    let served = plane.sbatch(CLUSTER, &options, "hostname");
    let done = plane.wait_job(CLUSTER, &served, "COMPLETED").await;
    assert_eq!(done["NodeList"], "compute-3-1");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");

    // Nobody has to do anything.
    now_with(&[]);
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    wait_until("every node can be used again", async || {
        let states = plane.connect(CLUSTER, &["sinfo", "--noheader", "--format=%T"]);
        match states.split_whitespace().all(|state| state == "idle~") {
            true => Ok(()),
            false => Err(states),
        }
    })
    .await;
    assert!(attempts(&visitor).await.len() >= 3);
    let log = plane.server.log();
    assert!(log.contains("a pool has some again"), "{log}");
    plane.finish().await;
}
