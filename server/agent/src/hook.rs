//! Slurm's own programs: they tell the server and, but for the prolog, return at once. A new job whose nodes are all up
//! has none: `server/slurmctld/warm.c` lets it pass.
//!
//! Everything fails open. A node that nobody starts shows as not responding and a prolog that nobody answers lets the
//! job wait for Slurm's own tick; a cluster whose server is away must not refuse jobs.

use std::ffi::OsString;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::http::{Client, Reply};
use super::protocol::{HookAnswer, HookCall, HookFile, HookProgram};
use super::state::{ControllerState, Start};
use super::{Result, read_json, say};

/// The server answers a prolog when the job's nodes are there; below slurm.conf's `PrologEpilogTimeout`.
const PROLOG_TIMEOUT: Duration = Duration::from_secs(300);
/// All others are only noted by the server.
const TIMEOUT: Duration = Duration::from_secs(5);
/// One call lasts so long at most: a server that stands still never answers, and another may have its place by then.
const CALL: Duration = Duration::from_secs(15);
/// A server that is just starting again is waited for so long.
const RESTART: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// The program that this name stands for, if any.
pub fn program(called_as: &Path) -> Option<HookProgram> {
    match called_as.file_name()?.to_str()? {
        "resume" => Some(HookProgram::Resume),
        "suspend" => Some(HookProgram::Suspend),
        "prolog" => Some(HookProgram::Prolog),
        _ => None,
    }
}

/// Slurm calls by the path of slurm.conf, so the link's own path leads to `hook.json`.
pub fn run(program: HookProgram, called_as: &Path, args: &[OsString]) -> ExitCode {
    match call(program, called_as, args) {
        Ok(answer) if !answer.go_on => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("{program:?}: {message}"));
            ExitCode::SUCCESS
        }
    }
}

fn call(program: HookProgram, called_as: &Path, args: &[OsString]) -> Result<HookAnswer> {
    let dir = called_as
        .parent()
        .and_then(Path::parent)
        .ok_or("called by a name without its directory")?;
    let hook: HookFile = read_json(&dir.join("hook.json"))?;
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let call = HookCall {
        cluster_id: hook.cluster_id.clone(),
        program,
        nodes: match args.first() {
            Some(nodes) => nodes.to_string_lossy().into_owned(),
            None => variable("SLURM_JOB_NODELIST"),
        },
        job_id: variable("SLURM_JOB_ID"),
    };
    if program != HookProgram::Prolog {
        return ask(&hook, &call, TIMEOUT);
    }
    let slurm = parent_id();
    let answer = ask(&hook, &call, PROLOG_TIMEOUT);
    let goes_on = answer.as_ref().map_or(true, |answer| answer.go_on);
    // A slurmctld that was killed meanwhile starts nothing.
    if goes_on && parent_id() == slurm {
        note_start(dir, &call.job_id, &variable("SLURM_JOB_RESTART_COUNT"));
    }
    answer
}

/// So that it can be told if Slurm forgets this start and starts the job again. A job goes on without. Jobs that pass
/// without a prolog are noted by `server/slurmctld/warm.c`.
fn note_start(dir: &Path, job: &str, restarts: &str) {
    let (Ok(job), restarts) = (job.parse(), restarts.parse().unwrap_or_default()) else {
        return;
    };
    let at = chrono::Utc::now().timestamp_millis();
    if let Err(error) = ControllerState::new(dir).note_start(Start { job, restarts, at }) {
        say(&format!("the start of job {job} is not noted: {error}"));
    }
}

/// Calls until there is an answer, the time is over, or the server is away for longer than a restart takes.
fn ask(hook: &HookFile, call: &HookCall, patience: Duration) -> Result<HookAnswer> {
    let deadline = Instant::now() + patience;
    let mut away_since = None;
    loop {
        let began = Instant::now();
        let left = deadline.saturating_duration_since(began).min(CALL);
        let client = Client::new(&hook.endpoint, &hook.cluster_id, &hook.proof_key, left);
        let reply = client.call("/controller/v1/hooks", &hook.token, call);
        let message = match reply.and_then(Reply::success) {
            Ok(body) => return serde_json::from_str(&body).map_err(|error| error.to_string()),
            Err(message) => message,
        };
        let now = Instant::now();
        // A call that lasted had a server: it went away only at its end, or has no answer yet.
        let lasted = now - began > RESTART;
        let since = away_since.filter(|_| !lasted).unwrap_or(now);
        away_since = Some(since);
        if now - since >= RESTART || now + PAUSE >= deadline {
            return Err(message);
        }
        std::thread::sleep(PAUSE);
    }
}
