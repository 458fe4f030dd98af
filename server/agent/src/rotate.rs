//! Keeps the logs of a sandbox from growing for ever: what is in the file moves to `NAME.1`, and the file goes on empty.
//!
//! The file stays the same one, so nobody who writes to it has to be told: agents and Slurm's daemons append.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::say;

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

/// Lines that are written in between go on with the new file or are lost; there are few.
fn rotate(dir: &Path, most: u64) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_log = path.extension().is_some_and(|ending| ending == "log");
        if is_log && std::fs::metadata(&path)?.len() > most {
            std::fs::copy(&path, path.with_extension("log.1"))?;
            OpenOptions::new().write(true).open(&path)?.set_len(0)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

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
