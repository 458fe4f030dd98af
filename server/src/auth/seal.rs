//! Secrets at rest (C13): sealed with the data key before they go to the database.

use std::fmt;
use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::private_file;
use crate::random::random_bytes;

/// Says how a text was sealed, so that a later way can stand beside this one.
const PREFIX: &str = "v1:";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The data key's file in the data directory.
pub const FILE: &str = "data-key";

/// Seals and opens with the data key.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    key: Zeroizing<Vec<u8>>,
}

/// Why a secret could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the secret is too long to be sealed")]
    TooLong,
    #[error(
        "a secret cannot be opened with this data key: either the file `data-key` is not the one that sealed it, or \
         the database was changed by hand"
    )]
    CannotOpen,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// The key in `DIR/data-key`, made if there is none. Only for a database without secrets.
    pub fn open_or_create(data_dir: &Path) -> io::Result<Seal> {
        let path = data_dir.join(FILE);
        let key = private_file::read_or_create(&path, || Zeroizing::new(random_bytes(KEY_BYTES)))?;
        Self::of_file(&path, &key)
    }

    /// The key that is that file's.
    pub fn of_file(path: &Path, key: &[u8]) -> io::Result<Seal> {
        Seal::new(key).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{} has {} bytes; a data key has {KEY_BYTES}. Restore it from a backup.",
                    path.display(),
                    key.len()
                ),
            )
        })
    }

    /// A seal with this key, if it has the right length.
    pub fn new(key: &[u8]) -> Option<Seal> {
        let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
        let key = Zeroizing::new(key.to_vec());
        Some(Seal { cipher, key })
    }

    /// Text for the database. Only the same purpose opens it again, so one kind of secret never passes for another.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<String, SealError> {
        let mut sealed = random_bytes(NONCE_BYTES);
        let payload = Payload {
            msg: secret,
            aad: purpose.as_bytes(),
        };
        let encrypted = self.cipher.encrypt(XNonce::from_slice(&sealed), payload);
        sealed.extend(encrypted.map_err(|_| SealError::TooLong)?);
        Ok(format!("{PREFIX}{}", STANDARD_NO_PAD.encode(sealed)))
    }

    /// The key that this server shares with an instance or a cluster's controller: see [`openpcs_agent::answer`].
    pub fn agent_key(&self, id: &str) -> String {
        hex::encode(self.derive(&format!("proof:{id}")))
    }

    /// What an instance shows once to be let in, 256 bits (A8): derived, so that the same launch can be asked for again
    /// though only its hash is stored.
    pub fn bootstrap_id(&self, instance_id: &str) -> String {
        hex::encode(self.derive(&format!("bootstrap:{instance_id}")))
    }

    /// A token for this purpose: always the same one, and nothing of the data key can be learned from it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut hash =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.key).expect("every length is right");
        hash.update(b"derive:");
        hash.update(purpose.as_bytes());
        hash.finalize().into_bytes().into()
    }

    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let text = sealed.strip_prefix(PREFIX).ok_or(SealError::CannotOpen)?;
        let bytes = STANDARD_NO_PAD
            .decode(text)
            .map_err(|_| SealError::CannotOpen)?;
        let (nonce, msg) = bytes
            .split_at_checked(NONCE_BYTES)
            .ok_or(SealError::CannotOpen)?;
        let payload = Payload {
            msg,
            aad: purpose.as_bytes(),
        };
        let secret = self.cipher.decrypt(XNonce::from_slice(nonce), payload);
        secret
            .map(Zeroizing::new)
            .map_err(|_| SealError::CannotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open_it() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let sealed = seal.seal("access-key", b"secret").unwrap();
        assert_eq!(*seal.open("access-key", &sealed).unwrap(), b"secret");
        assert_eq!(
            seal.open("cluster-secret", &sealed),
            Err(SealError::CannotOpen)
        );
        assert_eq!(
            Seal::new(&[8; 32]).unwrap().open("access-key", &sealed),
            Err(SealError::CannotOpen)
        );
        assert_ne!(sealed, seal.seal("access-key", b"secret").unwrap());
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn tokens_differ_by_purpose_only() {
        let seal = Seal::new(&[7; 32]).unwrap();
        assert_eq!(seal.derive("hook:a"), seal.derive("hook:a"));
        assert_ne!(seal.derive("hook:a"), seal.derive("hook:b"));
        assert_ne!(seal.derive("a"), Seal::new(&[8; 32]).unwrap().derive("a"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let sealed = seal.seal("p", b"secret").unwrap();
        for end in 0..sealed.len() {
            assert_eq!(seal.open("p", &sealed[..end]), Err(SealError::CannotOpen));
        }
        assert_eq!(seal.open("p", "v1:äöü"), Err(SealError::CannotOpen));
        assert_eq!(
            seal.open("p", &format!("{sealed}A")),
            Err(SealError::CannotOpen)
        );
    }

    #[test]
    fn the_data_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = Seal::open_or_create(dir.path())
            .unwrap()
            .seal("p", b"x")
            .unwrap();
        let again = Seal::open_or_create(dir.path()).unwrap();
        assert_eq!(*again.open("p", &sealed).unwrap(), b"x");
    }
}
