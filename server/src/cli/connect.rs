//! `openpcs connect`: asks the server where the cluster's login node is, and becomes a command on it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, anyhow};

use super::client::{self, Client};
use crate::config::Connect;
use crate::http::port::LoginTarget;
use crate::sandbox::Sandbox;

/// Returns only if it cannot: on success this process is the command, and its exit status is the command's.
pub fn run(connect: &Connect) -> anyhow::Result<()> {
    let client = Client::new(&connect.reach)?;
    let target = login_target(&client, &connect.cluster)?;
    let mut command = command(&target, &connect.command)?;
    let cause = command.exec();
    Err(anyhow!(cause).context(format!(
        "{} cannot be started",
        command.get_program().to_string_lossy()
    )))
}

/// `nsenter … COMMAND`, with the cluster's Slurm first on PATH.
fn command(target: &LoginTarget, wanted: &[String]) -> anyhow::Result<Command> {
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let enter = Sandbox::new(&target.sandbox_dir)
        .login(&cwd)
        .context("the login node cannot be entered; `connect` works on the server's host, as the server's user")?
        .context("the login node is not running now; wait until the cluster's nodes are up and try again")?;
    let shell = || std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut words = enter.into_iter().chain(if wanted.is_empty() {
        vec![shell()]
    } else {
        wanted.iter().map(OsString::from).collect()
    });
    let program = words.next().context("there is no command to run")?;
    let mut command = Command::new(program);
    command.args(words).env("PATH", path(&target.slurm_prefix)?);
    match &target.slurm_conf {
        Some(file) => command.env("SLURM_CONF", file),
        None => command.env_remove("SLURM_CONF"),
    };
    Ok(command)
}

fn path(slurm_prefix: &Path) -> anyhow::Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let own = [slurm_prefix.join("bin"), slurm_prefix.join("sbin")];
    let all = own.into_iter().chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).context("PATH cannot be made")
}

/// Asks the server, which checks the caller's rights and knows the cluster's name.
fn login_target(client: &Client, cluster: &str) -> anyhow::Result<LoginTarget> {
    client.get(&client::cluster_path(cluster, "login")?)
}
