//! Records into S3: an object for each batch. Its key is made of what the batch is, so the same one replaces itself.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::batch::{Batch, Limits};
use super::wire::{Call, Wire, refused};
use super::{Failure, Sent};

pub const LIMITS: Limits = Limits {
    records: 20_000,
    bytes: 2 << 20,
    overhead: 1,
};
/// An object for every line would cost more than the lines are worth.
pub const LINGER: Duration = Duration::from_secs(60);

pub struct S3 {
    pub wire: Arc<dyn Wire>,
    pub bucket: String,
    /// Before each key; empty, or it ends with a slash.
    pub prefix: String,
    pub delivery_id: String,
    /// How long lines wait for others; [`LINGER`].
    pub linger: Duration,
}

impl S3 {
    pub(super) fn key(&self, batch: &Batch) -> String {
        let (first, last) = (batch.first_seq, batch.last_seq);
        let batch_is = format!("{} {first} {last}", self.delivery_id);
        let hash = hex::encode(&Sha256::digest(batch_is)[..5]);
        format!("{}{}", self.prefix, batch.object(&hash))
    }

    pub(super) async fn send(&self, batch: &Batch) -> Result<Sent, Failure> {
        let call = Call {
            service: "s3",
            region: None,
            method: "PUT",
            path: format!("/{}/{}", self.bucket, encoded(&self.key(batch))),
            headers: vec![("content-type", "application/x-ndjson".into())],
            body: batch.text(),
        };
        let answer = self.wire.call(&call).await?;
        if (200..300).contains(&answer.status) {
            return Ok(Sent::All { refused: 0 });
        }
        let said = String::from_utf8_lossy(&answer.body);
        let part = |name: &str| {
            let (_, rest) = said.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<')?.0.to_owned())
        };
        let (code, words) = (part("Code"), part("Message"));
        let action = format!("s3:PutObject to {}", self.bucket);
        Err(refused(
            &action,
            answer.status,
            &code.unwrap_or_default(),
            &words.unwrap_or_default(),
        ))
    }
}

/// As S3 wants keys in an address.
fn encoded(key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match is_plain(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
