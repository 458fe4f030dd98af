//! The lives of a job: each run from its start until it ended or went back to the queue.

use serde::{Deserialize, Serialize};

/// A run that ended with the job back in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Life {
    /// How often it had been requeued before: 0 for the first life.
    pub restarts: i64,
    /// Milliseconds since 1970. When it came into the queue for this life.
    pub submitted_at: i64,
    /// 0: nobody saw it run.
    pub started_at: i64,
    /// When it was back in the queue.
    pub ended_at: i64,
    /// Hostlist of what it ran on, or empty.
    pub nodes: String,
    pub end: LifeEnd,
    /// How long its standard output was then, in bytes: what comes later in the same file is of a later life.
    pub output_bytes: Option<i64>,
}

/// Why a life ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LifeEnd {
    /// Somebody said `scontrol requeue`, or Slurm did so by itself.
    #[default]
    Requeued,
    /// Through the console.
    ByUser {
        user: String,
    },
    /// Its own script asked for it.
    Itself,
    /// Another job took its nodes.
    Preempted {
        by: String,
    },
    NodeFailed {
        node: String,
    },
    /// It may have ended well: Slurm had lost with its controller how it did, found nothing of it on its node, and starts
    /// it again.
    EndLost,
}
