//! Guessing passwords gets slow: after a few failures a user name is refused for a while, twice as long each time.
//! Unknown names are treated alike, so that the lock tells nobody which names exist.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Typing errors that cost nothing. More would help a guesser, fewer would lock out people.
const FREE_FAILURES: u32 = 5;
const FIRST_LOCK: Duration = Duration::from_secs(15);
/// Long enough against guessing, short enough that nobody can keep an administrator out for a day.
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);
/// Names remembered at once: invented names cannot fill the memory.
const NAMES: usize = 10_000;

#[derive(Default)]
pub struct Lockout(Mutex<HashMap<String, Failures>>);

struct Failures {
    count: u32,
    locked_until: Instant,
}

impl Lockout {
    /// How long this name is still refused.
    pub fn remaining(&self, user: &str, now: Instant) -> Option<Duration> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = failures.get(user)?.locked_until;
        until
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    pub fn failed(&self, user: &str, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NAMES {
            all.retain(|_, failures| failures.locked_until > now);
        }
        if all.len() >= NAMES && !all.contains_key(user) {
            return;
        }
        let failures = all.entry(user.to_owned()).or_insert(Failures {
            count: 0,
            locked_until: now,
        });
        failures.count += 1;
        if failures.count > FREE_FAILURES {
            failures.locked_until = now + lock_of(failures.count - FREE_FAILURES);
        }
    }

    pub fn succeeded(&self, user: &str) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(user);
    }
}

/// The nth lock: 15 s, 30 s, 1 min … 15 min.
fn lock_of(n: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(n - 1);
    FIRST_LOCK.saturating_mul(doubled).min(LONGEST_LOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_locked_after_free_failures_and_longer_each_time() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..FREE_FAILURES {
            lockout.failed("ann", now);
        }
        assert_eq!(lockout.remaining("ann", now), None);
        lockout.failed("ann", now);
        assert_eq!(lockout.remaining("ann", now), Some(FIRST_LOCK));
        lockout.failed("ann", now);
        assert_eq!(lockout.remaining("ann", now), Some(FIRST_LOCK * 2));
        assert_eq!(lockout.remaining("ann", now + FIRST_LOCK * 2), None);
        assert_eq!(lockout.remaining("bob", now), None);
    }

    #[test]
    fn a_success_forgets_and_no_lock_is_for_ever() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..100 {
            lockout.failed("ann", now);
        }
        assert_eq!(lockout.remaining("ann", now), Some(LONGEST_LOCK));
        lockout.succeeded("ann");
        assert_eq!(lockout.remaining("ann", now), None);
    }
}
