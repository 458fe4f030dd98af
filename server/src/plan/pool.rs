//! Which pools of instances are left alone: a breaker for each. One that has nothing is left out of the next batches, each
//! time in a row twice as long; then one batch tries it, while the others still leave it out. Pure functions.

use app::model::attempt::{Pool, PoolError, PoolTrouble, RestingPool};
use app::model::group_settings::GroupSettings;
use openpcs_provider::{Asked, Profile};

use crate::db::pool_health::PoolRow;

/// How long a batch that tries a pool may take to be answered; then another one tries it.
const PROBE_MS: i64 = 30_000;
/// So much of what the provider says is kept.
const WORDS: usize = 300;

/// What to do about the pools of a group before a batch of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All that it might come from is being tried by another batch, whose answer is there soon.
    Wait,
    Ask {
        resting: Vec<RestingPool>,
        /// Left alone until now: this batch tries them, which others are to see.
        probes: Vec<PoolRow>,
    },
}

pub fn choose(rows: &[PoolRow], group: &GroupSettings, profile: &Profile, now: i64) -> Choice {
    let of_group = rows.iter().filter(|row| belongs(&row.pool, group));
    let (open, due): (Vec<&PoolRow>, Vec<&PoolRow>) =
        of_group.partition(|row| is_open(row, profile, now));
    if leaves_nothing(&open, group) && open.iter().any(|row| row.probed_at.is_some()) {
        return Choice::Wait;
    }
    let probe = |row: &PoolRow| PoolRow {
        open_until: now + PROBE_MS,
        probed_at: Some(now),
        ..row.clone()
    };
    Choice::Ask {
        resting: open.into_iter().map(rest_of).collect(),
        probes: due.into_iter().map(probe).collect(),
    }
}

/// All that a group's instances might come from is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When the first of it is tried again.
    pub until: i64,
    /// Which pools these are, and what the provider said.
    pub why: String,
}

/// None also while a batch tries one of them: its answer is there soon.
pub fn closed(
    rows: &[PoolRow],
    group: &GroupSettings,
    profile: &Profile,
    now: i64,
) -> Option<Closed> {
    let of_group = rows.iter().filter(|row| belongs(&row.pool, group));
    let open: Vec<&PoolRow> = of_group.filter(|row| is_open(row, profile, now)).collect();
    if !leaves_nothing(&open, group) || open.iter().any(|row| row.probed_at.is_some()) {
        return None;
    }
    let word = |row: &&PoolRow| {
        let code = row.code.as_ref().unwrap_or(&row.message);
        format!("{}: {code}", row.pool)
    };
    let words: Vec<String> = open.iter().map(word).collect();
    Some(Closed {
        until: open.iter().map(|row| row.open_until).min()?,
        why: words.join("; "),
    })
}

fn belongs(pool: &Pool, group: &GroupSettings) -> bool {
    let of_types = group.type_names().contains(&pool.instance_type);
    let place = pool.place.as_ref();
    let is_of_group = place.is_none_or(|place| group.subnet_ids.contains(place));
    of_types && is_of_group && pool.purchase == group.purchase()
}

/// A time farther away than the longest rest is of a clock that was set back since.
fn is_open(row: &PoolRow, profile: &Profile, now: i64) -> bool {
    let longest = profile.longest_pool_rest_ms.max(PROBE_MS);
    (1..=longest).contains(&(row.open_until - now))
}

/// Those of a group that are left alone now.
pub fn resting(
    rows: &[PoolRow],
    group: &GroupSettings,
    profile: &Profile,
    now: i64,
) -> Vec<RestingPool> {
    let of_group = rows.iter().filter(|row| belongs(&row.pool, group));
    let open = of_group.filter(|row| is_open(row, profile, now));
    open.map(rest_of).collect()
}

fn rest_of(row: &PoolRow) -> RestingPool {
    RestingPool {
        pool: row.pool.clone(),
        code: row.code.clone(),
        message: row.message.clone(),
        until: row.open_until,
    }
}

/// Whether no type is left in any subnet. A pool without a place is the type everywhere.
fn leaves_nothing(open: &[&PoolRow], group: &GroupSettings) -> bool {
    let rests = |name: &String, place: Option<&String>| {
        let is_it = |row: &&PoolRow| {
            let of = row.pool.place.as_ref();
            row.pool.instance_type == *name && (of.is_none() || of == place)
        };
        open.iter().any(is_it)
    };
    let everywhere = |name: &String| match group.subnet_ids.is_empty() {
        true => rests(name, None),
        false => group.subnet_ids.iter().all(|id| rests(name, Some(id))),
    };
    let names = group.type_names();
    !names.is_empty() && names.iter().all(everywhere)
}

/// What an answer changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Put(PoolRow),
    /// It has some.
    Close(Pool),
}

pub fn after(rows: &[PoolRow], asked: &Asked, profile: &Profile, now: i64) -> Vec<Change> {
    let change = |pool: &Pool| {
        let known = rows.iter().find(|row| row.pool == *pool);
        match (trouble(pool, asked), known) {
            // Left alone since another batch was answered: it is the same lack.
            (_, Some(row)) if row.probed_at.is_none() && is_open(row, profile, now) => None,
            (Some(error), known) => Some(Change::Put(failed(pool, error, known, profile, now))),
            (None, Some(_)) if asked.gave.contains(pool) => Some(Change::Close(pool.clone())),
            // It was not needed: the next batch tries it.
            (None, Some(row)) => row.probed_at.map(|_| {
                Change::Put(PoolRow {
                    open_until: now,
                    probed_at: None,
                    ..row.clone()
                })
            }),
            (None, None) => None,
        }
    };
    asked.pools.iter().filter_map(change).collect()
}

fn trouble<'a>(pool: &Pool, asked: &'a Asked) -> Option<&'a PoolError> {
    let is_of_it = |error: &&PoolError| error.pools.contains(pool);
    let mut errors = asked.errors.iter().filter(is_of_it);
    errors.find(|error| error.trouble != PoolTrouble::None)
}

fn failed(
    pool: &Pool,
    error: &PoolError,
    known: Option<&PoolRow>,
    profile: &Profile,
    now: i64,
) -> PoolRow {
    let failures = known.map_or(0, |row| row.failures).saturating_add(1);
    let rest = match error.trouble {
        PoolTrouble::Unsupported => profile.longest_pool_rest_ms,
        PoolTrouble::Capacity | PoolTrouble::Quota | PoolTrouble::None => {
            let doublings = failures.saturating_sub(1).clamp(0, 16);
            (profile.pool_rest_ms << doublings).min(profile.longest_pool_rest_ms)
        }
    };
    PoolRow {
        pool: pool.clone(),
        failures,
        open_until: now + rest,
        probed_at: None,
        code: error.code.clone(),
        message: error.message.chars().take(WORDS).collect(),
    }
}

/// When a node of a batch that got nothing may be tried again at the earliest: at the end of the first rest, if all pools
/// that it might come from rest now.
pub fn next_try(
    asked: &Asked,
    left_out: &[RestingPool],
    rows: &[PoolRow],
    profile: &Profile,
    now: i64,
) -> Option<i64> {
    let rests = |pool: &Pool| {
        let mut of_pool = rows.iter().filter(|row| row.pool == *pool);
        let row = of_pool.find(|row| is_open(row, profile, now))?;
        Some(row.open_until)
    };
    let mut ends = vec![];
    for pool in &asked.pools {
        ends.push(rests(pool)?);
    }
    ends.extend(left_out.iter().map(|one| one.until));
    ends.into_iter().min()
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
