//! A node's state in one word.

use app::model::node::NodePhase;

use crate::slurm::client::NodeInfo;

/// Slurm's flags in one word; the order decides which flag speaks when several are set.
pub fn phase(info: &NodeInfo) -> NodePhase {
    let order = [
        ("POWERED_DOWN", off(info)),
        ("POWERING_DOWN", NodePhase::Stopping),
        ("POWER_DOWN", NodePhase::Stopping),
        ("DOWN", NodePhase::Failed),
        ("FAIL", NodePhase::Failed),
        ("INVALID_REG", NodePhase::Failed),
        ("POWERING_UP", NodePhase::Starting),
        ("POWER_UP", NodePhase::Starting),
        ("DRAIN", NodePhase::Draining),
        ("ALLOCATED", NodePhase::Busy),
        ("MIXED", NodePhase::Busy),
        ("COMPLETING", NodePhase::Busy),
    ];
    order
        .into_iter()
        .find(|(flag, _)| info.is(flag))
        .map_or_else(|| kept(info).unwrap_or(NodePhase::Idle), |(_, phase)| phase)
}

/// A node that could run jobs if no reservation kept it.
fn kept(info: &NodeInfo) -> Option<NodePhase> {
    let is_kept = info.is("RESERVED") || info.is("MAINTENANCE");
    is_kept.then_some(NodePhase::Reserved)
}

/// Of a node without power it matters whether a job may start it.
fn off(info: &NodeInfo) -> NodePhase {
    let can_run = !info.is("DRAIN") && !info.is("DOWN");
    kept(info)
        .filter(|_| can_run)
        .unwrap_or(NodePhase::PoweredDown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_shows_where_nothing_else_is_the_matter() {
        for (flags, right) in [
            (&["IDLE"][..], NodePhase::Idle),
            (&["IDLE", "RESERVED"], NodePhase::Reserved),
            (&["IDLE", "MAINTENANCE"], NodePhase::Reserved),
            (&["IDLE", "POWERED_DOWN"], NodePhase::PoweredDown),
            (&["IDLE", "POWERED_DOWN", "RESERVED"], NodePhase::Reserved),
            (
                &["IDLE", "POWERED_DOWN", "MAINTENANCE"],
                NodePhase::Reserved,
            ),
            (
                &["IDLE", "POWERED_DOWN", "MAINTENANCE", "DRAIN"],
                NodePhase::PoweredDown,
            ),
            (&["IDLE", "POWERING_UP", "RESERVED"], NodePhase::Starting),
            (
                &["IDLE", "POWERING_DOWN", "MAINTENANCE"],
                NodePhase::Stopping,
            ),
            (&["MIXED", "RESERVED"], NodePhase::Busy),
            (&["ALLOCATED", "MAINTENANCE"], NodePhase::Busy),
            (&["IDLE", "DRAIN", "MAINTENANCE"], NodePhase::Draining),
            (&["DOWN", "RESERVED"], NodePhase::Failed),
        ] {
            let info = NodeInfo {
                states: flags.iter().map(|&flag| flag.to_owned()).collect(),
                ..NodeInfo::default()
            };
            assert_eq!(phase(&info), right, "{flags:?}");
        }
    }
}
