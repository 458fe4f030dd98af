//! `openpcs connect`: asks the server where the cluster's login node is, and becomes a command on it.
//!
//! Where the server is root, so is who may enter its sandboxes; but work on a cluster is the job user's, so the command
//! becomes that user's, with the environment of a login and on a terminal of its own.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::IsTerminal;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow};
use app::model::submit::quote;

use super::client::{self, Client};
use crate::config::Connect;
use crate::sandbox::Sandbox;
use crate::service::doors::LoginTarget;
use crate::slurm::job_user::{JobUser, SEARCH_PATH};

/// What of the caller's environment goes along to another user: how the terminal is, and what Slurm's programs are to do.
const KEPT: [&str; 6] = ["TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "NO_COLOR"];
const KEPT_PREFIXES: [&str; 7] = [
    "LC_", "SLURM_", "SBATCH_", "SRUN_", "SALLOC_", "SQUEUE_", "SINFO_",
];

/// Returns only if it cannot: on success this process is the command, and its exit status is the command's.
pub fn run(connect: &Connect) -> anyhow::Result<()> {
    let client = Client::new(&connect.reach)?;
    let target = login_target(&client, connect)?;
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
    wanted: &[OsString],
) -> anyhow::Result<Command> {
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let become_user = user.map(JobUser::enter).unwrap_or_default();
    let mut words = enter(target, &cwd)?;
    if !can_work(&words, &become_user) {
        words = enter(target, &home(user))?;
    }
    let wanted = match (wanted, user) {
        ([], Some(user)) => vec![user.shell().into()],
        ([], None) => vec![std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into())],
        (wanted, _) => wanted.to_vec(),
    };
    words.extend(match user {
        Some(user) => off_our_terminal(user, become_user, wanted),
        None => wanted,
    });
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    let path = match user {
        Some(user) => {
            command.env_clear().envs(kept_environment());
            command.envs(user.environment()).env("SHELL", "/bin/sh");
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

/// The words that lead onto the node, into that directory.
fn enter(target: &LoginTarget, directory: &Path) -> anyhow::Result<Vec<OsString>> {
    Sandbox::new(&target.sandbox_dir)
        .login(directory)
        .context("the login node cannot be entered; `connect` works on the server's host, as the server's user")?
        .context("the login node is not running now; wait until the cluster's nodes are up and try again")
}

/// The words that run a command as another user away from our terminal: who shares a terminal with root can type on it
/// for root, and a job can leave a program for the next person's shell to run.
fn off_our_terminal(
    user: &JobUser,
    become_user: Vec<OsString>,
    wanted: Vec<OsString>,
) -> Vec<OsString> {
    let shell = [OsString::from("env"), with_value("SHELL=", user.shell())];
    let as_user = |before: &[&str]| {
        let mut words = become_user;
        words.extend(before.iter().map(OsString::from));
        words.extend(shell);
        words.extend(wanted);
        words
    };
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        // A terminal of its own, which passes on what is typed and printed.
        let line = as_user(&[]);
        let mut exec = OsString::from("exec");
        for word in &line {
            exec.push(" ");
            exec.push(quoted(word));
        }
        let mut all = words(&["script", "-qefc"]);
        all.extend([exec, "/dev/null".into()]);
        all
    } else if File::open("/dev/tty").is_ok() {
        // Pipes stay as they are; without a terminal Ctrl-C does not reach the command, but our end does.
        let mut all = words(&["setsid"]);
        all.extend(as_user(&["setpriv", "--pdeathsig=TERM", "--"]));
        all
    } else {
        as_user(&[])
    }
}

/// As a shell reads it back, also where it is no text.
fn quoted(word: &OsStr) -> OsString {
    match word.to_str() {
        Some(text) => quote(text).into(),
        None => {
            let parts: Vec<&[u8]> = word.as_bytes().split(|byte| *byte == b'\'').collect();
            let inner = parts.join(br"'\''".as_slice());
            OsString::from_vec([b"'".as_slice(), &inner, b"'"].concat())
        }
    }
}

fn with_value(name: &str, value: &Path) -> OsString {
    let mut word = OsString::from(name);
    word.push(value);
    word
}

/// Whether the directory is there on the node and may be written to, as jobs write their output where they are
/// submitted.
fn can_work(enter: &[OsString], become_user: &[OsString]) -> bool {
    let mut command = Command::new(&enter[0]);
    command
        .args(&enter[1..])
        .args(become_user)
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
fn login_target(client: &Client, connect: &Connect) -> anyhow::Result<LoginTarget> {
    let what = if connect.admin {
        "login?as=admin"
    } else {
        "login"
    };
    client.get(&client::cluster_path(&connect.cluster, what)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_every_word_as_it_was() {
        for word in [
            &b"plain"[..],
            b"two words",
            b"it's",
            b"caf\xe9",
            b"\xff'\n$x",
            b"",
        ] {
            let mut script = OsString::from("printf %s ");
            script.push(quoted(OsStr::from_bytes(word)));
            let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(output.stdout, word);
        }
    }
}
