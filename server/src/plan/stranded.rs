//! Nodes whose jobs wait although an instance may be there: those that hold jobs although Slurm has powered them down and
//! nobody powers them up, and those that Slurm goes on powering up.
//!
//! Slurm allocates a node that is off and powers it up at once. After a kill of its controller it may not: nodes and
//! jobs are saved at different moments, so a job may run on a node that was off when nodes were saved. Slurm asks such a
//! node nothing and waits for it for ever. Powered up, it takes no slurmd that started before that was asked, however
//! often it registers (`waiting_for_node_boot` in slurmctld), and waits for the whole ResumeTimeout.

use std::collections::HashMap;

use crate::slurm::client::NodeInfo;

/// How long a node on which nothing runs may look so. Too short and a job that just got the node loses it; too long and
/// its owner waits.
pub const EMPTY_MS: i64 = 10_000;
/// How long one whose instance lives may look so: its jobs run, and once its slurmd has registered Slurm knows.
pub const ALIVE_MS: i64 = 45_000;
/// How long Slurm may go on powering up one whose instance was ready before: its jobs wait, and a slurmd that counts is
/// known a moment after it was told to register.
pub const UNHEARD_MS: i64 = 12_000;

/// Since when each node has been seen to be so. In memory: after a restart of the server they are counted anew.
#[derive(Debug)]
pub struct Since {
    is_so: fn(&NodeInfo) -> bool,
    seen: HashMap<String, i64>,
}

impl Since {
    pub fn new(is_so: fn(&NodeInfo) -> bool) -> Since {
        Since {
            is_so,
            seen: HashMap::new(),
        }
    }

    /// Which of these nodes are so, and for how many milliseconds each has been.
    pub fn note(&mut self, nodes: &[NodeInfo], now: i64) -> HashMap<String, i64> {
        // The clock may have been set back.
        let since = |node: &NodeInfo| self.seen.get(&node.name).map_or(now, |at| now.min(*at));
        let found = nodes.iter().filter(|node| (self.is_so)(node));
        self.seen = found.map(|node| (node.name.clone(), since(node))).collect();
        let ages = self.seen.iter();
        ages.map(|(name, since)| (name.clone(), now - since))
            .collect()
    }
}

pub fn is_powering_up(node: &NodeInfo) -> bool {
    node.is("POWERING_UP")
}

pub fn is_rebooting(node: &NodeInfo) -> bool {
    node.is("REBOOT_ISSUED")
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
    fn a_node_is_stranded_for_as_long_as_it_was_seen_so() {
        let mut stranded = Since::new(is_stranded);
        let off = [node("ALLOCATED CLOUD POWERED_DOWN")];
        assert_eq!(stranded.note(&off, 5)["a-1"], 0);
        assert_eq!(stranded.note(&off, 25)["a-1"], 20);
        assert_eq!(stranded.note(&off, 3)["a-1"], 0, "the clock was set back");
        assert_eq!(stranded.note(&off, 13)["a-1"], 10);
    }

    #[test]
    fn one_that_is_powered_up_meanwhile_is_counted_anew() {
        let mut stranded = Since::new(is_stranded);
        let off = [node("MIXED CLOUD POWERED_DOWN")];
        stranded.note(&off, 0);
        assert!(
            stranded
                .note(&[node("MIXED CLOUD POWERING_UP")], 10)
                .is_empty()
        );
        assert_eq!(stranded.note(&off, 20)["a-1"], 0);
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
