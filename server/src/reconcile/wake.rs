//! Wake-ups: the signal that makes a loop look again before its timer does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The loops of one cluster.
#[derive(Clone, Default)]
pub struct ClusterWaker {
    pub cluster: Arc<Notify>,
    pub node: Arc<Notify>,
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
        self.of(cluster_id).node.notify_one();
    }

    /// What is wanted of the cluster changed.
    pub fn wake_cluster(&self, cluster_id: &str) {
        let waker = self.of(cluster_id);
        waker.cluster.notify_one();
        waker.node.notify_one();
    }

    /// Everything may have changed.
    pub fn wake_all(&self) {
        let clusters = self
            .clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for waker in clusters.into_values() {
            waker.cluster.notify_one();
            waker.node.notify_one();
        }
    }

    pub fn forget(&self, cluster_id: &str) {
        self.clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(cluster_id);
    }
}
