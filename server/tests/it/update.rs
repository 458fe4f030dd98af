//! Updates of what is in use: running jobs are unharmed, and what Slurm refuses changes nothing (C8, N15, Q3).

use std::net::TcpListener;

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "updates";

#[tokio::test]
async fn a_maximum_goes_up_and_down_and_no_job_is_lost() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let first = plane.sbatch(CLUSTER, &["--exclusive"], "sleep 20");
    plane.wait_job(CLUSTER, &first, "RUNNING").await;
    plane.scale(CLUSTER, "compute-1", 0, 4).await;
    let others: Vec<String> = (0..3)
        .map(|n| {
            plane.sbatch(
                CLUSTER,
                &["--exclusive", "--output=/dev/null"],
                &format!("test -e go || {{ touch looks-{n}; sleep 600; }}"),
            )
        })
        .collect();
    // RUNNING is said a moment before the script runs, and it must have looked before `go` is there.
    for (n, job) in others.iter().enumerate() {
        plane.wait_job(CLUSTER, job, "RUNNING").await;
        let mark = plane.server.home().join(format!("looks-{n}"));
        wait_until("the job's script runs", async || match mark.exists() {
            true => Ok(()),
            false => Err("no mark".into()),
        })
        .await;
    }
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    plane.scale(CLUSTER, "compute-1", 0, 2).await;
    // The jobs of nodes 3 and 4 run again where there is room; those of 1 and 2 never stopped.
    assert_eq!(plane.job(CLUSTER, &first)["Restarts"], "0");
    wait_until(
        "the jobs of the nodes that went are back in the queue",
        async || {
            let restarts: Vec<String> = others
                .iter()
                .map(|j| plane.job(CLUSTER, j)["Restarts"].clone())
                .collect();
            if restarts.iter().filter(|r| *r == "1").count() == 2 {
                Ok(())
            } else {
                Err(format!("{restarts:?}"))
            }
        },
    )
    .await;
    plane.wait_job(CLUSTER, &first, "COMPLETED").await;
    for job in others
        .iter()
        .filter(|j| plane.job(CLUSTER, j)["Restarts"] == "1")
    {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_queue_changes_its_groups_under_a_running_job() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let first = plane.group(CLUSTER, "first", 0, 1).await;
    let second = plane.group(CLUSTER, "second", 0, 1).await;
    plane.queue(CLUSTER, "demo", &first.id).await;
    let job = plane.sbatch(CLUSTER, &[], "until test -e go; do sleep 0.1; done");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let update = plane
        .admin()
        .update_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("demo");
    update
        .compute_node_group_configurations(in_queue(&second.id))
        .send()
        .await
        .unwrap();
    plane.wait_queue(CLUSTER, "demo", QueueStatus::Active).await;
    let other = plane.sbatch(CLUSTER, &[], "hostname");
    assert_eq!(
        plane.wait_job(CLUSTER, &other, "COMPLETED").await["NodeList"],
        "second-1"
    );
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(
        (done["NodeList"].as_str(), done["Restarts"].as_str()),
        ("first-1", "0")
    );

    // A queue that is deleted takes its jobs with it, running and waiting ones (Q4).
    let running = plane.sbatch(CLUSTER, &[], "sleep 600");
    plane.wait_job(CLUSTER, &running, "RUNNING").await;
    let waiting = plane.sbatch(CLUSTER, &["--exclusive"], "sleep 600");
    plane.delete_queue(CLUSTER, "demo").await;
    for job in [running, waiting] {
        plane.wait_job(CLUSTER, &job, "CANCELLED").await;
    }
    plane.finish().await;
}

#[tokio::test]
async fn what_slurm_refuses_fails_with_its_words_and_changes_nothing() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let job = plane.sbatch(CLUSTER, &[], "until test -e go; do sleep 0.1; done");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let before = plane.connect(CLUSTER, &["scontrol", "show", "config"]);
    // Each is fine by itself; together slurmctld ends with a fatal error.
    let slurm = UpdateClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("PreemptType", "preempt/partition_prio"))
        .slurm_custom_settings(setting("PreemptMode", "OFF"));
    let update = plane.admin().update_cluster().cluster_identifier(CLUSTER);
    update
        .slurm_configuration(slurm.build())
        .send()
        .await
        .unwrap();
    let failed = plane
        .wait_cluster(CLUSTER, ClusterStatus::UpdateFailed)
        .await;
    let words = failed.error_info()[0].message().unwrap();
    assert!(words.contains("reempt"), "{words}");
    assert!(
        failed
            .slurm_configuration
            .unwrap()
            .slurm_custom_settings()
            .is_empty()
    );
    let after = plane.connect(CLUSTER, &["scontrol", "show", "config"]);
    let preempt = |text: &str| {
        text.lines()
            .find(|l| l.starts_with("PreemptType"))
            .map(str::to_string)
    };
    assert_eq!(preempt(&before), preempt(&after));

    // The cluster goes on: its job runs, the next update is taken.
    let good = UpdateClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(300)
        .build();
    let update = plane
        .admin()
        .update_cluster()
        .cluster_identifier(CLUSTER)
        .slurm_configuration(good);
    update.send().await.unwrap();
    let cluster = plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    assert!(cluster.error_info().is_empty());
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    assert_eq!(
        plane.wait_job(CLUSTER, &job, "COMPLETED").await["Restarts"],
        "0"
    );
    plane.finish().await;
}

/// What else on the host has ports is found only when nodes are to have them.
#[tokio::test]
async fn a_group_without_ports_fails_by_itself() {
    let plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    let taken: Vec<TcpListener> = plane
        .server
        .daemon_ports()
        .filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .collect();
    let create = plane.new_group(CLUSTER, "compute-2", 0, 1);
    create.send().await.unwrap();
    let update = plane.admin().update_compute_node_group();
    update
        .cluster_identifier(CLUSTER)
        .compute_node_group_identifier("compute-1")
        .scaling_configuration(scaling(0, 3))
        .send()
        .await
        .unwrap();
    plane.queue(CLUSTER, "demo", &group.id).await;
    for (name, status) in [
        ("compute-2", ComputeNodeGroupStatus::CreateFailed),
        ("compute-1", ComputeNodeGroupStatus::UpdateFailed),
    ] {
        let failed = plane.wait_group(CLUSTER, name, status).await;
        let error = &failed.error_info()[0];
        assert_eq!(error.code(), Some("NoFreePort"));
        let message = error.message().unwrap();
        assert!(message.contains("--ports"), "{message}");
    }
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 1 idle~ compute-1-1"])
        .await;
    drop(taken);
    plane.scale(CLUSTER, "compute-1", 0, 3).await;
    plane.finish().await;
}

/// The process of a node's slurmd: another one after a replacement.
fn slurmd(plane: &TestPlane, node: &str) -> Option<nix::unistd::Pid> {
    let name = format!("slurmd -D -b -N {node} ");
    processes(plane.server.root())
        .into_iter()
        .find(|(_, line)| line.contains(&name))
        .map(|(pid, _)| pid)
}

#[tokio::test]
async fn another_image_replaces_idle_nodes_at_once_and_busy_ones_after_their_jobs() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 2, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 2 idle compute-1-[1-2]"])
        .await;
    let job = plane.sbatch(
        CLUSTER,
        &["--exclusive", "--nodelist=compute-1-1"],
        "until test -e go; do sleep 0.1; done",
    );
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let before = ["compute-1-1", "compute-1-2"].map(|node| slurmd(&plane, node));
    assert!(before.iter().all(Option::is_some), "{before:?}");

    let image = "aws-pcs-sample_ami-al2023-x86_64-slurm-24.11";
    let update = plane
        .admin()
        .update_compute_node_group()
        .cluster_identifier(CLUSTER)
        .compute_node_group_identifier(&group.id)
        .ami_id(plane.ids().image(image));
    update.send().await.unwrap();
    let updated = plane
        .wait_group(CLUSTER, &group.id, ComputeNodeGroupStatus::Active)
        .await;
    assert_eq!(updated.ami_id(), Some(plane.ids().image(image).as_str()));
    wait_until("the idle node is replaced", async || {
        match slurmd(&plane, "compute-1-2") {
            Some(pid) if Some(pid) != before[1] => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert_eq!(plane.job(CLUSTER, &job)["JobState"], "RUNNING");
    assert_eq!(slurmd(&plane, "compute-1-1"), before[0]);

    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    wait_until(
        "the busy node is replaced after its job",
        async || match slurmd(&plane, "compute-1-1") {
            Some(pid) if Some(pid) != before[0] => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await;
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 2 idle compute-1-[1-2]"])
        .await;
    plane.finish().await;
}

#[tokio::test]
async fn a_cluster_whose_controller_does_not_start_fails_with_slurms_words() {
    let plane = TestPlane::start(Database::OfRun).await;
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("PreemptType", "preempt/partition_prio"))
        .slurm_custom_settings(setting("PreemptMode", "OFF"));
    let create = plane.new_cluster(CLUSTER);
    create
        .slurm_configuration(slurm.build())
        .send()
        .await
        .unwrap();
    let failed = plane
        .wait_cluster(CLUSTER, ClusterStatus::CreateFailed)
        .await;
    let words = failed.error_info()[0].message().unwrap();
    assert!(words.contains("reempt"), "{words}");
    // It can be deleted, and its name taken again.
    plane.delete_cluster(CLUSTER).await;
    plane.nothing_is_left().await;
    plane.cluster(CLUSTER, 600).await;
    plane.finish().await;
}
