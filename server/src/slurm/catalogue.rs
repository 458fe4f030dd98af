//! Which Slurm versions there are, and which of them this host can run.
//!
//! Versions live side by side as `ROOT/slurm-MAJOR/{bin,sbin,lib}` (C6). The settings that each takes are in
//! [`super::settings`].

use std::path::{Path, PathBuf};

use app::model::catalogue::SlurmVersion;

pub use super::settings::{Part, Place, Scope, check};
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
    VERSIONS
        .into_iter()
        .map(|(id, end_of_life)| SlurmVersion {
            id: id.to_owned(),
            name: format!("Slurm {id}"),
            end_of_life: end_of_life.to_owned(),
            installed: prefix(scheduler_root, id).join("sbin/slurmctld").is_file(),
            has_accounting: database::is_there(&prefix(scheduler_root, id)),
            has_rest: rest::is_there(&prefix(scheduler_root, id)),
        })
        .collect()
}

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
    fn versions_and_their_ends_ascend() {
        assert!(VERSIONS.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
    }
}
