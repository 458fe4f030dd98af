//! How long submissions wait while a running cluster's controller is exchanged for a newer one, beside those of a calm time.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::ClusterStatus;

use crate::harness::scheduler::{NEW, Scheduler, update_to};
use crate::harness::{Server, TestPlane, idle};

const CLUSTER: &str = "moving";
const CALM: usize = 50;

pub async fn run() {
    let mut server = Server::new(None);
    let scheduler = Scheduler::of(&mut server);
    let plane = TestPlane::on(server, None).await;
    let create = plane.new_cluster(CLUSTER).slurm_configuration(idle(3_600));
    create.send().await.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", 1, 1).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    plane.group(CLUSTER, "login", 1, 1).await;
    plane.wait_login(CLUSTER, "login-1").await;
    let calm: Vec<Duration> = (0..CALM).map(|_| submit(&plane)).collect();

    scheduler.install("");
    let asked = update_to(&plane, CLUSTER, NEW).await;
    asked.expect("the cluster can go to a newer Slurm");
    let (begun, mut during) = (Instant::now(), vec![]);
    while *plane.get_cluster(CLUSTER).await.status() == ClusterStatus::Updating {
        during.push(submit(&plane));
    }
    let now = plane.get_cluster(CLUSTER).await;
    assert_eq!(*now.status(), ClusterStatus::Active, "{now:?}");
    println!(
        "submissions while a controller is exchanged, {} within {:.1} s: none failed, the slowest took {:.2} s; of {CALM} in a \
         calm time {:.2} s",
        during.len(),
        begun.elapsed().as_secs_f64(),
        slowest(&during),
        slowest(&calm)
    );
    plane.finish().await;
}

/// Fails where it is refused.
fn submit(plane: &TestPlane) -> Duration {
    let begun = Instant::now();
    plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    begun.elapsed()
}

fn slowest(times: &[Duration]) -> f64 {
    let slowest = times.iter().max().copied().unwrap_or_default();
    slowest.as_secs_f64()
}
