//! What daemons log, and what of it is new since somebody last read.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// So much is read at once: more than a controller writes between two looks.
const MOST: u64 = 1024 * 1024;
/// More characters than any format of a line's time has.
const LONGEST_TIME: usize = 64;

/// A line's time and its words. `LogTimeFormat` says how the time is written, always in brackets.
pub fn stamped(line: &str) -> Option<(&str, &str)> {
    let (time, words) = line.strip_prefix('[')?.split_once("] ")?;
    let is_time = time.len() <= LONGEST_TIME && !time.contains(['[', ']']);
    is_time.then_some((time, words))
}

/// A daemon's log; it may not be there yet.
#[derive(Clone, Debug)]
pub struct DaemonLog {
    path: PathBuf,
}

impl DaemonLog {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In bytes. It grows with most of what happens.
    pub async fn size(&self) -> io::Result<u64> {
        Ok(tokio::fs::metadata(&self.path).await?.len())
    }

    /// The bytes after `before`, the last [`MOST`] of them at most, and where they begin. A log that is shorter now was
    /// begun anew, and is read from there.
    pub async fn since(&self, before: u64) -> io::Result<(u64, Vec<u8>)> {
        let mut file = tokio::fs::File::open(&self.path).await?;
        let end = file.metadata().await?.len();
        let before = if before > end { 0 } else { before };
        let start = before.max(end.saturating_sub(MOST));
        file.seek(io::SeekFrom::Start(start)).await?;
        let mut bytes = vec![];
        file.take(MOST).read_to_end(&mut bytes).await?;
        Ok((start, bytes))
    }

    /// Its end, [`MOST`] bytes at most; nothing when it is not there.
    pub async fn text(&self) -> String {
        self.text_since(0).await
    }

    /// The same of what is after the bytes `before`.
    pub async fn text_since(&self, before: u64) -> String {
        let (_, bytes) = self.since(before).await.unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_new_is_read_and_a_new_log_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        let log = DaemonLog::at(&path);
        assert_eq!(log.text().await, "");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(log.since(4).await.unwrap(), (4, b"two\n".to_vec()));
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(log.since(8).await.unwrap(), (0, b"new\n".to_vec()));
        std::fs::write(&path, vec![b'x'; MOST as usize + 5]).unwrap();
        let (start, bytes) = log.since(0).await.unwrap();
        assert_eq!((start, bytes.len() as u64), (5, MOST));
    }
}
