//! What process 1 of a sandbox does: a private `/run`, the server's directory out of sight, the lock, taking the exit
//! status of every orphan, an orderly stop.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, gethostname, getpid, sethostname};

use super::signals::on_sigterm;
use super::{Result, context, say};
use crate::protocol::SLURMCTLD_DAEMON;
use crate::{door, lock, place};

/// How long the processes of a sandbox may take to end by themselves when the host shuts down.
const GRACE: Duration = Duration::from_secs(10);
/// How often the dead are looked for while something else is to happen soon.
const POLL: Duration = Duration::from_millis(50);

/// Process 1, ready to start others. It must live as long as the sandbox: the lock goes with it.
pub struct Init {
    _lock: File,
    stopping: Arc<AtomicBool>,
}

impl Init {
    /// Of `data_dir` only `dir`, the server's socket and `others` stay in sight.
    pub fn new(dir: &Path, data_dir: &Path, others: &[PathBuf]) -> Result<Self> {
        if getpid() != Pid::from_raw(1) {
            return Err("this program must be process 1 of a sandbox".into());
        }
        let lock = context("take the lock", lock::take(dir))?;
        // Jobs and daemons expect the usual one; secrets are written with a mode of their own.
        umask(Mode::from_bits_truncate(0o022));
        context("mount a private /run", private_run())?;
        context("hide the server's directory", hide(data_dir, dir, others))?;
        context("keep the lock", keep_lock(dir))?;
        let stopping = Arc::new(AtomicBool::new(false));
        context("wait for signals", stop_on_sigterm(stopping.clone()))?;
        Ok(Self {
            _lock: lock,
            stopping,
        })
    }

    /// Whether the sandbox was asked to end: nothing is to be started any more.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub fn set_host_name(&self, name: &str) -> Result<()> {
        context(
            "set the host name",
            sethostname(name).map_err(io::Error::from),
        )?;
        self.listen_on_loopback(name)
    }

    /// Makes the host's name mean loopback inside the sandbox: Slurm's daemons bind the address of that name, and must
    /// not be reached from other hosts.
    pub fn listen_on_loopback(&self, name: &str) -> Result<()> {
        let known = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
        let hosts = format!("127.0.0.1 {name} localhost\n{known}");
        let own = Path::new("/run/hosts");
        context("write /run/hosts", std::fs::write(own, hosts))?;
        context("bind /etc/hosts", bind_hosts(own))
    }

    /// Makes the names of all nodes of the cluster known, those to come as well. A cluster of before may have no such
    /// file yet.
    pub fn know_nodes(&self, hosts: &Path) -> Result<()> {
        match hosts.exists() {
            true => context("bind the names of the nodes", bind_hosts(hosts)),
            false => Ok(()),
        }
    }

    /// The same for the host's own name, under which controllers stand in slurm.conf.
    pub fn listen_as_host(&self) -> Result<()> {
        let name = context("read the host name", gethostname().map_err(Into::into))?;
        self.listen_on_loopback(&name.to_string_lossy())
    }

    /// Waits until some child has ended, whoever started it; none when there is no child at all. Nobody else in this
    /// program may wait for a child: the status would be lost to one of the two.
    pub fn next_death(&self) -> Option<(Pid, String)> {
        loop {
            match waitpid(None, None).map(death) {
                Ok(Some(death)) => return Some(death),
                Err(Errno::ECHILD) => return None,
                _ => {}
            }
        }
    }

    /// The same, until then at the latest.
    pub fn next_death_until(&self, due: Option<Instant>) -> Wait {
        let Some(due) = due else {
            let death = self.next_death();
            return death.map_or(Wait::Nobody, |(pid, how)| Wait::Died(pid, how));
        };
        loop {
            if let Ok(Some((pid, how))) = waitpid(None, Some(WaitPidFlag::WNOHANG)).map(death) {
                return Wait::Died(pid, how);
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Wait::Due;
            }
            std::thread::sleep(left.min(POLL));
        }
    }

    /// Kills every other process of the sandbox, and takes their exit status.
    pub fn end_all(&self) {
        // No process is there any more: that is what is wanted.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
        while self.next_death().is_some() {}
    }
}

/// How waiting for a death ended.
pub enum Wait {
    /// This one, as `exit status 0` or `signal SIGKILL`.
    Died(Pid, String),
    /// There is no child at all.
    Nobody,
    /// Nobody died in time.
    Due,
}

fn death(status: WaitStatus) -> Option<(Pid, String)> {
    match status {
        WaitStatus::Exited(pid, code) => Some((pid, format!("exit status {code}"))),
        WaitStatus::Signaled(pid, signal, _) => Some((pid, format!("signal {signal}"))),
        _ => None,
    }
}

fn bind_hosts(file: &Path) -> io::Result<()> {
    Ok(mount(
        Some(file),
        "/etc/hosts",
        NOTHING,
        MsFlags::MS_BIND,
        NOTHING,
    )?)
}

/// Mounts an empty `/run` over the host's and binds back what jobs need: name resolution and the user cache.
pub fn private_run() -> io::Result<()> {
    let kept = held(wanted_of_host());
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    cover(Path::new("/run"), flags)?;
    std::fs::create_dir("/run/lock")?;
    bring_back(&kept)
}

/// Covers the server's directory so that of all that is in it only our own part is left, and to read the socket and the
/// others.
fn hide(data_dir: &Path, own: &Path, others: &[PathBuf]) -> io::Result<()> {
    let own = held([own.to_owned()]);
    let others = held(others.iter().cloned().chain([place::dir(data_dir)]));
    cover(data_dir, HIDING)?;
    bring_back(&own)?;
    bring_back(&others)?;
    // Where jobs run as the server's user they could put a socket of their own in its place.
    for (path, _) in &others {
        read_only(path)?;
    }
    // Nobody should believe that what is written there stays.
    read_only(data_dir)
}

/// What is mounted there is only read from now on.
fn read_only(place: &Path) -> io::Result<()> {
    let flags = HIDING | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NOTHING, place, NOTHING, flags, NOTHING)?)
}

/// Binds the lock over itself to read: what is mounted here can be neither removed nor replaced from inside, where jobs may
/// be of the server's user. The server's own view is another, so it still removes the file. Nothing here opens it: closing
/// it again would give up the lock.
fn keep_lock(dir: &Path) -> io::Result<()> {
    let lock = dir.join(lock::LOCK_FILE);
    mount(Some(&lock), &lock, NOTHING, MsFlags::MS_BIND, NOTHING)?;
    read_only(&lock)
}

const NOTHING: Option<&str> = None;
/// Of the mounts in and over the server's directory.
const HIDING: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);
const DIRECTORY: OFlag = OFlag::O_PATH
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// Those of the directories that are there, held open.
fn held(paths: impl IntoIterator<Item = PathBuf>) -> Vec<(PathBuf, OwnedFd)> {
    let hold = |path: PathBuf| {
        let fd = open(&path, DIRECTORY, Mode::empty()).ok()?;
        Some((path, fd))
    };
    paths.into_iter().filter_map(hold).collect()
}

/// Mounts an empty file system over a directory.
fn cover(dir: &Path, flags: MsFlags) -> io::Result<()> {
    let kind = Some("tmpfs");
    Ok(mount(kind, dir, kind, flags, Some("mode=0755"))?)
}

/// Binds directories back to where they were. They are hidden by now, but the descriptors still lead to them.
fn bring_back(kept: &[(PathBuf, OwnedFd)]) -> io::Result<()> {
    for (path, fd) in kept {
        std::fs::create_dir_all(path)?;
        let source = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(Some(source.as_str()), path, NOTHING, flags, NOTHING)?;
    }
    Ok(())
}

/// Directories below `/run`, not single files: their owners replace files by renaming, which a bound file would not see.
fn wanted_of_host() -> Vec<PathBuf> {
    let mut wanted = vec![PathBuf::from("/run/nscd")];
    if let Ok(file) = Path::new("/etc/resolv.conf").canonicalize()
        && let Some(dir) = file.parent()
        && dir.starts_with("/run")
        && dir != Path::new("/run")
    {
        wanted.push(dir.into());
    }
    wanted
}

/// On SIGTERM everything in the sandbox gets it too, and a while later all is over. Nobody's connection to slurmctld is cut.
fn stop_on_sigterm(stopping: Arc<AtomicBool>) -> io::Result<()> {
    on_sigterm(move || {
        say("asked to stop");
        stopping.store(true, Ordering::SeqCst);
        door::close(SLURMCTLD_DAEMON);
        // -1 is everything in this namespace but process 1.
        if let Err(error) = kill(Pid::from_raw(-1), Signal::SIGTERM) {
            say(&format!("cannot pass SIGTERM on: {error}"));
        }
        std::thread::sleep(GRACE);
        std::process::exit(0)
    })
}
