//! What clusters on EC2 cost and how soon a group stands in for one without capacity, on an emulated EC2 (moto) with a door
//! before it: see [`crate::aws_door`].
//!
//! The 2,048 nodes are Slurm's, in 50 groups and powered down; the 2,048 running instances that EC2 tells are another
//! server's, so that each look has all its pages. What it costs to find the rows of as many instances is not in it.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::{ClusterStatus, ComputeNodeGroupStatus, QueueStatus, Size};

use crate::aws_door::Door;
use crate::harness::ec2::{Ec2, MOTO};
use crate::harness::{TestPlane, idle, in_queue, instance, wait_until};
use crate::idle::{cpu_seconds, resident_mb};

const NODES: i32 = 2_048;
const GROUPS: i32 = 50;
/// As many looks as a few minutes have.
const WATCHED: Duration = Duration::from_secs(120);
const LARGE: &str = "large";
const SHORT: &str = "short";

pub async fn run() {
    let ec2 = match Ec2::start().await {
        Ok(ec2) => ec2,
        Err(why) => {
            return println!("aws: not measured, machines need networks of their own: {why}");
        }
    };
    let door = Door::before(MOTO).expect("a port of loopback is free");
    let mut server = ec2.server(None);
    server.environment("AWS_ENDPOINT_URL", &format!("http://{}", door.address));
    let plane = TestPlane::of_account(server, None, ec2.catalogue()).await;
    fallback(&plane, &door).await;
    steady(&plane, &door).await;
    plane.finish().await;
}

/// A job that either of two groups could run; the one that is asked for first has no capacity.
async fn fallback(plane: &TestPlane, door: &Door) {
    plane.cluster(SHORT, 600).await;
    let first = plane.group(SHORT, "compute-1", 0, 1).await;
    // Of another type: where one group has none, others of the same pools are not asked for.
    let second = plane.new_group(SHORT, "compute-2", 0, 1);
    let second = second.set_instance_configs(Some(vec![instance("c6i.2xlarge")]));
    second.send().await.expect("a group can be made");
    let active = ComputeNodeGroupStatus::Active;
    let second = plane.wait_group(SHORT, "compute-2", active).await;
    let queue = plane.new_queue(SHORT, "demo", first.id());
    let queue = queue.compute_node_group_configurations(in_queue(second.id()));
    queue.send().await.expect("a queue can be made");
    plane.wait_queue(SHORT, "demo", QueueStatus::Active).await;
    door.refuse_one_template();
    let job = plane.sbatch(SHORT, &["--output=/dev/null"], "hostname");
    let seconds = wait_until("another group's instance is launched", async || {
        door.fallback_seconds().ok_or("not yet".to_owned())
    })
    .await;
    println!(
        "aws, from a refused fleet to the next group's instance: {seconds:.2} s; {:.2} of the bar of 5 s",
        seconds / 5.0
    );
    plane.connect(SHORT, &["scancel", &job]);
    plane.delete_all_of(SHORT).await;
}

async fn steady(plane: &TestPlane, door: &Door) {
    let create = plane.new_cluster(LARGE).size(Size::Large);
    let create = create.slurm_configuration(idle(600)).send().await;
    create.expect("a cluster can be made");
    plane.wait_cluster(LARGE, ClusterStatus::Active).await;
    let alone = cost(plane, door).await;
    for number in 0..GROUPS {
        let nodes = NODES / GROUPS + i32::from(number < NODES % GROUPS);
        let group = plane.new_group(LARGE, &format!("compute-{number}"), 0, nodes);
        group.send().await.expect("a group can be made");
    }
    for number in 0..GROUPS {
        let active = ComputeNodeGroupStatus::Active;
        plane
            .wait_group(LARGE, &format!("compute-{number}"), active)
            .await;
    }
    door.tell(usize::try_from(NODES).ok());
    // The first looks at new groups are no steady state.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let all = cost(plane, door).await;
    let what = format!("aws, {NODES} nodes in {GROUPS} groups, as many instances");
    println!(
        "{what}: {:.1} calls for instances a minute (bar: 6)",
        all.looks
    );
    println!(
        "{what}: {:.2} % of a core with the Slurm programs it calls (bar: 5), {:.1} times that of a cluster without groups",
        all.share * 100.0,
        all.share / alone.share
    );
    println!(
        "{what}: {:.0} MB resident (bar: 200), {:.1} times that of a cluster without groups",
        all.resident,
        all.resident / alone.resident
    );
    door.tell(None);
}

struct Cost {
    /// Of a minute.
    looks: f64,
    /// Of a core.
    share: f64,
    /// In megabytes.
    resident: f64,
}

async fn cost(plane: &TestPlane, door: &Door) -> Cost {
    let pid = plane.server.pid();
    door.looks();
    let (before, begun) = (cpu_seconds(pid), Instant::now());
    tokio::time::sleep(WATCHED).await;
    let seconds = begun.elapsed().as_secs_f64();
    Cost {
        looks: door.looks() as f64 * 60.0 / seconds,
        share: (cpu_seconds(pid) - before) / seconds,
        resident: resident_mb(pid),
    }
}
