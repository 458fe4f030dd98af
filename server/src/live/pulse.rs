//! Whether the database takes writes, as the reconcilers last saw it: something is written every few seconds, in turn with
//! all other writes, and must commit. So `/readyz` knows without writing, whoever asks and however often.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Three times as long as it takes between two writes.
const FRESH: Duration = Duration::from_secs(15);

/// When the last write succeeded; none after one that failed.
#[derive(Clone)]
pub struct Pulse(watch::Sender<Option<Instant>>);

impl Default for Pulse {
    /// A server that starts has just brought its schema up to date.
    fn default() -> Pulse {
        Pulse(watch::channel(Some(Instant::now())).0)
    }
}

impl Pulse {
    pub fn note(&self, written: bool) {
        self.0.send_replace(written.then(Instant::now));
    }

    pub fn is_fresh(&self) -> bool {
        self.0.borrow().is_some_and(|at| at.elapsed() < FRESH)
    }
}
