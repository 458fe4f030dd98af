//! Guessing passwords gets slow, and nobody can keep others out by it.
//!
//! What is limited by what:
//!
//! - **A name from an [`Origin`]**: [`FREE`] failures cost nothing, then the name is refused from there for 15 s, 30 s …
//!   15 min. So whoever guesses keeps only themselves out: the right password still comes in from everywhere else.
//! - **A name from everywhere**: past [`CROWD`] failures somebody guesses from many addresses. From then on one failure
//!   is free for each origin, not [`FREE`]; the name itself is never refused.
//! - **An origin, whatever the names**: past [`FREE_OF_ORIGIN`] failures it is refused for 15 s … 1 min, so that trying one
//!   password on many names is as slow. It is a short time, because many people can share one.
//! - **One hash at a time for each origin and for each name**, further ones wait ([`Lockout::turn`]): whoever tries many
//!   passwords or names waits for themselves. How many at once in all is `password`'s.
//!
//! An attempt counts as a failure when it *begins*: a thousand at once are no better than one after the other. A right
//! password takes its own attempt back. Everything is forgotten after [`FORGET`] without a failure.
//! What is counted of a name belongs to its present password: `openpcs user password` begins anew, and so lifts the lock.
//!
//! Names nobody has are treated alike, so that no lock tells which names exist, but kept apart: inventing names never
//! drops the count of a real one. Nothing but keyed hashes of names and origins is kept.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;

use super::front::Client;

/// Typing errors that cost nothing. More would help a guesser, fewer would lock out people.
const FREE: u32 = 5;
/// Failures of one name from everywhere, after which somebody is guessing.
const CROWD: u32 = 50;
const FREE_IN_CROWD: u32 = 1;
/// For a house full of people behind one address.
const FREE_OF_ORIGIN: u32 = 50;
const FIRST_LOCK: Duration = Duration::from_secs(15);
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);
const LONGEST_LOCK_OF_ORIGIN: Duration = Duration::from_secs(60);
/// Far longer than the longest lock: whoever waits for its end goes on where they were.
const FORGET: Duration = Duration::from_secs(2 * 3600);
/// Counters kept in each table, 32 bytes or so each.
const MOST: usize = 20_000;
/// Names, or origins, that wait for each other although they differ are one in so many.
const TURNS: usize = 256;

pub struct Lockout {
    /// Hashes that nobody outside can foretell.
    keys: RandomState,
    tables: Mutex<Tables>,
    of_origins: Turns,
    of_names: Turns,
}

type Turns = [tokio::sync::Mutex<()>; TURNS];

#[derive(Default)]
struct Tables {
    real_names: Table,
    invented_names: Table,
    origins: Table,
}

/// Somebody wants to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub user: &'a str,
    /// Of the account with this name: another one after each change of the password. None when nobody has the name.
    pub stamp: Option<&'a str>,
    pub from: Origin,
}

/// What one guesser can be expected to have. Of this host's users everybody is one: they share its addresses, with their
/// jobs and with all who come through a tunnel.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// None when nobody knows: everybody would be locked out with everybody, so nothing is counted, and all have one
    /// turn together.
    pub client: Option<Client>,
    pub local_user: Option<u32>,
}

impl Origin {
    fn key(self) -> (Option<IpAddr>, Option<u32>) {
        (self.client.map(Client::network), self.local_user)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.client, self.local_user) {
            (Some(client), Some(uid)) => write!(f, "{client} (user {uid})"),
            (Some(client), None) => client.fmt(f),
            (None, _) => f.write_str("an unknown client"),
        }
    }
}

impl Default for Lockout {
    fn default() -> Lockout {
        Lockout {
            keys: RandomState::new(),
            tables: Mutex::default(),
            of_origins: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            of_names: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }
}

impl Lockout {
    /// Counts the attempt as a failure, or says how long no attempt of its kind is taken.
    pub fn begin(&self, attempt: Attempt, now: Instant) -> Result<(), Duration> {
        if attempt.from.client.is_none() {
            return Ok(());
        }
        let (name, pair, origin) = self.keys_of(attempt);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = &mut *tables;
        let names = tables.names(attempt.stamp.is_some());
        let left = names.locked(pair, now);
        let left = left.max(tables.origins.locked(origin, now));
        if let Some(left) = left {
            return Err(left);
        }
        let names = tables.names(attempt.stamp.is_some());
        let all = names.count(name, now).count;
        let free = if all > CROWD { FREE_IN_CROWD } else { FREE };
        names.count(pair, now).lock(free, LONGEST_LOCK, now);
        let of_origin = tables.origins.count(origin, now);
        of_origin.lock(FREE_OF_ORIGIN, LONGEST_LOCK_OF_ORIGIN, now);
        Ok(())
    }

    /// The password was right: the attempt was no failure, and those before it were typing errors. Others from the same
    /// address and on the same name stay: else a guesser with a name of their own would wipe theirs out.
    pub fn succeeded(&self, attempt: Attempt, now: Instant) {
        let (name, pair, origin) = self.keys_of(attempt);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let names = tables.names(attempt.stamp.is_some());
        names.0.remove(&pair);
        names.take_back(name, u32::MAX, now);
        tables.origins.take_back(origin, FREE_OF_ORIGIN, now);
    }

    /// One attempt at a time for each origin and for each name, in the order in which they came. Whoever has the turn of
    /// a name waits for nobody's, so nobody waits for ever.
    pub async fn turn(&self, attempt: Attempt<'_>) -> [MutexGuard<'_, ()>; 2] {
        let (name, _, origin) = self.keys_of(attempt);
        let of_origin = turn_of(&self.of_origins, origin).lock().await;
        let of_name = turn_of(&self.of_names, name).lock().await;
        [of_origin, of_name]
    }

    fn keys_of(&self, attempt: Attempt) -> (u64, u64, u64) {
        let key = |of: &dyn Fn(&mut std::hash::DefaultHasher)| {
            let mut hasher = self.keys.build_hasher();
            of(&mut hasher);
            std::hash::Hasher::finish(&hasher)
        };
        let Attempt { user, stamp, from } = attempt;
        (
            key(&|h| (0, user, stamp).hash(h)),
            key(&|h| (1, user, stamp, from.key()).hash(h)),
            key(&|h| (2, from.key()).hash(h)),
        )
    }
}

fn turn_of(turns: &Turns, key: u64) -> &tokio::sync::Mutex<()> {
    // The remainder is below the length.
    &turns[(key % TURNS as u64) as usize]
}

impl Tables {
    fn names(&mut self, are_real: bool) -> &mut Table {
        match are_real {
            true => &mut self.real_names,
            false => &mut self.invented_names,
        }
    }
}

#[derive(Default)]
struct Table(HashMap<u64, Failures>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
    locked_until: Instant,
}

impl Table {
    fn locked(&self, key: u64, now: Instant) -> Option<Duration> {
        let until = self.0.get(&key)?.locked_until;
        until
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    /// One more.
    fn count(&mut self, key: u64, now: Instant) -> &mut Failures {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let none = Failures {
            count: 0,
            last: now,
            locked_until: now,
        };
        let failures = self.0.entry(key).or_insert(none);
        if now.saturating_duration_since(failures.last) > FORGET {
            *failures = none;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        failures
    }

    /// Forgets what is old; if nothing is, the tenth of the table that failed least and longest ago.
    fn make_room(&mut self, now: Instant) {
        self.0
            .retain(|_, failures| now.saturating_duration_since(failures.last) <= FORGET);
        if self.0.len() < MOST {
            return;
        }
        let mut least: Vec<_> = self
            .0
            .iter()
            .map(|(key, f)| (f.count, f.last, *key))
            .collect();
        least.sort_unstable();
        for (_, _, key) in least.into_iter().take(MOST / 10) {
            self.0.remove(&key);
        }
    }

    /// One less; no more locked once it is within what is free.
    fn take_back(&mut self, key: u64, free: u32, now: Instant) {
        if let Some(failures) = self.0.get_mut(&key) {
            failures.count = failures.count.saturating_sub(1);
            if failures.count <= free {
                failures.locked_until = now;
            }
        }
    }
}

impl Failures {
    /// The nth failure past those that are free locks for 15 s, 30 s, 1 min …
    fn lock(&mut self, free: u32, longest: Duration, now: Instant) {
        if let Some(past) = self.count.checked_sub(free + 1) {
            let doubled = 2_u32.saturating_pow(past);
            self.locked_until = now + FIRST_LOCK.saturating_mul(doubled).min(longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user: &str, address: u32) -> Attempt<'_> {
        Attempt {
            user,
            stamp: Some("first password"),
            from: Origin {
                client: Some(Client(IpAddr::from(address.to_be_bytes()))),
                local_user: None,
            },
        }
    }

    /// Fails as often as it is let, and says how often that was.
    fn fail(lockout: &Lockout, attempt: Attempt, times: usize, now: Instant) -> usize {
        (0..times)
            .filter(|_| lockout.begin(attempt, now).is_ok())
            .count()
    }

    #[test]
    fn a_name_is_locked_for_an_address_after_free_failures_and_longer_each_time() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let ann = of("ann", 1);
        assert_eq!(fail(&lockout, ann, 1000, now), FREE as usize + 1);
        assert_eq!(lockout.begin(ann, now), Err(FIRST_LOCK));
        let later = now + FIRST_LOCK;
        assert_eq!(fail(&lockout, ann, 1000, later), 1);
        assert_eq!(lockout.begin(ann, later), Err(FIRST_LOCK * 2));
        assert_eq!(lockout.begin(of("bob", 1), later), Ok(()));
    }

    #[test]
    fn no_lock_is_for_ever_and_none_is_for_others() {
        let (lockout, mut now) = (Lockout::default(), Instant::now());
        for _ in 0..100 {
            if let Err(left) = lockout.begin(of("admin", 666), now) {
                assert!(left <= LONGEST_LOCK);
                now += left;
            }
        }
        assert_eq!(lockout.begin(of("admin", 1), now), Ok(()), "from elsewhere");
        now += FORGET + LONGEST_LOCK;
        let free = fail(&lockout, of("admin", 666), 1000, now);
        assert_eq!(free, FREE as usize + 1, "forgotten");
    }

    #[test]
    fn no_user_of_this_host_locks_out_another() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let by = |local_user: Option<u32>, user: &'static str| {
            let client = Some(Client(IpAddr::from([127, 0, 0, 1])));
            let from = Origin { client, local_user };
            Attempt {
                from,
                ..of(user, 1)
            }
        };
        let names: Vec<String> = (0..1000).map(|n| format!("user-{n}")).collect();
        // Their own number, or none when they hang up at once.
        for guesser in [Some(1001), None] {
            fail(&lockout, by(guesser, "admin"), 1000, now);
            for user in &names {
                let from = by(guesser, "admin").from;
                _ = lockout.begin(
                    Attempt {
                        from,
                        ..of(user, 1)
                    },
                    now,
                );
            }
            assert!(lockout.begin(by(guesser, "admin"), now).is_err());
        }
        assert_eq!(lockout.begin(by(Some(1000), "admin"), now), Ok(()));
    }

    #[test]
    fn whom_nobody_names_locks_nobody_out() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let unnamed = Attempt {
            from: Origin {
                client: None,
                local_user: None,
            },
            ..of("admin", 1)
        };
        assert_eq!(fail(&lockout, unnamed, 1000, now), 1000);
        // And no name is a name under attack by it.
        assert_eq!(fail(&lockout, of("admin", 1), 1000, now), FREE as usize + 1);
    }

    #[test]
    fn a_new_password_begins_without_a_lock() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        fail(&lockout, of("admin", 1), FREE as usize + 1, now);
        let changed = Attempt {
            stamp: Some("second password"),
            ..of("admin", 1)
        };
        assert!(lockout.begin(of("admin", 1), now).is_err());
        assert_eq!(lockout.begin(changed, now), Ok(()));
    }

    #[test]
    fn many_addresses_have_one_guess_each_and_a_newcomer_still_comes_in() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let guesses: usize = (1000..1200)
            .map(|address| fail(&lockout, of("admin", address), 100, now))
            .sum();
        assert!(guesses < 200 * 2 + CROWD as usize, "{guesses}");
        assert_eq!(lockout.begin(of("admin", 1), now), Ok(()));
        lockout.succeeded(of("admin", 1), now);
        assert_eq!(lockout.begin(of("admin", 1), now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_is_slowed_down() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let names: Vec<String> = (0..1000).map(|n| format!("user-{n}")).collect();
        let tried = |now| {
            let taken = names
                .iter()
                .filter(|name| lockout.begin(of(name, 1), now).is_ok());
            taken.count()
        };
        assert_eq!(tried(now), FREE_OF_ORIGIN as usize + 1);
        assert_eq!(tried(now + LONGEST_LOCK_OF_ORIGIN), 1);
        assert_eq!(lockout.begin(of("user-1", 2), now), Ok(()));
    }

    #[test]
    fn a_right_password_takes_back_its_own_attempt_only() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for n in 0..1000 {
            assert_eq!(lockout.begin(of("ann", 1), now), Ok(()), "{n}");
            lockout.succeeded(of("ann", 1), now);
        }
        assert_eq!(fail(&lockout, of("ann", 1), FREE as usize, now), 5);
        lockout.succeeded(of("ann", 1), now);
        // Bob's failures from there are no typing errors of Ann's.
        fail(&lockout, of("bob", 1), 100, now);
        lockout.succeeded(of("ann", 1), now);
        assert!(lockout.begin(of("bob", 1), now).is_err());
    }

    #[test]
    fn invented_names_never_drop_the_counter_of_a_real_one() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        fail(&lockout, of("admin", 1), 100, now);
        for n in 0..3 * MOST as u32 {
            let name = n.to_string();
            let invented = Attempt {
                stamp: None,
                ..of(&name, n)
            };
            assert_eq!(lockout.begin(invented, now), Ok(()));
        }
        assert!(lockout.begin(of("admin", 1), now).is_err());
        let tables = lockout
            .tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        assert!(tables.invented_names.0.len() <= MOST && tables.origins.0.len() <= MOST);
    }
}
