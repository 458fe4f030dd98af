//! A package of an installed Slurm for nodes whose image has none: `openpcs package-slurm` makes it, nodes fetch it from
//! the server, and the agent unpacks it where it is on this host, for that place is compiled into Slurm.
//!
//! ```text
//! slurm-24.11-x86_64.tar.gz   slurm-24.11/{bin,sbin,lib}      as it is here
//!                             slurm-24.11/lib/openpcs/        the libraries that it uses, for nodes that lack them
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use openpcs_agent::protocol::PACKAGED_LIBRARIES;

use super::catalogue::prefix;

/// Of glibc, which a node has or cannot run this Slurm at all.
const OF_THE_SYSTEM: [&str; 8] = [
    "ld-linux",
    "libc.so",
    "libdl.so",
    "libm.so",
    "libnsl",
    "libpthread",
    "libresolv",
    "librt.so",
];

/// `slurm-24.11-x86_64.tar.gz`.
pub fn file_name(version: &str, architecture: &str) -> String {
    format!("slurm-{version}-{architecture}.tar.gz")
}

/// Writes the package into the directory; its file.
pub fn make(
    scheduler_root: &Path,
    version: &str,
    architecture: &str,
    to: &Path,
) -> anyhow::Result<PathBuf> {
    let slurm = prefix(scheduler_root, version);
    anyhow::ensure!(
        slurm.join("sbin/slurmd").is_file(),
        "There is no Slurm {version} to package: {} is missing.",
        slurm.join("sbin/slurmd").display()
    );
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    let stage = tempfile::tempdir_in(to)
        .with_context(|| format!("nothing can be written in {}", to.display()))?;
    let name = format!("slurm-{version}");
    let libraries = stage.path().join(&name).join(PACKAGED_LIBRARIES);
    fs::create_dir_all(&libraries)?;
    for (library, file) in used(&slurm)? {
        fs::copy(&file, libraries.join(&library))
            .with_context(|| format!("{} cannot be copied", file.display()))?;
    }
    let new = stage.path().join("package");
    let mut tar = Command::new("tar");
    tar.args([
        "--create",
        "--gzip",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--file",
    ]);
    tar.arg(&new)
        .arg("--directory")
        .arg(scheduler_root)
        .arg(&name);
    tar.arg("--directory")
        .arg(stage.path())
        .arg(format!("{name}/{PACKAGED_LIBRARIES}"));
    ran(&mut tar)?;
    let package = to.join(file_name(version, architecture));
    fs::rename(&new, &package)
        .with_context(|| format!("{} cannot be written", package.display()))?;
    Ok(package)
}

/// The libraries that this Slurm's programs and plugins use beside its own, by the names that they ask for.
fn used(slurm: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut used = BTreeMap::new();
    for directory in ["bin", "sbin", "lib/slurm"] {
        for entry in fs::read_dir(slurm.join(directory))? {
            let file = entry?.path();
            if file.is_file() {
                // Of a script it says that it is none of its files, and nothing else.
                let said = Command::new("ldd")
                    .arg(&file)
                    .output()
                    .context("ldd cannot run")?;
                used.extend(listed(&String::from_utf8_lossy(&said.stdout)));
            }
        }
    }
    used.retain(|_, file| !file.starts_with(slurm));
    Ok(used)
}

/// What `ldd` lists, without what is of the system.
fn listed(said: &str) -> impl Iterator<Item = (String, PathBuf)> {
    said.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" => ")?;
        let name = name.trim();
        let file = rest.split(" (").next()?.trim();
        let is_of_the_system = OF_THE_SYSTEM.iter().any(|of| name.starts_with(of));
        let is_there = file.starts_with('/') && !is_of_the_system;
        is_there.then(|| (name.to_owned(), file.into()))
    })
}

fn ran(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_owned();
    let name = name.display();
    let done = command
        .output()
        .with_context(|| format!("{name} cannot run"))?;
    let words = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "{name} failed: {}", words.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_may_lack_is_packaged() {
        let said = "\tlinux-vdso.so.1 (0x7ffd)\n\
                    \tlibslurmfull.so => /opt/slurm-24.11/lib/slurm/libslurmfull.so (0x7f)\n\
                    \tlibhwloc.so.15 => /lib/x86_64-linux-gnu/libhwloc.so.15 (0x7f)\n\
                    \tlibodd.so.1 => not found\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x7f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x7f)\n";
        let names: Vec<String> = listed(said).map(|(name, _)| name).collect();
        assert_eq!(names, ["libslurmfull.so", "libhwloc.so.15"]);
        assert_eq!(listed("\tnot a dynamic executable\n").count(), 0);
    }

    #[test]
    fn a_version_that_is_not_here_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let refused = make(dir.path(), "24.11", "x86_64", dir.path()).unwrap_err();
        assert!(
            refused.to_string().contains("slurm-24.11/sbin/slurmd"),
            "{refused}"
        );
    }
}
