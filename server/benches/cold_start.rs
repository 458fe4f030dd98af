//! From `sbatch` to the first output of a job on powered-down nodes: ours, and the same Slurm on the same nodes with
//! stock power saving.
//!
//! slurmctld looks at its queue at each whole second, and stock Slurm looks every 30 s since its start whether nodes that
//! boot are up: jobs are submitted at evenly spread moments of these periods, or their mean would tell nothing but when
//! they were submitted.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::harness::{Database, TestPlane};
use crate::stock::Stock;

const JOBS: u32 = 6;
const CLUSTER: &str = "cold-start";
/// How often slurmctld looks at its queue.
const QUEUE: Duration = Duration::from_secs(1);
/// Slurm's `PERIODIC_TIMEOUT`.
const TICK: Duration = Duration::from_secs(30);
/// Stock Slurm may take half a minute more than its nodes.
const LONGEST: Duration = Duration::from_secs(120);
/// What we set for jobs to start soon, and what is in force without.
const STOCK: [(&str, Option<&str>); 3] = [
    ("PrologSlurmctld", None),
    ("SchedulerParameters", None),
    (
        "SlurmctldParameters",
        Some("enable_configless,idle_on_node_suspend"),
    ),
];

pub async fn run() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster(CLUSTER, 1).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    wait_off(&plane).await;
    let after_change = one_job(&plane, CLUSTER).await;
    let into_the_second = Duration::from_secs_f64(since_1970() % QUEUE.as_secs_f64());
    let whole_second = Instant::now() - into_the_second;
    let mut first = vec![];
    for number in 0..JOBS {
        wait_off(&plane).await;
        plane.crash().await;
        first.push(one_at(&plane, whole_second, QUEUE, number).await);
    }
    let ours = measure(&plane, whole_second, QUEUE).await;
    Stock::of(&plane).without(&plane, &STOCK);
    let stock = measure(&plane, Instant::now(), TICK).await;
    println!("cold job start, the first after a change of the cluster: {after_change:.2} s");
    println!(
        "cold job start, the first after the server's start: {}",
        text(&first)
    );
    println!("cold job start, OpenPCS: {}", text(&ours));
    println!("cold job start, stock power saving: {}", text(&stock));
    println!(
        "cold job start: {:.1} times as soon",
        mean(&stock) / mean(&ours)
    );
    plane.finish().await;
}

/// One job at each of [`JOBS`] moments of the period, which began then.
async fn measure(plane: &TestPlane, begun: Instant, period: Duration) -> Vec<f64> {
    let mut seconds = vec![];
    for number in 0..JOBS {
        wait_off(plane).await;
        seconds.push(one_at(plane, begun, period, number).await);
    }
    seconds
}

/// A job at the moment of that number.
async fn one_at(plane: &TestPlane, begun: Instant, period: Duration, number: u32) -> f64 {
    let moment = period * number / JOBS;
    let into = begun.elapsed().as_secs_f64() % period.as_secs_f64();
    let wait = (moment.as_secs_f64() - into).rem_euclid(period.as_secs_f64());
    tokio::time::sleep(Duration::from_secs_f64(wait)).await;
    one_job(plane, CLUSTER).await
}

async fn wait_off(plane: &TestPlane) {
    let off = ["demo up infinite 2 idle~ compute-1-[1-2]"];
    plane.wait_sinfo(CLUSTER, &off).await;
}

fn since_1970() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock is past 1970").as_secs_f64()
}

/// Seconds until a job on queue `demo` runs. It writes down when, so that our looking does not count.
pub async fn one_job(plane: &TestPlane, cluster: &str) -> f64 {
    let output = plane.server.home().join("cold-start.out");
    let _ = std::fs::remove_file(&output);
    let submitted = since_1970();
    let option = format!("--output={}", output.display());
    plane.sbatch(cluster, &["--partition=demo", &option], "date +%s.%N");
    let begun = Instant::now();
    loop {
        if let Some(started) = first_line(&output) {
            return started - submitted;
        }
        assert!(
            begun.elapsed() < LONGEST,
            "the job did not start within {LONGEST:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn first_line(path: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    text.ends_with('\n')
        .then(|| text.trim().parse().ok())
        .flatten()
}

pub fn mean(seconds: &[f64]) -> f64 {
    seconds.iter().sum::<f64>() / seconds.len() as f64
}

pub fn text(seconds: &[f64]) -> String {
    let each: Vec<String> = seconds.iter().map(|s| format!("{s:.2}")).collect();
    format!("{:.2} s on average ({})", mean(seconds), each.join(", "))
}
