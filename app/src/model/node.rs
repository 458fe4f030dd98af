//! Nodes of a cluster: what Slurm says of them and the instance behind each.

use serde::{Deserialize, Serialize};

/// A node as the console shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `GROUP-N` (N10).
    pub name: String,
    pub compute_node_group_id: String,
    pub compute_node_group_name: String,
    /// Slurm's word with its suffix, as `sinfo` prints it: `idle~`, `mixed`, `down*`.
    pub state: String,
    pub phase: NodePhase,
    /// Slurm's reason for a node that is down or drained.
    pub reason: Option<String>,
    /// The instance behind the node, if one runs.
    pub instance: Option<Instance>,
    pub cpus: i64,
    /// In MiB.
    pub memory: i64,
}

/// A node's state in one of a few words that a grid can colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodePhase {
    PoweredDown,
    Starting,
    Idle,
    Busy,
    Draining,
    Stopping,
    Failed,
}

/// One attempt to run a node: from launch to end. Its steps are kept after it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// `i-` and 17 hexadecimal digits.
    pub id: String,
    pub instance_type: String,
    /// Milliseconds since 1970.
    pub launched_at: i64,
    pub steps: Vec<BootStep>,
    /// Why it ended or is about to end.
    pub reason: Option<String>,
}

/// A step of a node's boot, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootStep {
    /// `launched`, `registered`, `slurmd-started`, `ready`, …
    pub name: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub detail: Option<String>,
}
