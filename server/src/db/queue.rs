//! Queues in the database.

use app::model::live::Kind;
use app::model::queue::{ComputeNodeGroupConfiguration, QueueSlurmConfiguration};
use serde::{Deserialize, Serialize};

use super::resource::{Noun, Row};

/// What is wanted of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueSpec {
    pub groups: Vec<ComputeNodeGroupConfiguration>,
    pub slurm: Option<QueueSlurmConfiguration>,
}

impl QueueSpec {
    /// Whether the queue runs on that group.
    pub fn uses(&self, group_id: &str) -> bool {
        self.groups
            .iter()
            .any(|g| g.compute_node_group_id.as_deref() == Some(group_id))
    }
}

pub type QueueRow = Row<QueueSpec>;

impl Noun for QueueSpec {
    const TABLE: &'static str = "queue";
    const KIND: Kind = Kind::Queue;
}
