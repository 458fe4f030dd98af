//! How many jobs a second run on nodes that are up: with us, and with the same Slurm alone, in turns.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_pcs::types::{ClusterStatus, Size};

use crate::cold_start::mean;
use crate::harness::{Database, TestPlane, idle};
use crate::stock::Stock;

const CLUSTER: &str = "warm-jobs";
const NODES: i32 = 64;
/// Each the task of an array.
const JOBS: usize = 1_000;
const ROUNDS: usize = 3;
/// As little as a job can do: it says when it was there.
const COMMAND: &str = "read now rest </proc/uptime; echo $now >>";
const LONGEST: Duration = Duration::from_secs(300);

pub async fn run() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    let create = plane.new_cluster(CLUSTER).size(Size::Medium);
    let create = create.slurm_configuration(idle(3_600)).send().await;
    create.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", NODES, NODES).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    let stock = Stock::of(&plane);
    let (mut ours, mut alone) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let jobs = hold(&plane, CLUSTER, NODES).await;
        ours.push(jobs_per_second(&plane, &jobs).await);

        stock.without(&plane, &[("PrologSlurmctld", None)]);
        let jobs = hold(&plane, CLUSTER, NODES).await;
        plane.server.stop();
        alone.push(jobs_per_second(&plane, &jobs).await);
        plane.server.start().await;
        stock.ours(&plane);
    }
    println!("jobs on {NODES} nodes that are up: {}", text(&ours));
    println!("the same, Slurm alone: {}", text(&alone));
    println!(
        "jobs on nodes that are up: {:.2} of Slurm's own speed",
        mean(&ours) / mean(&alone)
    );
    plane.finish().await;
}

/// Submits them, for a server must be there to let people in; they wait.
pub async fn hold(plane: &TestPlane, cluster: &str, nodes: i32) -> String {
    let up = format!("demo up infinite {nodes} idle compute-1-[1-{nodes}]");
    plane.wait_sinfo(cluster, &[&up]).await;
    let out = plane.server.home().join("out");
    let _ = std::fs::remove_file(&out);
    let array = format!("--array=1-{JOBS}");
    let options = ["--hold", "--output=/dev/null", &array];
    plane.sbatch(cluster, &options, &format!("{COMMAND} {}", out.display()))
}

pub async fn jobs_per_second(plane: &TestPlane, jobs: &str) -> f64 {
    let out = plane.server.home().join("out");
    plane.administrate(&format!("scontrol release {jobs}"));
    let begun = Instant::now();
    let times = loop {
        let times = times(&out);
        if times.len() == JOBS {
            break times;
        }
        assert!(begun.elapsed() < LONGEST, "{} of {JOBS} ran", times.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let first = times.iter().copied().fold(f64::INFINITY, f64::min);
    let last = times.iter().copied().fold(0.0, f64::max);
    // The last one has said so, and ends.
    let left = "squeue --noheader --partition=demo | grep --quiet .";
    plane.administrate(&format!("while {left}; do sleep 0.1; done"));
    (JOBS - 1) as f64 / (last - first)
}

/// Seconds since this machine's start.
fn times(out: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(out).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(|line| line.parse().ok()).collect()
}

pub fn text(rates: &[f64]) -> String {
    let each: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
    format!("{:.1} jobs/s on average ({})", mean(rates), each.join(", "))
}
