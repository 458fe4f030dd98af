//! The text that a signature is made of, and the key it is made with. Both sides use the same functions.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{ALGORITHM, TERMINATOR};

pub type KeyedHash = Hmac<Sha256>;

/// The parts of a request that a signature binds.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// As it stands in the address, without the question mark.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    /// SHA-256 of the body, in hexadecimal.
    pub body_hash: &'a str,
}

/// Which day, where and for which service a signature is good.
pub struct Scope<'a> {
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

pub fn body_hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// `AWS4-HMAC-SHA256`, time, scope and the hash of the canonical request. None if a signed header is not there.
pub fn string_to_sign(
    request: &Request<'_>,
    signed: &[&str],
    time: &str,
    scope: &Scope<'_>,
) -> Option<String> {
    let canonical = canonical_request(request, signed)?;
    let hash = hex::encode(Sha256::digest(canonical));
    let Scope {
        date,
        region,
        service,
    } = scope;
    Some(format!(
        "{ALGORITHM}\n{time}\n{date}/{region}/{service}/{TERMINATOR}\n{hash}"
    ))
}

fn canonical_request(request: &Request<'_>, signed: &[&str]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(1024);
    text.extend_from_slice(request.method.as_bytes());
    text.push(b'\n');
    // Every service but S3 encodes the path once more than it stands in the address.
    encode(request.path.as_bytes(), b"/", &mut text);
    text.push(b'\n');
    query(request.query, &mut text);
    text.push(b'\n');
    for name in signed {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        values(request.headers, name, &mut text)?;
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed.join(";").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(request.body_hash.as_bytes());
    Some(text)
}

/// All values of a header, joined by commas, runs of white space made one space.
fn values(headers: &HeaderMap, name: &str, text: &mut Vec<u8>) -> Option<()> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    while let Some(value) = values.next() {
        let words = value.as_bytes().split(|b| *b == b' ' || *b == b'\t');
        for (i, word) in words.filter(|w| !w.is_empty()).enumerate() {
            if i > 0 {
                text.push(b' ');
            }
            text.extend_from_slice(word);
        }
        if values.peek().is_some() {
            text.push(b',');
        }
    }
    Some(())
}

/// The parameters, decoded and encoded again in the one right way, sorted, without the signature itself.
fn query(query: &str, text: &mut Vec<u8>) {
    let mut parameters: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (recode(name), recode(value)))
        .collect();
    parameters.sort();
    for (i, (name, value)) in parameters.iter().enumerate() {
        if i > 0 {
            text.push(b'&');
        }
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(value);
    }
}

fn recode(text: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len());
    encode(&decode(text), b"", &mut encoded);
    encoded
}

/// Percent-encodes all but RFC 3986's unreserved characters and those in `keep`.
pub fn encode(bytes: &[u8], keep: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &b in bytes {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) || keep.contains(&b) {
            text.push(b);
        } else {
            text.extend([
                b'%',
                DIGITS[usize::from(b >> 4)],
                DIGITS[usize::from(b & 15)],
            ]);
        }
    }
}

/// Undoes percent-encoding; what is no code stays as it stands.
pub fn decode(text: &str) -> Vec<u8> {
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = match (bytes[i], digit(bytes.get(i + 1)), digit(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        decoded.push(code.unwrap_or(bytes[i]));
        i += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

/// The key of one day, region and service; the secret cannot be got back from it.
pub fn signing_key(secret: &str, scope: &Scope<'_>) -> KeyedHash {
    let mut key = keyed(format!("AWS4{secret}").as_bytes());
    for part in [scope.date, scope.region, scope.service, TERMINATOR] {
        key.update(part.as_bytes());
        key = keyed(&key.finalize().into_bytes());
    }
    key
}

pub fn signature(key: &KeyedHash, string_to_sign: &str) -> [u8; 32] {
    let mut key = key.clone();
    key.update(string_to_sign.as_bytes());
    key.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> KeyedHash {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    KeyedHash::new_from_slice(key).expect("every length is right")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get-vanilla`, `get-vanilla-query-order-key-case` and `get-header-value-trim` of AWS's own test suite.
    #[test]
    fn the_published_examples_come_out() {
        let scope = Scope {
            date: "20150830",
            region: "us-east-1",
            service: "service",
        };
        let key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &scope);
        let sign = |query: &str, extra: &[(&'static str, &'static str)], signed: &[&str]| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "example.amazonaws.com".parse().unwrap());
            headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
            for (name, value) in extra {
                headers.append(*name, value.parse().unwrap());
            }
            let request = Request {
                method: "GET",
                path: "/",
                query,
                headers: &headers,
                body_hash: &body_hash(b""),
            };
            let text = string_to_sign(&request, signed, "20150830T123600Z", &scope).unwrap();
            hex::encode(signature(&key, &text))
        };
        assert_eq!(
            sign("", &[], &["host", "x-amz-date"]),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            sign("Param2=value2&Param1=value1", &[], &["host", "x-amz-date"]),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        assert_eq!(
            sign(
                "",
                &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
                &["host", "my-header1", "my-header2", "x-amz-date"]
            ),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        );
    }

    #[test]
    fn a_query_has_one_form() {
        let canonical = |q| {
            let mut text = vec![];
            query(q, &mut text);
            String::from_utf8(text).unwrap()
        };
        assert_eq!(
            canonical("b=2&a=%2f%zz&X-Amz-Signature=0&c"),
            "a=%2F%25zz&b=2&c="
        );
    }
}
