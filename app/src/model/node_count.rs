//! The nodes of a group at a glance.

use serde::{Deserialize, Serialize};

use super::node::{Node, NodePhase};
use super::node_name::node_names;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupNodes {
    pub compute_node_group_id: String,
    pub compute_node_group_name: String,
    /// In the order of the nodes' numbers, from 1; those side by side in the same phase are told together.
    pub phases: Vec<(NodePhase, usize)>,
    /// Nodes with an instance behind them.
    pub instances: usize,
    /// Those of them whose Slurm is older than the controller's.
    pub behind: Vec<String>,
}

impl GroupNodes {
    /// Those of each group, of nodes in the order of their groups and numbers. `version`: the controller's, as `24.11`.
    pub fn of_each(nodes: &[Node], version: &str) -> impl Iterator<Item = GroupNodes> {
        let groups = nodes.chunk_by(|a, b| a.compute_node_group_id == b.compute_node_group_id);
        groups.filter_map(move |nodes| {
            let first = nodes.first()?;
            let phases = nodes.chunk_by(|a, b| a.phase == b.phase);
            Some(GroupNodes {
                compute_node_group_id: first.compute_node_group_id.clone(),
                compute_node_group_name: first.compute_node_group_name.clone(),
                phases: phases
                    .filter_map(|run| Some((run.first()?.phase, run.len())))
                    .collect(),
                instances: nodes.iter().filter(|node| node.instance.is_some()).count(),
                behind: behind(nodes, version),
            })
        })
    }

    /// How many are in that phase.
    pub fn count(&self, phase: NodePhase) -> usize {
        let of_it = self.phases.iter().filter(|(one, _)| *one == phase);
        of_it.map(|(_, count)| count).sum()
    }

    /// Each node by its name.
    pub fn nodes(&self) -> impl Iterator<Item = (String, NodePhase)> {
        let phases = self.phases.iter();
        let each = phases.flat_map(|(phase, count)| std::iter::repeat_n(*phase, *count));
        node_names(&self.compute_node_group_name, i64::MAX).zip(each)
    }
}

fn behind(nodes: &[Node], version: &str) -> Vec<String> {
    let runs = nodes.iter().filter(|node| node.instance.is_some());
    let known = runs.filter(|node| !node.slurm_version.is_empty());
    let older = known.filter(|node| node.slurm_version.as_str() < version);
    older.map(|node| node.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_phases_give_each_node_back() {
        use NodePhase::{Busy, PoweredDown};
        let node = |group: &str, number: i64, phase| Node {
            name: format!("{group}-{number}"),
            compute_node_group_id: format!("pcs_{group}"),
            compute_node_group_name: group.into(),
            state: String::new(),
            phase,
            reservation: None,
            reason: None,
            instance: None,
            cpus: 0,
            memory: 0,
            slurm_version: "24.11".into(),
        };
        let nodes = [
            node("a", 1, Busy),
            node("a", 2, Busy),
            node("a", 3, PoweredDown),
            node("a", 4, Busy),
            node("b", 1, Busy),
        ];
        let groups: Vec<GroupNodes> = GroupNodes::of_each(&nodes, "25.11").collect();
        assert_eq!(groups[0].phases, [(Busy, 2), (PoweredDown, 1), (Busy, 1)]);
        assert_eq!(
            (groups[0].count(Busy), groups[0].count(PoweredDown)),
            (3, 1)
        );
        // None of them runs.
        assert!(groups.iter().all(|group| group.behind.is_empty()));
        let again: Vec<(String, NodePhase)> = groups.iter().flat_map(GroupNodes::nodes).collect();
        let each = nodes.map(|node| (node.name, node.phase));
        assert_eq!(again, each);
    }
}
