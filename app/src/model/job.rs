//! Jobs of a cluster, as Slurm tells of them.

use serde::{Deserialize, Serialize};

/// A job in the queue or recently ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Slurm's id; array tasks as `12_3`.
    pub id: String,
    pub name: String,
    pub user: String,
    /// The partition.
    pub queue: String,
    /// Slurm's long state word: `PENDING`, `CONFIGURING`, `RUNNING`, `COMPLETED`, …
    pub state: String,
    /// Slurm's reason while pending, or empty.
    pub reason: String,
    /// Hostlist of the allocated nodes, or empty.
    pub nodes: String,
    pub node_count: i64,
    /// Milliseconds since 1970; 0 when not yet.
    pub submitted_at: i64,
    pub started_at: i64,
    pub ended_at: i64,
}
