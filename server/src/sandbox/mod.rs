//! Sandboxes: processes of clusters and nodes that outlive the server, on this host, as root or an ordinary user.
//!
//! A sandbox is a directory. `unshare` starts an agent for it in namespaces of its own: processes, mounts with a private
//! `/run` (two clusters of one host would fight for Slurm's sockets there), host name, and without root also users. The
//! agent is process 1 in there, so its end is the end of everything that was ever started inside.
//!
//! Who the sandbox is, is a lock and not a pid file: see [`openpcs_agent::lock`]. So the server may be killed between any two steps
//! and can always tell, from the directory alone, what runs; and two agents of one directory exclude each other.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use openpcs_agent::tail::last_lines;
use openpcs_agent::{files, lock};

mod probe;

pub use probe::{check_path, probe};

/// What the agent and all in the sandbox print.
pub const AGENT_LOG: &str = "agent.log";
/// How long an agent may take to come up, and a killed sandbox to vanish, on a busy host.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);
/// Nothing of the server's environment goes in: it may hold credentials, and jobs would see them.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the agent does in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Instance,
    Controller,
    Database,
    Trial,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Instance => "instance",
            Role::Controller => "controller",
            Role::Database => "database",
            Role::Trial => "trial",
        }
    }
}

/// A directory with, perhaps, processes.
#[derive(Clone, Debug)]
pub struct Sandbox {
    dir: PathBuf,
}

impl Sandbox {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the directory. The caller puts in what the agent's role reads before it calls [`Self::spawn`].
    pub fn prepare(&self) -> io::Result<()> {
        files::create_dir(&self.dir)?;
        lock::create(&self.dir)
    }

    /// Starts the agent unless one runs, and returns when it holds the lock. Of the server's `data_dir` nothing is seen
    /// inside but this directory and the server's socket. Needs a tokio runtime.
    pub async fn spawn(&self, agent: &Path, role: Role, data_dir: &Path) -> io::Result<()> {
        if self.holder()?.is_some() {
            return Ok(());
        }
        let mut child = self.command(agent, role, data_dir)?.spawn()?;
        let deadline = Instant::now() + PATIENCE;
        while self.holder()?.is_none() {
            if let Some(status) = child.try_wait()? {
                let words = last_lines(&self.dir.join(AGENT_LOG), 3);
                return Err(io::Error::other(format!(
                    "the agent ended at once ({status}): {words}"
                )));
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the agent did not come up in time"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        // Only to take the exit status, or it would stay as a zombie.
        tokio::spawn(async move { child.wait().await });
        Ok(())
    }

    /// Runs the agent to its end and says how that was; at `patience` it is killed, with all that it started. Needs a
    /// tokio runtime.
    pub async fn run(
        &self,
        agent: &Path,
        role: Role,
        data_dir: &Path,
        patience: Duration,
    ) -> io::Result<std::process::ExitStatus> {
        let mut child = self
            .command(agent, role, data_dir)?
            .kill_on_drop(true)
            .spawn()?;
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => status,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it takes longer than {} s", patience.as_secs()),
            )),
        }
    }

    /// Process 1 of the sandbox, by its number on the host; none when nothing runs.
    pub fn holder(&self) -> io::Result<Option<Pid>> {
        match lock::open(&self.dir)? {
            Some(file) => lock::holder(&file),
            None => Ok(None),
        }
    }

    /// Ends every process, keeps the logs in `logs_to` if given, and removes the directory. Blocks until it is done,
    /// for a bounded time; ending what has ended is no error.
    pub fn end(&self, logs_to: Option<&Path>) -> io::Result<()> {
        if let Some(file) = lock::open(&self.dir)? {
            let deadline = Instant::now() + PATIENCE;
            while !lock::seize(&file)? {
                if let Some(pid) = lock::holder(&file)? {
                    kill_and_wait(pid, deadline)?;
                }
                if Instant::now() > deadline {
                    return Err(io::Error::other("the processes do not end"));
                }
                std::thread::sleep(PAUSE);
            }
            // From here to the removal of its name the lock is ours: an agent on its way up finds it taken or gone.
            files::remove_file(&self.dir.join(lock::LOCK_FILE))?;
        }
        if let Some(target) = logs_to {
            self.keep_logs(target)?;
        }
        files::remove_dir(&self.dir)
    }

    /// Signals the daemon of that name which the agent started; nothing when it does not run.
    pub fn signal(&self, daemon: &str, signal: Signal) -> io::Result<()> {
        let Some(agent) = self.holder()? else {
            return Ok(());
        };
        let children = format!("/proc/{agent}/task/{agent}/children");
        // What has ended meanwhile is not there to be signalled.
        let children = std::fs::read_to_string(children).unwrap_or_default();
        for child in children.split_whitespace() {
            let name = std::fs::read_to_string(format!("/proc/{child}/comm"));
            if let (true, Ok(pid)) = (name.is_ok_and(|n| n.trim_end() == daemon), child.parse()) {
                terminate(Pid::from_raw(pid), signal)?;
            }
        }
        Ok(())
    }

    /// Ends every process in order, and keeps the directory: what does not end by itself is killed. Blocks for a bounded
    /// time; what has ended is no error.
    pub fn pause(&self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let Some(agent) = self.holder()? else {
            return Ok(());
        };
        let started = start_time(agent);
        // Its number may be another's once it has ended.
        let lives = || started.is_some() && start_time(agent) == started;
        if lives() {
            terminate(agent, Signal::SIGTERM)?;
        }
        while lives() && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
        match lives() {
            true => kill_and_wait(agent, deadline + PATIENCE),
            false => Ok(()),
        }
    }

    /// The words to put before a command so that it runs with the sandbox's `/run`; none when nothing runs.
    pub fn enter(&self) -> io::Result<Option<Vec<OsString>>> {
        Ok(self.holder()?.map(|pid| nsenter(pid, &["-m"])))
    }

    /// As [`Self::enter`], for a person: also with the sandbox's processes and host name, in the directory `cwd`.
    pub fn login(&self, cwd: &Path) -> io::Result<Option<Vec<OsString>>> {
        let Some(pid) = self.holder()? else {
            return Ok(None);
        };
        let mut words = nsenter(pid, &["-m", "-p", "-u"]);
        let mut wdns = OsString::from("--wdns=");
        wdns.push(cwd);
        words.push(wdns);
        Ok(Some(words))
    }

    fn command(
        &self,
        agent: &Path,
        role: Role,
        data_dir: &Path,
    ) -> io::Result<tokio::process::Command> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.join(AGENT_LOG))?;
        let mut command = tokio::process::Command::new("unshare");
        command
            .args(namespaces())
            .arg(agent)
            .arg(role.name())
            .arg("--dir")
            .arg(&self.dir)
            .arg("--data-dir")
            .arg(data_dir)
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .current_dir("/")
            // Away from the terminal's Ctrl-C.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    fn keep_logs(&self, target: &Path) -> io::Result<()> {
        files::create_dir(target)?;
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().as_bytes().ends_with(b".log") {
                match std::fs::rename(entry.path(), target.join(entry.file_name())) {
                    // Somebody else ends it too, and was faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    moved => moved?,
                }
            }
        }
        Ok(())
    }
}

/// The arguments of `unshare`. Without root a user namespace comes first, in which the user keeps its own id: with id 0
/// slurmctld would call setgroups and die.
fn namespaces() -> Vec<&'static str> {
    let mut words = Vec::new();
    if !geteuid().is_root() {
        words.extend(["-U", "-c", "--keep-caps"]);
    }
    words.extend(["-m", "-u", "-p", "--fork", "--mount-proc", "--kill-child"]);
    words.extend(["--propagation", "private"]);
    words
}

fn nsenter(pid: Pid, namespaces: &[&str]) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["nsenter".into(), "-t".into(), pid.to_string().into()];
    if !geteuid().is_root() {
        words.extend(["-U".into(), "--preserve-credentials".into()]);
    }
    words.extend(namespaces.iter().map(OsString::from));
    words
}

/// That it has ended meanwhile is no error.
fn terminate(pid: Pid, signal: Signal) -> io::Result<()> {
    match kill(pid, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Kills process 1 of a sandbox. The lock is free a moment before the rest of its namespace is dead, but the kernel lets
/// process 1 become a zombie only after that: so wait for it.
fn kill_and_wait(pid: Pid, deadline: Instant) -> io::Result<()> {
    let Some(started) = start_time(pid) else {
        return Ok(());
    };
    terminate(pid, Signal::SIGKILL)?;
    while start_time(pid).as_ref() == Some(&started) && Instant::now() < deadline {
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// When a process started, in clock ticks after boot; none when it is dead or a zombie.
fn start_time(pid: Pid) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, also parentheses.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let state = fields.first()?;
    (!matches!(*state, "Z" | "X")).then(|| fields.get(19).map(|ticks| (*ticks).into()))?
}
