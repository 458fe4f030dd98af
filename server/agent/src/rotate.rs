//! Keeps the logs of a sandbox from growing for ever: what is in the file moves to `NAME.1`.
//!
//! Slurm's daemons open theirs anew when they are told to, as for `logrotate`: not a line is lost. Of others the file stays the
//! same one and goes on empty.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{files, processes, say};

/// A log that has grown past this is moved. With the one before, a log takes twice as much at most.
const MOST: u64 = 32 * 1024 * 1024;
const LOOK: Duration = Duration::from_secs(10);
/// Logs, and the daemons that write them: slurmctld(8), slurmdbd(8) and slurmd(8), SIGUSR2.
const WRITERS: [(&str, &str); 4] = [
    ("slurmctld.log", "slurmctld"),
    ("jobcomp.log", "slurmctld"),
    ("slurmdbd.log", "slurmdbd"),
    ("slurmd.log", "slurmd"),
];

/// Looks after the logs of a directory as long as the agent lives.
pub fn start(dir: &Path) {
    let dir: PathBuf = dir.into();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK);
            if let Err(error) = rotate(&dir, MOST, tell) {
                say(&format!("the logs are not rotated: {error}"));
            }
        }
    });
}

/// Each for itself: the directory may be a job's to write in, and what is put there must not keep the logs from being
/// looked after. The first error, if there was one.
fn rotate(dir: &Path, most: u64, tell: impl Fn(&str)) -> io::Result<()> {
    let mut rotated = Ok(());
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "log") {
            let writer = WRITERS.iter().find(|(log, _)| path.ends_with(log));
            rotated = rotated.and(match writer {
                Some(_) => move_one(&path, most),
                None => rotate_one(&path, most),
            });
        }
    }
    for (log, writer) in WRITERS {
        let path = dir.join(log);
        // Also one that was told before, and did not do it.
        if before(&path).exists() && !path.exists() {
            tell(writer);
        }
    }
    rotated
}

/// Tells a daemon that its log was moved, if it listens yet: the signal would end one that just begins.
fn tell(daemon: &str) {
    for process in processes::named(daemon) {
        if processes::awaits(process, Signal::SIGUSR2) {
            // One that has ended begins a new log when it is there again.
            let _ = kill(Pid::from_raw(process), Signal::SIGUSR2);
        }
    }
}

fn is_due(path: &Path, most: u64) -> io::Result<bool> {
    let found = std::fs::symlink_metadata(path)?;
    Ok(found.is_file() && found.len() > most)
}

fn before(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// Who writes it goes on in the same file until it is told.
fn move_one(path: &Path, most: u64) -> io::Result<()> {
    if !is_due(path, most)? {
        return Ok(());
    }
    let before = before(path);
    files::remove_file(&before)?;
    std::fs::rename(path, before)
}

/// For one whom nobody can tell: what is written after the end was read and before the file is emptied is lost. A way to
/// another file is followed neither to the log nor to the one before.
pub fn rotate_one(path: &Path, most: u64) -> io::Result<()> {
    if !is_due(path, most)? {
        return Ok(());
    }
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let mut options = File::options();
    let mut log = options
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let before = before(path);
    files::remove_file(&before)?;
    let mut options = File::options();
    let mut copy = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&before)?;
    io::copy(&mut log, &mut copy)?;
    log.set_len(0)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    fn nobody(_: &str) {}

    #[test]
    fn what_a_job_puts_beside_a_log_is_not_followed_and_keeps_no_log_from_its_turn() {
        let dir = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let others = home.path().join("thesis");
        std::fs::write(&others, "ten years of work").unwrap();
        std::fs::create_dir(path("a.log")).unwrap();
        symlink("/no/such", path("b.log")).unwrap();
        symlink(&others, path("c.log")).unwrap();
        symlink(&others, path("slurmd.log.1")).unwrap();
        std::fs::write(path("slurmd.log"), "0123456789!").unwrap();
        rotate(dir.path(), 10, nobody).unwrap();
        assert_eq!(std::fs::read(&others).unwrap(), b"ten years of work");
        assert!(!path("slurmd.log").exists());
        assert_eq!(std::fs::read(path("slurmd.log.1")).unwrap(), b"0123456789!");
        // What cannot be moved is said, and the others are.
        std::fs::write(path("slurmd.log"), "0123456789?").unwrap();
        std::fs::write(path("a1.log"), "0123456789?").unwrap();
        std::fs::create_dir(path("a1.log.1")).unwrap();
        assert!(rotate(dir.path(), 10, nobody).is_err());
        assert_eq!(std::fs::read(path("slurmd.log.1")).unwrap(), b"0123456789?");
    }

    #[test]
    fn a_long_log_goes_on_empty_for_whoever_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.log");
        let mut writer = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        writer.write_all(b"0123456789").unwrap();
        rotate(dir.path(), 10, nobody).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 10, "not long enough");
        writer.write_all(b"!").unwrap();
        rotate(dir.path(), 10, nobody).unwrap();
        writer.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let before = std::fs::read(dir.path().join("agent.log.1")).unwrap();
        assert_eq!(before, b"0123456789!");
    }

    #[test]
    fn who_writes_a_log_that_was_moved_is_told_until_there_is_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let told = || {
            let told = RefCell::new(vec![]);
            let tell = |daemon: &str| told.borrow_mut().push(daemon.to_owned());
            rotate(dir.path(), 10, tell).unwrap();
            told.into_inner()
        };
        assert_eq!(told(), [""; 0], "none is there");
        std::fs::write(path("jobcomp.log"), "0123456789!").unwrap();
        std::fs::write(path("slurmdbd.log"), "short").unwrap();
        assert_eq!(told(), ["slurmctld"]);
        assert_eq!(told(), ["slurmctld"], "there is none yet");
        std::fs::write(path("jobcomp.log"), "new").unwrap();
        assert_eq!(told(), [""; 0]);
        let before = std::fs::read(path("jobcomp.log.1")).unwrap();
        assert_eq!(before, b"0123456789!");
    }
}
