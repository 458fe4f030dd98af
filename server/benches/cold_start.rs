//! From `sbatch` to the first output of a job on powered-down nodes: ours, and the same Slurm on the same nodes with
//! stock power saving.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::harness::{Database, TestPlane};

const JOBS: usize = 5;
const CLUSTER: &str = "cold-start";
/// Stock Slurm may take half a minute more than its nodes.
const LONGEST: Duration = Duration::from_secs(120);
/// What we set for jobs to start soon; without these lines Slurm's defaults are in force.
const OURS: [&str; 2] = ["PrologSlurmctld=", "SchedulerParameters="];

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster(CLUSTER, 1).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    let ours = measure(&plane).await;
    use_stock_power_saving(&plane);
    let stock = measure(&plane).await;
    println!("cold job start, OpenPCS: {}", text(&ours));
    println!("cold job start, stock power saving: {}", text(&stock));
    println!(
        "cold job start: {:.1} times as soon",
        mean(&stock) / mean(&ours)
    );
    plane.finish().await;
}

async fn measure(plane: &TestPlane) -> Vec<f64> {
    let mut seconds = vec![];
    for _ in 0..JOBS {
        plane
            .wait_sinfo(CLUSTER, &["demo up infinite 2 idle~ compute-1-[1-2]"])
            .await;
        seconds.push(one_job(plane, CLUSTER).await);
    }
    seconds
}

/// Seconds until a job on queue `demo` runs. It writes down when, so that our looking does not count.
pub async fn one_job(plane: &TestPlane, cluster: &str) -> f64 {
    let output = plane.server.home().join("cold-start.out");
    let _ = std::fs::remove_file(&output);
    let submitted = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970");
    let option = format!("--output={}", output.display());
    plane.sbatch(cluster, &["--partition=demo", &option], "date +%s.%N");
    let begun = Instant::now();
    loop {
        if let Some(started) = first_line(&output) {
            return started - submitted.as_secs_f64();
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

/// The server does not notice: what it put in force is written elsewhere.
fn use_stock_power_saving(plane: &TestPlane) {
    for cluster in std::fs::read_dir(plane.server.data().join("clusters"))
        .expect("clusters are there")
        .flatten()
    {
        let conf = cluster.path().join("controller/slurm.conf");
        let text = std::fs::read_to_string(&conf).expect("a cluster has a slurm.conf");
        let stock: String = text
            .lines()
            .filter(|line| !OURS.iter().any(|ours| line.starts_with(ours)))
            .map(|line| match line.split_once('=') {
                Some(("SlurmctldParameters", _)) => {
                    "SlurmctldParameters=enable_configless,idle_on_node_suspend\n".into()
                }
                _ => format!("{line}\n"),
            })
            .collect();
        std::fs::write(&conf, stock).expect("slurm.conf can be written");
    }
    plane.connect(CLUSTER, &["scontrol", "reconfigure"]);
}

pub fn mean(seconds: &[f64]) -> f64 {
    seconds.iter().sum::<f64>() / seconds.len() as f64
}

pub fn text(seconds: &[f64]) -> String {
    let each: Vec<String> = seconds.iter().map(|s| format!("{s:.2}")).collect();
    format!("{:.2} s on average ({})", mean(seconds), each.join(", "))
}
