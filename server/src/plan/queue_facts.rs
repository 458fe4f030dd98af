//! The nodes that a job may use, counted by what they are at.

use std::collections::HashSet;

use app::explain::job::QueueFacts;
use app::model::node::NodePhase;

use super::node_phase::phase;
use crate::live::observed::Snapshot;

/// What a job of the queue may use, or of one of several, as `sbatch -p a,b` names them; none once there is no such queue.
/// A queue may well have no nodes.
pub fn queue_facts(seen: &Snapshot, queues: &HashSet<String>, queue: &str) -> Option<QueueFacts> {
    let is_named = |name: &str| queue.split(',').any(|named| named == name);
    let nodes = seen
        .nodes
        .iter()
        .filter(|node| node.partitions.iter().any(|name| is_named(name)));
    let mut facts = QueueFacts::default();
    for node in nodes {
        facts.total += 1;
        let drained = node.is("DRAIN");
        *match phase(node) {
            NodePhase::Failed | NodePhase::Draining | NodePhase::Reserved => &mut facts.unavailable,
            _ if drained => &mut facts.unavailable,
            NodePhase::Busy => &mut facts.busy,
            NodePhase::Idle => &mut facts.idle,
            NodePhase::Starting => &mut facts.starting,
            NodePhase::PoweredDown | NodePhase::Stopping => &mut facts.off,
        } += 1;
        facts.cpus = facts.cpus.max(node.cpus);
        facts.memory = facts.memory.max(node.memory_mib);
        facts.gpus = facts.gpus.max(node.gpus);
    }
    let exists = facts.total > 0 || queue.split(',').any(|name| queues.contains(name));
    exists.then_some(facts)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::slurm::client::NodeInfo;

    #[test]
    fn a_queue_without_nodes_is_there() {
        let node = NodeInfo {
            name: "a-1".into(),
            partitions: vec!["demo".into()],
            ..NodeInfo::default()
        };
        let seen = Snapshot {
            nodes: Arc::new(vec![node]),
            ..Snapshot::default()
        };
        let queues = HashSet::from(["demo".to_owned(), "park".to_owned()]);
        let total = |name: &str| queue_facts(&seen, &queues, name).map(|facts| facts.total);
        assert_eq!(total("demo"), Some(1));
        assert_eq!(total("park"), Some(0));
        assert_eq!(total("demo,park"), Some(1));
        assert_eq!(total("gone"), None);
    }
}
