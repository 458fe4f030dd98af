//! What a host's administrator says of Slurm versions, in `ROOT/versions.json` beside them:
//!
//! ```json
//! { "24.11": { "endOfLife": "2026-05-31", "suspendFrom": "2027-01-31" } }
//! ```
//!
//! Dates are days in UTC. What is left out is as the catalogue has it: `endOfLife` is when AWS's rule ends it, and without
//! `suspendFrom` no cluster is ever suspended. The file is looked at each time, and read when it is another: what it says is so
//! at once.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::Deserialize;

/// Of one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Dates {
    /// The day after which it gets no corrections.
    pub end_of_life: Option<NaiveDate>,
    /// From that day on clusters with it are suspended.
    pub suspend_from: Option<NaiveDate>,
}

pub type ByVersion = BTreeMap<String, Dates>;

/// What was read last: it is asked for at each look of each cluster.
static LAST: Mutex<Option<Read>> = Mutex::new(None);

/// A file as it was read.
struct Read {
    file: PathBuf,
    stamp: Option<Stamp>,
    dates: ByVersion,
    /// What was wrong with it: it is told once.
    wrong: Option<String>,
}

/// By which a file is known to be the same: inode, bytes, and when it was changed, to the nanosecond.
type Stamp = (u64, u64, i64, i64);

/// None where there is no file.
fn stamp(file: &Path) -> Option<Stamp> {
    let of = std::fs::metadata(file).ok()?;
    Some((of.ino(), of.size(), of.ctime(), of.ctime_nsec()))
}

/// Of one that was changed just now the next change might bear the same time: clocks of file systems tick slowly.
fn is_settled(stamp: Option<Stamp>) -> bool {
    let now = chrono::Utc::now().timestamp();
    stamp.is_none_or(|(_, _, changed_at, _)| now > changed_at + 1)
}

/// A poisoned lock holds what was read all the same.
fn last() -> MutexGuard<'static, Option<Read>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn file(scheduler_root: &Path) -> PathBuf {
    scheduler_root.join("versions.json")
}

/// What the file says; nothing where there is none. Fails if it cannot be understood.
pub fn read(scheduler_root: &Path) -> anyhow::Result<ByVersion> {
    let file = file(scheduler_root);
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ByVersion::new()),
        Err(error) => return Err(error).context(format!("cannot read {}", file.display())),
    };
    serde_json::from_slice(&text).with_context(|| {
        format!(
            "{} is not understood; write it as {{\"24.11\": {{\"endOfLife\": \"2026-05-31\", \"suspendFrom\": \
             \"2027-01-31\"}}}}",
            file.display()
        )
    })
}

/// The same for a server that runs: a file that it cannot understand suspends nobody.
pub fn read_or_none(scheduler_root: &Path) -> ByVersion {
    let file = file(scheduler_root);
    // Before it is read: what comes meanwhile is read the next time.
    let stamp = stamp(&file);
    let mut last = last();
    let is_same = |read: &&Read| read.file == file && read.stamp == stamp && is_settled(stamp);
    if let Some(read) = last.as_ref().filter(is_same) {
        return read.dates.clone();
    }
    let (dates, wrong) = match read(scheduler_root) {
        Ok(dates) => (dates, None),
        Err(error) => (ByVersion::new(), Some(format!("{error:#}"))),
    };
    let told = last.as_ref().and_then(|read| read.wrong.as_ref());
    if let Some(words) = wrong.as_ref().filter(|words| told != Some(words)) {
        tracing::error!(words, "no cluster is suspended until this is mended");
    }
    *last = Some(Read {
        file,
        stamp,
        dates: dates.clone(),
        wrong,
    });
    dates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> anyhow::Result<ByVersion> {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(file(root.path()), text).unwrap();
        read(root.path())
    }

    #[test]
    fn what_is_written_is_so_at_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read_or_none(root.path()), ByVersion::new());
        for day in ["2027-01-31", "2027-02-28", "2027-02-28"] {
            let text = format!(r#"{{"24.11": {{"suspendFrom": "{day}"}}}}"#);
            std::fs::write(file(root.path()), text).unwrap();
            let dates = read_or_none(root.path());
            assert_eq!(dates["24.11"].suspend_from, day.parse().ok());
            assert_eq!(read_or_none(root.path()), dates);
        }
        std::fs::write(file(root.path()), "[]").unwrap();
        assert!(!is_settled(stamp(&file(root.path()))));
        assert_eq!(read_or_none(root.path()), ByVersion::new());
        std::fs::remove_file(file(root.path())).unwrap();
        assert_eq!(read_or_none(root.path()), ByVersion::new());
    }

    #[test]
    fn days_are_read_and_all_else_is_refused() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read(root.path()).unwrap(), ByVersion::new());
        let dates = read_text(r#"{"24.11": {"suspendFrom": "2027-01-31"}}"#).unwrap();
        let from = NaiveDate::from_ymd_opt(2027, 1, 31);
        assert_eq!(dates["24.11"].suspend_from, from);
        for wrong in [
            "",
            "[]",
            r#"{"24.11": "2027-01-31"}"#,
            r#"{"24.11": {"suspendFrom": "31.1.2027"}}"#,
            r#"{"24.11": {"suspendFrom": "2027-02-30"}}"#,
            r#"{"24.11": {"suspend": "2027-01-31"}}"#,
        ] {
            let words = format!("{:#}", read_text(wrong).unwrap_err());
            assert!(words.contains("suspendFrom"), "{wrong}: {words}");
        }
    }
}
