//! What people and tools put around user data: base64 (EC2 itself wants it, some do it twice) and gzip, which cloud-init
//! unpacks and which makes room below EC2's limit.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use super::FIELD;
use crate::Refusal;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// EC2 takes 16 kB: what unpacks to so much more was made to exhaust whoever unpacks it.
const MOST: u64 = 1 << 20;

/// EC2's base64, the customer's, gzip, and base64 within it.
const LAYERS: usize = 4;

/// The text within.
pub(super) fn unwrap(raw: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut inner = Cow::Borrowed(raw);
    for _ in 0..LAYERS {
        let next = if inner.starts_with(&GZIP) {
            unzip(&inner)?
        } else if let Some(decoded) = base64(&inner) {
            decoded
        } else {
            break;
        };
        inner = Cow::Owned(next);
    }
    Ok(inner.into_owned())
}

fn unzip(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut text = vec![];
    let read = MultiGzDecoder::new(packed)
        .take(MOST + 1)
        .read_to_end(&mut text);
    let refuse = |reason: String| {
        let remedy = "Compress the archive again with `gzip`, or give it as it is.";
        Err(Refusal::new(FIELD, reason, remedy))
    };
    match read {
        Err(error) => refuse(format!(
            "It is compressed with gzip and cannot be unpacked: {error}."
        )),
        Ok(_) if text.len() as u64 > MOST => refuse(format!(
            "It is compressed with gzip and unpacks to more than {MOST} bytes."
        )),
        Ok(_) => Ok(text),
    }
}

/// What `text` is the base64 of, if it is: in one line or in many.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .iter()
        .filter(|c| !c.is_ascii_whitespace())
        .copied()
        .collect();
    if dense.is_empty() {
        return None;
    }
    STANDARD.decode(dense).ok()
}
