//! The verifier: from a signed request to the user who signed it.
//!
//! Keys and their day's signing key are kept for a few seconds, so that a request that follows another reads
//! nothing from the database and hashes little more than itself.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use app::port::Principal;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::request::Parts;
use subtle::ConstantTimeEq;

use super::canonical::{self, KeyedHash};
use super::proof::Proof;
use super::{DATE_FORMAT, Denied, SERVICE};
use crate::auth::credentials::{Key, KeyStore};

/// How far a caller's clock may be from ours (S1). More would keep a stolen request good for longer.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// How long a deleted key may go on working.
const KEY_LIFETIME: Duration = Duration::from_secs(3);
/// Keys remembered at once; past it the memory starts anew.
const KEYS_MAX: usize = 1024;

/// Checks signatures for one region.
pub struct Verifier {
    region: String,
    keys: Arc<dyn KeyStore>,
    known: RwLock<HashMap<String, Arc<Known>>>,
}

/// A key as it was a moment ago.
struct Known {
    key: Key,
    date: String,
    service: &'static str,
    signing_key: KeyedHash,
    read_at: Instant,
}

impl Verifier {
    pub fn new(region: impl Into<String>, keys: Arc<dyn KeyStore>) -> Verifier {
        Verifier {
            region: region.into(),
            keys,
            known: RwLock::default(),
        }
    }

    /// Who signed this request for `pcs`.
    pub async fn verify(
        &self,
        parts: &Parts,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Principal, Denied> {
        self.verify_for(SERVICE, parts, body, now).await
    }

    /// Who signed this request for the service of that signing name.
    pub async fn verify_for(
        &self,
        service: &'static str,
        parts: &Parts,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Principal, Denied> {
        let proof = Proof::of(parts)?;
        self.check_scope(&proof, service)?;
        check_time(&proof, now)?;
        let signed: Vec<&str> = proof.signed_headers.split(';').collect();
        check_signed_headers(&signed, &parts.headers)?;
        let body_hash = canonical::body_hash(body);
        check_body(&parts.headers, &body_hash)?;
        let known = self.known(&proof, service).await?;
        let request = canonical::Request {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body_hash: &body_hash,
        };
        let text = canonical::string_to_sign(&request, &signed, &proof.time, &proof.scope())
            .ok_or_else(mismatch)?;
        let expected = canonical::signature(&known.signing_key, &text);
        if expected.ct_eq(&proof.signature).into() {
            Ok(Principal::User {
                name: known.key.user_name.clone(),
                arn: known.key.user_arn.clone(),
            })
        } else {
            Err(mismatch())
        }
    }

    fn check_scope(&self, proof: &Proof, service: &str) -> Result<(), Denied> {
        let scope = proof.scope();
        if scope.region != self.region {
            return Err(Denied::Invalid(format!(
                "Credential should be scoped to a valid region: this server is {}. Set AWS_REGION or --region to it.",
                self.region
            )));
        }
        if scope.service != service {
            return Err(Denied::Invalid(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        Ok(())
    }

    async fn known(&self, proof: &Proof, service: &'static str) -> Result<Arc<Known>, Denied> {
        let scope = proof.scope();
        let remembered = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&proof.access_key_id)
            .cloned();
        if let Some(known) = remembered
            && known.date == scope.date
            && known.service == service
            && known.read_at.elapsed() < KEY_LIFETIME
        {
            return Ok(known);
        }
        let key = self.keys.key(&proof.access_key_id).await;
        let key = key.map_err(|_| Denied::Internal)?;
        let known = key.map(|key| {
            Arc::new(Known {
                signing_key: canonical::signing_key(&key.secret, &scope),
                key,
                date: scope.date.to_owned(),
                service,
                read_at: Instant::now(),
            })
        });
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match &known {
            Some(known) => {
                if all.len() >= KEYS_MAX {
                    all.clear();
                }
                all.insert(proof.access_key_id.clone(), known.clone());
            }
            None => {
                all.remove(&proof.access_key_id);
            }
        }
        known.ok_or(Denied::Unrecognized)
    }
}

fn mismatch() -> Denied {
    Denied::Invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
            .into(),
    )
}

/// A signature is good for the skew before and after it was made, a presigned address for its own life.
fn check_time(proof: &Proof, now: DateTime<Utc>) -> Result<(), Denied> {
    let show = |t: DateTime<Utc>| t.format(DATE_FORMAT).to_string();
    let (signed, lifetime) = (proof.signed_at, proof.lifetime.unwrap_or(SKEW));
    let minutes = SKEW.num_minutes();
    if now - signed > lifetime {
        return Err(Denied::Invalid(match proof.lifetime {
            None => format!(
                "Signature expired: {} is now earlier than {} ({} - {minutes} min.). Set your clock right.",
                show(signed),
                show(now - SKEW),
                show(now),
            ),
            Some(_) => format!(
                "Signature expired: the presigned address was good until {}; it is {} now. Make a new one.",
                show(signed + lifetime),
                show(now),
            ),
        }));
    }
    if signed - now > SKEW {
        return Err(Denied::Invalid(format!(
            "Signature not yet current: {} is still later than {} ({} + {minutes} min.). Set your clock right.",
            show(signed),
            show(now + SKEW),
            show(now),
        )));
    }
    Ok(())
}

/// What decides the meaning of a request must be bound by the signature: the host, and every header of AWS's own,
/// above all the operation's name.
fn check_signed_headers(signed: &[&str], headers: &HeaderMap) -> Result<(), Denied> {
    if !signed.is_sorted() {
        return Err(Denied::Incomplete(
            "SignedHeaders must be in alphabetical order and lower case.".into(),
        ));
    }
    let names = headers.keys().map(http::HeaderName::as_str);
    let own = names.filter(|name| name.starts_with("x-amz-"));
    match std::iter::once("host")
        .chain(own)
        .find(|name| !signed.contains(name))
    {
        Some(name) => Err(Denied::Invalid(format!(
            "'{name}' must be a 'SignedHeader' in the AWS Authorization. Sign it too."
        ))),
        None => Ok(()),
    }
}

/// The signature binds the body's hash; a header that claims another one is refused rather than ignored.
fn check_body(headers: &HeaderMap, body_hash: &str) -> Result<(), Denied> {
    match headers.get("x-amz-content-sha256") {
        Some(claimed) if claimed.as_bytes() != body_hash.as_bytes() => {
            Err(Denied::Invalid(
                "The body is not the one of X-Amz-Content-Sha256. Sign the body that you send; unsigned bodies are \
                 not taken."
                    .into(),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
