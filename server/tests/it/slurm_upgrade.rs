//! Another version of Slurm under a running cluster (C12); how there is another, says the harness's `scheduler`.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::*;

use crate::harness::scheduler::{NEW, OLD, Scheduler, update_to};
use crate::harness::*;

const CLUSTER: &str = "moving";
/// So many submit at a time while a controller is exchanged.
const AT_ONCE: usize = 3;
/// Longer than any submission takes on a machine that has much else to do.
const HANGS: Duration = Duration::from_secs(30);

/// A cluster of the old version, in a place where others can be installed.
struct Moving {
    plane: TestPlane,
    scheduler: Scheduler,
}

impl Moving {
    async fn start(slurm: ClusterSlurmConfigurationRequest) -> Moving {
        let mut server = Server::new(None);
        let scheduler = Scheduler::of(&mut server);
        let plane = TestPlane::on(server, None).await;
        let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
        cluster.send().await.unwrap();
        plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        // People submit from there, and their commands wait for a controller that begins anew.
        plane.group(CLUSTER, "login", 1, 1).await;
        plane.wait_login(CLUSTER, "login-1").await;
        Moving { plane, scheduler }
    }

    async fn update(&self, to: &str) -> Result<(), String> {
        update_to(&self.plane, CLUSTER, to).await
    }

    async fn version(&self) -> String {
        let cluster = self.plane.get_cluster(CLUSTER).await;
        cluster.scheduler().unwrap().version().to_owned()
    }

    /// The programs of that name that run, from which version's directory each.
    fn runs(&self, program: &str) -> Vec<String> {
        let all = processes(self.plane.server.root()).into_iter();
        let ends = format!("/{program}");
        let mut of = vec![];
        for (_, line) in all {
            let word = line.split(' ').find(|word| word.ends_with(&ends));
            let path = word.and_then(|word| word.split("/slurm-").nth(1));
            of.extend(path.map(|path| path[..NEW.len()].to_owned()));
        }
        of
    }

    /// Waits until the nodes that are up have these versions.
    async fn run_slurmd(&self, versions: &[&str]) {
        wait_until("nodes have their versions", async || {
            let mut all = self.runs("slurmd");
            all.sort();
            (all == versions).then_some(()).ok_or(all.join(" "))
        })
        .await;
    }

    /// Waits until the accounting tells that the job has run.
    async fn is_recorded(&self, job: &str) {
        let asked = ["sacct", "-X", "-n", "-P", "-o", "state", "-j", job];
        wait_until(&format!("job {job} is recorded"), async || {
            let told = self.plane.server.connect(CLUSTER, &asked);
            let told = String::from_utf8_lossy(&told.stdout).trim().to_owned();
            (told == "COMPLETED").then_some(()).ok_or(told)
        })
        .await;
    }

    /// Submits jobs, some at a time, until the update is over; how long the slowest took.
    async fn submit_until(&self, status: ClusterStatus) -> (Vec<String>, Duration) {
        let (mut jobs, mut slowest) = (vec![], Duration::ZERO);
        loop {
            for (job, took) in self.submit_at_once() {
                jobs.push(job);
                slowest = slowest.max(took);
            }
            let now = self.plane.get_cluster(CLUSTER).await;
            if *now.status() == status {
                return (jobs, slowest);
            }
            assert_eq!(*now.status(), ClusterStatus::Updating, "{now:?}");
        }
    }

    /// None is lost, and none stands as running although it was never launched.
    async fn all_end_well(&self, jobs: &[String]) {
        for job in jobs {
            self.plane.wait_job(CLUSTER, job, "COMPLETED").await;
        }
    }

    fn submit_at_once(&self) -> Vec<(String, Duration)> {
        std::thread::scope(|scope| {
            let submit = || {
                let began = Instant::now();
                // Where a job runs: no other node is to start meanwhile.
                let options = ["--output=/dev/null", "--nodelist=compute-1-1"];
                let job = self.plane.sbatch(CLUSTER, &options, "true");
                (job, began.elapsed())
            };
            let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(submit)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }
}

#[tokio::test]
async fn a_running_cluster_goes_to_a_newer_slurm() {
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(600)
        .accounting(accounting_on())
        .build();
    let moving = Moving::start(slurm).await;
    let plane = &moving.plane;
    let words = moving.update(NEW).await.unwrap_err();
    assert!(words.contains("not installed"), "{words}");
    let over = plane.server.home().join("over");
    let script = format!("until [ -e {} ]; do sleep 1; done", over.display());
    let running = plane.sbatch(CLUSTER, &["--output=/dev/null"], &script);
    plane.wait_job(CLUSTER, &running, "RUNNING").await;
    let until = format!("--dependency=afterok:{running}");
    let waiting = plane.sbatch(CLUSTER, &["--output=/dev/null", &until], "true");

    // The server finds what is installed while it runs.
    moving.scheduler.install("");
    moving.update(NEW).await.unwrap();
    let (during, slowest) = moving.submit_until(ClusterStatus::Active).await;
    assert_eq!(moving.version().await, NEW);
    let reserved = plane.connect_as_admin(CLUSTER, &["scontrol", "show", "reservation"]);
    assert!(reserved.contains("No reservations"), "{reserved}");
    assert!(slowest < HANGS, "{slowest:?}");
    let words = moving.update(OLD).await.unwrap_err();
    assert!(words.contains("is older"), "{words}");
    // What runs goes on with the old version.
    assert_eq!(moving.runs("slurmd"), [OLD, OLD]);
    std::fs::write(&over, "").unwrap();
    for job in [&running, &waiting] {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
        moving.is_recorded(job).await;
    }
    moving.all_end_well(&during).await;
    // Until it has nothing to do; who logs in is let be.
    moving.run_slurmd(&[OLD]).await;
    // What starts, starts with the new one.
    let both = plane.sbatch(CLUSTER, &["--nodes=2", "--output=/dev/null"], "sleep 2");
    plane.wait_job(CLUSTER, &both, "COMPLETED").await;
    moving.run_slurmd(&[OLD, NEW, NEW]).await;
    // As AWS's guide exchanges what is left: down to no instance, and back.
    plane.scale(CLUSTER, "login", 0, 0).await;
    moving.run_slurmd(&[NEW, NEW]).await;
    plane.scale(CLUSTER, "login", 1, 1).await;
    moving.run_slurmd(&[NEW, NEW, NEW]).await;
    let events = plane.events().await.join("\n");
    assert!(events.contains("runs Slurm 25.11 now"), "{events}");
    moving.plane.finish().await;
}

#[tokio::test]
async fn a_slurm_that_does_not_start_is_taken_back() {
    let moving = Moving::start(idle(600)).await;
    let plane = &moving.plane;
    let running = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 15");
    plane.wait_job(CLUSTER, &running, "RUNNING").await;
    // It works where it is tried, and spoils the state where it is needed.
    let spoils = "case \"$*\" in */trial/*) ;; *) cd \"${2%/*}\"; rm -rf state/*; \
                  echo \"slurmctld: fatal: no such luck\" >&2; exit 1 ;; esac";
    moving.scheduler.install(spoils);
    moving.update(NEW).await.unwrap();
    let (during, slowest) = moving.submit_until(ClusterStatus::UpdateFailed).await;
    assert_eq!(moving.version().await, OLD);
    let failed = plane.get_cluster(CLUSTER).await;
    let told = failed.error_info()[0].message().unwrap();
    assert!(told.contains("no such luck"), "{told}");
    assert!(slowest < HANGS, "{slowest:?}");
    let next = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    for job in [&running, &next] {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
    }
    moving.all_end_well(&during).await;
    // One that fails where it is tried changes nothing.
    moving.scheduler.remove();
    moving
        .scheduler
        .install("echo \"slurmctld: fatal: not at all\" >&2; exit 1");
    moving.update(NEW).await.unwrap();
    plane
        .wait_cluster(CLUSTER, ClusterStatus::UpdateFailed)
        .await;
    assert_eq!(moving.version().await, OLD);
    moving.plane.finish().await;
}
