//! Everything that can be killed is, at random moments, while jobs run: what became of every job is told, and none is
//! lost, held for ever or run twice without a word.

use std::collections::BTreeMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use openpcs_agent::state::{ControllerState, Start};
use sqlx::Row;

use crate::harness::*;

const CLUSTER: &str = "mixed";
const KILLS: u64 = 30;
const JOBS: usize = 60;

/// What is killed, by a word of its command line and one that must not be in it. Nodes more often than controllers:
/// with each of those goes what Slurm was told in the last seconds.
const VICTIMS: [(&str, &str); 6] = [
    ("/slurmd ", "slurmctld"),
    ("/slurmd ", "slurmctld"),
    ("openpcs-agent instance", "unshare"),
    ("openpcs-agent instance", "unshare"),
    ("/slurmctld ", "unshare"),
    ("openpcs-agent controller", "unshare"),
];

fn victims(plane: &TestPlane, (word, not): (&str, &str)) -> Vec<Pid> {
    let is_one = |line: &str| line.contains(word) && !line.contains(not);
    let found = processes(plane.server.root()).into_iter();
    found
        .filter(|(_, line)| is_one(line))
        .map(|(pid, _)| pid)
        .collect()
}

/// Kills something; every fifth time the server.
async fn kill_one(plane: &mut TestPlane, random: &mut Random, round: u64) {
    if round % 5 == 4 {
        eprintln!("kill {round}: the server");
        return plane.crash().await;
    }
    let kind = VICTIMS[random.below(VICTIMS.len() as u64) as usize];
    let found = victims(plane, kind);
    if !found.is_empty() {
        let pid = found[random.below(found.len() as u64) as usize];
        eprintln!("kill {round}: {} {pid}", kind.0);
        // It may have ended by itself since.
        let _ = kill(pid, Signal::SIGKILL);
    }
}

/// What the timeline says of jobs, by its codes.
async fn told(plane: &TestPlane, code: &str) -> Vec<String> {
    let pool = plane.database().await;
    let query = sqlx::query("select parameters from event where code = $1").bind(code.to_owned());
    let rows = query.fetch_all(&pool).await.unwrap();
    pool.close().await;
    let words = |row: &sqlx::any::AnyRow| -> Vec<String> {
        let text: String = row.get("parameters");
        let digits = |c: char| !c.is_ascii_digit();
        text.split(digits)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    rows.iter().flat_map(words).collect()
}

/// How often each job began and ended, as the jobs themselves wrote.
fn marks(plane: &TestPlane) -> BTreeMap<String, (usize, usize)> {
    let text = std::fs::read_to_string(plane.server.home().join("marks")).unwrap_or_default();
    let mut marks: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in text.lines() {
        let (what, job) = line.split_once(' ').unwrap();
        let mark = marks.entry(job.to_owned()).or_default();
        match what {
            "begin" => mark.0 += 1,
            _ => mark.1 += 1,
        }
    }
    marks
}

#[tokio::test]
async fn whatever_is_killed_no_job_is_lost_held_or_run_twice_unseen() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    let random = &mut Random::new(20);
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 4).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let command = "echo begin $SLURM_JOB_ID >> marks; sleep 1; echo end $SLURM_JOB_ID >> marks";
    let mut jobs = vec![];
    for round in 0..KILLS {
        while jobs.len() < JOBS * (round as usize + 1) / KILLS as usize {
            // While the controller is away sbatch waits for it; a submission that failed was not taken.
            let answer = plane.try_connect(
                CLUSTER,
                &[
                    "sbatch",
                    "--parsable",
                    "-p",
                    "demo",
                    "-o",
                    "/dev/null",
                    "--wrap",
                    command,
                ],
            );
            jobs.push(answer.map(|id| id.trim().to_owned()));
        }
        tokio::time::sleep(std::time::Duration::from_millis(200 + random.below(1_200))).await;
        kill_one(&mut plane, random, round).await;
    }
    let refused = jobs.iter().filter(|job| job.is_err()).count();
    let taken: Vec<String> = jobs.into_iter().flatten().collect();
    wait_until("Slurm has no job that waits or runs", async || match plane
        .try_connect(CLUSTER, &["squeue", "--noheader", "--format=%A %T %r %N"])
    {
        Ok(queue) if queue.trim().is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    // What a start was is told within seconds of it.
    let report = wait_until("what became of every job is told", async || {
        let (wrong, report) = untold(&plane, &taken).await;
        match wrong.is_empty() {
            true => Ok(report),
            false => Err(format!("{wrong:?}\n{report}")),
        }
    })
    .await;
    eprintln!("{report}{refused} submissions refused");
    plane.finish().await;
}

/// What was noted of its starts.
fn starts(plane: &TestPlane, job: &str) -> Vec<Start> {
    let clusters = std::fs::read_dir(plane.server.data().join("clusters")).unwrap();
    let all = clusters.flat_map(|dir| {
        let controller = dir.unwrap().path().join("controller");
        ControllerState::new(&controller).starts()
    });
    all.filter(|start| start.job.to_string() == job).collect()
}

/// What became of jobs without a word, and what became of each.
async fn untold(plane: &TestPlane, taken: &[String]) -> (Vec<String>, String) {
    let lost = told(plane, "jobs-lost").await;
    let twice = told(plane, "job-started-twice").await;
    let marks = marks(plane);
    let (mut wrong, mut report) = (vec![], String::new());
    for job in taken {
        let restarts = match plane.try_connect(CLUSTER, &["scontrol", "-o", "show", "job", job]) {
            Ok(text) => number_of(&text, "Restarts="),
            // A later kill made Slurm forget it.
            Err(_) => restarts_of_ended(plane, job).await,
        };
        let (begun, ended) = marks.get(job).copied().unwrap_or_default();
        let (is_lost, is_twice) = (lost.contains(job), twice.contains(job));
        report += &format!(
            "job {job}: begun {begun}, ended {ended}, restarts {restarts}, told lost {is_lost}, \
             told twice {is_twice}\n"
        );
        if ended == 0 && !is_lost {
            wrong.push(format!("{job} is lost without a word"));
        }
        if begun > 1 && !(is_twice || restarts > 0 || is_lost) {
            let starts = starts(plane, job);
            wrong.push(format!(
                "{job} ran {begun} times without a word: {starts:?}"
            ));
        }
    }
    (wrong, report)
}

/// How often a job that ended was requeued, by what the server keeps of it.
async fn restarts_of_ended(plane: &TestPlane, job: &str) -> usize {
    let pool = plane.database().await;
    let query = sqlx::query("select record from job where id = $1").bind(job.to_owned());
    let row = query.fetch_optional(&pool).await.unwrap();
    pool.close().await;
    let record = row.map(|row| row.get::<String, _>("record"));
    let record: serde_json::Value = record.map_or_else(Default::default, |r| r.parse().unwrap());
    record["restarts"].as_u64().unwrap_or_default() as usize
}

fn number_of(text: &str, name: &str) -> usize {
    let value = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix(name));
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}
