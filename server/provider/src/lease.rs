//! Whether this process may act for a cluster. Of the processes that could run one, one may; it can be stopped or cut off
//! from the database, and go on when another has taken its place.
//!
//! Each process says every few seconds in the database that it lives. The others believe that for [`TERM_MS`], by the
//! database's clock; it believes itself for a little less, by a clock of its own that also runs while it stands still. So
//! it ends what it does to the world before another begins. Its writes are checked in the database: see the server's `db::lease`.

use std::fmt;
use std::sync::Arc;

use nix::time::{ClockId, clock_gettime};
use tokio::sync::watch;

/// How long after its last word a process is taken to live, in milliseconds. Less, and a busy host loses its clusters for
/// nothing; more, and those of a dead process wait longer for the next one.
pub const TERM_MS: i64 = 15_000;
/// How long it trusts its own word. The rest is for what was begun at the last moment.
const TRUST_MS: i64 = 12_000;

/// What this process says of itself; clones are one.
#[derive(Clone)]
pub struct Beat(Arc<watch::Sender<Word>>);

/// The last time that it said that it lives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    /// None: it never did, or is not believed any more.
    at: Option<i64>,
    /// Counts its silences: what it had before one, another process may have had since.
    chain: u64,
}

/// A moment of [`Beat`]'s clock.
#[derive(Clone, Copy)]
pub struct Moment(Option<i64>);

impl Default for Beat {
    /// It has said nothing yet.
    fn default() -> Beat {
        Beat(Arc::new(watch::channel(Word::default()).0))
    }
}

/// Clones of one.
impl PartialEq for Beat {
    fn eq(&self, other: &Beat) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Beat {}

impl fmt::Debug for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Beat({})", self.is_fresh())
    }
}

impl Beat {
    /// To be taken before the word goes to the database: it counts from there.
    pub fn begin() -> Moment {
        Moment(clock())
    }

    /// The word that was begun then was written.
    pub fn written(&self, began: Moment) {
        self.0.send_modify(|word| {
            let was_silent = !is_fresh(word.at, clock());
            word.chain += u64::from(was_silent);
            word.at = began.0;
        });
    }

    /// Another process speaks for the server now, or this one ends.
    pub fn is_over(&self) {
        self.0.send_modify(|word| word.at = None);
    }

    /// Whether the others still believe that this process lives.
    pub fn is_fresh(&self) -> bool {
        self.chain().is_some()
    }

    /// Stays the same for as long as they have believed it without a break; none: they need not any more.
    pub fn chain(&self) -> Option<u64> {
        let word = *self.0.borrow();
        is_fresh(word.at, clock()).then_some(word.chain)
    }

    /// Sees each word, and when there are none any more.
    pub fn subscribe(&self) -> watch::Receiver<Word> {
        self.0.subscribe()
    }
}

/// Milliseconds that also pass while this process is stopped or the host sleeps; none: the host has no such clock.
fn clock() -> Option<i64> {
    let time = clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?;
    Some(time.tv_sec() * 1_000 + time.tv_nsec() / 1_000_000)
}

fn is_fresh(written: Option<i64>, now: Option<i64>) -> bool {
    let age = written.zip(now).map(|(written, now)| now - written);
    age.is_some_and(|age| age < TRUST_MS)
}

/// The right of this process to act for one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub cluster_id: Arc<str>,
    pub epoch: i64,
    pub beat: Beat,
    /// Of the beat, when the lease was read.
    pub chain: u64,
}

/// Another process has the cluster, or may have it by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this server has been silent to the database for too long, or another process runs the cluster now: nothing was done"
)]
pub struct Lost;

impl Lease {
    /// To be asked right before anything is done outside the database.
    pub fn check(&self) -> Result<(), Lost> {
        (self.beat.chain() == Some(self.chain))
            .then_some(())
            .ok_or(Lost)
    }
}

/// As [`Lease::check`]; without a lease no other process can have the cluster.
pub fn check(lease: Option<&Lease>) -> Result<(), Lost> {
    lease.map_or(Ok(()), Lease::check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_stops_before_others_take_it_for_dead() {
        for (written, now, fresh) in [
            (None, Some(5), false),
            (Some(5), None, false),
            (Some(5), Some(5), true),
            (Some(5), Some(4 + TRUST_MS), true),
            (Some(5), Some(5 + TRUST_MS), false),
            (Some(5), Some(5 + TERM_MS), false),
        ] {
            assert_eq!(is_fresh(written, now), fresh, "{written:?} {now:?}");
        }
    }

    #[test]
    fn who_has_said_nothing_or_was_replaced_may_do_nothing() {
        let lease = Lease {
            cluster_id: "pcs_a".into(),
            epoch: 1,
            beat: Beat::default(),
            chain: 1,
        };
        assert_eq!(lease.check(), Err(Lost));
        for _ in 0..2 {
            lease.beat.written(Beat::begin());
            assert_eq!(lease.check(), Ok(()));
        }
        lease.beat.is_over();
        assert_eq!(lease.check(), Err(Lost));
        // It is believed again; whether it has the cluster must be looked up.
        lease.beat.written(Beat::begin());
        assert!(lease.beat.is_fresh());
        assert_eq!(lease.check(), Err(Lost));
        assert_eq!(check(None), Ok(()));
    }
}
