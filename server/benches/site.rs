//! What a whole site costs on the same cluster, in turns: jobs a second with their records kept, and submissions a second
//! that a script is asked of.

use std::time::Instant;

use aws_sdk_pcs::types::{ClusterStatus, Size};
use serde_json::{Value, json};

use crate::cold_start::mean;
use crate::harness::{Bucket, Server, TestPlane, idle};
use crate::warm_jobs::{hold, jobs_per_second, text};

const CLUSTER: &str = "site";
const NODES: i32 = 16;
const ROUNDS: usize = 3;
/// Of each turn, one after the other.
const SUBMISSIONS: usize = 100;
const SCRIPT: &str = include_str!("../../app/policies/time_limit.star");

pub async fn run() {
    let bucket = Bucket::start();
    bucket.put("rules", SCRIPT);
    let mut server = Server::new(None);
    bucket.is_known_to(&mut server);
    let plane = TestPlane::on(server, None).await;
    let create = plane.new_cluster(CLUSTER).size(Size::Medium);
    let create = create.slurm_configuration(idle(3_600)).send().await;
    create.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", NODES, NODES).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    let source = json!({"scriptLocation": "s3://scripts/rules"});
    let plugin = json!([{"name": "rules", "type": "STARLARK", "scriptSource": source}]);
    let (mut plain, mut kept) = (vec![], vec![]);
    let (mut unasked, mut asked) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        change(&plane, json!({"accounting": {"mode": "NONE"}})).await;
        let jobs = hold(&plane, CLUSTER, NODES).await;
        plain.push(jobs_per_second(&plane, &jobs).await);
        unasked.push(submissions_per_second(&plane));

        change(&plane, json!({"accounting": {"mode": "STANDARD"}})).await;
        let jobs = hold(&plane, CLUSTER, NODES).await;
        kept.push(jobs_per_second(&plane, &jobs).await);

        change(&plane, json!({"accounting": {"mode": "NONE"}})).await;
        change(&plane, json!({"jobSubmitPlugins": plugin})).await;
        asked.push(submissions_per_second(&plane));
        change(&plane, json!({"jobSubmitPlugins": []})).await;
    }
    println!("jobs on {NODES} nodes, no records kept: {}", text(&plain));
    println!("the same, each written down: {}", text(&kept));
    let share = mean(&kept) / mean(&plain);
    println!("jobs with accounting: {share:.2} of those without");
    println!("submissions, one after the other: {:.1}/s", mean(&unasked));
    println!("the same, a script asked of each: {:.1}/s", mean(&asked));
    let longer = 1000.0 / mean(&asked) - 1000.0 / mean(&unasked);
    println!("a script takes {longer:.1} ms of each submission");
    plane.finish().await;
}

async fn change(plane: &TestPlane, slurm: Value) {
    let request = json!({"clusterIdentifier": CLUSTER, "slurmConfiguration": slurm});
    let http = plane.http();
    let answer = http.call("UpdateCluster", request.to_string());
    let answer = answer.await.json();
    assert!(answer["cluster"].is_object(), "{answer}");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
}

fn submissions_per_second(plane: &TestPlane) -> f64 {
    let submit = "sbatch --hold --time=5 --partition=demo --output=/dev/null --wrap=true";
    let submit = format!("for each in $(seq {SUBMISSIONS}); do {submit} >/dev/null; done");
    let begun = Instant::now();
    plane.connect(CLUSTER, &["bash", "-c", &submit]);
    let rate = SUBMISSIONS as f64 / begun.elapsed().as_secs_f64();
    plane.connect(CLUSTER, &["scancel", "--partition=demo"]);
    rate
}
