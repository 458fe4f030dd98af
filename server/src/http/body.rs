//! Reading bodies: every door reads through here, with a limit, a time and a budget.
//!
//! Two budgets, so that neither can use up the other: one of all strangers together (whoever has not yet shown who
//! they are, which for a signed request is known only after its body), one of people who are signed in. The first
//! bytes of a body are free of it: so no flood of large bodies keeps out an ordinary call, and what they take in all
//! is bounded by the number of connections ([`super::serve`]).

use std::time::Duration;

use app::model::error::{Error, ErrorKind, ValidationReason};
use app::model::limits::REQUEST_BYTES;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a client may take to send its body. Longer would let idle strangers hold connections.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Of each body, outside the budget: more than nearly every request has.
const FREE: usize = 16 * 1024;
/// Bytes of bodies in memory at once, for each budget: 64 of the largest.
const BUDGET: usize = 64 * REQUEST_BYTES;
/// When whoever found no room may try again, in seconds: bodies come and go within a moment unless somebody stalls.
const RETRY_AFTER: i64 = 5;

/// Room for bodies, in bytes.
pub struct Budget(Semaphore);

/// For bodies of callers who are not known yet.
pub static STRANGERS: Budget = Budget::new(BUDGET);
/// For bodies of people who are signed in to the console.
pub static SIGNED_IN: Budget = Budget::new(BUDGET);

impl Budget {
    const fn new(bytes: usize) -> Budget {
        Budget(Semaphore::const_new(bytes))
    }
}

/// A whole body; its room is free again when this is dropped.
#[derive(Debug)]
pub struct Whole {
    pub bytes: Bytes,
    _room: Option<SemaphorePermit<'static>>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// More than that many bytes.
    TooLarge(usize),
    /// It did not come to its end in time, or broke off.
    Incomplete,
    /// Too many bodies are being read.
    NoRoom,
}

impl Unread {
    pub fn status(self) -> StatusCode {
        match self {
            Unread::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Unread::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub fn message(self) -> String {
        match self {
            Unread::TooLarge(limit) => {
                format!("The request body is larger than {limit} bytes. Send less at once.")
            }
            Unread::Incomplete => "The request body did not arrive whole. Send it again.".into(),
            Unread::NoRoom => format!(
                "The server is receiving too much at once. Send the request again in {RETRY_AFTER} seconds."
            ),
        }
    }

    /// Seconds, where waiting helps.
    pub fn retry_after(self) -> Option<i64> {
        (self == Unread::NoRoom).then_some(RETRY_AFTER)
    }
}

/// For the console, whose functions know the error of the product only.
impl From<Unread> for Error {
    fn from(unread: Unread) -> Error {
        match unread.retry_after() {
            Some(retry_after_seconds) => Error::new(
                ErrorKind::Throttling {
                    retry_after_seconds,
                },
                unread.message(),
            ),
            None => Error::validation(ValidationReason::CannotParse, unread.message()),
        }
    }
}

/// The whole body, if it has at most `limit` bytes, comes in time and finds room.
pub async fn read(mut body: Body, limit: usize, budget: &'static Budget) -> Result<Whole, Unread> {
    let read = tokio::time::timeout(TIMEOUT, collect(&mut body, limit, budget)).await;
    let read = read.unwrap_or(Err(Unread::Incomplete));
    if matches!(read, Err(Unread::TooLarge(_) | Unread::NoRoom)) {
        discard(body).await;
    }
    read
}

async fn collect(body: &mut Body, limit: usize, budget: &'static Budget) -> Result<Whole, Unread> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge(limit));
    }
    let (mut whole, mut room) = (Gathered::default(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| match is_too_large(&cause) {
            true => Unread::TooLarge(limit),
            false => Unread::Incomplete,
        })?;
        if let Ok(piece) = frame.into_data() {
            let length = whole.length() + piece.len();
            if length > limit {
                return Err(Unread::TooLarge(limit));
            }
            room = grow(room, length.saturating_sub(FREE), budget).ok_or(Unread::NoRoom)?;
            whole.add(piece);
        }
    }
    Ok(Whole {
        bytes: whole.bytes(),
        _room: room,
    })
}

/// One piece as it came, which is nearly every body, or a copy of several: kept apart, the smallest pieces would take
/// many times their own size.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    all: Vec<u8>,
}

impl Gathered {
    fn length(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn add(&mut self, piece: Bytes) {
        if self.length() == 0 {
            self.first = piece;
            return;
        }
        self.all.extend_from_slice(&std::mem::take(&mut self.first));
        self.all.extend_from_slice(&piece);
    }

    fn bytes(self) -> Bytes {
        match self.all.is_empty() {
            true => self.first,
            false => self.all.into(),
        }
    }
}

/// The same room with as many bytes as are wanted now; nothing if there are not so many.
fn grow(
    room: Option<SemaphorePermit<'static>>,
    wanted: usize,
    budget: &'static Budget,
) -> Option<Option<SemaphorePermit<'static>>> {
    let held = room.as_ref().map_or(0, SemaphorePermit::num_permits);
    let missing = u32::try_from(wanted.saturating_sub(held)).ok()?;
    if missing == 0 {
        return Some(room);
    }
    let more = budget.0.try_acquire_many(missing).ok()?;
    Some(Some(match room {
        Some(mut room) => {
            room.merge(more);
            room
        }
        None => more,
    }))
}

/// Takes what a client is still sending, up to a bound: one that is cut off while it sends never sees the answer.
pub async fn discard(mut body: Body) {
    let taken = async {
        let mut left = 16 * REQUEST_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(length) else {
                return;
            };
            left = rest;
        }
    };
    // Whoever is too slow is cut off.
    let _ = tokio::time::timeout(TIMEOUT, taken).await;
}

fn is_too_large(e: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(e);
    while let Some(e) = cause {
        if e.is::<LengthLimitError>() {
            return true;
        }
        cause = e.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{StreamExt, stream};

    use super::*;

    /// In pieces, as from a network; then nothing more, or for ever nothing.
    fn pieces(bytes: usize, ends: bool) -> Body {
        let piece = Bytes::from(vec![b'x'; 1024]);
        let sent = stream::iter(vec![Ok::<_, Infallible>(piece); bytes / 1024]);
        if ends {
            Body::from_stream(sent)
        } else {
            Body::from_stream(sent.chain(stream::pending()))
        }
    }

    #[tokio::test]
    async fn a_body_comes_whole_or_is_too_large() {
        static BUDGET: Budget = Budget::new(64 * 1024);
        let whole = read(pieces(40 * 1024, true), 40 * 1024, &BUDGET).await;
        assert_eq!(*whole.unwrap().bytes, vec![b'x'; 40 * 1024]);
        let one = read(Body::from("one"), 3, &BUDGET).await;
        assert_eq!(*one.unwrap().bytes, *b"one");
        let large = read(pieces(41 * 1024, true), 40 * 1024, &BUDGET).await;
        assert_eq!(large.unwrap_err(), Unread::TooLarge(40 * 1024));
        let told = read(Body::from(vec![0; 2000]), 1000, &BUDGET).await;
        assert_eq!(told.unwrap_err(), Unread::TooLarge(1000));
        assert_eq!(BUDGET.0.available_permits(), 64 * 1024, "all room is free");
    }

    #[tokio::test]
    async fn stalled_bodies_use_up_the_budget_but_never_keep_out_small_ones() {
        static BUDGET: Budget = Budget::new(64 * 1024);
        let stalled: Vec<_> = (0..4)
            .map(|_| tokio::spawn(read(pieces(32 * 1024, false), REQUEST_BYTES, &BUDGET)))
            .collect();
        while BUDGET.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = read(pieces(32 * 1024, true), REQUEST_BYTES, &BUDGET).await;
        assert_eq!(refused.unwrap_err(), Unread::NoRoom);
        let small = read(pieces(16 * 1024, true), REQUEST_BYTES, &BUDGET).await;
        assert_eq!(small.unwrap().bytes.len(), 16 * 1024);
        for reading in stalled {
            reading.abort();
            assert!(reading.await.unwrap_err().is_cancelled());
        }
        assert_eq!(BUDGET.0.available_permits(), 64 * 1024, "all room is free");
    }
}
