//! Records into files of this host: a new one for each hour, where S3 would have its objects.
//!
//! Its length is noted before a batch is appended; a batch that is sent again begins where the first one did. Whoever cuts
//! it back holds it, and has the cluster: what another process appended since is not cut off.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use openpcs_provider::lease::{self, Lease};
use sha2::{Digest, Sha256};

use super::batch::{Batch, Limits};
use super::{Attempt, Failure, Sent};

pub const LIMITS: Limits = Limits {
    records: 20_000,
    bytes: 4 << 20,
    overhead: 1,
};

/// How long a task that was ended before it had written is waited for.
const HANDOVER: Duration = Duration::from_secs(5);

pub struct Directory {
    root: PathBuf,
    /// In each file's name: two deliveries may share the directory.
    hash: String,
    /// None where no other process can have the cluster.
    lease: Option<Lease>,
}

impl Directory {
    pub fn new(root: PathBuf, delivery_id: &str, lease: Option<Lease>) -> Directory {
        let hash = hex::encode(&Sha256::digest(delivery_id)[..5]);
        Directory { root, hash, lease }
    }

    pub(super) fn file(&self, batch: &Batch) -> PathBuf {
        self.root.join(batch.object(&self.hash))
    }

    /// The length of the file.
    pub(super) async fn mark(&self, batch: &Batch) -> Result<String, Failure> {
        let file = self.file(batch);
        match tokio::fs::metadata(&file).await {
            Ok(found) => Ok(found.len().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok("0".into()),
            Err(error) => Err(failed(&file, &error)),
        }
    }

    pub(super) async fn send(&self, batch: &Batch, attempt: &Attempt) -> Result<Sent, Failure> {
        let (path, text) = (self.file(batch), batch.text());
        let length = attempt.mark.parse().unwrap_or(0);
        let why = |error: std::io::Error| failed(&path, &error);
        let held = {
            let path = path.clone();
            blocking(move || hold(&path)).await.map_err(why)?
        };
        // Whoever takes the cluster now waits for the file.
        lease::check(self.lease.as_ref())?;
        let (path, is_first) = (path.clone(), length == 0);
        let write = move || {
            append(held, length, &text)?;
            match path.parent() {
                Some(folder) if is_first => File::open(folder)?.sync_all(),
                _ => Ok(()),
            }
        };
        blocking(write).await.map_err(why)?;
        Ok(Sent::All { refused: 0 })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|ended| Err(std::io::Error::other(ended)))
}

/// The file, into which nobody else writes until it is dropped.
fn hold(path: &Path) -> std::io::Result<File> {
    if !path.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path.parent().unwrap_or(path))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path)?;
    let deadline = Instant::now() + HANDOVER;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(std::io::Error::other("another process holds the file"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Cuts the file back to that length and appends; all of it is on the disk then.
fn append(mut file: File, length: u64, text: &[u8]) -> std::io::Result<()> {
    // Somebody may have shortened it meanwhile: no hole is made.
    let length = length.min(file.metadata()?.len());
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(text)?;
    file.sync_data()
}

fn failed(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!(
        "Records cannot be written to {}: {error}. Check that the disk has room and the server may write there; it is \
         tried again.",
        file.display()
    );
    Failure::new("SinkDirectory", message)
}
