//! Files that only their owner may read: the data key, the first credentials, the first password.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::random::random_hex;

/// What the file holds, or, when there is none yet, what `make` gives, written first. Of several programs that
/// start at once one writes and all read the same; a crash leaves either no file or the whole one.
pub fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Zeroizing<Vec<u8>>,
) -> io::Result<Zeroizing<Vec<u8>>> {
    match read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    create(path, &make())?;
    read(path)
}

/// What the file holds. One that others may read is refused: its content is no secret any more.
pub fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path).map_err(|e| named(path, e))?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "{} may be read by others (mode {mode:o}). Make it yours alone: chmod 600 {0}",
                path.display()
            ),
        ));
    }
    let mut content = Zeroizing::new(Vec::new());
    file.read_to_end(&mut content).map_err(|e| named(path, e))?;
    Ok(content)
}

/// The hard link makes the whole file appear at once, and fails where one stands already.
fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", random_hex(8)));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    linked.and(removed).map_err(|e| named(path, e))
}

/// Has the file hold that instead: it holds the one or the other, whatever happens meanwhile.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let next = path.with_extension(format!("next-{}", random_hex(8)));
    create(&next, content)?;
    fs::rename(&next, path).map_err(|e| named(path, e))?;
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent).and_then(|directory| directory.sync_all())
}

fn named(path: &Path, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_content_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let make = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        assert_eq!(*read_or_create(&path, || make("one")).unwrap(), b"one");
        assert_eq!(*read_or_create(&path, || make("two")).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn another_content_takes_the_place_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        create(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(*read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = read(&path).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }
}
