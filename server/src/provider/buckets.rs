//! Buckets that are directories of this host, for who has no S3: `s3://BUCKET/KEY` is the file `BUCKET/KEY` below the directory
//! of buckets, where there is a directory of that name. All other buckets are S3's.
//!
//! Whoever may change a cluster names keys, and only the administrator puts files there: no key leads out of its bucket.

use std::io::{ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

use app::model::lifecycle::ScriptSource;
use openpcs_provider::ProviderError;
use openpcs_provider::script::{Location, NOT_FETCHED, REFUSED};
use tokio::io::AsyncReadExt;

/// The directory below which they are. It need not be there.
#[derive(Clone, Debug)]
pub struct Buckets(PathBuf);

impl Buckets {
    pub fn below(directory: PathBuf) -> Buckets {
        Buckets(directory)
    }

    /// The object, if it has no more bytes than that; none where its bucket is S3's.
    pub async fn read(
        &self,
        at: &Location,
        most: usize,
    ) -> Option<std::result::Result<Vec<u8>, ProviderError>> {
        let object = at.address.strip_prefix(ScriptSource::S3)?;
        let (bucket, key) = object.split_once('/')?;
        let bucket = self.0.join(own(bucket)?);
        if !tokio::fs::metadata(&bucket).await.ok()?.is_dir() {
            return None;
        }
        let told = |code: &str, why: &str| ProviderError {
            code: code.into(),
            message: format!("{}: {why} (in {}).", at.address, bucket.display()),
        };
        if at.version.is_some() {
            let why = "a directory keeps no versions: leave s3VersionId out";
            return Some(Err(told(REFUSED, why)));
        }
        let Some(key) = own(key) else {
            return Some(Err(told(REFUSED, "the key names no file of it")));
        };
        Some(match read(&bucket, &key, most).await {
            Ok(bytes) if bytes.len() > most => {
                Err(told(REFUSED, &format!("it has more than {most} bytes")))
            }
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(told(REFUSED, "there is no such file"))
            }
            Err(error) => Err(told(NOT_FETCHED, &error.to_string())),
        })
    }
}

/// The same path, if it only goes downwards.
fn own(path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let goes_down = path
        .components()
        .all(|it| matches!(it, Component::Normal(_)));
    (goes_down && path.components().next().is_some()).then(|| path.to_owned())
}

/// A byte more than that, of a file that is larger.
async fn read(bucket: &Path, key: &Path, most: usize) -> Result<Vec<u8>> {
    let bucket = tokio::fs::canonicalize(bucket).await?;
    let file = tokio::fs::canonicalize(bucket.join(key)).await?;
    // A link may lead elsewhere, and what is no file may have no end.
    if !file.starts_with(&bucket) || !tokio::fs::metadata(&file).await?.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let mut bytes = vec![];
    let file = tokio::fs::File::open(file).await?;
    let limit = most as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_key_is_a_file_of_its_bucket_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let scripts = directory.path().join("buckets/scripts");
        std::fs::create_dir_all(scripts.join("a")).unwrap();
        std::fs::write(scripts.join("a/rules"), "good").unwrap();
        std::fs::write(scripts.join("large"), "x".repeat(11)).unwrap();
        std::fs::write(directory.path().join("secret"), "bad").unwrap();
        std::fs::write(directory.path().join("buckets/file"), "bad").unwrap();
        symlink("../../secret", scripts.join("out")).unwrap();
        symlink("a/rules", scripts.join("in")).unwrap();
        nix::unistd::mkfifo(&scripts.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let buckets = Buckets::below(directory.path().join("buckets"));
        for (address, version, right) in [
            ("s3://scripts/a/rules", None, Some(Ok("good"))),
            ("s3://scripts/in", None, Some(Ok("good"))),
            ("s3://scripts/a/rules", Some("1"), Some(Err("no versions"))),
            ("s3://scripts/large", None, Some(Err("more than 10 bytes"))),
            ("s3://scripts/none", None, Some(Err("no such file"))),
            ("s3://scripts/a", None, Some(Err("no such file"))),
            ("s3://scripts/pipe", None, Some(Err("no such file"))),
            ("s3://scripts/out", None, Some(Err("no such file"))),
            (
                "s3://scripts/../../secret",
                None,
                Some(Err("names no file")),
            ),
            ("s3://scripts//etc/passwd", None, Some(Err("names no file"))),
            ("s3://scripts/", None, Some(Err("names no file"))),
            ("s3://scripts/a\0b", None, Some(Err(""))),
            ("s3://../secret", None, None),
            ("s3://file/x", None, None),
            ("s3://others/a", None, None),
            ("https://example.org/scripts/a", None, None),
        ] {
            let location = Location {
                address: address.into(),
                version: version.map(str::to_owned),
            };
            match (buckets.read(&location, 10).await, right) {
                (Some(Ok(bytes)), Some(Ok(text))) => assert_eq!(bytes, text.as_bytes()),
                (Some(Err(error)), Some(Err(words))) => {
                    assert!(error.message.contains(words), "{address}: {error:?}")
                }
                (None, None) => {}
                (found, _) => panic!("{address}: {found:?}"),
            }
        }
    }
}
