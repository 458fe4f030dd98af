//! What instances that ended have logged: kept for some time, and not more than so much of it. A job array of instances
//! that fail to boot fills a disk within days.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use openpcs_agent::files;

/// Of all instances together, in bytes.
pub const MOST: u64 = 1 << 30;

/// Removes directories in which nothing was put since then, and of the others the oldest, until they have no more than that.
pub fn prune(dir: &Path, before: SystemTime, most: u64) -> io::Result<()> {
    let mut kept: Vec<(SystemTime, PathBuf)> = vec![];
    for name in files::dir_names(dir)? {
        let of = dir.join(name);
        let put_at = of.metadata()?.modified()?;
        match put_at < before {
            true => files::remove_dir(&of)?,
            false => kept.push((put_at, of)),
        }
    }
    kept.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0_u64;
    for (_, of) in kept {
        sum = sum.saturating_add(size(&of)?);
        if sum > most {
            files::remove_dir(&of)?;
        }
    }
    Ok(())
}

/// Of the files in it: there are no directories.
fn size(dir: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        sum += entry?.metadata().as_ref().map_or(0, Metadata::len);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, create_dir};
    use std::time::Duration;

    use super::*;

    /// With a log of that many bytes, so many seconds old.
    fn put(dir: &Path, name: &str, bytes: usize, age: u64) {
        let of = dir.join(name);
        create_dir(&of).unwrap();
        fs::write(of.join("agent.log"), "x".repeat(bytes)).unwrap();
        let at = SystemTime::now() - Duration::from_secs(age);
        File::open(&of).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn old_logs_go_and_of_too_many_the_oldest() {
        for (most, kept) in [
            (u64::MAX, &["i-1", "i-2", "i-3"][..]),
            (300, &["i-1", "i-2", "i-3"]),
            (299, &["i-1", "i-2"]),
            (150, &["i-1"]),
            (0, &[]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            for (name, age) in [("i-3", 30), ("i-1", 10), ("i-2", 20), ("i-4", 120)] {
                put(dir.path(), name, 100, age);
            }
            let before = SystemTime::now() - Duration::from_secs(60);
            prune(dir.path(), before, most).unwrap();
            assert_eq!(files::dir_names(dir.path()).unwrap(), kept, "{most}");
            prune(&dir.path().join("nothing"), before, most).unwrap();
        }
    }
}
