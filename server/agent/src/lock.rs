//! The lock that says who a sandbox is: a `fcntl` write lock that the agent holds as long as it lives.
//!
//! The kernel releases it on any kind of death, so nothing here can be stale as a pid file can. The agent's lock is a
//! plain POSIX one, because `F_GETLK` then names the holder. The server takes an open-file-description lock when it
//! ends a sandbox, because a POSIX lock of its own would vanish as soon as another thread closed the same file.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::unistd::Pid;

/// The file's name in the directory of a sandbox.
pub const LOCK_FILE: &str = "lock";

/// Makes the file unless it is there.
pub fn create(dir: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(LOCK_FILE))
        .map(drop)
}

/// The file, or none when there is no such sandbox.
pub fn open(dir: &Path) -> io::Result<Option<File>> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .open(dir.join(LOCK_FILE));
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the lock for this process, for good: the agent's way. Refused when another agent has it, when the server is
/// about to end the sandbox, or when the sandbox ended since the file was opened.
pub fn take(dir: &Path) -> io::Result<File> {
    let gone = || io::Error::other(format!("{} is no longer wanted", dir.display()));
    let file = open(dir)?.ok_or_else(gone)?;
    match fcntl(&file, FcntlArg::F_SETLK(&write_lock())) {
        Ok(_) => {}
        Err(Errno::EAGAIN | Errno::EACCES) => {
            let message = format!("another process has the lock of {}", dir.display());
            return Err(io::Error::other(message));
        }
        Err(error) => return Err(error.into()),
    }
    let named = std::fs::metadata(dir.join(LOCK_FILE)).map_err(|_| gone())?;
    if identity(&named) != identity(&file.metadata()?) {
        return Err(gone());
    }
    Ok(file)
}

/// The process that holds the lock, by its number here. A server that is just ending the sandbox does not count.
pub fn holder(file: &File) -> io::Result<Option<Pid>> {
    let mut lock = write_lock();
    fcntl(file, FcntlArg::F_GETLK(&mut lock))?;
    match lock.l_pid {
        _ if lock.l_type == libc::F_UNLCK as libc::c_short => Ok(None),
        -1 => Ok(None),
        0 => Err(io::Error::other(
            "the sandbox is held by a process that cannot be seen from here: \
             the server runs in another container than the one it was started in",
        )),
        pid => Ok(Some(Pid::from_raw(pid))),
    }
}

/// Takes the lock if it is free, so that no agent can any more: the server's way. It lasts as long as `file`.
pub fn seize(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&write_lock())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn write_lock() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}
