//! How soon Slurm may be looked at again: however much there is to see, looking takes a tenth of a core at most, and the
//! rest is the jobs'.

use std::time::{Duration, Instant};

/// A look is followed by a pause so many times as long.
const REST: u32 = 9;
const LONGEST: Duration = Duration::from_secs(10);

/// Of one loop.
pub struct Pace {
    shortest: Duration,
    /// The last look was a long one: not before then.
    until: Instant,
}

impl Pace {
    /// Between two looks there is so much time at least.
    pub fn new(shortest: Duration) -> Pace {
        Pace {
            shortest,
            until: Instant::now(),
        }
    }

    /// A look, with all that was done of it, began then and ends now.
    pub fn ended(&mut self, began: Instant) {
        self.until = Instant::now() + pause(self.shortest, began.elapsed());
    }

    /// The next one need not wait.
    pub fn hurry(&mut self) {
        self.until = Instant::now();
    }

    /// How long the next look has to wait.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

fn pause(shortest: Duration, took: Duration) -> Duration {
    (took * REST).clamp(shortest, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_look_the_longer_the_pause_within_bounds() {
        let shortest = Duration::from_millis(500);
        for (took, paused) in [
            (0, 500),
            (40, 500),
            (100, 900),
            (1_000, 9_000),
            (5_000, 10_000),
        ] {
            let pause = pause(shortest, Duration::from_millis(took));
            assert_eq!(pause, Duration::from_millis(paused), "{took} ms");
        }
    }

    #[test]
    fn who_must_not_wait_does_not() {
        let mut pace = Pace::new(Duration::from_secs(9));
        assert!(pace.left().is_zero());
        pace.ended(Instant::now());
        assert!(!pace.left().is_zero());
        pace.hurry();
        assert!(pace.left().is_zero());
    }
}
