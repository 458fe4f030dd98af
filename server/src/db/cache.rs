//! Rows of clusters that were read and have not changed since: nearly every request names a cluster.
//!
//! Only for SQLite, whose database has one server: with PostgreSQL another server could change a row unseen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::cluster::ClusterRow;

/// Names that were never asked for twice must not fill the memory.
const MOST: usize = 256;

/// By name or id, as it was asked for.
#[derive(Default)]
pub struct ClusterCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Grows with every change, so that a row read before a change is not kept after it.
    version: u64,
    rows: HashMap<String, Arc<ClusterRow>>,
}

impl ClusterCache {
    /// The row, or the version under which to [`ClusterCache::put`] what the database says.
    pub fn get(&self, identifier: &str) -> Result<Arc<ClusterRow>, u64> {
        // A poisoned lock means that another thread panicked between two map operations: the map is still sound.
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rows.get(identifier).cloned().ok_or(state.version)
    }

    pub fn put(&self, identifier: &str, row: &Arc<ClusterRow>, version: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.version == version && state.rows.len() < MOST {
            state.rows.insert(identifier.into(), row.clone());
        }
    }

    /// Some cluster changed.
    pub fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.version += 1;
        state.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::cluster::tests::row;
    use super::*;

    #[test]
    fn a_row_is_kept_until_a_cluster_changes() {
        let cache = ClusterCache::default();
        let version = cache.get("get-started").unwrap_err();
        let row = Arc::new(row());
        cache.put("get-started", &row, version);
        assert_eq!(cache.get("get-started").unwrap(), row);
        cache.clear();
        assert!(cache.get("get-started").is_err());
    }

    #[test]
    fn a_row_read_before_a_change_is_not_kept_after_it() {
        let cache = ClusterCache::default();
        let version = cache.get("get-started").unwrap_err();
        cache.clear();
        cache.put("get-started", &Arc::new(row()), version);
        assert!(cache.get("get-started").is_err());
    }
}
