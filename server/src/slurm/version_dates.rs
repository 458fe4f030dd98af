//! What a host's administrator says of Slurm versions, in `ROOT/versions.json` beside them:
//!
//! ```json
//! { "24.11": { "endOfLife": "2026-05-31", "suspendFrom": "2027-01-31" } }
//! ```
//!
//! Dates are days in UTC. What is left out is as the catalogue has it: `endOfLife` is when AWS's rule ends it, and without
//! `suspendFrom` no cluster is ever suspended. The file is read anew each time: what it says is so at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

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

/// What was wrong with the file when it was read last: it is read often, and told once.
static TOLD: Mutex<Option<String>> = Mutex::new(None);

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
    let (dates, wrong) = match read(scheduler_root) {
        Ok(dates) => (dates, None),
        Err(error) => (ByVersion::new(), Some(format!("{error:#}"))),
    };
    // A poisoned lock holds words all the same.
    let mut told = TOLD.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(words) = wrong.as_ref().filter(|_| *told != wrong) {
        tracing::error!(words, "no cluster is suspended until this is mended");
    }
    *told = wrong;
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
