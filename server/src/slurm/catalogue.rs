//! Which Slurm versions there are, and which of them this host can run.
//!
//! Versions live side by side as `ROOT/slurm-MAJOR/{bin,sbin,lib}` (C6); what the administrator says of their dates is in
//! [`super::version_dates`]. The settings that each takes are in [`super::settings`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use anyhow::ensure;
use app::model::catalogue::SlurmVersion;
use tokio::process::Command;
use tokio::sync::Mutex;

pub use super::settings::{Part, Place, Scope, check};
use super::version_dates::{self, ByVersion};
use super::{database, rest};

/// Major versions and the day after which no new cluster may use them: 18 months after SchedMD's release, at the
/// end of the month, as AWS does.
const VERSIONS: [(&str, &str); 6] = [
    ("23.11", "2025-05-31"),
    ("24.05", "2025-11-30"),
    ("24.11", "2026-05-31"),
    ("25.05", "2026-11-30"),
    ("25.11", "2027-05-31"),
    ("26.05", "2027-11-30"),
];

/// Every version of the catalogue, oldest first, with whether its binaries are under `scheduler_root`.
pub fn versions(scheduler_root: &Path) -> Vec<SlurmVersion> {
    let said = version_dates::read_or_none(scheduler_root);
    VERSIONS
        .into_iter()
        .map(|(id, end_of_life)| SlurmVersion {
            id: id.to_owned(),
            name: format!("Slurm {id}"),
            end_of_life: end_of(&said, id).unwrap_or_else(|| end_of_life.to_owned()),
            suspended_from: suspended_from(&said, id),
            installed: prefix(scheduler_root, id).join("sbin/slurmctld").is_file(),
            has_accounting: database::is_there(&prefix(scheduler_root, id)),
            has_rest: rest::is_there(&prefix(scheduler_root, id)),
        })
        .collect()
}

/// The day from which on clusters with that version are suspended, as `2027-01-31`, if the administrator has said so.
pub fn suspension(scheduler_root: &Path, version: &str) -> Option<String> {
    suspended_from(&version_dates::read_or_none(scheduler_root), version)
}

/// Refuses what the administrator says of versions if it is not understood, or suspends what is still maintained.
pub fn check_dates(scheduler_root: &Path) -> anyhow::Result<()> {
    let said = version_dates::read(scheduler_root)?;
    let file = version_dates::file(scheduler_root);
    let known = VERSIONS.map(|(id, _)| id);
    for id in said.keys() {
        ensure!(
            known.contains(&id.as_str()),
            "{} names Slurm {id}; there are {}",
            file.display(),
            known.join(", ")
        );
    }
    for version in versions(scheduler_root) {
        let Some(from) = &version.suspended_from else {
            continue;
        };
        ensure!(
            *from > version.end_of_life,
            "{} suspends clusters with Slurm {} from {from} on, which is maintained until {}: name a later day",
            file.display(),
            version.id,
            version.end_of_life
        );
    }
    Ok(())
}

fn end_of(said: &ByVersion, version: &str) -> Option<String> {
    let day = said.get(version)?.end_of_life?;
    Some(day.to_string())
}

fn suspended_from(said: &ByVersion, version: &str) -> Option<String> {
    let day = said.get(version)?.suspend_from?;
    Some(day.to_string())
}

/// How long a program may take to say which version it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// The directory of a version's `bin` and `sbin`.
pub fn prefix(scheduler_root: &Path, version: &str) -> PathBuf {
    scheduler_root.join(format!("slurm-{version}"))
}

/// What slurmctld loads, if set-up made it: `server/slurmctld/warm.c`, for versions whose functions are those that it calls
/// (`slurmctld/slurmctld.h`, `interfaces/prep.h`). All others work without.
pub fn library(scheduler_root: &Path, version: &str) -> Option<PathBuf> {
    const FITS: [&str; 3] = ["23.11", "24.05", "24.11"];
    let library = scheduler_root.join("slurmctld-warm.so");
    (FITS.contains(&version) && library.is_file()).then_some(library)
}

/// A file, as it was last written.
type Program = (PathBuf, Option<SystemTime>);

/// What each slurmctld said, while it is the same file. There are as many as versions were installed.
static SAID: LazyLock<Mutex<HashMap<Program, String>>> = LazyLock::new(Mutex::default);

/// With its correction, as `24.11.5`, as slurmctld of that version says, which needs no configuration for it, as others do;
/// without it where it does not.
pub async fn exact(prefix: &Path, version: &str) -> String {
    let program = prefix.join("sbin/slurmctld");
    let changed = tokio::fs::metadata(&program).await;
    let changed = changed.and_then(|about| about.modified()).ok();
    let mut known = SAID.lock().await;
    let of = (program, changed);
    if let Some(said) = known.get(&of) {
        return said.clone();
    }
    let said = said_version(&of.0, "-V").await;
    let Some(said) = said.filter(|said| said.starts_with(version)) else {
        return version.to_owned();
    };
    known.insert(of, said.clone());
    said
}

/// `24.11.5` of a program that says `slurm 24.11.5`.
pub async fn said_version(program: &Path, option: &str) -> Option<String> {
    let mut asked = Command::new(program);
    asked.arg(option).stdin(Stdio::null()).kill_on_drop(true);
    let said = tokio::time::timeout(PATIENCE, asked.output()).await;
    let said = said.ok()?.ok().filter(|said| said.status.success())?;
    let text = String::from_utf8(said.stdout).ok()?;
    Some(text.split_whitespace().last()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_loaded_where_it_fits() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(library(root.path(), "24.11"), None, "set-up made none");
        let file = root.path().join("slurmctld-warm.so");
        std::fs::write(&file, "").unwrap();
        assert_eq!(library(root.path(), "24.11"), Some(file));
        assert_eq!(library(root.path(), "26.05"), None, "nobody has compared");
    }

    #[test]
    fn a_version_is_installed_when_its_controller_is_there() {
        let root = tempfile::tempdir().unwrap();
        let sbin = prefix(root.path(), "24.11").join("sbin");
        std::fs::create_dir_all(&sbin).unwrap();
        std::fs::write(sbin.join("slurmctld"), "").unwrap();
        let installed: Vec<String> = versions(root.path())
            .into_iter()
            .filter(|v| v.installed)
            .map(|v| v.id)
            .collect();
        assert_eq!(installed, ["24.11"]);
    }

    #[test]
    fn the_administrators_dates_count_and_suspend_nothing_that_is_maintained() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let says = |text: &str| std::fs::write(version_dates::file(root), text).unwrap();
        assert_eq!(suspension(root, "24.11"), None);
        says(r#"{"24.11": {"endOfLife": "2026-06-30", "suspendFrom": "2027-01-31"}}"#);
        check_dates(root).unwrap();
        assert_eq!(suspension(root, "24.11").as_deref(), Some("2027-01-31"));
        let all = versions(root);
        let of = |id: &str| all.iter().find(|version| version.id == id).unwrap();
        assert_eq!(of("24.11").end_of_life, "2026-06-30");
        assert_eq!(of("25.05").suspended_from, None);
        for (wrong, words) in [
            (
                r#"{"25.11": {"suspendFrom": "2027-01-31"}}"#,
                "maintained until",
            ),
            (r#"{"20.02": {}}"#, "there are 23.11"),
            ("no", "not understood"),
        ] {
            says(wrong);
            let told = format!("{:#}", check_dates(root).unwrap_err());
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(
            suspension(root, "24.11"),
            None,
            "nobody is suspended by mistake"
        );
    }

    #[test]
    fn versions_and_their_ends_ascend() {
        assert!(VERSIONS.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
    }
}
