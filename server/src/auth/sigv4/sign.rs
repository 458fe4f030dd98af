//! Signing: what a client does. Used by `openpcs connect` and by tests.

use chrono::{DateTime, Utc};
use http::{HeaderValue, Request, header};
use zeroize::Zeroizing;

use super::canonical::{self, Scope};
use super::{ALGORITHM, DATE_FORMAT, SERVICE, TERMINATOR};

/// An access key, and the region of the server that knows it.
pub struct Signer {
    pub access_key_id: String,
    pub secret: Zeroizing<String>,
    pub region: String,
}

/// The address has no host, or the access key has characters that no header may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request cannot be signed: its address has no host, or the access key id is not plain text"
)]
pub struct CannotSign;

impl Signer {
    /// Adds `Host`, `X-Amz-Date` and `Authorization`; binds every header that the request has.
    pub fn sign<B: AsRef<[u8]>>(
        &self,
        request: &mut Request<B>,
        now: DateTime<Utc>,
    ) -> Result<(), CannotSign> {
        let plain = |text: &str| HeaderValue::from_str(text).map_err(|_| CannotSign);
        let host = request.uri().authority().ok_or(CannotSign)?.to_string();
        let time = now.format(DATE_FORMAT).to_string();
        request.headers_mut().insert(header::HOST, plain(&host)?);
        request.headers_mut().insert("x-amz-date", plain(&time)?);
        let mut signed: Vec<String> = request.headers().keys().map(|n| n.to_string()).collect();
        signed.sort();
        let signed: Vec<&str> = signed.iter().map(String::as_str).collect();
        let scope = Scope {
            date: time.get(..8).unwrap_or_default(),
            region: &self.region,
            service: SERVICE,
        };
        let body_hash = canonical::body_hash(request.body().as_ref());
        let parts = canonical::Request {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body_hash: &body_hash,
        };
        let text = canonical::string_to_sign(&parts, &signed, &time, &scope).ok_or(CannotSign)?;
        let key = canonical::signing_key(&self.secret, &scope);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}/{}/{}/{TERMINATOR}, SignedHeaders={}, Signature={}",
            self.access_key_id,
            scope.date,
            scope.region,
            scope.service,
            signed.join(";"),
            hex::encode(canonical::signature(&key, &text)),
        );
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, plain(&authorization)?);
        Ok(())
    }
}
