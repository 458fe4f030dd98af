//! `kill -9` of the server at random moments of creating, scaling and deleting: it only delays, nothing is lost, doubled
//! or left behind.

use std::time::Duration;

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "killed";

/// Makes a request, kills the server at a random moment around it, and asks the new server for the same again.
/// The token makes it happen once, whether or not the first one came through.
async fn through_a_kill<T, E: std::fmt::Debug>(
    plane: &mut TestPlane,
    random: &mut Random,
    request: impl AsyncFn() -> Result<T, E>,
) -> T {
    let delay = Duration::from_millis(random.below(600));
    let first = async {
        let _ = request().await;
        std::future::pending::<()>().await
    };
    let _ = tokio::time::timeout(delay, first).await;
    eprintln!("kill after {delay:?}");
    plane.crash().await;
    request().await.unwrap()
}

async fn round(plane: &mut TestPlane, seed: u64) {
    let random = &mut Random::new(seed);
    let token = |what: &str| format!("{what}-{seed:08}");
    eprintln!("seed {seed}");

    let create = plane
        .new_cluster(CLUSTER)
        .slurm_configuration(idle(5))
        .client_token(token("cluster"));
    through_a_kill(plane, random, async || create.clone().send().await).await;
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;

    let create = plane
        .new_group(CLUSTER, "compute-1", 0, 4)
        .client_token(token("group"));
    let group = through_a_kill(plane, random, async || create.clone().send().await)
        .await
        .compute_node_group
        .unwrap();
    let create = plane
        .new_group(CLUSTER, "login", 1, 1)
        .client_token(token("login"));
    through_a_kill(plane, random, async || create.clone().send().await).await;
    plane
        .wait_group(CLUSTER, "compute-1", ComputeNodeGroupStatus::Active)
        .await;
    plane
        .wait_group(CLUSTER, "login", ComputeNodeGroupStatus::Active)
        .await;

    let create = plane
        .new_queue(CLUSTER, "demo", &group.id)
        .client_token(token("queue"));
    through_a_kill(plane, random, async || create.clone().send().await).await;
    plane.wait_queue(CLUSTER, "demo", QueueStatus::Active).await;

    // Nodes boot, and the server dies.
    let job = plane.sbatch(
        CLUSTER,
        &["--nodes=4", "--output=/dev/null"],
        "srun hostname",
    );
    tokio::time::sleep(Duration::from_millis(random.below(1_500))).await;
    plane.crash().await;
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["NodeList"], "compute-1-[1-4]");

    let job = plane.sbatch(
        CLUSTER,
        &["--output=/dev/null", "--nodelist=compute-1-1"],
        "touch started; sleep 3",
    );
    let mark = plane.server.home().join("started");
    wait_until("the job has started", async || {
        if mark.exists() {
            Ok(())
        } else {
            Err("no mark".into())
        }
    })
    .await;
    std::fs::remove_file(&mark).unwrap();
    let update = plane
        .admin()
        .update_compute_node_group()
        .cluster_identifier(CLUSTER)
        .client_token(token("scale"));
    let update = update
        .compute_node_group_identifier("compute-1")
        .scaling_configuration(scaling(0, 2));
    through_a_kill(plane, random, async || update.clone().send().await).await;
    plane
        .wait_group(CLUSTER, "compute-1", ComputeNodeGroupStatus::Active)
        .await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 2 idle~ compute-1-[1-2]"])
        .await;

    delete(plane, random, seed).await;
}

async fn delete(plane: &mut TestPlane, random: &mut Random, seed: u64) {
    let client = plane.admin().clone();
    let queue = client
        .delete_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("demo");
    let queue = queue.client_token(format!("delete-queue-{seed}"));
    through_a_kill(plane, random, async || queue.clone().send().await).await;
    let get = client
        .get_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("demo");
    wait_until("the queue is gone", async || gone(get.clone().send().await)).await;
    for name in ["compute-1", "login"] {
        let group = client
            .delete_compute_node_group()
            .cluster_identifier(CLUSTER)
            .compute_node_group_identifier(name);
        let group = group.client_token(format!("delete-{name}-{seed}"));
        through_a_kill(plane, random, async || group.clone().send().await).await;
        let get = client
            .get_compute_node_group()
            .cluster_identifier(CLUSTER)
            .compute_node_group_identifier(name);
        wait_until("the group is gone", async || gone(get.clone().send().await)).await;
    }
    let cluster = client
        .delete_cluster()
        .cluster_identifier(CLUSTER)
        .client_token(format!("delete-cluster-{seed}"));
    through_a_kill(plane, random, async || cluster.clone().send().await).await;
    let get = client.get_cluster().cluster_identifier(CLUSTER);
    wait_until("the cluster is gone", async || {
        gone(get.clone().send().await)
    })
    .await;
    plane.nothing_is_left().await;
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_moment_loses_nothing_on_sqlite() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    for seed in [1, 2] {
        round(&mut plane, seed).await;
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_moment_loses_nothing_on_postgres() {
    let mut plane = TestPlane::start(Database::Postgres).await;
    round(&mut plane, 3).await;
    plane.finish().await;
}
