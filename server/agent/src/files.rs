//! Writing files so that a crash leaves the old one or the new one, and secrets so that only their owner reads them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A secret: read and written by its owner only.
pub const SECRET: u32 = 0o600;
/// No secret; the directory above it is closed anyway.
pub const PLAIN: u32 = 0o644;
/// What anybody may run.
pub const PROGRAM: u32 = 0o755;

/// Makes a directory, and those above it, that only the owner can enter.
pub fn create_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a directory that everybody can look into, whatever our umask is.
pub fn create_open_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

/// Writes all of a file or nothing.
pub fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let fresh = fresh(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&fresh)?;
    // The mode above is only asked for: the umask may take from it.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    sync_parent(path)
}

/// Makes `link` point to `target`, whatever it was before.
pub fn link(target: &Path, link: &Path) -> io::Result<()> {
    if std::fs::read_link(link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    let fresh = fresh(link);
    remove_file(&fresh)?;
    symlink(target, &fresh)?;
    std::fs::rename(&fresh, link)
}

/// What is in a file; none when it is not there.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a file; one that is not there is no error.
pub fn remove_file(path: &Path) -> io::Result<()> {
    found(std::fs::remove_file(path))
}

/// Removes a directory and all in it; one that is not there is no error.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    found(std::fs::remove_dir_all(path))
}

/// The names of the directories in a directory, sorted; none when it is not there.
pub fn dir_names(path: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// The names of the files in a directory, sorted.
pub fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Where a file's next content is written first: another name each time, for the server and an agent may write the same
/// file at the same moment.
fn fresh(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}-{count}", std::process::id()));
    name.into()
}

fn found(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_open_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurm.key");
        std::fs::write(&path, "open to all").unwrap();
        write(&path, b"k", SECRET).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, SECRET);
        assert_eq!(std::fs::read(&path).unwrap(), b"k");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_follows_the_program() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("resume");
        for target in ["/one", "/two", "/two"] {
            link(Path::new(target), &path).unwrap();
            assert_eq!(std::fs::read_link(&path).unwrap(), Path::new(target));
        }
    }
}
