//! What process 1 of a sandbox does: a private `/run`, the lock, taking the exit status of every orphan, an orderly stop.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, sethostname};
use tokio::signal::unix::{SignalKind, signal};

use super::{Result, context, say};
use crate::sandbox::lock;

/// How long the processes of a sandbox may take to end by themselves when the host shuts down.
const GRACE: Duration = Duration::from_secs(10);

/// Process 1, ready to start others. It must live as long as the sandbox: the lock goes with it.
pub struct Init {
    _lock: File,
    stopping: Arc<AtomicBool>,
}

impl Init {
    pub fn new(dir: &Path) -> Result<Self> {
        if getpid() != Pid::from_raw(1) {
            return Err("this program must be process 1 of a sandbox".into());
        }
        let lock = context("take the lock", lock::take(dir))?;
        // Jobs and daemons expect the usual one; secrets are written with a mode of their own.
        umask(Mode::from_bits_truncate(0o022));
        context("mount a private /run", private_run())?;
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
        context("write /run/hosts", std::fs::write("/run/hosts", hosts))?;
        let bound = mount(
            Some("/run/hosts"),
            "/etc/hosts",
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        );
        context("bind /etc/hosts", bound.map_err(io::Error::from))
    }

    /// Waits until some child has ended, whoever started it; none when there is no child at all. Nobody else in this
    /// program may wait for a child: the status would be lost to one of the two.
    pub fn next_death(&self) -> Option<(Pid, String)> {
        loop {
            match waitpid(None, None) {
                Ok(WaitStatus::Exited(pid, code)) => {
                    return Some((pid, format!("exit status {code}")));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    return Some((pid, format!("signal {signal}")));
                }
                Err(Errno::ECHILD) => return None,
                _ => {}
            }
        }
    }
}

/// Mounts an empty `/run` over the host's and binds back what jobs need: name resolution and the user cache.
pub fn private_run() -> io::Result<()> {
    let kept: Vec<(PathBuf, OwnedFd)> = wanted_of_host()
        .into_iter()
        .filter_map(|path| {
            let fd = open(
                &path,
                OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
                Mode::empty(),
            );
            Some((path, fd.ok()?))
        })
        .collect();
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("tmpfs"),
        "/run",
        Some("tmpfs"),
        flags,
        Some("mode=0755"),
    )?;
    std::fs::create_dir("/run/lock")?;
    for (path, fd) in kept {
        std::fs::create_dir_all(&path)?;
        // The host's directory is hidden by now, but the descriptor still leads to it.
        let source = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(
            Some(source.as_str()),
            &path,
            None::<&str>,
            bind,
            None::<&str>,
        )?;
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

/// On SIGTERM everything in the sandbox gets it too, and a while later all is over.
fn stop_on_sigterm(stopping: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut terminations = {
        let _entered = runtime.enter();
        signal(SignalKind::terminate())?
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            runtime.block_on(terminations.recv());
            say("asked to stop");
            stopping.store(true, Ordering::SeqCst);
            // -1 is everything in this namespace but process 1.
            if let Err(error) = kill(Pid::from_raw(-1), Signal::SIGTERM) {
                say(&format!("cannot pass SIGTERM on: {error}"));
            }
            std::thread::sleep(GRACE);
            std::process::exit(0)
        })?;
    Ok(())
}
