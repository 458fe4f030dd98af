//! Passwords and access keys: made, hashed, compared.

use std::sync::LazyLock;

use app::model::error::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::random::random_bytes;

/// One hash fills 19 MiB for some 20 ms. More at once would let strangers at the sign-in page exhaust the memory;
/// fewer would make sign-ins queue.
const HASHES_AT_ONCE: usize = 4;
static HASHING: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);

/// Longer passwords are refused before they are hashed.
pub const PASSWORD_MAX: usize = 1024;
const PASSWORD_MIN: usize = 8;

/// What an unknown user's password is compared with, so that the answer takes as long as for a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&new_password()).unwrap_or_default());

/// An access key as it is shown once.
pub struct NewAccessKey {
    pub id: String,
    pub secret: Zeroizing<String>,
}

/// A PHC string of argon2id for the database.
pub async fn hash(password: Zeroizing<String>) -> Result<String> {
    let length = password.chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        return Err(Error::field(
            "password",
            format!("The password has {length} characters; give {PASSWORD_MIN} to {PASSWORD_MAX}."),
        ));
    }
    let _turn = HASHING.acquire().await.map_err(|_| Error::internal())?;
    spawn_blocking(move || hash_now(&password))
        .await
        .ok()
        .flatten()
        .ok_or_else(Error::internal)
}

/// Whether the password is the one that was hashed; never for a user who does not exist (`None`).
pub async fn verify(password: Zeroizing<String>, stored: Option<String>) -> bool {
    if password.len() > PASSWORD_MAX * 4 {
        return false;
    }
    let Ok(_turn) = HASHING.acquire().await else {
        return false;
    };
    let known = stored.is_some();
    let matches = spawn_blocking(move || {
        let stored = stored.as_ref().unwrap_or(&NOBODY);
        PasswordHash::new(stored).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    });
    matches.await.unwrap_or(false) && known
}

fn hash_now(password: &str) -> Option<String> {
    let salt = SaltString::encode_b64(&random_bytes(16)).ok()?;
    let hash = Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .ok()?;
    Some(hash.to_string())
}

/// 24 characters that no two of which look alike: 120 bits.
pub fn new_password() -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    Zeroizing::new(pick(ALPHABET, 24))
}

/// An access key of the form that AWS's tools expect.
pub fn new_access_key() -> NewAccessKey {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    NewAccessKey {
        id: format!("AKIA{}", pick(ALPHABET, 16)),
        secret: Zeroizing::new(STANDARD.encode(random_bytes(30))),
    }
}

/// 256 is a multiple of 32, so every character is as likely as the next.
fn pick(alphabet: &[u8; 32], count: usize) -> String {
    random_bytes(count)
        .into_iter()
        .map(|b| char::from(alphabet[usize::from(b) % alphabet.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }

    #[tokio::test]
    async fn only_the_same_password_matches() {
        let stored = hash(text("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(text("correct horse"), Some(stored.clone())).await);
        assert!(!verify(text("correct horsf"), Some(stored)).await);
        assert!(!verify(text("correct horse"), None).await);
        assert!(!verify(text("x"), Some("not a hash".into())).await);
    }

    #[tokio::test]
    async fn too_short_and_too_long_are_refused() {
        assert!(hash(text("short")).await.is_err());
        assert!(hash(text(&"x".repeat(PASSWORD_MAX + 1))).await.is_err());
        assert!(!verify(text(&"x".repeat(1 << 20)), None).await);
    }

    #[test]
    fn access_keys_look_like_those_of_aws() {
        let key = new_access_key();
        assert_eq!((key.id.len(), key.secret.len()), (20, 40));
        assert!(key.id.starts_with("AKIA"));
        assert_ne!(*key.secret, *new_access_key().secret);
    }
}
