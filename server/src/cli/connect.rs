//! `openpcs connect`: asks the server where the cluster's login node is, and becomes a command on it.
//!
//! Where the server is root, so is who may enter its sandboxes; but work on a cluster is the job user's, so the command
//! becomes that user's, with the environment of a login.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow};

use super::client::{self, Client};
use crate::config::Connect;
use crate::http::port::LoginTarget;
use crate::sandbox::Sandbox;
use crate::slurm::job_user::{JobUser, SEARCH_PATH};

/// What of the caller's environment goes along to another user: how the terminal is, and what Slurm's programs are to do.
const KEPT: [&str; 6] = ["TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "NO_COLOR"];
const KEPT_PREFIXES: [&str; 7] = [
    "LC_", "SLURM_", "SBATCH_", "SRUN_", "SALLOC_", "SQUEUE_", "SINFO_",
];

/// Returns only if it cannot: on success this process is the command, and its exit status is the command's.
pub fn run(connect: &Connect) -> anyhow::Result<()> {
    let client = Client::new(&connect.reach)?;
    let target = login_target(&client, &connect.cluster)?;
    let user = target.job_user.as_deref().map(JobUser::named);
    let user = user.transpose().map_err(anyhow::Error::msg)?;
    let mut command = command(&target, user.as_ref(), &connect.command)?;
    let cause = command.exec();
    Err(anyhow!(cause).context(format!(
        "{} cannot be started",
        command.get_program().to_string_lossy()
    )))
}

/// `nsenter … COMMAND`, with the cluster's Slurm first on PATH.
fn command(
    target: &LoginTarget,
    user: Option<&JobUser>,
    wanted: &[String],
) -> anyhow::Result<Command> {
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let mut words = enter(target, user, &cwd)?;
    if !can_work(&words) {
        words = enter(target, user, &home(user))?;
    }
    match (wanted, user) {
        ([], Some(user)) => words.push(user.shell().into()),
        ([], None) => words.push(std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into())),
        (wanted, _) => words.extend(wanted.iter().map(OsString::from)),
    }
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    let path = match user {
        Some(user) => {
            command.env_clear().envs(kept_environment());
            command.envs(user.environment());
            SEARCH_PATH.into()
        }
        None => std::env::var_os("PATH").unwrap_or_else(|| SEARCH_PATH.into()),
    };
    command.env("PATH", with_slurm(&target.slurm_prefix, &path)?);
    match &target.slurm_conf {
        Some(file) => command.env("SLURM_CONF", file),
        None => command.env_remove("SLURM_CONF"),
    };
    Ok(command)
}

/// The words that lead onto the node, into that directory and to that user.
fn enter(
    target: &LoginTarget,
    user: Option<&JobUser>,
    directory: &Path,
) -> anyhow::Result<Vec<OsString>> {
    let mut words = Sandbox::new(&target.sandbox_dir)
        .login(directory)
        .context("the login node cannot be entered; `connect` works on the server's host, as the server's user")?
        .context("the login node is not running now; wait until the cluster's nodes are up and try again")?;
    words.extend(user.map(JobUser::enter).unwrap_or_default());
    Ok(words)
}

/// Whether the directory is there on the node and may be written to, as jobs write their output where they are
/// submitted.
fn can_work(words: &[OsString]) -> bool {
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .args(["test", "-w", ".", "-a", "-x", "."])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn home(user: Option<&JobUser>) -> std::path::PathBuf {
    let home = match user {
        Some(user) => user.home.clone(),
        None => std::env::var_os("HOME").unwrap_or_default().into(),
    };
    if home.is_dir() { home } else { "/".into() }
}

fn kept_environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let Some(name) = name.to_str() else {
            return false;
        };
        KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

fn with_slurm(slurm_prefix: &Path, path: &OsString) -> anyhow::Result<OsString> {
    let own = [slurm_prefix.join("bin"), slurm_prefix.join("sbin")];
    let all = own.into_iter().chain(std::env::split_paths(path));
    std::env::join_paths(all).context("PATH cannot be made")
}

/// Asks the server, which checks the caller's rights and knows the cluster's name.
fn login_target(client: &Client, cluster: &str) -> anyhow::Result<LoginTarget> {
    client.get(&client::cluster_path(cluster, "login")?)
}
