//! The data key's file: the key itself, or what KMS made of it (C13), which begins with a word that says so.

use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use crate::auth::private_file;
use crate::auth::seal::{self, Seal};
use crate::data_dir::DataDir;
use crate::provider::aws;

/// What a wrapped one begins with; base64 follows. A key in clear is shorter than anything that KMS makes.
const WRAPPED: &[u8] = b"kms:";

/// The seal of the directory; none where it has no key.
pub async fn open(dir: &Path) -> anyhow::Result<Option<Seal>> {
    let path = dir.join(seal::FILE);
    if !path.exists() {
        return Ok(None);
    }
    let content = private_file::read(&path)?;
    let key = match wrapped(&content)? {
        Some(wrapped) => unwrap(&wrapped).await?,
        None => content,
    };
    Ok(Some(Seal::of_file(&path, &key)?))
}

/// Has the directory's key wrapped by that key of KMS, if it is in clear. It was there in clear, and perhaps in backups.
pub async fn wrap(dir: &DataDir, kms_key: &str) -> anyhow::Result<()> {
    let path = dir.path().join(seal::FILE);
    let key = private_file::read(&path)?;
    if wrapped(&key)?.is_some() {
        return Ok(());
    }
    let wrapped = aws::wrap(kms_key, &key).await?;
    // Before the only key there is goes.
    ensure!(
        *unwrap(&wrapped).await? == *key,
        "KMS does not give back the data key that it wrapped by {kms_key}. It stays in clear: name another --kms-key, or none."
    );
    let mut content = Zeroizing::new(WRAPPED.to_vec());
    content.extend(BASE64.encode(&wrapped).into_bytes());
    private_file::replace(&path, &content)?;
    dir.give(&path)?;
    tracing::info!(
        kms_key,
        "the data key is wrapped by KMS now; older backups have it in clear"
    );
    Ok(())
}

async fn unwrap(wrapped: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let key = aws::unwrap(wrapped).await;
    let key = key.context(
        "the data key is wrapped by AWS KMS, and KMS does not unwrap it. This command needs the server's AWS credentials \
         and region",
    )?;
    Ok(Zeroizing::new(key))
}

fn wrapped(content: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(text) = content.strip_prefix(WRAPPED) else {
        return Ok(None);
    };
    let wrapped = BASE64.decode(text.trim_ascii_end());
    let wrapped = wrapped.context(
        "the file `data-key` says that KMS wrapped it, and is damaged. Put it back from a backup",
    )?;
    Ok(Some(wrapped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kms_made_is_told_from_a_key() {
        assert_eq!(wrapped(&[7; 32]).unwrap(), None);
        assert_eq!(wrapped(b"kms:a2V5\n").unwrap(), Some(b"key".to_vec()));
        let damaged = wrapped(b"kms:!").unwrap_err().to_string();
        assert!(damaged.contains("backup"), "{damaged}");
    }
}
