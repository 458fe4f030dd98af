//! The server proves itself: whoever holds its address while it is away must not be believed.
//!
//! A request may carry a random text and say to whom the server is to prove itself. The answer then carries a hash over
//! that text and the whole answer, made with a key that the two share and neither ever sends: a node's and a
//! controller's are derived from the data key and left in their own files, a person's is the secret access key. What this
//! does not hide is what is said, and one who passes everything on to the true server is not found out: both take TLS.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::random::random_hex;

/// Of a request: a random text.
pub const NONCE: &str = "x-openpcs-nonce";
/// Of a request: to whom, as [`PeerId::Agent`] or [`PeerId::AccessKey`] write it.
pub const PROVE_TO: &str = "x-openpcs-prove-to";
/// Of an answer: [`proof`].
pub const PROOF: &str = "x-openpcs-proof";

const NONCE_BYTES: usize = 16;
/// A longer one is no nonce of ours.
pub const LONGEST_NONCE: usize = 64;

/// Who wants a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerId {
    /// An instance's or a cluster's id.
    Agent(String),
    /// The id of an access key.
    AccessKey(String),
}

impl PeerId {
    pub fn parse(text: &str) -> Option<PeerId> {
        match text.split_once('/')? {
            ("agent", id) => Some(PeerId::Agent(id.into())),
            ("key", id) => Some(PeerId::AccessKey(id.into())),
            _ => None,
        }
    }
}

impl std::fmt::Display for PeerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PeerId::Agent(id) => write!(f, "agent/{id}"),
            PeerId::AccessKey(id) => write!(f, "key/{id}"),
        }
    }
}

pub fn new_nonce() -> String {
    random_hex(NONCE_BYTES)
}

/// In hexadecimal.
pub fn proof(key: &str, nonce: &str, status: u16, body: &[u8]) -> String {
    hex::encode(hash(key, nonce, status, body).finalize().into_bytes())
}

/// Whether the answer is of one who has the key.
pub fn is_proven(key: &str, nonce: &str, status: u16, body: &[u8], given: &str) -> bool {
    let given = hex::decode(given).unwrap_or_default();
    hash(key, nonce, status, body).verify_slice(&given).is_ok()
}

fn hash(key: &str, nonce: &str, status: u16, body: &[u8]) -> Hmac<Sha256> {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut hash =
        <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).expect("every length is right");
    hash.update(format!("openpcs answer\n{nonce}\n{status}\n").as_bytes());
    hash.update(body);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_makes_a_proof_and_only_of_this_answer() {
        let good = proof("key", "nonce", 200, b"body");
        assert!(is_proven("key", "nonce", 200, b"body", &good));
        for (key, nonce, status, body, given) in [
            ("other", "nonce", 200, "body", good.as_str()),
            ("key", "other", 200, "body", &good),
            ("key", "nonce", 400, "body", &good),
            ("key", "nonce", 200, "other", &good),
            ("key", "nonce", 200, "body", &good[2..]),
            ("key", "nonce", 200, "body", "no hash"),
            ("key", "nonce", 200, "body", ""),
        ] {
            assert!(!is_proven(key, nonce, status, body.as_bytes(), given));
        }
    }

    #[test]
    fn a_peer_reads_as_it_is_written() {
        for peer in [PeerId::Agent("i-1".into()), PeerId::AccessKey("AK".into())] {
            assert_eq!(PeerId::parse(&peer.to_string()), Some(peer));
        }
        assert_eq!(PeerId::parse("i-1"), None);
    }
}
