//! How each reconciler is: written by the driver around every run, read by the page *System* and by `/metrics`. A
//! reconciler is known here as long as its loop lives, so this cannot outgrow the clusters.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use app::model::system::{Did, Reconciler, ReconcilerKind, Work};

use super::meter::Meter;
use crate::db::now;

/// Words of a failure are for a page: what some program said is cut here, in characters.
const LONGEST_WORDS: usize = 1000;

/// A run that takes longer waits for something that does not come.
const LONGEST_RUN_MS: i64 = 60_000;

type Key = (String, ReconcilerKind);
type Shared = Arc<Mutex<Reconciler>>;

/// Those that run on this server.
#[derive(Clone, Default)]
pub struct Statuses {
    meter: Meter,
    all: Arc<Mutex<BTreeMap<Key, Shared>>>,
}

/// A poisoned lock means that another thread panicked between two assignments: what is there is still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Statuses {
    pub fn new(meter: Meter) -> Statuses {
        Statuses {
            meter,
            all: Arc::default(),
        }
    }

    /// A reconciler of a cluster begins, or with an empty id and name one of the server.
    pub fn begin(&self, kind: ReconcilerKind, cluster_id: &str, cluster_name: &str) -> Status {
        let key = (cluster_id.to_owned(), kind);
        let of = Arc::new(Mutex::new(Reconciler {
            kind,
            cluster_id: cluster_id.into(),
            cluster_name: cluster_name.into(),
            since: now(),
            running_since: 0,
            ran_at: 0,
            took_ms: 0,
            succeeded_at: 0,
            failures: 0,
            error: String::new(),
            did: vec![],
            did_at: 0,
            next_at: 0,
        }));
        lock(&self.all).insert(key.clone(), of.clone());
        Status {
            key,
            of,
            all: self.clone(),
        }
    }

    /// Cluster by cluster.
    pub fn all(&self) -> Vec<Reconciler> {
        let all: Vec<Shared> = lock(&self.all).values().cloned().collect();
        let now = now();
        all.iter().map(|of| as_of(lock(of).clone(), now)).collect()
    }
}

/// A run that does not end has failed, as far as anybody can tell.
fn as_of(one: Reconciler, now: i64) -> Reconciler {
    let took = now.saturating_sub(one.running_since);
    if one.running_since == 0 || took < LONGEST_RUN_MS || one.is_failing() {
        return one;
    }
    Reconciler {
        failures: 1,
        error: format!(
            "The run has been under way for {} seconds: what it waits for does not answer.",
            took / 1_000
        ),
        ..one
    }
}

/// What its loop holds. Dropped, also with a loop that is cut off, the reconciler is forgotten.
pub struct Status {
    key: Key,
    of: Shared,
    all: Statuses,
}

impl Status {
    /// A run begins.
    pub fn run(&self) -> Run<'_> {
        lock(&self.of).running_since = now();
        Run {
            of: self,
            begun: Instant::now(),
            done: Done::default(),
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        let mut all = lock(&self.all.all);
        // The next loop of the same cluster may have begun before this one was gone.
        if all
            .get(&self.key)
            .is_some_and(|of| Arc::ptr_eq(of, &self.of))
        {
            all.remove(&self.key);
        }
    }
}

/// A run under way.
pub struct Run<'s> {
    of: &'s Status,
    begun: Instant,
    /// What it did so far.
    pub done: Done,
}

impl Run<'_> {
    /// How the reconciler was before it.
    pub fn before(&self) -> Reconciler {
        lock(&self.of.of).clone()
    }

    /// It succeeded; the next one is at the latest after that time.
    pub fn succeeded(self, next: Duration) {
        self.ended(next, |of| {
            of.succeeded_at = of.ran_at;
            of.failures = 0;
            of.error.clear();
        });
    }

    /// It failed, with these words; whether the one before did not with the same.
    pub fn failed(self, words: &str, next: Duration) -> bool {
        let words: String = words.chars().take(LONGEST_WORDS).collect();
        let mut is_news = true;
        self.ended(next, |of| {
            is_news = of.error != words;
            of.failures = of.failures.saturating_add(1);
            of.error = words;
        });
        is_news
    }

    fn ended(self, next: Duration, how: impl FnOnce(&mut Reconciler)) {
        let took = self.begun.elapsed();
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let mut of = lock(&self.of.of);
        of.running_since = 0;
        of.ran_at = now();
        of.took_ms = millis(took);
        of.next_at = of.ran_at.saturating_add(millis(next));
        how(&mut of);
        let (kind, failed) = (of.kind, of.is_failing());
        if !self.done.0.is_empty() {
            self.of.all.meter.did(kind, &self.done.0);
            (of.did, of.did_at) = (self.done.0, of.ran_at);
        }
        drop(of);
        self.of.all.meter.ran(kind, took, failed);
    }
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Done(Vec<Did>);

impl Done {
    /// So many times that; it may be said in pieces.
    pub fn note(&mut self, work: Work, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.0.iter_mut().find(|did| did.work == work) {
            Some(did) => did.count = did.count.saturating_add(count),
            None if count > 0 => self.0.push(Did { work, count }),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(500);

    fn only(statuses: &Statuses) -> Reconciler {
        let mut all = statuses.all();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn failures_are_counted_until_a_run_succeeds() {
        let statuses = Statuses::default();
        let status = statuses.begin(ReconcilerKind::Node, "pcs_1", "one");
        assert_eq!((only(&statuses).ran_at, only(&statuses).next_at), (0, 0));
        for failures in 1..=2 {
            let run = status.run();
            assert!(only(&statuses).running_since > 0);
            let is_news = run.failed("slurmctld does not answer", SOON);
            assert_eq!(is_news, failures == 1);
            assert_eq!(only(&statuses).failures, failures);
        }
        let failing = only(&statuses);
        assert_eq!((failing.succeeded_at, failing.running_since), (0, 0));
        assert_eq!(failing.error, "slurmctld does not answer");
        assert_eq!(failing.next_at, failing.ran_at + 500);

        status.run().succeeded(SOON);
        let good = only(&statuses);
        assert_eq!((good.failures, good.error.as_str()), (0, ""));
        assert_eq!(good.succeeded_at, good.ran_at);
        assert!(!good.is_failing());
    }

    #[test]
    fn what_was_done_is_shown_until_something_else_is() {
        let statuses = Statuses::default();
        let status = statuses.begin(ReconcilerKind::Node, "pcs_1", "one");
        let mut run = status.run();
        run.done.note(Work::NodeLaunched, 1);
        run.done.note(Work::NodeEnded, 0);
        run.done.note(Work::NodeLaunched, 2);
        run.succeeded(SOON);
        let (work, count) = (Work::NodeLaunched, 3);
        assert_eq!(only(&statuses).did, [Did { work, count }]);
        let did_at = only(&statuses).did_at;
        status.run().succeeded(SOON);
        assert_eq!(only(&statuses).did, [Did { work, count }]);
        assert_eq!(only(&statuses).did_at, did_at);
    }

    #[test]
    fn a_reconciler_is_forgotten_with_its_loop() {
        let statuses = Statuses::default();
        let node = statuses.begin(ReconcilerKind::Node, "pcs_1", "one");
        let sweep = statuses.begin(ReconcilerKind::Sweep, "", "");
        assert_eq!(statuses.all().len(), 2);
        // The next loop begins before the one that was cut off is gone.
        let next = statuses.begin(ReconcilerKind::Node, "pcs_1", "one");
        drop(node);
        assert_eq!(statuses.all().len(), 2);
        drop((next, sweep));
        assert!(statuses.all().is_empty());
    }

    #[test]
    fn a_run_that_does_not_end_fails() {
        let statuses = Statuses::default();
        let status = statuses.begin(ReconcilerKind::Cluster, "pcs_1", "one");
        let _run = status.run();
        let running = only(&statuses);
        let since = running.running_since;
        let at = |ms: i64| as_of(running.clone(), since + ms);
        assert!(!at(LONGEST_RUN_MS - 1).is_failing() && !at(-3_600_000).is_failing());
        let stuck = at(LONGEST_RUN_MS);
        assert!(
            stuck.is_failing() && stuck.error.contains("60 seconds"),
            "{stuck:?}"
        );
        let rests = Reconciler {
            running_since: 0,
            ..running.clone()
        };
        assert!(!as_of(rests, since + LONGEST_RUN_MS).is_failing());
        let failed = Reconciler {
            failures: 3,
            error: "Slurm is silent".into(),
            ..running.clone()
        };
        assert_eq!(as_of(failed.clone(), since + LONGEST_RUN_MS), failed);
    }

    #[test]
    fn long_words_are_cut() {
        let statuses = Statuses::default();
        let status = statuses.begin(ReconcilerKind::Job, "pcs_1", "one");
        status.run().failed(&"为".repeat(LONGEST_WORDS * 2), SOON);
        assert_eq!(only(&statuses).error.chars().count(), LONGEST_WORDS);
    }
}
