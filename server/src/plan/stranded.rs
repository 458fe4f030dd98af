//! Nodes that hold jobs although Slurm has powered them down, and nobody powers them up.
//!
//! Slurm allocates a node that is off and powers it up at once. After a kill of its controller it may not: nodes and
//! jobs are saved at different moments, so a job may run on a node that was off when nodes were saved. Slurm asks such a
//! node nothing and waits for it for ever.

use std::collections::HashMap;

use crate::slurm::client::NodeInfo;

/// How long it may look so. Too short and a job that just got the node loses it; too long and its owner waits.
const AFTER_MS: i64 = 10_000;

/// Since when each has been seen so. In memory: after a restart of the server they are counted anew.
#[derive(Debug, Default)]
pub struct Stranded(HashMap<String, i64>);

impl Stranded {
    /// Which of these nodes have been stranded for too long.
    pub fn note(&mut self, nodes: &[NodeInfo], now: i64) -> Vec<String> {
        let stranded: Vec<&str> = nodes
            .iter()
            .filter(|node| is_stranded(node))
            .map(|node| node.name.as_str())
            .collect();
        self.0.retain(|name, _| stranded.contains(&name.as_str()));
        for name in &stranded {
            self.0.entry((*name).to_owned()).or_insert(now);
        }
        let late = self.0.iter().filter(|(_, since)| now - **since > AFTER_MS);
        late.map(|(name, _)| name.clone()).collect()
    }
}

/// Has a job, is off, and is not on its way up.
pub fn is_stranded(node: &NodeInfo) -> bool {
    node.is_busy() && node.is("POWERED_DOWN") && !node.is("DOWN") && !node.changes_power()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(states: &str) -> NodeInfo {
        NodeInfo {
            name: "a-1".into(),
            states: states.split(' ').map(str::to_owned).collect(),
            ..NodeInfo::default()
        }
    }

    #[test]
    fn a_node_is_stranded_when_it_has_been_so_for_long() {
        let mut stranded = Stranded::default();
        let off = [node("ALLOCATED CLOUD POWERED_DOWN")];
        assert!(stranded.note(&off, 0).is_empty());
        assert!(stranded.note(&off, AFTER_MS).is_empty());
        assert_eq!(stranded.note(&off, AFTER_MS + 1), ["a-1"]);
    }

    #[test]
    fn one_that_is_powered_up_meanwhile_is_counted_anew() {
        let mut stranded = Stranded::default();
        let off = [node("MIXED CLOUD POWERED_DOWN")];
        stranded.note(&off, 0);
        stranded.note(&[node("MIXED CLOUD POWERING_UP")], 5_000);
        assert!(stranded.note(&off, AFTER_MS + 1).is_empty());
    }

    #[test]
    fn what_slurm_changes_by_itself_is_not_stranded() {
        for states in [
            "IDLE CLOUD POWERED_DOWN",
            "ALLOCATED CLOUD",
            "ALLOCATED CLOUD POWERED_DOWN POWER_UP",
            "ALLOCATED CLOUD NOT_RESPONDING POWERING_UP",
            "COMPLETING CLOUD POWERING_DOWN",
            "DOWN CLOUD POWERED_DOWN COMPLETING",
        ] {
            assert!(!is_stranded(&node(states)), "{states}");
        }
    }
}
