//! Wake-ups: the signal that makes a loop look again before its timer does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Wakes one loop.
#[derive(Clone, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Default)]
struct Inner {
    notify: Notify,
    count: AtomicU64,
}

impl Waker {
    fn wake(&self) {
        self.0.count.fetch_add(1, Ordering::AcqRel);
        self.0.notify.notify_one();
    }

    /// Waits for a wake-up; one that came since the last wait is not lost.
    pub async fn woken(&self) {
        self.0.notify.notified().await;
    }

    /// How often it was woken: the same number as before a run's look means that nothing was written since.
    pub fn count(&self) -> u64 {
        self.0.count.load(Ordering::Acquire)
    }
}

/// The loops of one cluster.
#[derive(Clone, Default)]
pub struct ClusterWaker {
    pub cluster: Waker,
    pub node: Waker,
    pub job: Waker,
}

impl ClusterWaker {
    fn wake_all(&self) {
        for waker in [&self.cluster, &self.node, &self.job] {
            waker.wake();
        }
    }
}

/// The wakers of all clusters. A waker is there before its loop is, so that no wake-up is lost.
#[derive(Clone, Default)]
pub struct Wakers {
    clusters: Arc<Mutex<HashMap<String, ClusterWaker>>>,
}

impl Wakers {
    pub fn of(&self, cluster_id: &str) -> ClusterWaker {
        // A poisoned lock means that another thread panicked between two map operations: the map is still sound.
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(cluster_id.into()).or_default().clone()
    }

    /// Instances, jobs or nodes of the cluster changed.
    pub fn wake_node(&self, cluster_id: &str) {
        let waker = self.of(cluster_id);
        waker.node.wake();
        waker.job.wake();
    }

    /// What is wanted of the cluster changed.
    pub fn wake_cluster(&self, cluster_id: &str) {
        self.of(cluster_id).wake_all();
    }

    /// Everything may have changed.
    pub fn wake_all(&self) {
        let clusters = self
            .clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for waker in clusters.into_values() {
            waker.wake_all();
        }
    }

    pub fn forget(&self, cluster_id: &str) {
        self.clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(cluster_id);
    }
}
