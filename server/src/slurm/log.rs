//! What slurmctld has logged since somebody last read.

use std::io;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// So much is read at once: more than a controller writes between two looks.
const MOST: u64 = 1024 * 1024;

/// The bytes after `before`, the last [`MOST`] of them at most, and where they begin. A log that is shorter now was
/// begun anew, and is read from there.
pub async fn since(log: &Path, before: u64) -> io::Result<(u64, Vec<u8>)> {
    let mut file = tokio::fs::File::open(log).await?;
    let end = file.metadata().await?.len();
    let before = if before > end { 0 } else { before };
    let start = before.max(end.saturating_sub(MOST));
    file.seek(io::SeekFrom::Start(start)).await?;
    let mut bytes = vec![];
    file.take(MOST).read_to_end(&mut bytes).await?;
    Ok((start, bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_new_is_read_and_a_new_log_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("slurmctld.log");
        std::fs::write(&log, "one\ntwo\n").unwrap();
        assert_eq!(since(&log, 4).await.unwrap(), (4, b"two\n".to_vec()));
        std::fs::write(&log, "new\n").unwrap();
        assert_eq!(since(&log, 8).await.unwrap(), (0, b"new\n".to_vec()));
        std::fs::write(&log, vec![b'x'; MOST as usize + 5]).unwrap();
        let (start, bytes) = since(&log, 0).await.unwrap();
        assert_eq!((start, bytes.len() as u64), (5, MOST));
    }
}
