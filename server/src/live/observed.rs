//! What Slurm said last of each cluster's nodes and jobs: read by the console and by waiting prologs, written by the
//! node and the job reconciler, and that it says nothing by whoever asked it. Kept in memory only: Slurm knows it better than any database.
//!
//! The two halves are apart. Jobs are many and belong to everybody: asking for thousands takes seconds, and whatever
//! somebody's job holds must never keep nodes from starting.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use app::model::job::Job;
use app::model::live::{Change, Kind};
use app::model::sight::{Sight, Trouble};
use tokio::sync::{broadcast, watch};

use crate::db::now;
use crate::slurm::client::{NodeInfo, Reservation};

/// What is known of a cluster's Slurm.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When the nodes were asked for, in milliseconds since 1970; 0 before the first look.
    pub asked_at: i64,
    pub nodes: Arc<Vec<NodeInfo>>,
    /// When the jobs were asked for.
    pub jobs_asked_at: i64,
    pub jobs: Arc<Vec<Job>>,
    /// Those that jobs wait for, as Slurm says of one of these; else none were asked for.
    pub reservations: Arc<Vec<Reservation>>,
    /// When each node was given up last, by its name: whoever waits for one of them need not wait on.
    pub failed: Arc<BTreeMap<String, i64>>,
    /// Since when looking has failed, and why.
    pub troubles: Vec<Trouble>,
}

impl Snapshot {
    pub fn trouble(&self, of: Sight) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.of == of)
    }
}

type Channel = watch::Sender<Arc<Snapshot>>;

/// The latest snapshot of each cluster, announced when it differs.
#[derive(Clone)]
pub struct Observed {
    clusters: Arc<Mutex<HashMap<String, Channel>>>,
    changes: broadcast::Sender<Change>,
}

impl Observed {
    pub fn new(changes: broadcast::Sender<Change>) -> Self {
        Self {
            clusters: Arc::default(),
            changes,
        }
    }

    fn channel(&self, cluster_id: &str) -> Channel {
        // See `Wakers::of`: the map stays sound whoever panics.
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters
            .entry(cluster_id.into())
            .or_insert_with(|| watch::channel(Arc::default()).0)
            .clone()
    }

    pub fn latest(&self, cluster_id: &str) -> Arc<Snapshot> {
        self.channel(cluster_id).borrow().clone()
    }

    /// For those who wait for a state: the receiver sees every snapshot to come.
    pub fn subscribe(&self, cluster_id: &str) -> watch::Receiver<Arc<Snapshot>> {
        self.channel(cluster_id).subscribe()
    }

    /// How many wait for a state of this cluster: while someone does, looking again soon is worth it.
    pub fn waiting(&self, cluster_id: &str) -> usize {
        self.channel(cluster_id).receiver_count()
    }

    /// What Slurm said of the nodes when it was asked then.
    pub fn nodes(&self, cluster_id: &str, asked_at: i64, nodes: Vec<NodeInfo>) {
        self.change(cluster_id, |seen| {
            let differs = *seen.nodes != nodes;
            (seen.asked_at, seen.nodes) = (asked_at, Arc::new(nodes));
            differs.then_some(Kind::Node)
        });
    }

    /// What Slurm said of the reservations that jobs wait for.
    pub fn reservations(&self, cluster_id: &str, reservations: Vec<Reservation>) {
        self.change(cluster_id, |seen| {
            let differs = *seen.reservations != reservations;
            seen.reservations = Arc::new(reservations);
            differs.then_some(Kind::Job)
        });
    }

    /// What Slurm said of the jobs when it was asked then.
    pub fn jobs(&self, cluster_id: &str, asked_at: i64, jobs: Vec<Job>) {
        self.change(cluster_id, |seen| {
            let differs = *seen.jobs != jobs;
            (seen.jobs_asked_at, seen.jobs) = (asked_at, Arc::new(jobs));
            differs.then_some(Kind::Job)
        });
    }

    /// Slurm said this of jobs that the last look did not know: what waits and is cancelled before the next one would be
    /// known by nobody.
    pub fn met(&self, cluster_id: &str, jobs: Vec<Job>) {
        self.change(cluster_id, |seen| {
            Arc::make_mut(&mut seen.jobs).extend(jobs);
            Some(Kind::Job)
        });
    }

    /// These nodes will not come up for those who wait for them now.
    pub fn failed<'n>(&self, cluster_id: &str, nodes: impl Iterator<Item = &'n String>) {
        self.change(cluster_id, |seen| {
            let failed = Arc::make_mut(&mut seen.failed);
            failed.extend(nodes.map(|node| (node.clone(), now())));
            None
        });
    }

    /// Looking failed with these words, or works; what it was before.
    pub fn set_trouble(
        &self,
        cluster_id: &str,
        of: Sight,
        asked_at: i64,
        words: Option<String>,
    ) -> Option<Trouble> {
        let mut before = None;
        self.change(cluster_id, |seen| {
            let at = seen.troubles.iter().position(|trouble| trouble.of == of);
            before = at.map(|at| seen.troubles.remove(at));
            let since = before.as_ref().map_or(asked_at, |before| before.since);
            seen.troubles
                .extend(words.map(|words| Trouble { of, since, words }));
            (seen.trouble(of) != before.as_ref()).then_some(Kind::Cluster)
        });
        // Who was told nothing asks again, though what he asks for may be as it was.
        if before.is_some() && self.latest(cluster_id).trouble(of).is_none() {
            let kind = match of {
                Sight::Nodes => Kind::Node,
                Sight::Jobs => Kind::Job,
                Sight::Controller | Sight::Accounts => Kind::Cluster,
            };
            self.announce(cluster_id, kind);
        }
        before
    }

    /// Changes the snapshot, and announces it as a change of that kind.
    fn change(&self, cluster_id: &str, change: impl FnOnce(&mut Snapshot) -> Option<Kind>) {
        let mut kind = None;
        self.channel(cluster_id).send_modify(|seen| {
            let mut next = Snapshot::clone(seen);
            kind = change(&mut next);
            *seen = Arc::new(next);
        });
        if let Some(kind) = kind {
            self.announce(cluster_id, kind);
        }
    }

    fn announce(&self, cluster_id: &str, kind: Kind) {
        let change = Change {
            kind,
            cluster_id: cluster_id.into(),
            resource_id: String::new(),
        };
        // Nobody watching is fine.
        let _ = self.changes.send(change);
    }

    /// Of every cluster that was looked at.
    pub fn all(&self) -> Vec<Arc<Snapshot>> {
        let clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.values().map(|one| one.borrow().clone()).collect()
    }

    pub fn forget(&self, cluster_id: &str) {
        self.clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(cluster_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_keeps_its_beginning_until_it_is_over() {
        let (changes, mut told) = broadcast::channel(8);
        let observed = Observed::new(changes);
        let words = |text: &str| Some(text.to_owned());
        assert_eq!(
            observed.set_trouble("c", Sight::Jobs, 1, words("one")),
            None
        );
        let since = observed.latest("c").trouble(Sight::Jobs).unwrap().since;
        assert_eq!(since, 1, "when the look began");
        observed.set_trouble("c", Sight::Jobs, 2, words("two"));
        let seen = observed.latest("c");
        let trouble = seen.trouble(Sight::Jobs).unwrap();
        assert_eq!((trouble.since, trouble.words.as_str()), (since, "two"));
        assert_eq!(seen.trouble(Sight::Nodes), None);
        assert!(observed.set_trouble("c", Sight::Jobs, 3, None).is_some());
        assert_eq!(observed.set_trouble("c", Sight::Jobs, 4, None), None);
        assert!(observed.latest("c").troubles.is_empty());
        let announced = std::iter::from_fn(|| told.try_recv().ok().map(|change| change.kind));
        let announced: Vec<Kind> = announced.collect();
        assert_eq!(
            announced,
            [Kind::Cluster, Kind::Cluster, Kind::Cluster, Kind::Job],
            "what stays the same is not announced, and who was told nothing asks again"
        );
    }

    #[test]
    fn jobs_and_nodes_are_told_apart() {
        let (changes, _) = broadcast::channel(8);
        let observed = Observed::new(changes);
        observed.nodes("c", 5, vec![NodeInfo::default()]);
        observed.jobs("c", 7, vec![Job::default()]);
        observed.failed("c", ["compute-1-1".to_owned()].iter());
        let seen = observed.latest("c");
        assert_eq!((seen.asked_at, seen.nodes.len()), (5, 1));
        assert_eq!((seen.jobs_asked_at, seen.jobs.len()), (7, 1));
        assert!(seen.failed["compute-1-1"] > 0);
        observed.met("c", vec![Job::default()]);
        let seen = observed.latest("c");
        assert_eq!((seen.jobs_asked_at, seen.jobs.len()), (7, 2));
    }
}
