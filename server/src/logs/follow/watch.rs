//! Whether anything changed in a log's files since they were read: a second in which nothing was written costs a look at their
//! directory, and neither opens a file nor asks the store.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{SETTLED, rotated};

/// What never changes is read all the same, now and then: the last line of a rotated file may have become whole by age.
const AGAIN: Duration = SETTLED;

/// The files as they were seen: device, inode, length, and when each was written to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(Vec<(u64, u64, u64, i64, i64)>);

/// Of one log.
pub struct Watch {
    path: PathBuf,
    read: Option<(Seen, Instant)>,
}

impl Watch {
    pub fn new(path: PathBuf) -> Watch {
        Watch { path, read: None }
    }

    /// What is there, if it is to be read; none: nothing has changed.
    pub fn news(&self) -> io::Result<Option<Seen>> {
        let mut seen = vec![];
        for path in rotated(&self.path)?.iter().chain([&self.path]) {
            match std::fs::symlink_metadata(path) {
                Ok(about) => seen.push((
                    about.dev(),
                    about.ino(),
                    about.len(),
                    about.mtime(),
                    about.mtime_nsec(),
                )),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let seen = Seen(seen);
        let is_known = self
            .read
            .as_ref()
            .is_some_and(|(known, at)| *known == seen && at.elapsed() < AGAIN);
        Ok((!is_known).then_some(seen))
    }

    /// All that was there then has been read.
    pub fn has_read(&mut self, seen: Seen) {
        self.read = Some((seen, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_changed_is_news() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        let mut watch = Watch::new(path.clone());
        let mut is_news = |what: &str| {
            let Some(seen) = watch.news().unwrap() else {
                return false;
            };
            // Not read yet: it stays news.
            assert_eq!(watch.news().unwrap(), Some(seen.clone()), "{what}");
            watch.has_read(seen);
            true
        };
        assert!(is_news("nothing is there"));
        assert!(!is_news("still nothing"));
        fs::write(&path, "one\n").unwrap();
        assert!(is_news("a line"));
        assert!(!is_news("no other"));
        fs::rename(&path, dir.path().join("slurmctld.log.1")).unwrap();
        assert!(!is_news("the same by another name"));
        fs::write(&path, "two\n").unwrap();
        assert!(is_news("begun anew"));
        fs::write(dir.path().join("other.log"), "no\n").unwrap();
        assert!(!is_news("another's"));
    }
}
