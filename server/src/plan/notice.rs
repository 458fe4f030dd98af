//! What to do about a node whose instance will end, as its provider said beforehand: no more jobs, time to save for those
//! that run, back to the queue before the end, and another instance.

use app::explain::Cause;
use app::model::notice::NoticeKind;

use crate::db::instance::InstanceRow;
use crate::slurm::client::NodeInfo;

/// So long before the end jobs are told to save what they have: what EC2 leaves of a spot instance, whose jobs are told at
/// once.
const SAVING_MS: i64 = 120_000;
/// So long before the end what still runs goes back to the queue: enough for a look, Slurm's answer and a call to the
/// provider, each late. What is longer is taken from the jobs.
const LAST_MS: i64 = 30_000;

/// What is due now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// No more jobs, and those that run may save what they have.
    Warn,
    /// Another instance once its jobs have ended.
    Replace,
    /// The jobs go back to the queue.
    Fail,
}

pub fn due(row: &InstanceRow, node: &NodeInfo, now: i64) -> Option<Due> {
    let notice = row.notice.as_ref()?;
    let is_taken = notice.kind == NoticeKind::Interruption;
    let until = notice.until.unwrap_or(i64::MAX);
    let left = until.saturating_sub(now);
    let is_ready = row.ready_at.is_some();
    let replaces = match notice.kind {
        // What runs may well come to its end: only an instance that nobody uses is better replaced now.
        NoticeKind::Rebalance => is_unused(node),
        _ if left <= LAST_MS || is_taken && !is_ready => {
            return Some(Due::Fail);
        }
        _ if row.warned_at.is_none() && (is_taken || left <= SAVING_MS) => {
            return Some(Due::Warn);
        }
        NoticeKind::Scheduled => !node.is("POWER_DOWN"),
        NoticeKind::Interruption => false,
    };
    (is_ready && replaces).then_some(Due::Replace)
}

/// Why such an instance ends.
pub fn cause(row: &InstanceRow) -> Option<Cause> {
    row.notice.as_ref().map(|notice| Cause::Noticed {
        instance: row.id.clone(),
        notice: notice.clone(),
    })
}

fn is_unused(node: &NodeInfo) -> bool {
    let is_kept = ["PLANNED", "RESERVED", "POWER_DOWN"]
        .iter()
        .any(|flag| node.is(flag));
    node.is_up() && !node.is_busy() && !is_kept
}

#[cfg(test)]
mod tests {
    use app::model::notice::Notice;

    use super::*;

    const NOW: i64 = 10_000_000;

    fn row(kind: NoticeKind, left: Option<i64>) -> InstanceRow {
        InstanceRow {
            notice: Some(Notice {
                kind,
                until: left.map(|left| NOW + left),
                time: String::new(),
                what: String::new(),
            }),
            ..InstanceRow::ready("a-1")
        }
    }

    fn what(row: &InstanceRow, states: &str) -> &'static str {
        let node = NodeInfo {
            states: states.split(' ').map(str::to_owned).collect(),
            ..NodeInfo::default()
        };
        match due(row, &node, NOW) {
            None => "",
            Some(Due::Fail) => "fail",
            Some(Due::Warn) => "warn",
            Some(Due::Replace) => "replace",
        }
    }

    #[test]
    fn what_follows_a_notice() {
        use NoticeKind::*;
        let (busy, idle, drains) = ("ALLOCATED", "IDLE", "ALLOCATED DRAIN POWER_DOWN");
        // The notice, what is left of the instance's time, whether its jobs were told, the node, and what is done.
        let table = [
            (Interruption, Some(115_000), false, busy, "warn"),
            (Interruption, Some(900_000), false, idle, "warn"),
            (Interruption, Some(115_000), true, drains, ""),
            (Interruption, Some(LAST_MS + 1), true, drains, ""),
            (Interruption, Some(LAST_MS), true, drains, "fail"),
            // The server was away.
            (Interruption, Some(-5_000), false, busy, "fail"),
            (Rebalance, None, false, busy, ""),
            (Rebalance, None, false, "IDLE PLANNED", ""),
            (Rebalance, None, false, "MIXED COMPLETING", ""),
            (Rebalance, None, false, idle, "replace"),
            (Rebalance, None, false, "IDLE POWER_DOWN", ""),
            (Scheduled, None, false, busy, "replace"),
            (Scheduled, Some(900_000), false, busy, "replace"),
            (Scheduled, Some(900_000), false, drains, ""),
            (Scheduled, Some(SAVING_MS), false, drains, "warn"),
            (Scheduled, Some(SAVING_MS), true, drains, ""),
            (Scheduled, Some(LAST_MS), true, drains, "fail"),
        ];
        for (kind, left, warned, states, expected) in table {
            let row = InstanceRow {
                warned_at: warned.then_some(NOW - 1),
                ..row(kind, left)
            };
            assert_eq!(
                what(&row, states),
                expected,
                "{kind:?} {left:?} {warned} {states}"
            );
        }
    }

    #[test]
    fn an_instance_that_is_taken_before_it_is_a_node_fails_at_once_and_one_with_a_plan_boots_first()
    {
        let boots = |kind| InstanceRow {
            ready_at: None,
            ..row(kind, Some(900_000))
        };
        let states = "ALLOCATED POWERING_UP NOT_RESPONDING";
        assert_eq!(what(&boots(NoticeKind::Interruption), states), "fail");
        assert_eq!(what(&boots(NoticeKind::Scheduled), states), "");
        assert_eq!(what(&boots(NoticeKind::Rebalance), states), "");
    }
}
