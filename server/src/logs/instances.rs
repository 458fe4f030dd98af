//! What instances have logged, for after their end: kept for some time, and not more than so much of it. A job array of
//! instances that fail to boot fills a disk within days.
//!
//! Of instances of this host the files themselves are kept, by the provider. Of others each log is a file `NAME.json`, a
//! [`NodeLog`]: what their agents sent last, and what the provider had of one that did not come up.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use app::model::node::NodeLog;
use openpcs_agent::files;

/// Of all instances together, in bytes.
pub const MOST: u64 = 1 << 30;
/// Logs of one instance: slurmd's, and one of each script.
const LOGS: usize = 100;
const SENT: &str = ".json";

/// Where they are: a directory for each instance, by its id.
pub fn dir(data_dir: &Path) -> PathBuf {
    data_dir.join("logs/instances")
}

/// That of one.
pub fn of(data_dir: &Path, instance_id: &str) -> PathBuf {
    dir(data_dir).join(instance_id)
}

/// Whether it can be the name of a log; it becomes that of a file.
pub fn is_name(name: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=128).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_of_it)
}

/// Keeps a log, whose name is one, instead of the one before. Of an instance with very many, no more are kept.
pub fn keep(of: &Path, log: &NodeLog) -> io::Result<()> {
    files::create_dir(of)?;
    let path = of.join(format!("{}{SENT}", log.name));
    if !path.exists() && files::names(of)?.len() >= LOGS {
        return Ok(());
    }
    files::write(&path, &serde_json::to_vec(log)?, files::SECRET)
}

/// What was sent of an instance, by name; nothing of one of which nothing was.
pub fn sent(of: &Path) -> Vec<NodeLog> {
    let files = sent_files(of);
    files
        .filter_map(|file| serde_json::from_slice(&fs::read(file).ok()?).ok())
        .collect()
}

/// When the last of them was, in milliseconds since 1970; none where none was.
pub fn sent_at(of: &Path) -> Option<i64> {
    let times = sent_files(of).filter_map(|file| file.metadata().ok()?.modified().ok());
    let newest = times.max()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(newest.as_millis()).ok()
}

fn sent_files(of: &Path) -> impl Iterator<Item = PathBuf> {
    let names = files::names(of).unwrap_or_default().into_iter();
    let logs = names.filter(|name| name.ends_with(SENT));
    logs.map(|name| of.join(name))
}

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
    fn the_last_of_each_log_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let of = dir.path().join("i-1");
        assert_eq!((sent(&of), sent_at(&of)), (vec![], None));
        let log = |name: &str, text: &str| NodeLog {
            name: name.into(),
            text: text.into(),
            is_cut: true,
        };
        for (name, text) in [
            ("slurmd.log", "1"),
            ("console", "login:"),
            ("slurmd.log", "2"),
        ] {
            keep(&of, &log(name, text)).unwrap();
        }
        let kept = [log("console", "login:"), log("slurmd.log", "2")];
        assert_eq!(sent(&of), kept);
        assert!(sent_at(&of).is_some_and(|at| at > 0));
        for number in 0..LOGS {
            keep(&of, &log(&format!("script-{number}.log"), "")).unwrap();
        }
        keep(&of, &log("slurmd.log", "3")).unwrap();
        let all = sent(&of);
        assert_eq!(all.len(), LOGS);
        assert!(all.contains(&log("slurmd.log", "3")));
    }

    #[test]
    fn a_name_is_no_way_to_another_place() {
        for name in ["slurmd.log", "user-data-00_a.sh.log", &"a".repeat(128)] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            ".a",
            "a b",
            "é",
            "a\0",
            &"a".repeat(129),
        ] {
            assert!(!is_name(name), "{name}");
        }
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
