//! Parts that die while others work: jobs go on, and everything comes back by itself.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::*;
use crate::job_parts::act;

#[tokio::test]
async fn a_job_survives_the_server_and_slurmctld() {
    let mut plane = TestPlane::start(Database::OfRun).await;
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

    plane.wait_saved(cluster, &job, "compute-1-1").await;
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
    let plane = TestPlane::start(Database::OfRun).await;
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

/// The agent of a node: process 1 of its sandbox, with which everything on the node dies.
/// As when its disk is damaged: slurmctld finds a file where its state belongs, or has one that it cannot read.
#[tokio::test]
async fn a_cluster_whose_controller_does_not_start_says_so_until_it_does() {
    let plane = TestPlane::start(Database::OfRun).await;
    let name = "outage";
    plane.cluster(name, 600).await;
    let cluster = plane.get_cluster(name).await;
    assert!(cluster.error_info().is_empty());
    let controller = plane.server.data().join("clusters").join(&cluster.id);
    let state = controller.join("controller/state");
    let aside = controller.join("controller/state.aside");
    std::fs::rename(&state, &aside).unwrap();
    std::fs::write(&state, "").unwrap();
    for pid in slurmctld(&plane) {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    wait_until("GetCluster says why", async || {
        let cluster = plane.get_cluster(name).await;
        match cluster.error_info() {
            [info] if info.code() == Some("ControllerUnavailable") => {
                let message = info.message().unwrap_or_default();
                assert!(message.contains("has not answered since 20"), "{message}");
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let events = plane.events().await;
    let told = |events: &[String], words: &str| events.iter().any(|e| e.starts_with(words));
    assert!(
        told(&events, "The controller does not start or does not answer"),
        "{events:?}"
    );
    std::fs::remove_file(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();
    wait_until("it is as before", async || {
        match plane.get_cluster(name).await.error_info() {
            [] => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let events = plane.events().await;
    assert!(told(&events, "The controller answers again"), "{events:?}");
    plane.finish().await;
}

fn agents(plane: &TestPlane) -> Vec<Pid> {
    let is_it =
        |line: &str| line.contains("openpcs-agent instance") && !line.starts_with("unshare");
    processes(plane.server.root())
        .into_iter()
        .filter(|(_, line)| is_it(line))
        .map(|(pid, _)| pid)
        .collect()
}

/// What Slurm had to say to the first instance of a node must not reach its next one.
#[tokio::test]
async fn a_node_that_dies_twice_within_seconds_costs_no_job() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = "twice";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 2).await;
    plane.queue(cluster, "demo", &group.id).await;
    let command = "until test -e go; do sleep 0.1; done";
    let options = ["--output=/dev/null", "--exclusive"];
    let jobs = [(); 2].map(|()| plane.sbatch(cluster, &options, command));
    for restarts in ["0", "1"] {
        for job in &jobs {
            wait_until(&format!("job {job} runs"), async || {
                let found = plane.job(cluster, job);
                match (found["JobState"].as_str(), &found["Restarts"]) {
                    ("RUNNING", seen) if seen == restarts => Ok(()),
                    _ => Err(format!("{found:?}")),
                }
            })
            .await;
        }
        for agent in agents(&plane) {
            kill(agent, Signal::SIGKILL).unwrap();
        }
    }
    for job in &jobs {
        wait_until(&format!("job {job} runs for the third time"), async || {
            let found = plane.job(cluster, job);
            match found["JobState"].as_str() {
                "RUNNING" if found["Restarts"] == "2" => Ok(()),
                _ => Err(format!("{found:?}")),
            }
        })
        .await;
    }
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    for job in &jobs {
        let done = plane.wait_job(cluster, job, "COMPLETED").await;
        assert_eq!(done["Restarts"], "2");
    }
    plane.finish().await;
}

/// Slurm takes no slurmd that is older than its wish to power the node up, however often that one registers.
#[tokio::test]
async fn a_node_that_slurm_powers_up_while_its_instance_lives_gets_its_jobs() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    let cluster = "unheard";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 1).await;
    plane.queue(cluster, "demo", &group.id).await;
    let first = plane.sbatch(cluster, &[], "true");
    plane.wait_job(cluster, &first, "COMPLETED").await;
    let job = plane.sbatch(cluster, &["--hold"], "true");
    // Nobody ends the instance meanwhile.
    plane.server.kill();
    let is = |state: &str| {
        format!("until scontrol show node compute-1-1 | grep -q {state}; do sleep 0.1; done")
    };
    plane.administrate("scontrol update nodename=compute-1-1 state=power_down_force");
    plane.administrate(&is("POWERED_DOWN"));
    plane.administrate(&format!("scontrol release {job}"));
    plane.administrate(&is("POWERING_UP"));
    plane.server.start().await;
    plane.wait_job(cluster, &job, "COMPLETED").await;
    plane.finish().await;
}

/// Slurm cannot start a job elsewhere while its prolog waits for a node that will not come.
#[tokio::test]
async fn a_job_whose_node_fails_at_boot_starts_on_another() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = "boot";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 2).await;
    plane.queue(cluster, "demo", &group.id).await;
    // A node boots in a moment: whoever sleeps between two looks comes too late.
    let (job, killed) = std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let agent = loop {
                if let [agent] = agents(&plane)[..] {
                    break agent;
                }
            };
            kill(agent, Signal::SIGKILL).unwrap();
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
        });
        let job = plane.sbatch(cluster, &["--output=began"], "date +%s.%N");
        (job, killer.join().unwrap())
    });
    let done = plane.wait_job(cluster, &job, "COMPLETED").await;
    assert_eq!(done["NodeList"], "compute-1-2");
    let began = std::fs::read_to_string(plane.server.home().join("began")).unwrap();
    let began: f64 = began.trim().parse().unwrap();
    let waited = began - killed.as_secs_f64();
    println!("a job began {waited:.1} s after its node had failed at boot");
    plane.finish().await;
}

/// A controller that was killed held jobs for ever, gave numbers again and said nothing of what it lost.
#[tokio::test]
async fn a_killed_controller_holds_no_job_and_gives_no_number_again() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = "killed";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 2).await;
    plane.queue(cluster, "demo", &group.id).await;
    let nodes = plane.wait_state(cluster, "node_state", "compute-1-2").await;
    let all_off = std::fs::read(&nodes).unwrap();
    let warm = plane.sbatch(cluster, &["--nodes=2", "--output=/dev/null"], "true");
    plane.wait_job(cluster, &warm, "COMPLETED").await;
    let mut given = vec![warm];
    for round in 0..2 {
        // Whatever of this slurmctld has saved when it dies.
        for _ in 0..3 {
            given.push(plane.sbatch(cluster, &["--output=/dev/null"], "sleep 2"));
        }
        let before = slurmctld(&plane);
        for pid in &before {
            kill(*pid, Signal::SIGKILL).unwrap();
        }
        wait_until("another slurmctld answers", async || {
            match plane.try_connect(cluster, &["scontrol", "ping"]) {
                Ok(_) if slurmctld(&plane) != before => Ok(()),
                answer => Err(format!("{round}: {answer:?}")),
            }
        })
        .await;
    }
    given.push(plane.sbatch(cluster, &["--output=/dev/null"], "true"));
    let mut once = given.clone();
    once.sort();
    once.dedup();
    assert_eq!(
        once.len(),
        given.len(),
        "a number was given twice: {given:?}"
    );
    wait_until("every job that Slurm knows has run", async || {
        let queue = plane.connect(cluster, &["squeue", "--noheader", "--format=%A %T %r"]);
        match queue.trim().is_empty() {
            true => Ok(()),
            false => Err(queue),
        }
    })
    .await;

    // Slurm saves nodes and jobs at different moments: the job runs, on a node that is off.
    let command = "until test -e go; do sleep 0.1; done";
    let job = plane.sbatch(cluster, &["--output=/dev/null", "--nodes=2"], command);
    plane.wait_job(cluster, &job, "RUNNING").await;
    // Saved once more, for its nodes are written down before it runs.
    plane.sbatch(cluster, &["--hold", "--job-name=came-later"], "true");
    plane.wait_state(cluster, "job_state", "came-later").await;
    go_back(&plane, &nodes, &all_off);
    wait_until("Slurm sees that the nodes are up", async || {
        let states = plane.connect(cluster, &["sinfo", "--noheader", "--format=%T"]);
        match states.trim() {
            "mixed" => Ok(()),
            _ => Err(states),
        }
    })
    .await;
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(cluster, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    plane.finish().await;
}

/// Slurm believes that it still runs, finds nothing of it on its node, and starts it again. What people asked through the
/// console since the last save is done again.
#[tokio::test]
async fn a_job_whose_end_was_lost_with_the_controller_is_told() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = "end-lost";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 1).await;
    plane.queue(cluster, "demo", &group.id).await;
    let command = "echo begin >>marks; until test -e go; do sleep 0.1; done";
    let job = plane.sbatch(cluster, &["--output=/dev/null"], command);
    plane.wait_job(cluster, &job, "RUNNING").await;
    let visitor = Visitor::sign_in(&plane).await;
    let waits = plane.sbatch(cluster, &["--begin=now+1hour"], "true");
    let not_wanted = plane.sbatch(cluster, &["--hold", "--job-name=came-later"], "true");
    let saved = plane.wait_state(cluster, "job_state", "came-later").await;
    let running = std::fs::read(&saved).unwrap();
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    plane.wait_job(cluster, &job, "COMPLETED").await;
    act(&visitor, cluster, &not_wanted, "cancel").await.unwrap();
    act(&visitor, cluster, &waits, "hold").await.unwrap();
    go_back(&plane, &saved, &running);
    wait_until("it runs again", async || {
        let marks = std::fs::read_to_string(plane.server.home().join("marks"));
        let begun = marks.unwrap_or_default().lines().count();
        if begun == 2 {
            Ok(())
        } else {
            Err(format!("{begun} times"))
        }
    })
    .await;
    wait_until("all that is told", async || {
        let events = plane.events().await;
        let told = [
            format!("Job {job} is started again"),
            format!("Job {not_wanted} stays cancelled"),
            format!("Job {waits} is held again"),
        ];
        let is_told = |told: &String| events.iter().any(|event| event.starts_with(told));
        match told.iter().all(is_told) {
            true => Ok(()),
            false => Err(format!("{events:?}")),
        }
    })
    .await;
    assert_eq!(plane.job(cluster, &not_wanted)["JobState"], "CANCELLED");
    assert_eq!(plane.job(cluster, &waits)["Priority"], "0");
    let pool = plane.database().await;
    let again = "select operation from audit where why = 'again' and outcome = 'done' \
                 and principal like '%user/admin' order by operation";
    let again: Vec<String> = sqlx::query_scalar(again).fetch_all(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(again, ["CancelJob", "HoldJob"]);
    plane.finish().await;
}

/// Kills slurmctld; the next one finds this file of its state as it was.
fn go_back(plane: &TestPlane, file: &Path, before: &[u8]) {
    let agents = controller_agents(plane);
    for pid in &agents {
        kill(*pid, Signal::SIGSTOP).unwrap();
    }
    for pid in slurmctld(plane) {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    std::fs::write(file, before).unwrap();
    for pid in &agents {
        kill(*pid, Signal::SIGCONT).unwrap();
    }
}

/// What starts slurmctld again when it has died.
fn controller_agents(plane: &TestPlane) -> Vec<Pid> {
    processes(plane.server.root())
        .into_iter()
        .filter(|(_, line)| line.contains("openpcs-agent controller"))
        .map(|(pid, _)| pid)
        .collect()
}
