//! Records into files of this host: a new one for each hour, where S3 would have its objects.
//!
//! Its length is noted before a batch is appended; a batch that is sent again begins where the first one did.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::batch::{Batch, Limits};
use super::{Attempt, Failure, Sent};

pub const LIMITS: Limits = Limits {
    records: 20_000,
    bytes: 2 << 20,
    overhead: 1,
};

pub struct Directory {
    root: PathBuf,
    /// In each file's name: two deliveries may share the directory.
    hash: String,
}

impl Directory {
    pub fn new(root: PathBuf, delivery_id: &str) -> Directory {
        let hash = hex::encode(&Sha256::digest(delivery_id)[..5]);
        Directory { root, hash }
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
        let (file, text) = (self.file(batch), batch.text());
        let length = attempt.mark.parse().unwrap_or(0);
        let written = {
            let file = file.clone();
            tokio::task::spawn_blocking(move || append(&file, length, &text)).await
        };
        let written = written.unwrap_or_else(|ended| Err(std::io::Error::other(ended)));
        written.map_err(|error| failed(&file, &error))?;
        Ok(Sent::All { refused: 0 })
    }
}

/// Cuts the file back to that length and appends; all of it is on the disk then.
fn append(path: &Path, length: u64, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let is_new = !path.exists();
    if is_new {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(path)?;
    // Somebody may have shortened it meanwhile: no hole is made.
    let length = length.min(file.metadata()?.len());
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(text)?;
    file.sync_data()?;
    if is_new {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn failed(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!(
        "Records cannot be written to {}: {error}. Check that the disk has room and the server may write there; it is \
         tried again.",
        file.display()
    );
    Failure::new("SinkDirectory", message)
}
