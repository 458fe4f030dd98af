//! Nodes come for jobs, stay as long as they should, and are replaced when they die (N12–N14).

use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::*;

const CLUSTER: &str = "scaling";

/// The process of a node's slurmd.
fn slurmd(plane: &TestPlane, node: &str) -> Option<Pid> {
    let name = format!("-N {node} ");
    let is_it = |line: &str| {
        line.split(' ')
            .next()
            .is_some_and(|p| p.ends_with("/slurmd"))
            && line.contains(&name)
    };
    processes(plane.server.root())
        .into_iter()
        .find(|(_, line)| is_it(line))
        .map(|(pid, _)| pid)
}

fn parent(pid: Pid) -> Pid {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1;
    Pid::from_raw(fields.split_whitespace().nth(1).unwrap().parse().unwrap())
}

async fn wait_up(plane: &TestPlane, node: &str) -> Pid {
    wait_until(&format!("node {node} is up"), async || {
        let state = plane.node(CLUSTER, node)["State"].clone();
        match slurmd(plane, node) {
            Some(pid) if state == "IDLE+CLOUD" || state == "IDLE+CLOUD+DYNAMIC_NORM" => Ok(pid),
            other => Err(format!("{state} {other:?}")),
        }
    })
    .await
}

#[tokio::test]
async fn a_static_group_keeps_its_nodes() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 2).await;
    plane.group(CLUSTER, "fixed", 2, 2).await;
    let pid = wait_up(&plane, "fixed-1").await;
    wait_up(&plane, "fixed-2").await;

    kill(pid, Signal::SIGKILL).unwrap();
    wait_until(
        "another slurmd takes the place of the killed one",
        async || match slurmd(&plane, "fixed-1") {
            Some(new) if new != pid => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await;
    let pid = wait_up(&plane, "fixed-1").await;
    // The agent is the node's init: with it the whole node dies.
    kill(parent(pid), Signal::SIGKILL).unwrap();
    wait_until(
        "a node without its agent is replaced",
        async || match slurmd(&plane, "fixed-1") {
            Some(new) if new != pid => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await;
    wait_up(&plane, "fixed-1").await;
    let fixed = plane.get_group(CLUSTER, "fixed").await;
    assert_eq!(fixed.status, ComputeNodeGroupStatus::Active);
    plane.finish().await;
}

/// A job whose node loses that process, and with it everything, runs again and finishes.
async fn killed_under_a_job(victim: fn(&TestPlane, &str) -> Pid) {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    // The first run waits to be killed; the second finds its mark.
    let job = plane.sbatch(
        CLUSTER,
        &["--output=out"],
        "hostname; test -e ran || { touch ran; sleep 600; }",
    );
    let running = plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let node = running["NodeList"].clone();
    wait_until("the first run is under way", async || {
        if plane.server.home().join("ran").exists() {
            Ok(())
        } else {
            Err("no mark".into())
        }
    })
    .await;
    kill(victim(&plane, &node), Signal::SIGKILL).unwrap();
    wait_until("the job is back in the queue or runs again", async || {
        let job = plane.job(CLUSTER, &job);
        if job["Restarts"] == "1" {
            Ok(())
        } else {
            Err(format!("{job:?}"))
        }
    })
    .await;
    let log = plane.connect(CLUSTER, &["scontrol", "show", "node", &node]);
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "1", "{log}");
    plane.finish().await;
}

#[tokio::test]
async fn a_job_whose_slurmd_dies_runs_again_and_finishes() {
    killed_under_a_job(|plane, node| slurmd(plane, node).unwrap()).await;
}

/// The agent is the node's init: with it the whole node dies.
#[tokio::test]
async fn a_job_whose_agent_dies_runs_again_and_finishes() {
    killed_under_a_job(|plane, node| parent(slurmd(plane, node).unwrap())).await;
}

#[tokio::test]
async fn nodes_come_for_jobs_and_go_after_the_idle_time() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 3).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 3).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let started = std::time::Instant::now();
    let text = plane.connect(
        CLUSTER,
        &["srun", "--partition=demo", "--nodes=2", "hostname"],
    );
    let mut hosts: Vec<&str> = text.lines().collect();
    hosts.sort();
    assert_eq!(hosts, ["compute-1-1", "compute-1-2"]);
    // Slurm alone takes up to 30 s more; we promise not to wait for that.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    // The processes of an MPI program are told which they are.
    let mpi = [
        "srun",
        "-p",
        "demo",
        "-N",
        "2",
        "-n",
        "2",
        "--mpi=pmix",
        "printenv",
        "PMIX_RANK",
    ];
    let ranks = plane.connect(CLUSTER, &mpi);
    let mut ranks: Vec<&str> = ranks.lines().collect();
    ranks.sort();
    assert_eq!(ranks, ["0", "1"]);
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 3 idle~ compute-1-[1-3]"])
        .await;
    wait_until("the nodes' processes are gone", async || {
        let left: Vec<_> = ["compute-1-1", "compute-1-2"]
            .into_iter()
            .filter_map(|n| slurmd(&plane, n))
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{left:?}"))
        }
    })
    .await;
    // Down and up again, several times over.
    for _ in 0..2 {
        let job = plane.sbatch(CLUSTER, &["--nodes=3", "--exclusive"], "srun hostname");
        plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        plane
            .wait_sinfo(CLUSTER, &["demo up infinite 3 idle~ compute-1-[1-3]"])
            .await;
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_job_starts_as_soon_as_the_one_before_it_leaves_its_node() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let options = ["--exclusive", "--open-mode=append", "--output=times"];
    let jobs: Vec<String> = (0..3)
        .map(|_| plane.sbatch(CLUSTER, &options, "date +%s; sleep 1; date +%s"))
        .collect();
    for job in &jobs {
        plane.wait_job(CLUSTER, job, "COMPLETED").await;
    }
    let text = std::fs::read_to_string(plane.server.home().join("times")).unwrap();
    let times: Vec<i64> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(times.len(), 6, "{text}");
    // Slurm's backfill scheduler comes by every 30 s: whoever waits for it is noticed.
    for ends_and_starts in times[1..5].chunks(2) {
        let pause = ends_and_starts[1] - ends_and_starts[0];
        assert!(pause < 15, "a job waited {pause} s for a free node");
    }
    plane.finish().await;
}

#[tokio::test]
async fn a_group_with_no_idle_end_keeps_its_nodes() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 1).await;
    let never = ComputeNodeGroupSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(10_000_000)
        .build();
    plane
        .new_group(CLUSTER, "stays", 0, 1)
        .slurm_configuration(never)
        .send()
        .await
        .unwrap();
    let stays = plane
        .wait_group(CLUSTER, "stays", ComputeNodeGroupStatus::Active)
        .await;
    let goes = plane.group(CLUSTER, "goes", 0, 1).await;
    plane.queue(CLUSTER, "staying", &stays.id).await;
    plane.queue(CLUSTER, "going", &goes.id).await;
    plane.connect(CLUSTER, &["srun", "-p", "staying", "hostname"]);
    let pid = slurmd(&plane, "stays-1").unwrap();
    plane.connect(CLUSTER, &["srun", "-p", "going", "hostname"]);
    wait_until(
        "the node with an idle time is gone",
        async || match slurmd(&plane, "goes-1") {
            None => Ok(()),
            Some(pid) => Err(format!("{pid}")),
        },
    )
    .await;
    assert_eq!(slurmd(&plane, "stays-1"), Some(pid));
    plane.finish().await;
}

/// Whoever on this host has the port of a node: the node gets another.
#[tokio::test]
async fn a_node_whose_port_is_taken_comes_up_at_another() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let port = || {
        let node = plane.node(CLUSTER, "compute-1-1");
        // Slurm leaves its own default out.
        node.get("Port")
            .map_or(6818, |port| port.parse::<u16>().unwrap())
    };
    let before = port();
    let squatter = std::net::TcpListener::bind(("0.0.0.0", before)).unwrap();
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "hostname");
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_ne!(port(), before);
    drop(squatter);
    plane.finish().await;
}
