//! Times that lie ahead: the clock was set back since they were written, or another host's is ahead. What is waited for
//! since then is counted from the moment that this was noticed, so that nobody waits for as long as the clock jumped.

use std::collections::HashMap;

/// When times were noticed that lie ahead. In memory: after a restart they are counted anew.
#[derive(Debug, Default)]
pub struct SetBack {
    noticed: HashMap<i64, i64>,
}

impl SetBack {
    /// When that was, as far as this clock knows: never ahead of it.
    pub fn past(&mut self, at: i64, now: i64) -> i64 {
        if at <= now {
            return at;
        }
        let noticed = self.noticed.entry(at).or_insert(now);
        // It may be set back once more.
        *noticed = now.min(*noticed);
        *noticed
    }

    /// Forgets what this clock has caught up with.
    pub fn forget(&mut self, now: i64) {
        self.noticed.retain(|at, _| *at > now);
    }
}

/// Whether more than that time has passed. Of a time that lies ahead nobody knows: what is merely asked once more may be.
pub fn is_over(at: i64, now: i64, ms: i64) -> bool {
    !(0..=ms).contains(&(now - at))
}

#[cfg(test)]
mod tests {
    use super::super::instance::{InstanceRow, right};
    use super::*;

    #[test]
    fn nobody_waits_for_as_long_as_the_clock_jumped() {
        const HOUR: i64 = 3_600_000;
        for jump in [1, 1_000, HOUR, 1_000 * HOUR] {
            let written = InstanceRow {
                launched_at: 10 * HOUR,
                registered_at: Some(10 * HOUR + 1),
                stop_asked_at: Some(10 * HOUR - 5 * jump),
                ..InstanceRow::default()
            };
            let mut set_back = SetBack::default();
            let mut seen = |now: i64| {
                let mut rows = [written.clone()];
                right(&mut rows, &mut set_back, now);
                rows[0].clone()
            };
            assert_eq!(seen(10 * HOUR + 1), written);
            let noticed = 10 * HOUR - jump;
            for waited in [0, jump / 2, jump - 1] {
                let row = seen(noticed + waited);
                assert_eq!(noticed + waited - row.launched_at, waited, "{jump}");
                assert_eq!(row.registered_at, Some(noticed));
                assert_eq!(row.stop_asked_at, written.stop_asked_at);
            }
            let again = seen(noticed - 1);
            assert_eq!(again.launched_at, noticed - 1, "set back once more");
        }
    }

    #[test]
    fn what_is_asked_again_is_asked_after_a_jump() {
        for (now, is_right) in [(999, true), (1_000, false), (1_010, false), (1_011, true)] {
            assert_eq!(is_over(1_000, now, 10), is_right, "{now}");
        }
    }
}
