//! One process for one data directory, as far as the kernel sees: another host, or a copy of the directory, has a lock of
//! its own. There the database decides, and needs to know which processes have certainly ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::random::random_hex;

/// How long a server waits for its predecessor to end: a restart begins while the old one is still closing.
const HANDOVER: Duration = Duration::from_secs(5);
/// Changes with each start of the host.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// Bytes of the names.
const NAME_BYTES: usize = 8;

/// Held as long as the server lives.
pub struct Lock {
    _file: File,
    /// What this lock is called: the same for all processes that cannot have it at one time.
    name: String,
    /// The name of this process: begins with the lock's.
    pub process: String,
}

impl Lock {
    /// Waits a little for a process that has it.
    pub fn take(data_dir: &Path) -> anyhow::Result<Lock> {
        let path = data_dir.join("lock");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        let deadline = Instant::now() + HANDOVER;
        while matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(100));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "Another server uses {}. Stop it, or start this one with another --data-dir.",
                data_dir.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let name = name(&file).with_context(|| format!("cannot look at {}", path.display()))?;
        Ok(Lock {
            process: format!("{name}-{}", random_hex(NAME_BYTES)),
            name,
            _file: file,
        })
    }

    /// How the names of processes begin that have ended, for this one has their lock.
    pub fn gone(&self) -> String {
        format!("{}-", self.name)
    }
}

/// Of the file itself, not of its path, under the kernel that locks it.
fn name(file: &File) -> std::io::Result<String> {
    // A host that does not tell has a name of its own each time: it waits for whoever was before, if anybody can be.
    let boot = std::fs::read_to_string(BOOT).unwrap_or_else(|_| random_hex(NAME_BYTES));
    let found = file.metadata()?;
    let all = format!("{} {} {}", boot.trim(), found.dev(), found.ino());
    Ok(hex::encode(&Sha256::digest(all)[..NAME_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_same_lock_knows_that_those_before_have_ended() {
        let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Lock::take(dir.path()).unwrap();
        let before = first.process.clone();
        drop(first);
        let next = Lock::take(dir.path()).unwrap();
        assert!(next.process != before && before.starts_with(&next.gone()));
        let other = Lock::take(copy.path()).unwrap();
        assert!(!before.starts_with(&other.gone()));
        // As another host does that does not see the lock.
        std::fs::remove_file(dir.path().join("lock")).unwrap();
        let unseen = Lock::take(dir.path()).unwrap();
        assert!(!next.process.starts_with(&unseen.gone()));
    }
}
