//! From `sbatch` to the first output of a job on one queue while thousands of jobs wait on another, beside the same on a
//! cluster where none does.

use aws_sdk_pcs::types::{ClusterStatus, Size};

use crate::cold_start::{mean, one_job, text};
use crate::harness::{Database, TestPlane, idle};

const WAITING: usize = 3_000;
/// Jobs on a node that is up, after the one that starts it.
const WARM: usize = 5;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    for (cluster, size) in [("quiet", Size::Small), ("busy", Size::Medium)] {
        let create = plane.new_cluster(cluster).size(size);
        let create = create.slurm_configuration(idle(600)).send().await;
        create.expect("a cluster can be made");
        plane.wait_cluster(cluster, ClusterStatus::Active).await;
        for (group, queue) in [("compute-1", "demo"), ("compute-2", "waiting")] {
            let group = plane.group(cluster, group, 0, 2).await;
            plane.queue(cluster, queue, group.id()).await;
        }
    }
    fill(&plane, "busy");
    let (mut quiet, mut busy) = (vec![], vec![]);
    // In turns: what else this machine does slows both.
    for _ in 0..=WARM {
        quiet.push(one_job(&plane, "quiet").await);
        busy.push(one_job(&plane, "busy").await);
    }
    println!(
        "job start, no other job, cold and then warm: {}",
        text(&quiet)
    );
    println!(
        "job start, {WAITING} jobs wait, cold and then warm: {}",
        text(&busy)
    );
    println!(
        "job start beside {WAITING} jobs: {:.1} times as long cold, {:.1} times warm",
        busy[0] / quiet[0],
        mean(&busy[1..]) / mean(&quiet[1..])
    );
    plane.connect("busy", &["scancel", "--partition=waiting"]);
    plane.finish().await;
}

fn fill(plane: &TestPlane, cluster: &str) {
    let submit = "sbatch --partition=waiting --output=/dev/null --wrap='sleep 900' --job-name";
    let all = format!("seq {WAITING} | xargs --max-procs=4 --max-args=1 {submit} >/dev/null");
    // They wait for nodes, as Slurm tries again and again; held ones would cost it nothing.
    plane.connect(cluster, &["sh", "-c", &all]);
    let count = plane.connect(cluster, &["squeue", "--noheader", "--partition=waiting"]);
    assert_eq!(count.lines().count(), WAITING);
}
