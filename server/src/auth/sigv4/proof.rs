//! The signature as a request carries it: in the `Authorization` header, or in the address (presigned).

use std::ops::Range;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use http::HeaderMap;
use http::request::Parts;

use super::canonical::{Scope, decode};
use super::{ALGORITHM, Denied, TERMINATOR};

/// The longest life of a presigned address, in seconds: a week, as AWS has it.
const PRESIGNED_MAX: i64 = 7 * 24 * 3600;

/// All that the caller says about the signature; nothing of it is believed yet.
pub struct Proof {
    pub access_key_id: String,
    date: String,
    region: String,
    service: String,
    /// Names of the signed headers with semicolons between them.
    pub signed_headers: String,
    pub signature: [u8; 32],
    /// As written, for the string to sign.
    pub time: String,
    pub signed_at: DateTime<Utc>,
    /// How long a presigned address lives.
    pub lifetime: Option<TimeDelta>,
}

impl Proof {
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        }
    }

    /// What the request carries, by header or by address.
    pub fn of(parts: &Parts) -> Result<Proof, Denied> {
        let query = parts.uri.query().unwrap_or_default();
        let presigned = |name| parameter(query, name);
        if has_session_token(&parts.headers, query) {
            return Err(Denied::SessionToken);
        }
        if let Some(header) = parts.headers.get(http::header::AUTHORIZATION) {
            let header = header.to_str().map_err(|_| {
                Denied::Incomplete(
                    "The Authorization header has characters that are not ASCII.".into(),
                )
            })?;
            return Proof::from_header(header, &parts.headers);
        }
        let Some(signature) = presigned("X-Amz-Signature") else {
            return Err(Denied::Missing);
        };
        let wanted = |name: &'static str| {
            presigned(name)
                .ok_or_else(|| Denied::Incomplete(format!("The presigned address has no {name}.")))
        };
        algorithm(&wanted("X-Amz-Algorithm")?)?;
        let lifetime = wanted("X-Amz-Expires")?
            .parse()
            .ok()
            .filter(|seconds| (1..=PRESIGNED_MAX).contains(seconds))
            .ok_or_else(|| {
                Denied::Incomplete(format!(
                    "X-Amz-Expires is not a number of seconds from 1 to {PRESIGNED_MAX}."
                ))
            })?;
        Proof::new(
            &wanted("X-Amz-Credential")?,
            wanted("X-Amz-SignedHeaders")?,
            &signature,
            wanted("X-Amz-Date")?,
            Some(TimeDelta::seconds(lifetime)),
        )
    }

    fn from_header(header: &str, headers: &HeaderMap) -> Result<Proof, Denied> {
        let (name, rest) = header.split_once(' ').unwrap_or((header, ""));
        algorithm(name)?;
        let wanted = |name: &str| {
            rest.split(',')
                .filter_map(|p| p.trim().split_once('='))
                .find_map(|(n, value)| (n == name).then_some(value))
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    Denied::Incomplete(format!(
                        "Authorization header requires '{name}' parameter. Sign the request again."
                    ))
                })
        };
        let time = headers
            .get("x-amz-date")
            .and_then(|v| v.to_str().ok())
            .ok_or_else(|| {
                Denied::Incomplete(
                    "Authorization header requires existence of an 'X-Amz-Date' header.".into(),
                )
            })?;
        Proof::new(
            wanted("Credential")?,
            wanted("SignedHeaders")?.to_owned(),
            wanted("Signature")?,
            time.to_owned(),
            None,
        )
    }

    fn new(
        credential: &str,
        signed_headers: String,
        signature: &str,
        time: String,
        lifetime: Option<TimeDelta>,
    ) -> Result<Proof, Denied> {
        let incomplete = |text: &str| Denied::Incomplete(text.to_owned());
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, TERMINATOR] = parts[..] else {
            return Err(incomplete(
                "Credential must have five parts, KEY-ID/DATE/REGION/SERVICE/aws4_request.",
            ));
        };
        let mut bytes = [0; 32];
        hex::decode_to_slice(signature, &mut bytes)
            .map_err(|_| incomplete("Signature must be 64 hexadecimal digits."))?;
        let signed_at = moment(&time)
            .ok_or_else(|| incomplete("X-Amz-Date must be of the form YYYYMMDDTHHMMSSZ."))?;
        if !time.starts_with(date) || date.len() != 8 {
            return Err(incomplete(
                "The date in Credential must be the day of X-Amz-Date, in UTC.",
            ));
        }
        Ok(Proof {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers,
            signature: bytes,
            time,
            signed_at,
            lifetime,
        })
    }
}

/// Reads `20150830T123600Z`. By hand: chrono's reader of any format is a tenth of a signature's whole check.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let number = |at: Range<usize>| {
        bytes[at].iter().try_fold(0, |number, byte| {
            Some(number * 10 + char::from(*byte).to_digit(10)?)
        })
    };
    let date =
        NaiveDate::from_ymd_opt(number(0..4)?.try_into().ok()?, number(4..6)?, number(6..8)?)?;
    let moment = date.and_hms_opt(number(9..11)?, number(11..13)?, number(13..15)?)?;
    (bytes[8] == b'T' && bytes[15] == b'Z').then(|| moment.and_utc())
}

fn algorithm(name: &str) -> Result<(), Denied> {
    if name == ALGORITHM {
        return Ok(());
    }
    Err(Denied::Incomplete(format!(
        "Unsupported algorithm: sign the request with {ALGORITHM} (AWS Signature Version 4)."
    )))
}

fn has_session_token(headers: &HeaderMap, query: &str) -> bool {
    headers.contains_key("x-amz-security-token")
        || parameter(query, "X-Amz-Security-Token").is_some()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|p| p.split_once('='))
        .find(|(n, _)| *n == name)
        .and_then(|(_, value)| String::from_utf8(decode(value)).ok())
}
