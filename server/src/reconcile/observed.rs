//! What Slurm said last of each cluster's nodes and jobs: read by the console and by waiting prologs, written by the
//! node reconciler. Kept in memory only: Slurm knows it better than any database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::model::job::Job;
use app::model::live::{Change, Kind};
use tokio::sync::{broadcast, watch};

use crate::slurm::client::NodeInfo;

/// One look at a cluster's Slurm.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When it was asked for, in milliseconds since 1970; 0 before the first look.
    pub asked_at: i64,
    pub nodes: Vec<NodeInfo>,
    pub jobs: Vec<Job>,
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

    pub fn publish(&self, cluster_id: &str, snapshot: Snapshot) {
        let channel = self.channel(cluster_id);
        let before = channel.send_replace(Arc::new(snapshot));
        let after = channel.borrow().clone();
        let differs = [
            (Kind::Node, before.nodes != after.nodes),
            (Kind::Job, before.jobs != after.jobs),
        ];
        for (kind, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            let change = Change {
                kind,
                cluster_id: cluster_id.into(),
                resource_id: String::new(),
            };
            // Nobody watching is fine.
            let _ = self.changes.send(change);
        }
    }

    pub fn forget(&self, cluster_id: &str) {
        self.clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(cluster_id);
    }
}
