//! The program `openpcs-agent`: what runs beside Slurm on nodes and controllers. No database, no AWS SDK.
//!
//! - `openpcs-agent instance --dir DIR --data-dir DATA`: boots a node: registers it, starts slurmd and ends with it.
//! - `openpcs-agent node [OPTIONS]`: makes the host that it runs on a node, as an instance of a cloud: see [`node::Options`].
//! - `openpcs-agent controller --dir DIR --data-dir DATA`: keeps a cluster's slurmctld running.
//! - `openpcs-agent database --dir DIR --data-dir DATA`: keeps the database of the accounting running.
//! - `openpcs-agent trial --dir DIR --data-dir DATA`: lets Slurm's programs read a configuration that is not in force.
//! - `openpcs-agent probe`: only whether a sandbox can be made on this host.
//! - `openpcs-agent --version`: which one it is.
//! - called as `resume`, `suspend` or `prolog`, by links in a controller's `bin`: Slurm's own programs; as [`mail`] its
//!   mail program.
//!
//! `instance`, `controller`, `database` and `trial` are process 1 of a [sandbox].

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::unistd::geteuid;
use serde::de::DeserializeOwned;

pub mod actions;
pub mod answer;
pub mod configuration;
mod controller;
mod database;
mod door;
pub mod files;
pub mod health;
mod hook;
mod http;
mod init;
mod instance;
mod keeper;
pub mod layout;
pub mod lock;
pub mod mail;
mod node;
pub mod place;
mod processes;
pub mod protocol;
pub mod random;
pub mod reboot;
mod rotate;
pub mod sealed;
mod signals;
mod slurmd;
mod socket;
pub mod state;
mod steps;
pub mod tail;
mod trial;

/// Errors are for the log: text is enough.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// What the last line of a sandbox's log begins with, unless it was killed from outside.
pub const ENDED: &str = "ended: ";

const USAGE: &str = "usage: openpcs-agent (instance | controller | database | trial) --dir DIR --data-dir DATA | openpcs-agent node \
                     [--file FILE] [--run-dir DIR] [--state-dir DIR] [--log-dir DIR] [--scripts-dir DIR] [--hosts-file FILE] \
                     [--power-off] | openpcs-agent (probe | --version)";

/// All of the program.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let called_as = args.first().map(Path::new).unwrap_or(Path::new(""));
    if let Some(program) = hook::program(called_as) {
        return hook::run(program, called_as, &args[1..]);
    }
    if mail::is_called(called_as) {
        return mail::run(called_as, &args[1..]);
    }
    let words: Vec<&str> = args.iter().skip(1).filter_map(|arg| arg.to_str()).collect();
    let result = match words.as_slice() {
        ["--version"] => {
            println!("openpcs-agent {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        ["probe"] => init::private_run().map_err(|error| error.to_string()),
        ["instance", "--dir", dir, "--data-dir", data_dir] => {
            instance::run(Path::new(dir), Path::new(data_dir))
        }
        ["controller", "--dir", dir, "--data-dir", data_dir] => {
            controller::run(Path::new(dir), Path::new(data_dir))
        }
        ["database", "--dir", dir, "--data-dir", data_dir] => {
            database::run(Path::new(dir), Path::new(data_dir))
        }
        ["trial", "--dir", dir, "--data-dir", data_dir] => {
            trial::run(Path::new(dir), Path::new(data_dir))
        }
        ["node", options @ ..] => match node::Options::parse(options) {
            Some(options) => node::run(&options),
            None => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("{ENDED}{message}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to the log: the sandbox's `agent.log`, or slurmctld's when Slurm called us.
pub(crate) fn say(message: &str) {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    eprintln!("{now} openpcs-agent: {message}");
}

/// Reads one of the files that the server left.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let text = std::fs::read(path).map_err(|error| wrong(&error))?;
    serde_json::from_slice(&text).map_err(|error| wrong(&error))
}

/// A daemon. Without root it gets none of the rights that the agent has over its namespaces: jobs
/// would inherit them. As root slurmd needs its rights to become the users of jobs, who then have none.
pub(crate) fn daemon(program: &Path) -> Command {
    if geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--inh-caps=-all",
            "--ambient-caps=-all",
            "--bounding-set=-all",
        ])
        .args(["--no-new-privs", "--"])
        .arg(program);
    command
}

/// Names what failed.
pub(crate) fn context<T>(what: &str, result: io::Result<T>) -> Result<T> {
    result.map_err(|error| format!("cannot {what}: {error}"))
}
