//! Queues in the database.

use app::model::live::Kind;
use app::model::queue::{ComputeNodeGroupConfiguration, QueueSlurmConfiguration};
use app::model::status::Status;
use serde::{Deserialize, Serialize};

use super::compute_node_group::ComputeNodeGroupRow;
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

/// The dynamic groups that only this queue uses: nothing wants their nodes once it is gone (Q4).
pub fn groups_of_its_own<'a>(
    queue: &QueueRow,
    queues: &[QueueRow],
    groups: &'a [ComputeNodeGroupRow],
) -> Vec<&'a ComputeNodeGroupRow> {
    let stays = |other: &&QueueRow| other.id != queue.id && other.status != Status::Deleting;
    let is_used = |id: &str| queues.iter().filter(stays).any(|other| other.spec.uses(id));
    groups
        .iter()
        .filter(|group| !group.spec.is_static() && group.status != Status::Deleting)
        .filter(|group| queue.spec.uses(&group.id) && !is_used(&group.id))
        .collect()
}

impl Noun for QueueSpec {
    const TABLE: &'static str = "queue";
    const KIND: Kind = Kind::Queue;
}
