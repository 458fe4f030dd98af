//! Tokens as `auth/jwt` of Slurm takes them: JSON Web Tokens (RFC 7519) that say who asks and until when, signed with the
//! cluster's key by HMAC-SHA256. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

/// What a token says; times in seconds since 1970.
#[derive(Clone, Debug, Serialize)]
pub struct Claims<'a> {
    #[serde(rename = "exp")]
    pub expires_at: i64,
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// The name of the user on the controller's host.
    #[serde(rename = "sun")]
    pub user: &'a str,
}

pub fn sign(key: &[u8], claims: &Claims<'_>) -> anyhow::Result<String> {
    let head = json!({"alg": "HS256", "typ": "JWT"}).to_string();
    let body = serde_json::to_vec(claims)?;
    let said = format!("{}.{}", BASE64.encode(head), BASE64.encode(body));
    let mut hash = Hmac::<Sha256>::new_from_slice(key)?;
    hash.update(said.as_bytes());
    let proof = BASE64.encode(hash.finalize().into_bytes());
    Ok(format!("{said}.{proof}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with another implementation of the same.
    #[test]
    fn a_token_is_as_others_make_it() {
        let claims = Claims {
            expires_at: 1800,
            issued_at: 0,
            user: "ada",
        };
        assert_eq!(
            sign(b"0123456789abcdef0123456789abcdef", &claims).unwrap(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4MDAsImlhdCI6MCwic3VuIjoiYWRhIn0.lWriAvrs6-4X5ew3dh2blBCgOVm0P5YIyohb9z0VYmc"
        );
    }
}
