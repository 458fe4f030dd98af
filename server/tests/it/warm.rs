//! A job whose nodes are all up starts as Slurm starts it, without a word to the server; all others wait for their nodes,
//! and nobody starts while the configuration changes.

use std::path::PathBuf;

use aws_sdk_pcs::types::{ClusterStatus, UpdateClusterSlurmConfigurationRequest};

use crate::harness::*;

const CLUSTER: &str = "warm";
const FLOW: usize = 100;

struct Warm {
    plane: TestPlane,
    /// The controller's directory.
    dir: PathBuf,
}

impl Warm {
    async fn start() -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        let cluster = plane.cluster(CLUSTER, 600).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        let clusters = plane.server.data().join("clusters");
        let dir = clusters.join(cluster.id()).join("controller");
        Self { plane, dir }
    }

    /// How often Slurm's programs called the server.
    fn calls(&self) -> usize {
        self.plane
            .server
            .log()
            .matches("/controller/v1/hooks")
            .count()
    }

    /// The starts that were noted: job and how often it was requeued before.
    fn starts(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.join("starts")).unwrap();
        let without_time = |line: &str| line.rsplit_once(' ').unwrap().0.to_owned();
        text.lines().map(without_time).collect()
    }

    /// Runs a job to its end, and what its processes printed.
    async fn run(&self, options: &[&str]) -> (String, String) {
        let out = self.plane.server.home().join("out");
        let options = [options, &["--output=out"]].concat();
        let job = self.plane.sbatch(CLUSTER, &options, "srun hostname | sort");
        self.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        (job, std::fs::read_to_string(out).unwrap())
    }

    async fn calls_become(&self, wanted: usize) {
        wait_until(&format!("there were {wanted} calls"), async || {
            match self.calls() {
                calls if calls == wanted => Ok(()),
                calls => Err(format!("{calls}")),
            }
        })
        .await;
    }

    async fn idle(&self) {
        wait_until("no job is left", async || {
            let queue = self.plane.connect(CLUSTER, &["squeue", "--noheader"]);
            match queue.is_empty() {
                true => Ok(()),
                false => Err(queue),
            }
        })
        .await;
    }

    async fn kill_wait(&self, seconds: &str) {
        let slurm = UpdateClusterSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting("KillWait", seconds));
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        let update = update.slurm_configuration(slurm.build()).send().await;
        update.unwrap();
        self.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await;
    }
}

#[tokio::test]
async fn a_job_on_nodes_that_are_up_costs_no_call_and_all_others_wait_for_theirs() {
    let warm = Warm::start().await;
    // The prolog, and the program that powers up.
    let (cold, _) = warm.run(&[]).await;
    warm.calls_become(2).await;

    // Else they would ask for the other node, too.
    let here = "--nodelist=compute-1-1";
    let array = ["--array=1-20", here, "--output=/dev/null"];
    let array = warm.plane.sbatch(CLUSTER, &array, "true");
    let srun = ["srun", "--partition=demo", here, "true"];
    warm.plane.connect(CLUSTER, &srun);
    warm.idle().await;
    let (last, out) = warm.run(&[]).await;
    assert_eq!(out, "compute-1-1\n");
    assert_eq!(warm.calls(), 2, "a job on a node that is up called");
    let starts = warm.starts();
    assert_eq!(starts.len(), 1 + 20 + 1 + 1, "{starts:?}");
    for job in [cold, array, last] {
        assert!(starts.contains(&format!("{job} 0")), "{starts:?}");
    }

    // One of its nodes is up, the other boots.
    let (_, out) = warm.run(&["--nodes=2"]).await;
    assert_eq!(out, "compute-1-1\ncompute-1-2\n");
    warm.calls_become(4).await;
    let (_, out) = warm.run(&["--nodes=2"]).await;
    assert_eq!(out, "compute-1-1\ncompute-1-2\n");
    assert_eq!(warm.calls(), 4);

    // As while the configuration changes.
    std::fs::write(warm.dir.join("gate-closed"), "").unwrap();
    warm.run(&[]).await;
    warm.calls_become(5).await;
    warm.plane.finish().await;
}

/// A node that reads a new configuration loses the job that is launched on it, which then seems to run for ever.
#[tokio::test]
async fn no_job_of_many_is_lost_while_the_configuration_changes() {
    let mut warm = Warm::start().await;
    warm.run(&["--nodes=2"]).await;
    let array = format!("--array=1-{FLOW}");
    let flow = ["--output=/dev/null", &array, "--no-requeue"];
    let flow = warm.plane.sbatch(CLUSTER, &flow, "sleep 0.2");
    for seconds in ["20", "21", "22"] {
        warm.kill_wait(seconds).await;
    }
    warm.idle().await;
    // A prolog that waits while slurmctld is replaced begins anew, and notes the start once more.
    let mut starts = warm.starts();
    starts.sort();
    starts.dedup();
    assert_eq!(starts.len(), 1 + FLOW, "{starts:?}");
    let states = [
        "squeue",
        "--noheader",
        "--array",
        "--states=all",
        "--format=%T",
        "--jobs",
        &flow,
    ];
    let states = warm.plane.connect(CLUSTER, &states);
    assert_eq!(states.matches("COMPLETED").count(), FLOW, "{states}");
    assert!(!warm.dir.join("gate-closed").exists());

    // A server that was killed meanwhile left the gate closed: the next one opens it.
    std::fs::write(warm.dir.join("gate-closed"), "").unwrap();
    warm.plane.crash().await;
    wait_until("the gate is open", async || {
        match warm.dir.join("gate-closed").exists() {
            true => Err("it is closed".into()),
            false => Ok(()),
        }
    })
    .await;
    warm.plane.finish().await;
}
