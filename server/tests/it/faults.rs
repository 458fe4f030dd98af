//! Parts that die while others work: jobs go on, and everything comes back by itself.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::*;

/// The controllers' own processes.
fn slurmctld(plane: &TestPlane) -> Vec<Pid> {
    let is_it = |line: &str| {
        line.split(' ')
            .next()
            .is_some_and(|program| program.ends_with("/slurmctld"))
    };
    processes(plane.server.root())
        .into_iter()
        .filter(|(_, line)| is_it(line))
        .map(|(pid, _)| pid)
        .collect()
}

#[tokio::test]
async fn a_job_survives_the_server_and_slurmctld() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    let cluster = "faults";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 2).await;
    plane.queue(cluster, "demo", &group.id).await;
    let job = plane.sbatch(
        cluster,
        &["--output=ticks"],
        "until test -e go; do echo tick; sleep 0.2; done",
    );
    plane.wait_job(cluster, &job, "RUNNING").await;
    let ticks = |plane: &TestPlane| {
        std::fs::read_to_string(plane.server.home().join("ticks"))
            .unwrap_or_default()
            .len()
    };

    plane.server.kill();
    let seen = ticks(&plane);
    wait_until("the job goes on without a server", async || {
        if ticks(&plane) > seen {
            Ok(())
        } else {
            Err(format!("{seen} bytes"))
        }
    })
    .await;
    plane.server.start().await;
    plane.server.stop();
    plane.server.start().await;
    assert_eq!(plane.job(cluster, &job)["JobState"], "RUNNING");

    let before = slurmctld(&plane);
    assert_eq!(before.len(), 1, "{before:?}");
    kill(before[0], Signal::SIGKILL).unwrap();
    wait_until("another slurmctld runs", async || match slurmctld(&plane) {
        now if !now.is_empty() && now != before => Ok(()),
        now => Err(format!("{now:?}")),
    })
    .await;
    // What is submitted meanwhile waits for it.
    let other = plane.sbatch(cluster, &["--exclusive"], "hostname");
    plane.wait_job(cluster, &other, "COMPLETED").await;
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(cluster, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    plane.finish().await;
}

#[tokio::test]
async fn two_clusters_share_a_host_and_nothing_else() {
    let plane = TestPlane::start(Database::Sqlite).await;
    for cluster in ["left", "right"] {
        plane.cluster(cluster, 600).await;
        // The same names in both.
        let group = plane.group(cluster, "compute-1", 0, 2).await;
        plane.queue(cluster, "demo", &group.id).await;
    }
    for cluster in ["left", "right"] {
        let command = format!("srun hostname && echo {cluster}");
        let job = plane.sbatch(
            cluster,
            &["--nodes=2", &format!("--output={cluster}.out")],
            &command,
        );
        assert_eq!(job, "1");
    }
    for cluster in ["left", "right"] {
        plane.wait_job(cluster, "1", "COMPLETED").await;
        let out =
            std::fs::read_to_string(plane.server.home().join(format!("{cluster}.out"))).unwrap();
        let mut lines: Vec<&str> = out.lines().collect();
        lines.sort();
        assert_eq!(lines, ["compute-1-1", "compute-1-2", cluster]);
    }
    plane.delete_all_of("left").await;
    let job = plane.sbatch("right", &[], "hostname");
    plane.wait_job("right", &job, "COMPLETED").await;
    plane.finish().await;
}
