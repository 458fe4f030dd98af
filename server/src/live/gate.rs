//! Keeps job launches and reconfigurations of a cluster apart: a node's slurmd that is just reading a new configuration
//! can lose the launch of a job, and the job then seems to run for ever.
//!
//! Jobs pass here in their prologs. Those whose nodes are all up have none while the gate is open, and nobody notes when
//! they pass: see `Parts::while_no_job_starts`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{RwLock, RwLockWriteGuard};
use tokio::time::Instant;

/// How long a job may take from its passing until its nodes have it, and nodes to take a new configuration.
pub const SETTLE: Duration = Duration::from_millis(500);

/// When the last job passed; the lock is held for writing while nobody may.
type Passage = Arc<RwLock<Mutex<Option<Instant>>>>;

/// The gates of all clusters.
#[derive(Clone, Default)]
pub struct Gates {
    clusters: Arc<Mutex<HashMap<String, Passage>>>,
}

impl Gates {
    fn of(&self, cluster_id: &str) -> Passage {
        // See `Wakers::of`: the map stays sound whoever panics.
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(cluster_id.into()).or_default().clone()
    }

    /// A job is about to be launched: waits while the cluster is being reconfigured.
    pub async fn pass(&self, cluster_id: &str) {
        let passage = self.of(cluster_id);
        let open = passage.read().await;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Runs a reconfiguration while no job is being launched.
    pub async fn closed<T>(&self, cluster_id: &str, reconfigure: impl Future<Output = T>) -> T {
        let passage = self.of(cluster_id);
        let mut closed: RwLockWriteGuard<'_, Mutex<Option<Instant>>> = passage.write().await;
        let last = *closed.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last {
            tokio::time::sleep_until(last + SETTLE).await;
        }
        let result = reconfigure.await;
        tokio::time::sleep(SETTLE).await;
        result
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

    #[tokio::test]
    async fn no_job_passes_while_a_cluster_is_reconfigured() {
        let gates = Gates::default();
        gates.pass("pcs_a").await;
        let begun = Instant::now();
        let reconfigure = gates.closed("pcs_a", async { Instant::now() });
        let job = async {
            tokio::task::yield_now().await;
            gates.pass("pcs_a").await;
            Instant::now()
        };
        let (reconfigured, passed) = tokio::join!(reconfigure, job);
        assert!(reconfigured - begun >= SETTLE - Duration::from_millis(50));
        assert!(passed - reconfigured >= SETTLE);
    }

    #[tokio::test]
    async fn other_clusters_are_not_held_up() {
        let gates = Gates::default();
        gates.closed("pcs_a", gates.pass("pcs_b")).await;
    }
}
