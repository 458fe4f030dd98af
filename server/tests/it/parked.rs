//! Groups and queues with nothing in them keep what people gave them: jobs wait, and run when there are nodes again
//! (N2, Q2); and a queue that goes takes the nodes along that only it had a use for (Q4).

use aws_sdk_pcs::types::*;
use serde_json::json;

use crate::harness::*;
use crate::plan::plan;

const CLUSTER: &str = "parked";

/// Whether a slurmd runs for the node.
fn runs(plane: &TestPlane, node: &str) -> bool {
    let name = format!("-N {node} ");
    let all = processes(plane.server.root());
    all.iter().any(|(_, line)| line.contains(&name))
}

async fn wait_gone(plane: &TestPlane, node: &str) {
    wait_until(&format!("nothing runs for {node}"), async || {
        match runs(plane, node) {
            false => Ok(()),
            true => Err("its slurmd is there".into()),
        }
    })
    .await;
}

#[tokio::test]
async fn a_parked_group_has_no_node_and_its_jobs_wait() {
    let plane = TestPlane::start(Database::Postgres).await;
    plane.cluster(CLUSTER, 600).await;
    plane.group(CLUSTER, "never-up", 0, 0).await;
    let group = plane.group(CLUSTER, "fixed", 1, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let demo = |script: &str| plane.sbatch(CLUSTER, &["--partition=demo", "--output=out"], script);
    // The first run waits to be parked; the second finds its mark.
    let running = demo("test -e ran || { touch ran; sleep 600; }");
    plane.wait_job(CLUSTER, &running, "RUNNING").await;

    let park = json!({
        "clusterIdentifier": CLUSTER, "computeNodeGroupIdentifier": "fixed",
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 0},
    });
    let (told, possible) = plan(&plane, "update-compute-node-group", &park);
    assert!(
        possible && told["nodes"]["ending"] == json!(["fixed-1"]),
        "{told}"
    );
    plane.scale(CLUSTER, "fixed", 0, 0).await;
    wait_gone(&plane, "fixed-1").await;
    assert_eq!(plane.sinfo(CLUSTER), ["demo down infinite 0 n/a"]);
    let waiting = demo("hostname");
    for job in [&running, &waiting] {
        plane.wait_job(CLUSTER, job, "PENDING").await;
    }
    plane.scale(CLUSTER, "fixed", 1, 1).await;
    for job in [&running, &waiting] {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_queue_without_groups_keeps_its_jobs_and_takes_its_nodes_along() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "work", 0, 1).await;
    let create = plane.admin().create_queue().cluster_identifier(CLUSTER);
    create.queue_name("empty").send().await.unwrap();
    let queue = plane
        .wait_queue(CLUSTER, "empty", QueueStatus::Active)
        .await;
    assert!(queue.compute_node_group_configurations().is_empty());
    assert_eq!(plane.sinfo(CLUSTER), ["empty down infinite 0 n/a"]);
    let submit = || plane.sbatch(CLUSTER, &["--partition=empty", "--output=out"], "hostname");
    let job = submit();
    plane.wait_job(CLUSTER, &job, "PENDING").await;

    let update = async |groups: Vec<ComputeNodeGroupConfiguration>| {
        let update = plane.admin().update_queue().cluster_identifier(CLUSTER);
        update
            .queue_identifier("empty")
            .set_compute_node_group_configurations(Some(groups))
            .send()
            .await
            .unwrap();
        plane
            .wait_queue(CLUSTER, "empty", QueueStatus::Active)
            .await
    };
    update(vec![in_queue(&group.id)]).await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    // Taken away and given back: the node has not gone, the job has waited.
    let queue = update(vec![]).await;
    assert!(queue.compute_node_group_configurations().is_empty());
    let job = submit();
    plane.wait_job(CLUSTER, &job, "PENDING").await;
    update(vec![in_queue(&group.id)]).await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert!(runs(&plane, "work-1"));

    // Another queue has a use for the node, then none has.
    plane.queue(CLUSTER, "other", &group.id).await;
    let delete = |queue: &str| json!({"clusterIdentifier": CLUSTER, "queueIdentifier": queue});
    let (told, _) = plan(&plane, "delete-queue", &delete("other"));
    assert_eq!(told["nodes"]["ending"], json!([]), "{told}");
    plane.delete_queue(CLUSTER, "other").await;
    let (told, _) = plan(&plane, "delete-queue", &delete("empty"));
    assert_eq!(told["nodes"]["ending"], json!(["work-1"]), "{told}");
    assert!(runs(&plane, "work-1"));
    plane.delete_queue(CLUSTER, "empty").await;
    wait_gone(&plane, "work-1").await;
    plane.finish().await;
}
