//! How often EC2 is asked where in its network instances are: of each once, and however many there are of all clusters, so
//! seldom that other calls have room beside.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Three calls a minute while there are instances of which it is not known, and none else.
const EVERY: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub struct Places(Mutex<Option<Instant>>);

impl Places {
    /// Whether it may be asked now; who is told so asks.
    pub fn may_ask(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|at| at.elapsed() >= EVERY);
        if may {
            *last = Some(Instant::now());
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_ask_one_is_let_in() {
        let places = Places::default();
        assert!(places.may_ask());
        assert!(!places.may_ask());
        *places.0.lock().unwrap() = Instant::now().checked_sub(EVERY);
        assert!(places.may_ask());
    }
}
