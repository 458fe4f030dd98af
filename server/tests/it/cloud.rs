//! A provider that fails as clouds do costs time and never a job, an instance too many or one that is forgotten.

use std::path::PathBuf;

use openpcs_server::provider::fault::Faults;

use crate::harness::*;

const CLUSTER: &str = "cloud";

struct Cloud {
    plane: TestPlane,
    file: PathBuf,
}

impl Cloud {
    async fn start() -> Self {
        let mut server = Server::new(None);
        let file = server.root().join("faults.json");
        server.option("--faults", file.to_str().unwrap());
        let plane = TestPlane::on(server, None).await;
        plane.cluster(CLUSTER, 1).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", &group.id).await;
        Self { plane, file }
    }

    fn now_with(&self, faults: Faults) {
        faults.write(&self.file).unwrap();
    }

    /// A job on both nodes comes to its end; how often it was started again.
    async fn a_job_runs(&self, fault: &str) -> String {
        let options = ["--nodes=2", "--output=/dev/null", "--job-name", fault];
        let job = self.plane.sbatch(CLUSTER, &options, "srun hostname");
        let done = self.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        self.all_end().await;
        done["Restarts"].clone()
    }

    /// Nodes idle for a second, and nothing of them is left.
    async fn all_end(&self) {
        let is_it = |line: &str| line.contains("openpcs-agent instance");
        wait_until("no instance is left", async || {
            let there = processes(self.plane.server.root());
            let left: Vec<_> = there.into_iter().filter(|(_, line)| is_it(line)).collect();
            let sinfo = ["sinfo", "--noheader", "--format=%T"];
            let states = self.plane.connect(CLUSTER, &sinfo);
            match left.is_empty() && states.trim() == "idle~" {
                true => Ok(()),
                false => Err(format!("{left:?} {states}")),
            }
        })
        .await;
    }

    /// How many instances there ever were.
    fn launched(&self) -> usize {
        let log = self.plane.server.log();
        log.matches("Launch {").count()
    }
}

#[tokio::test]
async fn what_a_cloud_does_to_people_costs_no_job_and_leaves_nothing() {
    let cloud = Cloud::start().await;
    let off = Faults::default;

    // Asked once more, under the same token: no instance more than nodes.
    for (name, faults) in [
        (
            "throttled",
            Faults {
                throttled: 2,
                ..off()
            },
        ),
        (
            "answer-lost",
            Faults {
                lost_answers: 1,
                ..off()
            },
        ),
        (
            "slow-boot",
            Faults {
                boot_delay_ms: 2_000,
                ..off()
            },
        ),
        (
            "late-inventory",
            Faults {
                inventory_lag_ms: 1_500,
                ..off()
            },
        ),
        (
            "slow-template",
            Faults {
                owns: true,
                slow_ensures: 3,
                ..off()
            },
        ),
        (
            "stuck-stop",
            Faults {
                stuck_stops: 1,
                ..off()
            },
        ),
    ] {
        let before = cloud.launched();
        cloud.now_with(faults);
        assert_eq!(cloud.a_job_runs(name).await, "0", "{name}");
        assert_eq!(cloud.launched() - before, 2, "{name}");
        assert_eq!(Faults::read(&cloud.file).stuck_stops, 0, "{name}");
    }

    // Some of a batch: the job goes back, and runs when there is capacity.
    cloud.now_with(Faults {
        capacity: Some(1),
        ..off()
    });
    let job = cloud.plane.sbatch(
        CLUSTER,
        &["--nodes=2", "--output=/dev/null"],
        "srun hostname",
    );
    wait_until("the node says why it does not come", async || {
        let log = cloud.plane.server.log();
        match log.contains("There is no capacity in") {
            true => Ok(()),
            false => Err("not yet".into()),
        }
    })
    .await;
    cloud.now_with(off());
    cloud.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    cloud.all_end().await;

    // An instance that never calls is given up; one that goes takes its job's life and not the job.
    cloud.now_with(Faults {
        stuck_boots: 1,
        ..off()
    });
    cloud.a_job_runs("stuck-boot").await;
    let command = "test $SLURM_RESTART_COUNT || sleep 600";
    let job = cloud
        .plane
        .sbatch(CLUSTER, &["--output=/dev/null"], command);
    let running = cloud.plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let gone = vec![running["NodeList"].clone()];
    cloud.now_with(Faults { gone, ..off() });
    let done = cloud.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "1");
    cloud.all_end().await;

    // What a group was made of is kept: while nobody says what is offered, none can be made, and all others go on.
    cloud.now_with(Faults {
        silent: true,
        ..off()
    });
    let plane = &cloud.plane;
    let refused = plane.new_group(CLUSTER, "compute-2", 0, 1).send().await;
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("does not answer"), "{refused}");
    let group = plane.get_group(CLUSTER, "compute-1").await;
    plane.queue(CLUSTER, "silence", &group.id).await;
    cloud.a_job_runs("silent").await;
    cloud.now_with(off());
    plane.scale(CLUSTER, "compute-1", 0, 3).await;
    cloud.plane.finish().await;
}

/// As a cloud may do whose mirrors lag.
#[tokio::test]
async fn jobs_go_on_while_their_instances_do_not_show() {
    let cloud = Cloud::start().await;
    let options = ["--nodes=2", "--output=/dev/null"];
    let wait = "until test -e go; do sleep 0.1; done";
    let job = cloud.plane.sbatch(CLUSTER, &options, wait);
    cloud.plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let launched = cloud.launched();
    let patient = Faults {
        absence_ms: 60_000,
        ..Faults::default()
    };
    cloud.now_with(Faults {
        hidden: true,
        ..patient.clone()
    });
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(cloud.plane.job(CLUSTER, &job)["JobState"], "RUNNING");
    assert_eq!(cloud.launched(), launched, "none is doubled");
    cloud.now_with(patient);
    std::fs::write(cloud.plane.server.home().join("go"), "").unwrap();
    let done = cloud.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    cloud.all_end().await;
    cloud.plane.finish().await;
}
