//! Where Slurm is on this host's image.

use std::path::{Path, PathBuf};

use super::install::{fitting, install};
use crate::Result;
use crate::protocol::Claimed;
use crate::steps::Steps;

/// Images for AWS PCS have it in the first place.
const ROOTS: [&str; 2] = ["/opt/aws/pcs/scheduler", "/opt/openpcs/scheduler"];

/// The image's own, or else what the server has for this host.
pub fn find_or_install(endpoint: &str, node: &Claimed, steps: &Steps) -> Result<PathBuf> {
    let version = &node.slurm_version;
    let lacking = match find(version) {
        Ok(found) => return Ok(found),
        Err(lacking) => lacking,
    };
    let package = fitting(&node.packages).ok_or(lacking)?;
    let found = install(endpoint, version, package)?;
    steps.reached("slurm-installed", Some(found.display().to_string()));
    Ok(found)
}

/// The directory of that version, as `…/slurm-24.11`; `OPENPCS_SCHEDULER_ROOT` says where to look first.
fn find(version: &str) -> Result<PathBuf> {
    let first = std::env::var_os("OPENPCS_SCHEDULER_ROOT").map(PathBuf::from);
    let roots: Vec<PathBuf> = first.into_iter().chain(ROOTS.map(PathBuf::from)).collect();
    find_in(&roots, version)
}

fn find_in(roots: &[PathBuf], version: &str) -> Result<PathBuf> {
    let prefix = |root: &PathBuf| root.join(format!("slurm-{version}"));
    let has_slurmd = |prefix: &PathBuf| Path::new(&prefix.join("sbin/slurmd")).is_file();
    let found = roots.iter().map(prefix).find(has_slurmd);
    found.ok_or_else(|| {
        let places: Vec<String> = roots
            .iter()
            .map(|root| prefix(root).display().to_string())
            .collect();
        format!(
            "this image has no Slurm {version}: there is no sbin/slurmd in {}, and the server has no package of it for this \
             architecture. Make one there with `openpcs package-slurm {version}`, or choose an image with it for the group",
            places.join(" or ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_that_has_the_version_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let roots = ["a", "b", "c"].map(|name| dir.path().join(name));
        assert!(find_in(&roots, "24.11").unwrap_err().contains("24.11"));
        for root in &roots[1..] {
            let sbin = root.join("slurm-24.11/sbin");
            std::fs::create_dir_all(&sbin).unwrap();
            std::fs::write(sbin.join("slurmd"), "").unwrap();
        }
        let found = find_in(&roots, "24.11").unwrap();
        assert_eq!(found, roots[1].join("slurm-24.11"));
        assert!(find_in(&roots, "25.05").is_err());
    }
}
