//! What crosses the network between a node and the server and nobody else may read: the cluster's key goes this way.
//!
//! Both have the group's key. What is sealed opens only with it and for the same purpose; an answer only for the claim that
//! it answers, so that an old one never passes for a new one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::random::random_bytes;

const NONCE_BYTES: usize = 24;
/// The group's key has other uses: this one has a key of its own.
const LABEL: &[u8] = b"openpcs sealed v1";

/// The purpose of a claim of that group.
pub fn claim(group_id: &str) -> String {
    format!("claim\n{group_id}")
}

/// The purpose of the answer to that claim.
pub fn claimed(group_id: &str, claim_id: &str) -> String {
    format!("claimed\n{group_id}\n{claim_id}")
}

/// Text that only whoever has the key can open, for this purpose; none when it cannot be written as JSON.
pub fn seal(key: &str, purpose: &str, message: &impl Serialize) -> Option<String> {
    let message = serde_json::to_vec(message).ok()?;
    let mut sealed = random_bytes(NONCE_BYTES);
    let payload = Payload {
        msg: &message,
        aad: purpose.as_bytes(),
    };
    let encrypted = cipher(key).encrypt(XNonce::from_slice(&sealed), payload);
    sealed.extend(encrypted.ok()?);
    Some(STANDARD_NO_PAD.encode(sealed))
}

/// What was sealed, if it was with this key and for this purpose.
pub fn open<T: DeserializeOwned>(key: &str, purpose: &str, sealed: &str) -> Option<T> {
    let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
    let (nonce, msg) = bytes.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg,
        aad: purpose.as_bytes(),
    };
    let message = cipher(key).decrypt(XNonce::from_slice(nonce), payload);
    serde_json::from_slice(&message.ok()?).ok()
}

fn cipher(key: &str) -> XChaCha20Poly1305 {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut hash =
        <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).expect("every length is right");
    hash.update(LABEL);
    XChaCha20Poly1305::new(Key::from_slice(&hash.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open_it() {
        let sealed = seal("key", &claim("g"), &"secret").unwrap();
        let open = |key, purpose: &str, sealed: &str| open::<String>(key, purpose, sealed);
        assert_eq!(open("key", &claim("g"), &sealed), Some("secret".into()));
        assert_eq!(open("other", &claim("g"), &sealed), None);
        assert_eq!(open("key", &claim("h"), &sealed), None);
        assert_eq!(open("key", &claimed("g", "1"), &sealed), None);
        assert_ne!(seal("key", &claim("g"), &"secret").unwrap(), sealed);
        let answer = seal("key", &claimed("g", "1"), &"secret").unwrap();
        assert_eq!(open("key", &claimed("g", "2"), &answer), None);
    }

    #[test]
    fn what_was_changed_is_not_opened_and_no_text_makes_it_panic() {
        let sealed = seal("key", "p", &"secret").unwrap();
        for at in 0..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(open::<String>("key", "p", &other), None, "{at}");
            assert_eq!(open::<String>("key", "p", &sealed[..at]), None, "{at}");
        }
        assert_eq!(open::<String>("key", "p", "äöü"), None);
        assert_eq!(open::<u32>("key", "p", &sealed), None);
    }
}
