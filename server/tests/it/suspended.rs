//! A cluster whose Slurm is past the day that the administrator has named: it is suspended with its jobs, and a newer version,
//! or another day, has it go on (C3, C6).

use aws_sdk_pcs::types::*;

use crate::harness::scheduler::{NEW, OLD, Scheduler, update_to};
use crate::harness::*;

const CLUSTER: &str = "resting";
/// After the end of the old version, and before any day on which this runs.
const PAST: &str = "2026-06-01";
const FUTURE: &str = "2099-01-01";
/// Runs until somebody ends it, and ends well when it begins again.
const TWICE: &str = "[ ${SLURM_RESTART_COUNT:-0} -gt 0 ] || sleep 600";

struct Resting {
    plane: TestPlane,
    scheduler: Scheduler,
}

impl Resting {
    async fn start() -> Resting {
        let mut server = Server::new(None);
        let scheduler = Scheduler::of(&mut server);
        let plane = TestPlane::on(server, None).await;
        plane.cluster(CLUSTER, 600).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        Resting { plane, scheduler }
    }

    async fn suspend(&self) {
        self.scheduler.suspend_from(Some(PAST));
        self.is(
            ClusterStatus::Suspended,
            ComputeNodeGroupStatus::Suspended,
            QueueStatus::Suspended,
        )
        .await;
    }

    async fn is(&self, cluster: ClusterStatus, group: ComputeNodeGroupStatus, queue: QueueStatus) {
        self.plane.wait_cluster(CLUSTER, cluster).await;
        self.plane.wait_group(CLUSTER, "compute-1", group).await;
        self.plane.wait_queue(CLUSTER, "demo", queue).await;
    }

    async fn is_back(&self) {
        self.is(
            ClusterStatus::Active,
            ComputeNodeGroupStatus::Active,
            QueueStatus::Active,
        )
        .await;
    }

    async fn update(&self, to: &str) -> Result<(), String> {
        update_to(&self.plane, CLUSTER, to).await
    }

    /// All that runs of the cluster.
    fn daemons(&self) -> Vec<String> {
        let all = processes(self.plane.server.root()).into_iter();
        let lines = all.map(|(_, line)| line);
        lines
            .filter(|line| line.contains("/slurmctld") || line.contains("/slurmd"))
            .collect()
    }

    async fn told(&self) -> String {
        self.plane.events().await.join("\n")
    }
}

#[tokio::test]
async fn a_suspended_cluster_comes_back_with_a_newer_slurm_and_all_its_jobs() {
    let mut resting = Resting::start().await;
    let plane = &resting.plane;
    let running = plane.sbatch(CLUSTER, &["--output=/dev/null"], TWICE);
    plane.wait_job(CLUSTER, &running, "RUNNING").await;
    let until = format!("--dependency=afterok:{running}");
    let waiting = plane.sbatch(CLUSTER, &["--output=/dev/null", &until], "true");

    // Before the day it is only told, and once.
    resting.scheduler.suspend_from(Some(FUTURE));
    wait_until("the suspension is announced", async || {
        let told = resting.told().await;
        told.contains(FUTURE).then_some(()).ok_or(told)
    })
    .await;
    assert_eq!(plane.job(CLUSTER, &running)["JobState"], "RUNNING");

    resting.suspend().await;
    assert_eq!(resting.daemons(), Vec::<String>::new());
    let cluster = plane.get_cluster(CLUSTER).await;
    let why = cluster.error_info()[0].message().unwrap();
    assert!(why.contains(PAST) && why.contains("newer Slurm"), "{why}");
    assert_eq!(resting.told().await.matches(FUTURE).count(), 1);

    // It is no place for anything new, and another server finds it as it was.
    let group = plane
        .new_group(CLUSTER, "more", 0, 1)
        .send()
        .await
        .unwrap_err();
    let words = format!("{:?}", aws_sdk_pcs::Error::from(group));
    assert!(words.contains("to a newer Slurm version"), "{words}");
    let words = resting.update(OLD).await.unwrap_err();
    assert!(words.contains("to a newer Slurm version"), "{words}");
    let words = resting.update(NEW).await.unwrap_err();
    assert!(words.contains("not installed"), "{words}");
    resting.plane.crash().await;
    let plane = &resting.plane;
    plane.wait_cluster(CLUSTER, ClusterStatus::Suspended).await;

    resting.scheduler.install("");
    resting.update(NEW).await.unwrap();
    let now = plane.get_cluster(CLUSTER).await;
    assert_eq!(*now.status(), ClusterStatus::Resuming, "{now:?}");
    resting.is_back().await;
    let back = plane.get_cluster(CLUSTER).await;
    assert_eq!(back.scheduler().unwrap().version(), NEW);
    assert_eq!(back.error_info(), []);
    for job in [&running, &waiting] {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
    }
    resting.plane.finish().await;
}

#[tokio::test]
async fn a_suspended_cluster_goes_on_when_its_day_is_taken_back_and_can_be_deleted() {
    let resting = Resting::start().await;
    let plane = &resting.plane;
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null", "--hold"], "true");
    resting.suspend().await;
    // A newer version that does not work leaves it as it is.
    let fails = "echo \"slurmctld: fatal: not at all\" >&2; exit 1";
    resting.scheduler.install(fails);
    resting.update(NEW).await.unwrap();
    wait_until("the newer Slurm is refused", async || {
        let now = plane.get_cluster(CLUSTER).await;
        let words = now.error_info().iter().filter_map(|info| info.message());
        let is_told = words.into_iter().any(|words| words.contains("not at all"));
        let is_over = *now.status() == ClusterStatus::Suspended && is_told;
        is_over.then_some(()).ok_or(format!("{now:?}"))
    })
    .await;
    resting.scheduler.remove();
    assert_eq!(resting.daemons(), Vec::<String>::new());

    resting.scheduler.suspend_from(None);
    resting.is_back().await;
    wait_until("the job can be released", async || {
        let released = plane.try_connect(CLUSTER, &["scontrol", "release", &job]);
        released.map(drop).map_err(|output| format!("{output:?}"))
    })
    .await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let back = plane.get_cluster(CLUSTER).await;
    assert_eq!(back.scheduler().unwrap().version(), OLD);

    resting.suspend().await;
    resting.plane.finish().await;
}
