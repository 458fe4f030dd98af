//! Who loses what when a configuration lacks queues and nodes that are in force: jobs of a queue that goes end, and so do
//! those on nodes whose group goes; those on nodes beyond a lowered maximum start again elsewhere.

use std::collections::BTreeSet;

use super::rows::{Specs, nodes_of};
use crate::slurm::client::NodeInfo;

/// Names, each list without the others'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Going {
    pub queues: Vec<String>,
    /// Nodes whose group goes.
    pub with_group: Vec<String>,
    /// Nodes whose group has fewer from now on.
    pub beyond_maximum: Vec<String>,
}

impl Going {
    /// What is in `old` and not in `new`.
    pub fn between(old: &Specs<'_>, new: &Specs<'_>) -> Going {
        let stays: BTreeSet<&String> = new.groups.iter().map(|(row, _)| &row.id).collect();
        let nodes = new.nodes();
        let mut going = Going {
            queues: (&old.partitions() - &new.partitions())
                .into_iter()
                .collect(),
            ..Going::default()
        };
        for group in &old.groups {
            let gone = nodes_of(group).filter(|node| !nodes.contains(node));
            match stays.contains(&group.0.id) {
                true => going.beyond_maximum.extend(gone),
                false => going.with_group.extend(gone),
            }
        }
        going
    }

    pub fn has_nodes(&self) -> bool {
        !self.with_group.is_empty() || !self.beyond_maximum.is_empty()
    }

    /// After a crash Slurm may have taken the change already, and refuses to hear of nodes that it does not know.
    pub fn retain_known(&mut self, known: &[NodeInfo]) {
        let known: BTreeSet<&String> = known.iter().map(|node| &node.name).collect();
        self.with_group.retain(|node| known.contains(node));
        self.beyond_maximum.retain(|node| known.contains(node));
    }
}

#[cfg(test)]
mod tests {
    use app::model::status::Status;

    use super::*;
    use crate::db::cluster::tests::row as cluster;
    use crate::db::compute_node_group::tests::row as group;
    use crate::db::queue::{QueueRow, QueueSpec};
    use crate::plan::configuration::rows::Rows;

    fn queue(name: &str, status: Status) -> QueueRow {
        let spec = QueueSpec {
            groups: vec![],
            slurm: None,
        };
        let mut row = QueueRow::new(name.into(), "pcs_a".into(), name.into(), spec.clone());
        (row.status, row.applied_spec) = (status, Some(spec));
        row
    }

    #[test]
    fn each_node_goes_for_one_reason_and_only_if_slurm_knows_it() {
        let mut lowered = group("lowered", 3, Status::Updating);
        lowered
            .spec
            .settings
            .scaling_configuration
            .max_instance_count = 1;
        let rows = Rows {
            cluster: cluster(),
            groups: vec![
                lowered,
                group("goes", 2, Status::Deleting),
                group("stays", 2, Status::Active),
            ],
            queues: vec![queue("q", Status::Active), queue("r", Status::Deleting)],
            places: Default::default(),
            is_audited: false,
        };
        let pending = rows.pending();
        let mut going = Going::between(&rows.in_force(), &rows.specs(&pending, false));
        let all = Going {
            queues: vec!["r".into()],
            with_group: vec!["goes-1".into(), "goes-2".into()],
            beyond_maximum: vec!["lowered-2".into(), "lowered-3".into()],
        };
        assert_eq!(going, all);
        let known = ["goes-2", "lowered-2", "stays-1"].map(|name| NodeInfo {
            name: name.to_owned(),
            ..NodeInfo::default()
        });
        going.retain_known(&known);
        assert_eq!(going.with_group, ["goes-2"]);
        assert_eq!(going.beyond_maximum, ["lowered-2"]);
        going.retain_known(&[]);
        assert!(!going.has_nodes());
    }
}
