//! Keeps the logs of a sandbox from growing for ever: what is in the file moves to `NAME.1`, and the file goes on empty.
//!
//! The file stays the same one, so nobody who writes to it has to be told: agents and Slurm's daemons append.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;

use super::{files, say};

/// A log that has grown past this is moved. With the one before, a log takes twice as much at most.
const MOST: u64 = 32 * 1024 * 1024;
const LOOK: Duration = Duration::from_secs(60);

/// Looks after the logs of a directory as long as the agent lives.
pub fn start(dir: &Path) {
    let dir: PathBuf = dir.into();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK);
            if let Err(error) = rotate(&dir, MOST) {
                say(&format!("the logs are not rotated: {error}"));
            }
        }
    });
}

/// Each for itself: the directory may be a job's to write in, and what is put there must not keep the logs from being
/// looked after. The first error, if there was one.
fn rotate(dir: &Path, most: u64) -> io::Result<()> {
    let mut rotated = Ok(());
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "log") {
            rotated = rotated.and(rotate_one(&path, most));
        }
    }
    rotated
}

/// Lines that are written in between go on with the new file or are lost; there are few. A way to another file is followed
/// neither to the log nor to the one before.
pub fn rotate_one(path: &Path, most: u64) -> io::Result<()> {
    let found = std::fs::symlink_metadata(path)?;
    if !found.is_file() || found.len() <= most {
        return Ok(());
    }
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let mut options = File::options();
    let log = options
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let length = log.metadata()?.len();
    let before = path.with_extension("log.1");
    files::remove_file(&before)?;
    let mut options = File::options();
    let mut copy = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&before)?;
    io::copy(&mut (&log).take(length), &mut copy)?;
    log.set_len(0)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

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
        rotate(dir.path(), 10).unwrap();
        assert_eq!(std::fs::read(&others).unwrap(), b"ten years of work");
        assert_eq!(std::fs::read(path("slurmd.log")).unwrap(), b"");
        assert_eq!(std::fs::read(path("slurmd.log.1")).unwrap(), b"0123456789!");
        // What cannot be moved is said, and the others are.
        std::fs::write(path("slurmd.log"), "0123456789?").unwrap();
        std::fs::write(path("a1.log"), "0123456789?").unwrap();
        std::fs::create_dir(path("a1.log.1")).unwrap();
        assert!(rotate(dir.path(), 10).is_err());
        assert_eq!(std::fs::read(path("slurmd.log.1")).unwrap(), b"0123456789?");
    }

    #[test]
    fn a_long_log_goes_on_empty_for_whoever_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        let mut writer = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        writer.write_all(b"0123456789").unwrap();
        rotate(dir.path(), 10).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 10, "not long enough");
        writer.write_all(b"!").unwrap();
        rotate(dir.path(), 10).unwrap();
        writer.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let before = std::fs::read(dir.path().join("slurmctld.log.1")).unwrap();
        assert_eq!(before, b"0123456789!");
    }
}
