//! Slurm for a host whose image has none: fetched from the server, and put where it was built to be.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::protocol::{PACKAGED_LIBRARIES, Package, this_architecture};
use crate::{Result, context, files, say};

/// How long fetching it may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// More than that is no Slurm.
const MOST_BYTES: u64 = 1 << 30;
/// For the libraries that the host lacks.
const LIBRARIES: &str = "/opt/openpcs/lib";
/// Where the dynamic linker learns of them.
const LINKER: &str = "/etc/ld.so.conf.d/openpcs.conf";

/// Of these the one for this host.
pub fn fitting(packages: &[Package]) -> Option<&Package> {
    let own = this_architecture();
    packages.iter().find(|package| package.architecture == own)
}

/// Fetches and unpacks it; the directory of this Slurm.
pub fn install(endpoint: &str, version: &str, package: &Package) -> Result<PathBuf> {
    let root = Path::new(&package.root);
    let name = format!("slurm-{version}");
    let (slurm, new) = (root.join(&name), root.join(format!(".{name}.new")));
    say(&format!("fetching Slurm {version} from {endpoint}"));
    context("remove what was half unpacked", files::remove_dir(&new))?;
    context("make its directory", files::create_open_dir(root))?;
    context("make its directory", files::create_open_dir(&new))?;
    let file = new.join("package.tar.gz");
    let architecture = &package.architecture;
    let url = format!("{endpoint}/instance/v1/slurm/{version}/{architecture}");
    let sha256 = fetch(&url, &file)?;
    if sha256 != package.sha256 {
        return Err(format!(
            "what {url} gave is not what the server promised: its SHA-256 is {sha256}, not {}",
            package.sha256
        ));
    }
    ran(Command::new("tar")
        .args(["--extract", "--gzip", "--no-same-owner", "--file"])
        .arg(&file)
        .arg("--directory")
        .arg(&new))?;
    context(
        "put Slurm in its place",
        fs::rename(new.join(&name), &slurm),
    )?;
    context("remove the package", files::remove_dir(&new))?;
    add_libraries(&slurm.join(PACKAGED_LIBRARIES))?;
    // What still lacks something, as a newer C library, says so here.
    ran(Command::new(slurm.join("sbin/slurmd")).arg("-V"))?;
    Ok(slurm)
}

/// The SHA-256 of what came, in hexadecimal.
fn fetch(url: &str, to: &Path) -> Result<String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .proxy(None)
        .build();
    let agent: ureq::Agent = config.into();
    let answer = agent
        .get(url)
        .call()
        .map_err(|error| format!("{url}: {error}"))?;
    let mut from = answer.into_body().into_reader().take(MOST_BYTES);
    let mut out = Hashed {
        file: context("write the package", File::create(to))?,
        hash: Sha256::new(),
    };
    io::copy(&mut from, &mut out).map_err(|error| format!("{url}: {error}"))?;
    Ok(hex::encode(out.hash.finalize()))
}

struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Those that this host has are left alone: its programs go on with what they were made for.
fn add_libraries(packaged: &Path) -> Result<()> {
    let known = output(Command::new("ldconfig").arg("--print-cache"))?;
    let mut added = vec![];
    for entry in context("list the libraries", fs::read_dir(packaged))? {
        let path = context("list the libraries", entry)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !has(&known, &name) {
            let made = files::create_open_dir(Path::new(LIBRARIES));
            context("make the directory of libraries", made)?;
            context(
                "copy a library",
                fs::copy(&path, Path::new(LIBRARIES).join(&name)),
            )?;
            added.push(name);
        }
    }
    if added.is_empty() {
        return Ok(());
    }
    say(&format!("this host lacked {}", added.join(", ")));
    let line = format!("{LIBRARIES}\n");
    let told = files::write(Path::new(LINKER), line.as_bytes(), files::PLAIN);
    context("tell the dynamic linker", told)?;
    ran(&mut Command::new("ldconfig"))
}

/// Whether the linker's cache has a library of that name: `\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1`.
fn has(cache: &str, name: &str) -> bool {
    let mut names = cache
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names.any(|known| known == name)
}

fn ran(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// What it says, or what it says of its failure.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let done = command
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr);
        return Err(format!(
            "{name} ended with {}: {}",
            done.status,
            words.trim()
        ));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_the_host_has_is_known_by_its_whole_name() {
        let cache = "2 libs found in cache `/etc/ld.so.cache'\n\
                     \tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1\n\
                     \tlibjwt.so.0 (libc6,x86-64) => /lib/libjwt.so.0\n";
        for (name, known) in [
            ("libz.so.1", true),
            ("libz.so", false),
            ("libjwt.so.0", true),
            ("libb64.so.0d", false),
        ] {
            assert_eq!(has(cache, name), known, "{name}");
        }
    }

    #[test]
    fn the_package_is_of_this_hosts_kind() {
        let of = |architecture: &str| Package {
            architecture: architecture.into(),
            sha256: String::new(),
            root: "/opt".into(),
        };
        let both = [of("arm64"), of("x86_64")];
        let own = fitting(&both).map(|package| package.architecture.as_str());
        let here = if std::env::consts::ARCH == "aarch64" {
            "arm64"
        } else {
            "x86_64"
        };
        assert_eq!(own, Some(here));
        assert_eq!(fitting(&[]), None);
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let failed = output(Command::new("sh").args(["-c", "echo lacks a library >&2; exit 3"]));
        assert!(failed.unwrap_err().contains("lacks a library"));
    }
}
