//! Scripts in a node's life (N17): those of `nodeBootstrapped` before slurmd starts, those of `nodeReady` when Slurm has taken
//! the node as up. In order, as root where the agent is root, each with a log of its own and a time that it may take.

pub mod message;
mod process;
mod ready;
mod source;
mod store;

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::unistd::geteuid;

use crate::slurmd::Failure;
use crate::steps::Reporter;
use crate::tail::last_lines;
use crate::{Result, daemon, files, say};
use message::{Actions, Duties, OnError, Script, ScriptRun, Source, Stage};
use process::Ended;
pub use process::{Children, Deaths, OwnChildren};
pub use ready::Ready;
pub use source::Server;
pub use store::Store;

/// The step of a script whose failure ends the node.
pub const SCRIPT_FAILED: &str = "script-failed";
/// What the name of a script's log begins with.
pub const SCRIPT_LOG: &str = "script-";
/// How long a script may take beside slurmd.
const READY_LIMIT: Duration = Duration::from_secs(600);
/// So much of a script's log goes with its report.
const LOG_LINES: usize = 20;
const LOG_BYTES: usize = 4 * 1024;
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const HOME_OF_ROOT: &str = "/root";

type Fetch = dyn Fn(&Source) -> Result<Vec<u8>> + Send + Sync;

/// Where scripts run.
pub struct Place {
    pub node_name: String,
    pub store: Store,
    pub log_dir: PathBuf,
    pub reporter: Reporter,
    pub children: Arc<dyn Children>,
}

/// All that running a stage takes.
pub struct Runner {
    actions: Actions,
    place: Place,
    fetch: Box<Fetch>,
    /// How long each may take: before slurmd starts, and beside it.
    limits: [Duration; 2],
}

impl Runner {
    pub fn new(server: &Server, duties: &Duties, place: Place) -> Runner {
        let server = server.clone();
        Runner {
            actions: duties.actions.clone(),
            place,
            fetch: Box::new(move |source| server.script(source)),
            limits: [Duration::from_secs(duties.boot_script_seconds), READY_LIMIT],
        }
    }

    fn limit(&self, stage: Stage) -> Duration {
        let [boot, ready] = self.limits;
        match stage {
            Stage::NodeBootstrapped => boot,
            Stage::NodeReady => ready,
        }
    }

    /// Runs those of a stage that are due; an error when one failed with which the node ends.
    pub fn run(&self, stage: Stage) -> std::result::Result<(), Failure> {
        for (at, script) in self.actions.of(stage).iter().enumerate() {
            if !self.place.store.is_due(stage, script) {
                continue;
            }
            let name = store::file_name(&script.name);
            let log = format!("{SCRIPT_LOG}{}-{:02}-{name}.log", stage.name(), at + 1);
            let log = self.place.log_dir.join(log);
            let run = self.one(stage, script, &log)?;
            let failure = run.failure.clone();
            self.place.reporter.script(run);
            let Some(why) = failure else {
                continue;
            };
            match script.on_error {
                OnError::Continue => {}
                OnError::StopSequence => return Ok(()),
                OnError::Terminate => return Err(failed(stage, script, &why, log)),
            }
        }
        Ok(())
    }

    /// Gets and runs a script.
    fn one(&self, stage: Stage, script: &Script, log: &Path) -> Result<ScriptRun> {
        say(&format!("running {} of {}", script.name, stage.name()));
        let started_at = now();
        let caching = self.actions.script_caching_policy;
        let file = self.place.store.file(stage, script, caching, &self.fetch);
        let failure = match file {
            Err(why) => Some(format!("it could not be fetched: {why}")),
            Ok(file) => match self.execute(stage, script, &file, log) {
                Ok(Ended::ByItself(how)) if how == "exit status 0" => None,
                Ok(Ended::ByItself(how)) => Some(how),
                Ok(Ended::TimedOut) => {
                    let limit = self.limit(stage).as_secs();
                    Some(format!("it took longer than {limit} s"))
                }
                Err(error) => Some(format!("it could not be run: {error}")),
            },
        };
        self.place.store.note_run(stage, script)?;
        Ok(ScriptRun {
            stage,
            name: script.name.clone(),
            started_at,
            ended_at: now(),
            failure,
            on_error: script.on_error,
            log: end_of(log),
        })
    }

    /// No shell: the arguments reach the script as they are.
    fn execute(&self, stage: Stage, script: &Script, file: &Path, log: &Path) -> io::Result<Ended> {
        files::create_dir(&self.place.log_dir)?;
        let output = File::options()
            .create(true)
            .append(true)
            .mode(files::SECRET)
            .open(log)?;
        let mut command = match says_who_runs_it(file)? {
            true => daemon(file),
            false => {
                let mut shell = daemon(Path::new("/bin/sh"));
                shell.arg(file);
                shell
            }
        };
        if geteuid().is_root() {
            command.env("HOME", HOME_OF_ROOT);
        }
        command
            .args(&script.arguments)
            .env("PATH", SEARCH_PATH)
            .env("OPENPCS_NODE_NAME", &self.place.node_name)
            .env("OPENPCS_STAGE", stage.name())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        process::run(
            self.place.children.as_ref(),
            &mut command,
            log,
            self.limit(stage),
        )
    }
}

/// Whether it is a program, or names its interpreter; a shell runs what does not, as execvp has it.
fn says_who_runs_it(file: &Path) -> io::Result<bool> {
    let content = std::fs::read(file)?;
    Ok(content.starts_with(b"#!") || content.starts_with(b"\x7fELF"))
}

fn failed(stage: Stage, script: &Script, why: &str, log: PathBuf) -> Failure {
    Failure {
        step: SCRIPT_FAILED,
        reason: format!("script {} of {}: {why}", script.name, stage.name()),
        log: Some(log),
    }
}

/// Within bounds, and whole characters.
fn end_of(log: &Path) -> String {
    let text = last_lines(log, LOG_LINES);
    let mut from = text.len().saturating_sub(LOG_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].to_owned()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests;
