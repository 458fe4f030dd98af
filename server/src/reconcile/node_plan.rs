//! What to do about the nodes of a cluster: a pure function of what is wanted and what is seen.
//!
//! Slurm holds the demand (a node that is powering up is wanted, one that is powering down is not), the database holds
//! what was launched, the provider knows what really runs. Nothing else is remembered, so a restarted server goes on.

use std::collections::{HashMap, HashSet};

use app::explain::Cause;

use crate::db::instance::InstanceRow;
use crate::provider::ObservedInstance;
use crate::slurm::client::NodeInfo;

/// How long an instance may take from its launch to its registration with us.
/// Too low and a slow machine never boots; too high and a job waits for a node that will not come.
pub const REGISTER_TIMEOUT_MS: i64 = 60_000;
/// How long it may take from registering with us until Slurm takes the node as up.
pub const READY_TIMEOUT_MS: i64 = 60_000;
/// A launched instance is not missed before this: its processes need a moment to show.
const SPAWN_GRACE_MS: i64 = 3_000;
/// First and longest pause before a node that failed to boot is tried again.
const BACKOFF_MS: i64 = 1_000;
const LONGEST_BACKOFF_MS: i64 = 60_000;

/// A group as far as its nodes are concerned: what is in force.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub max: i64,
    /// Exactly `max` nodes are kept running.
    pub is_static: bool,
    pub launch_generation: i64,
    /// How long a node may idle, in seconds; none: as Slurm does for the whole cluster; −1: for ever (N9).
    pub idle_seconds: Option<i64>,
}

/// What is seen at one moment.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Rows without an end, read before the rest.
    pub instances: Vec<InstanceRow>,
    /// Newest ended instances, for back-off.
    pub ended: Vec<InstanceRow>,
    pub provider: Vec<ObservedInstance>,
    pub nodes: Vec<NodeInfo>,
    pub now: i64,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Slurm wants the node and nothing runs for it.
    Launch { node: String, group_id: String },
    /// Slurm took the node as up.
    MarkReady { instance: String },
    /// The instance is not wanted any more; Slurm has let go of the node.
    End { instance: String, cause: Cause },
    /// The node is lost: its jobs go back to the queue, its instance (if any) ends.
    Fail {
        node: String,
        instance: Option<String>,
        cause: Cause,
    },
    /// Nothing runs for a node that is down: let Slurm use the name again.
    Recover { node: String },
    /// A static node is off: ask Slurm to power it up.
    PowerUp { node: String },
    /// The instance is older than the group's settings, or somebody wants another one: let its jobs finish, then power
    /// it down.
    Replace { node: String, cause: Cause },
    /// The node idled longer than its group allows.
    PowerDown { node: String },
    /// The provider has something that the database does not know.
    EndOrphan { instance: String },
}

/// Whether a job can start on the node now.
pub fn is_up(node: &NodeInfo) -> bool {
    const NOT_UP: [&str; 7] = [
        "POWERED_DOWN",
        "POWERING_DOWN",
        "POWERING_UP",
        "POWER_UP",
        "DOWN",
        "NOT_RESPONDING",
        "FUTURE",
    ];
    !NOT_UP.iter().any(|flag| node.is(flag))
}

/// What to do. Steps about one node never contradict each other; the order of the list does not matter.
pub fn plan(groups: &[Group], seen: &Seen) -> Vec<Step> {
    let wanted = wanted_nodes(groups);
    let nodes: HashMap<&str, &NodeInfo> = seen.nodes.iter().map(|n| (n.name.as_str(), n)).collect();
    let running: HashSet<&str> = seen
        .provider
        .iter()
        .filter(|i| i.running)
        .map(|i| i.instance_id.as_str())
        .collect();
    let mut steps = orphans(seen);
    let mut taken: HashSet<&str> = HashSet::new();
    for row in &seen.instances {
        // Of two rows for one node the newest serves; the other ends.
        let superseded = seen.instances.iter().any(|o| {
            o.node_name == row.node_name && (o.launched_at, &o.id) > (row.launched_at, &row.id)
        });
        if !superseded {
            taken.insert(&row.node_name);
        }
        let group = wanted
            .get(row.node_name.as_str())
            .copied()
            .filter(|_| !superseded);
        let node = nodes.get(row.node_name.as_str()).copied();
        steps.extend(instance_step(
            row,
            group,
            node,
            running.contains(row.id.as_str()),
            seen,
        ));
    }
    for (name, group) in &wanted {
        if let (false, Some(node)) = (taken.contains(name.as_str()), nodes.get(name.as_str())) {
            steps.extend(empty_node_step(node, group, seen));
        }
    }
    steps
}

fn wanted_nodes(groups: &[Group]) -> HashMap<String, &Group> {
    groups
        .iter()
        .flat_map(|g| (1..=g.max).map(move |n| (format!("{}-{n}", g.name), g)))
        .collect()
}

fn orphans(seen: &Seen) -> Vec<Step> {
    let known: HashSet<&str> = seen.instances.iter().map(|i| i.id.as_str()).collect();
    let unknown = seen
        .provider
        .iter()
        .filter(|i| !known.contains(i.instance_id.as_str()));
    unknown
        .map(|i| Step::EndOrphan {
            instance: i.instance_id.clone(),
        })
        .collect()
}

/// The step for a node that has an instance row.
fn instance_step(
    row: &InstanceRow,
    group: Option<&Group>,
    node: Option<&NodeInfo>,
    running: bool,
    seen: &Seen,
) -> Option<Step> {
    let end = |cause: Cause| {
        Some(Step::End {
            instance: row.id.clone(),
            cause,
        })
    };
    let fail = |cause: Cause| {
        Some(Step::Fail {
            node: row.node_name.clone(),
            instance: Some(row.id.clone()),
            cause,
        })
    };
    if let Some(cause) = row.cause() {
        return end(cause);
    }
    let Some(group) = group else {
        return end(Cause::NotWanted);
    };
    if !running && seen.now - row.launched_at > SPAWN_GRACE_MS {
        let observed = seen.provider.iter().find(|i| i.instance_id == row.id);
        let why = observed
            .and_then(|i| i.reason.as_deref())
            .unwrap_or("its processes are gone");
        return fail(Cause::EndedUnexpectedly {
            instance: row.id.clone(),
            why: why.into(),
        });
    }
    if let Some(failed) = row.steps.iter().find(|s| s.name.ends_with("-failed")) {
        return fail(Cause::StepFailed {
            instance: row.id.clone(),
            step: failed.name.clone(),
            detail: failed.detail.clone().unwrap_or_default(),
        });
    }
    if let Some(late) = too_late(row, seen.now) {
        return fail(late);
    }
    let replaced = row.replace_reason.as_ref().map(|reason| Cause::Replaced {
        reason: reason.clone(),
    });
    let node = node?;
    if node.is("POWERED_DOWN") || node.is("POWERING_DOWN") {
        return end(replaced.unwrap_or(Cause::PoweredDown));
    }
    if node.is("DOWN") {
        let why = node.reason.as_deref().unwrap_or("no reason given");
        return fail(Cause::SetDown { why: why.into() });
    }
    if let (Some(cause), true) = (&replaced, row.replace_now) {
        return fail(cause.clone());
    }
    if row.ready_at.is_none() && row.registered_at.is_some() && is_up(node) {
        return Some(Step::MarkReady {
            instance: row.id.clone(),
        });
    }
    let outdated = row.launch_generation < group.launch_generation;
    let replacing = replaced.or(outdated.then_some(Cause::Outdated));
    if let Some(cause) = replacing
        && row.ready_at.is_some()
        && !node.is("POWER_DOWN")
    {
        return Some(Step::Replace {
            node: row.node_name.clone(),
            cause,
        });
    }
    idles_too_long(row, group, node, seen.now).then(|| Step::PowerDown {
        node: row.node_name.clone(),
    })
}

/// Slurm knows one idle time for the cluster; a group's own one is ours to keep.
fn idles_too_long(row: &InstanceRow, group: &Group, node: &NodeInfo, now: i64) -> bool {
    let (Some(limit), Some(ready_at)) = (group.idle_seconds, row.ready_at) else {
        return false;
    };
    let idle_since = (node.last_busy * 1000).max(ready_at);
    let reserved = ["PLANNED", "RESERVED", "POWER_DOWN"]
        .iter()
        .any(|f| node.is(f));
    let busy = node.is_busy() || reserved;
    !group.is_static && limit >= 0 && !busy && is_up(node) && now - idle_since > limit * 1000
}

/// Why the instance takes too long to boot, if it does.
fn too_late(row: &InstanceRow, now: i64) -> Option<Cause> {
    if row.ready_at.is_some() {
        return None;
    }
    match row.registered_at {
        None if now - row.launched_at > REGISTER_TIMEOUT_MS => Some(Cause::NotRegistered {
            instance: row.id.clone(),
            seconds: REGISTER_TIMEOUT_MS / 1000,
        }),
        Some(at) if now - at > READY_TIMEOUT_MS => Some(Cause::NotSeen {
            node: row.node_name.clone(),
            seconds: READY_TIMEOUT_MS / 1000,
        }),
        _ => None,
    }
}

/// The step for a node that has no instance.
fn empty_node_step(node: &NodeInfo, group: &Group, seen: &Seen) -> Option<Step> {
    let name = node.name.clone();
    let waiting = seen.now < next_try(&name, &seen.ended);
    if node.is("DOWN") {
        return (!waiting).then_some(Step::Recover { node: name });
    }
    if node.is("POWERING_UP") {
        return Some(Step::Launch {
            node: name,
            group_id: group.id.clone(),
        });
    }
    if node.is("POWERING_DOWN") || node.is("POWER_UP") || node.is("POWER_DOWN") {
        return None;
    }
    if node.is("POWERED_DOWN") {
        return (group.is_static && !waiting).then_some(Step::PowerUp { node: name });
    }
    Some(Step::Fail {
        node: name,
        instance: None,
        cause: Cause::Vanished,
    })
}

/// When a node may be tried again: attempts in a row that never got ready push it further away.
fn next_try(node: &str, ended: &[InstanceRow]) -> i64 {
    let attempts = ended.iter().filter(|i| i.node_name == node);
    let failures: Vec<&InstanceRow> = attempts.take_while(|i| i.ready_at.is_none()).collect();
    let Some(last) = failures.first().and_then(|i| i.ended_at) else {
        return 0;
    };
    let doublings = u32::try_from(failures.len() - 1)
        .unwrap_or(u32::MAX)
        .min(16);
    last + (BACKOFF_MS << doublings).min(LONGEST_BACKOFF_MS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use app::model::node::BootStep;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn group(max: i64, is_static: bool) -> Group {
        Group {
            id: "pcs_g".into(),
            name: "compute-1".into(),
            max,
            is_static,
            launch_generation: 1,
            idle_seconds: None,
        }
    }

    fn node(name: &str, states: &[&str]) -> NodeInfo {
        NodeInfo {
            name: name.into(),
            states: states.iter().map(|s| (*s).into()).collect(),
            ..NodeInfo::default()
        }
    }

    fn instance(node: &str) -> InstanceRow {
        InstanceRow {
            launched_at: NOW - 10_000,
            registered_at: Some(NOW - 9_000),
            ready_at: Some(NOW - 8_000),
            ..InstanceRow::ready(node)
        }
    }

    fn running(row: &InstanceRow) -> ObservedInstance {
        ObservedInstance {
            instance_id: row.id.clone(),
            running: true,
            reason: None,
        }
    }

    /// One node, one instance that runs.
    fn seen(states: &[&str], row: InstanceRow) -> Seen {
        Seen {
            provider: vec![running(&row)],
            nodes: vec![node(&row.node_name, states)],
            instances: vec![row],
            now: NOW,
            ..Seen::default()
        }
    }

    fn empty(states: &[&str]) -> Seen {
        Seen {
            nodes: vec![node("compute-1-1", states)],
            now: NOW,
            ..Seen::default()
        }
    }

    #[test]
    fn a_powered_down_dynamic_node_is_left_alone() {
        assert_eq!(
            plan(
                &[group(1, false)],
                &empty(&["IDLE", "CLOUD", "POWERED_DOWN"])
            ),
            []
        );
    }

    #[test]
    fn a_powered_down_static_node_is_powered_up() {
        let steps = plan(
            &[group(1, true)],
            &empty(&["IDLE", "CLOUD", "POWERED_DOWN"]),
        );
        assert_eq!(
            steps,
            [Step::PowerUp {
                node: "compute-1-1".into()
            }]
        );
    }

    #[test]
    fn a_node_that_slurm_powers_up_gets_one_instance() {
        let states = ["ALLOCATED", "CLOUD", "NOT_RESPONDING", "POWERING_UP"];
        let launch = Step::Launch {
            node: "compute-1-1".into(),
            group_id: "pcs_g".into(),
        };
        assert_eq!(plan(&[group(1, false)], &empty(&states)), [launch]);
        let mut row = instance("compute-1-1");
        (row.registered_at, row.ready_at) = (None, None);
        assert_eq!(plan(&[group(1, false)], &seen(&states, row)), []);
    }

    #[test]
    fn a_node_is_ready_when_slurm_takes_it() {
        let mut row = instance("compute-1-1");
        row.ready_at = None;
        let ready = Step::MarkReady {
            instance: row.id.clone(),
        };
        assert_eq!(
            plan(&[group(1, false)], &seen(&["ALLOCATED", "CLOUD"], row)),
            [ready]
        );
    }

    #[test]
    fn an_idle_node_that_slurm_powers_down_ends() {
        let steps = plan(
            &[group(1, false)],
            &seen(&["IDLE", "CLOUD", "POWERING_DOWN"], instance("compute-1-1")),
        );
        assert!(matches!(&steps[..], [Step::End { .. }]), "{steps:?}");
    }

    #[test]
    fn a_dead_instance_fails_its_node_with_the_reason() {
        let mut seen = seen(&["ALLOCATED", "CLOUD"], instance("compute-1-1"));
        seen.provider = vec![ObservedInstance {
            instance_id: "i-compute-1-1".into(),
            running: false,
            reason: Some("slurmd was killed".into()),
        }];
        let steps = plan(&[group(1, false)], &seen);
        assert!(
            matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("slurmd was killed")),
            "{steps:?}"
        );
    }

    #[test]
    fn an_instance_that_never_registers_is_given_up() {
        let mut row = instance("compute-1-1");
        (row.registered_at, row.ready_at, row.launched_at) =
            (None, None, NOW - REGISTER_TIMEOUT_MS - 1);
        let steps = plan(
            &[group(1, false)],
            &seen(&["ALLOCATED", "CLOUD", "POWERING_UP"], row),
        );
        assert!(
            matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("register")),
            "{steps:?}"
        );
    }

    #[test]
    fn a_failed_boot_step_fails_at_once() {
        let mut row = instance("compute-1-1");
        row.ready_at = None;
        row.steps = vec![BootStep {
            name: "slurmd-failed".into(),
            at: NOW,
            detail: Some("no port".into()),
        }];
        let steps = plan(
            &[group(1, false)],
            &seen(&["IDLE", "CLOUD", "POWERING_UP"], row),
        );
        assert!(
            matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("no port")),
            "{steps:?}"
        );
    }

    #[test]
    fn an_instance_of_older_settings_is_replaced_after_its_jobs() {
        let mut group = group(1, false);
        group.launch_generation = 2;
        let replace = Step::Replace {
            node: "compute-1-1".into(),
            cause: Cause::Outdated,
        };
        let row = instance("compute-1-1");
        assert_eq!(
            plan(
                std::slice::from_ref(&group),
                &seen(&["ALLOCATED", "CLOUD"], row.clone())
            ),
            [replace]
        );
        // Marked already: nothing more to do until Slurm powers it down.
        assert_eq!(
            plan(
                &[group],
                &seen(&["ALLOCATED", "CLOUD", "DRAIN", "POWER_DOWN"], row)
            ),
            []
        );
    }

    #[test]
    fn an_instance_is_replaced_because_somebody_wants_it() {
        let mut row = instance("compute-1-1");
        row.replace_reason = Some("new disk".into());
        let cause = Cause::Replaced {
            reason: "new disk".into(),
        };
        let busy = |row: &InstanceRow| seen(&["ALLOCATED", "CLOUD"], row.clone());
        let node = "compute-1-1".to_owned();
        let after_its_jobs = Step::Replace {
            node: node.clone(),
            cause: cause.clone(),
        };
        assert_eq!(plan(&[group(1, false)], &busy(&row)), [after_its_jobs]);
        row.replace_now = true;
        let at_once = Step::Fail {
            node,
            instance: Some(row.id.clone()),
            cause: cause.clone(),
        };
        assert_eq!(plan(&[group(1, false)], &busy(&row)), [at_once]);
        // Slurm has let go of it: the end says why.
        let end = Step::End {
            instance: row.id.clone(),
            cause,
        };
        let off = seen(&["IDLE", "CLOUD", "POWERING_DOWN"], row);
        assert_eq!(plan(&[group(1, false)], &off), [end]);
    }

    #[test]
    fn nodes_beyond_the_maximum_end() {
        let mut seen = seen(&["IDLE", "CLOUD"], instance("compute-1-3"));
        seen.nodes
            .push(node("compute-1-1", &["IDLE", "CLOUD", "POWERED_DOWN"]));
        let steps = plan(&[group(2, false)], &seen);
        assert!(
            matches!(&steps[..], [Step::End { instance, .. }] if instance == "i-compute-1-3"),
            "{steps:?}"
        );
    }

    #[test]
    fn what_the_database_does_not_know_is_ended() {
        let mut seen = empty(&["IDLE", "CLOUD", "POWERED_DOWN"]);
        seen.provider = vec![running(&instance("lost"))];
        assert_eq!(
            plan(&[group(1, false)], &seen),
            [Step::EndOrphan {
                instance: "i-lost".into()
            }]
        );
    }

    #[test]
    fn failing_boots_are_tried_ever_later() {
        let failed = |ago: i64| {
            let mut row = instance("compute-1-1");
            (row.ready_at, row.ended_at) = (None, Some(NOW - ago));
            row
        };
        let mut seen = empty(&["DOWN", "CLOUD"]);
        seen.ended = vec![failed(500)];
        assert_eq!(plan(&[group(1, false)], &seen), []);
        seen.ended = vec![failed(1_500)];
        assert_eq!(
            plan(&[group(1, false)], &seen),
            [Step::Recover {
                node: "compute-1-1".into()
            }]
        );
        seen.ended = vec![failed(1_500), failed(3_000)];
        assert_eq!(plan(&[group(1, false)], &seen), []);
    }

    #[test]
    fn a_group_with_an_idle_time_of_its_own_powers_its_nodes_down() {
        let mut group = group(1, false);
        group.idle_seconds = Some(5);
        let idle = seen(&["IDLE", "CLOUD"], instance("compute-1-1"));
        let down = Step::PowerDown {
            node: "compute-1-1".into(),
        };
        assert_eq!(plan(std::slice::from_ref(&group), &idle), [down]);
        assert_eq!(
            plan(
                std::slice::from_ref(&group),
                &seen(&["MIXED", "CLOUD"], instance("compute-1-1"))
            ),
            []
        );
        group.idle_seconds = Some(-1);
        assert_eq!(plan(&[group], &idle), []);
    }

    #[test]
    fn a_node_that_slurm_thinks_up_without_an_instance_is_failed() {
        let steps = plan(&[group(1, false)], &empty(&["IDLE", "CLOUD"]));
        assert!(
            matches!(&steps[..], [Step::Fail { instance: None, .. }]),
            "{steps:?}"
        );
    }
}
