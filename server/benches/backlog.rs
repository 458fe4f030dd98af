//! What thousands of jobs that wait cost (W3): jobs a second on nodes that are up, with us and with the same Slurm alone, in
//! turns; and how long the lists and pages take that explain such jobs.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::*;
use serde_json::{Value, json};

use crate::cold_start::mean;
use crate::harness::{Database, TestPlane, Visitor, accounting_on};
use crate::stock::Stock;
use crate::warm_jobs::{hold_beside, jobs_per_second, text};

const CLUSTER: &str = "backlog";
const NODES: i32 = 16;
const ROUNDS: usize = 3;
/// Those that wait, each a job of its own: tasks that somebody changed.
const ARRAYS: usize = 5;
const TASKS: usize = 1_000;
/// What `sinfo` tells of the queue that they wait for.
const BUSY: &str = "waiting up infinite 1 alloc compute-2-1";
/// Questions of each kind.
const ASKED: usize = 10;

pub async fn run() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(3_600)
        .accounting(accounting_on());
    let create = plane.new_cluster(CLUSTER).size(Size::Medium);
    let create = create.slurm_configuration(slurm.build()).send().await;
    create.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    for (group, least, most, queue) in [
        ("compute-1", NODES, NODES, "demo"),
        ("compute-2", 0, 1, "waiting"),
    ] {
        let group = plane.group(CLUSTER, group, least, most).await;
        plane.queue(CLUSTER, queue, group.id()).await;
    }
    let last = fill(&plane);
    answers(&plane, &last).await;
    let stock = Stock::of(&plane);
    let (mut ours, mut alone) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let jobs = hold_beside(&plane, CLUSTER, NODES, &[BUSY]).await;
        ours.push(jobs_per_second(&plane, &jobs).await);

        stock.without(&plane, &[("PrologSlurmctld", None)]);
        let jobs = hold_beside(&plane, CLUSTER, NODES, &[BUSY]).await;
        plane.server.stop();
        alone.push(jobs_per_second(&plane, &jobs).await);
        plane.server.start().await;
        stock.ours(&plane);
    }
    let waiting = ARRAYS * TASKS;
    println!("jobs beside {waiting} that wait: {}", text(&ours));
    println!("the same, Slurm alone: {}", text(&alone));
    let share = mean(&ours) / mean(&alone);
    println!("jobs beside {waiting} that wait: {share:.2} of Slurm's own speed");
    plane.connect(CLUSTER, &["scancel", "--partition=waiting"]);
    plane.finish().await;
}

/// They wait for nodes, as Slurm tries again and again; the last of them.
fn fill(plane: &TestPlane) -> String {
    let array = format!("--array=1-{TASKS}");
    let submit = [
        "sbatch",
        "--parsable",
        "--hold",
        "--partition=waiting",
        &array,
    ];
    let submit = [&submit[..], &["--output=/dev/null", "--wrap=sleep 900"]].concat();
    let mut last = String::new();
    for _ in 0..ARRAYS {
        last = plane.connect(CLUSTER, &submit).trim().to_owned();
        let each =
            format!("seq {TASKS} | sed 's/.*/update JobId={last}_& Nice=&/' | scontrol >/dev/null");
        plane.administrate(&format!("{each}; scontrol release {last}"));
    }
    let count = plane.connect(CLUSTER, &["squeue", "--noheader", "--partition=waiting"]);
    assert_eq!(count.lines().count(), ARRAYS * TASKS);
    format!("{last}_{TASKS}")
}

async fn answers(plane: &TestPlane, job: &str) {
    let visitor = Visitor::sign_in(plane).await;
    let list = |page: Value| json!({"cluster_identifier": CLUSTER, "page": page, "language": "en"});
    let by_reason = json!({"filter": "Reason = nothing of that kind"});
    let of_one = json!({"cluster_identifier": CLUSTER, "job_id": job, "language": "en"});
    let is_seen = async || {
        let answer = visitor.post("/console/list-jobs", list(json!({})).to_string());
        let answer: Value = answer.await.json().await.expect("a list is answered");
        answer["found"].as_u64() >= Some((ARRAYS * TASKS) as u64)
    };
    while !is_seen().await {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for (what, function, body) in [
        ("the list's first page", "list-jobs", list(json!({}))),
        ("a filter by reason", "list-jobs", list(by_reason)),
        (
            "how many there are",
            "count-jobs",
            json!({"cluster_identifier": CLUSTER}),
        ),
        ("one job's page", "get-job", of_one),
    ] {
        let mut longest = Duration::ZERO;
        for _ in 0..ASKED {
            let begun = Instant::now();
            let address = format!("/console/{function}");
            let answer = visitor.post(&address, body.to_string()).await;
            assert!(answer.status().is_success(), "{what}");
            let whole = answer.bytes().await;
            whole.expect("the answer comes whole");
            longest = longest.max(begun.elapsed());
        }
        println!("{what}, longest of {ASKED}: {} ms", longest.as_millis());
    }
}
