//! What to do about the nodes of a cluster: a pure function of what is wanted and what is seen.
//!
//! Slurm holds the demand (a node that is powering up is wanted, one that is powering down is not), the database holds
//! what was launched, the provider knows what really runs. Nothing else is remembered, so a restarted server goes on.

use std::collections::{HashMap, HashSet};

use app::explain::Cause;
use app::model::node::LOST_BY_RESTART;
use app::model::node_name::node_names;
use app::rules::cluster::IDLE_FOREVER;
use openpcs_provider::{Instance, Profile, has_left};

use super::node_view::Index;
pub use super::node_view::{Group, Seen, Step, in_force};
use super::notice::{self, Due};
use super::pool::Closed;
use super::stranded::{ALIVE_MS, EMPTY_MS, UNHEARD_MS};
use crate::db::instance::InstanceRow;
use crate::db::owned_resource::Stage;
use crate::db::set_back::is_over;
use crate::slurm::client::NodeInfo;

/// slurmd needs a moment to register.
const REGISTER_EVERY_MS: i64 = 5_000;
/// First and longest pause before what failed, as a node to boot, is tried again.
const BACKOFF_MS: i64 = 1_000;
const LONGEST_BACKOFF_MS: i64 = 60_000;
/// Whose node has an older Slurm than the cluster is left alone for so long after its last job: one that waits is given it.
const UNUSED_MS: i64 = 30_000;
/// So long the provider's checks may fail: a host that is only slow passes them again.
const IMPAIRED_MS: i64 = 5 * 60_000;

/// What to do. Steps about one node never contradict each other; the order of the list does not matter.
pub fn plan(groups: &[Group], seen: &Seen) -> Vec<Step> {
    let wanted = wanted_nodes(groups);
    let index = Index::new(seen);
    let mut steps = orphans(seen);
    steps.extend(owned_steps(groups, &index, seen));
    for row in &seen.instances {
        let name = row.node_name.as_str();
        let serves = index
            .newest
            .get(name)
            .is_some_and(|newest| newest.id == row.id);
        let group = wanted.get(name).copied().filter(|_| serves);
        steps.extend(instance_step(row, group, &index, seen));
    }
    for (name, group) in &wanted {
        let name = name.as_str();
        if let (false, Some(node)) = (index.newest.contains_key(name), index.nodes.get(name)) {
            steps.extend(empty_node_step(node, group, &index, seen));
        }
    }
    steps
}

fn wanted_nodes(groups: &[Group]) -> HashMap<String, &Group> {
    groups
        .iter()
        .flat_map(|g| node_names(&g.name, g.max).map(move |name| (name, g)))
        .collect()
}

fn orphans(seen: &Seen) -> Vec<Step> {
    let known: HashSet<&str> = seen.instances.iter().map(|i| i.id.as_str()).collect();
    let unknown = seen
        .provider
        .iter()
        .filter(|i| i.can_be_ended() && !known.contains(i.id.as_str()));
    unknown
        .map(|i| Step::EndOrphan {
            instance: i.id.clone(),
        })
        .collect()
}

/// What groups lack at the provider, and what groups owned that are not in force any more.
fn owned_steps(groups: &[Group], index: &Index, seen: &Seen) -> Vec<Step> {
    let Some(owned) = &index.owned else {
        return vec![];
    };
    let is_due = |group: &&Group| {
        let row = owned.get(group.id.as_str());
        row.is_none_or(|row| row.ensure_is_due(group.launch_generation, seen.now))
    };
    let lacking = groups.iter().filter(is_due).map(|group| Step::Ensure {
        group_id: group.id.clone(),
    });
    let in_force = groups.iter().map(|group| group.id.as_str());
    let of_instances = seen.instances.iter();
    let of_instances = of_instances.map(|row| row.compute_node_group_id.as_str());
    let needed: HashSet<&str> = in_force.chain(of_instances).collect();
    let left = owned
        .iter()
        .filter(|(id, row)| !needed.contains(*id) && row.release_is_due(seen.now));
    let left = left.map(|(id, _)| Step::Release {
        group_id: (*id).into(),
    });
    lacking.chain(left).collect()
}

/// The step for a node that has an instance row.
fn instance_step(
    row: &InstanceRow,
    group: Option<&Group>,
    index: &Index,
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
        return leaving(row, cause, index, seen);
    }
    let Some(group) = group else {
        return end(Cause::NotWanted);
    };
    if let Some(failed) = row.steps.iter().find(|s| s.failed().is_some()) {
        return fail(Cause::StepFailed {
            instance: row.id.clone(),
            step: failed.name.clone(),
            detail: failed.detail.clone().unwrap_or_default(),
        });
    }
    if row.steps.iter().any(|step| step.name == LOST_BY_RESTART) {
        return fail(Cause::Restarted {
            instance: row.id.clone(),
        });
    }
    if let Some(late) = too_late(row, seen) {
        return fail(late);
    }
    let absence = absence(row, index, seen);
    if let Absence::Lost(why) = &absence {
        let cause = Cause::EndedUnexpectedly {
            instance: row.id.clone(),
            why: why.clone(),
        };
        // One that is set aside may have taken its place on the node, with jobs.
        return if seen.set_aside {
            end(cause)
        } else {
            fail(cause)
        };
    }
    if let Some(cause) = impaired(row, index, seen.now) {
        return fail(cause);
    }
    let replaced = row.replace_reason.as_ref().map(|reason| Cause::Replaced {
        reason: reason.clone(),
    });
    let node = index.nodes.get(row.node_name.as_str())?;
    if let Some((age, most)) = unheard(row, seen) {
        return match age > most {
            true => fail(Cause::NotSeen {
                node: row.node_name.clone(),
                seconds: most / 1000,
            }),
            false => register_again(row, seen),
        };
    }
    if node.is("POWERED_DOWN") || node.is("POWERING_DOWN") {
        let cause = replaced.or_else(|| notice::cause(row));
        return end(cause.unwrap_or(Cause::PoweredDown));
    }
    if node.is("REBOOT_ISSUED") {
        return reboot_step(row, node, seen);
    }
    if node.is("DOWN") {
        let why = node.reason.as_deref().unwrap_or("no reason given");
        return fail(Cause::SetDown { why: why.into() });
    }
    if matches!(absence, Absence::AskAgain) {
        return Some(Step::AskAgain {
            instance: row.id.clone(),
        });
    }
    if let (Some(cause), true) = (&replaced, row.replace_now) {
        return fail(cause.clone());
    }
    if row.ready_at.is_none() && row.registered_at.is_some() && node.is_up() {
        return Some(Step::MarkReady {
            instance: row.id.clone(),
        });
    }
    if let (Some(due), Some(cause)) = (notice::due(row, node, seen.now), notice::cause(row)) {
        return match due {
            Due::Fail => fail(cause),
            Due::Warn => Some(Step::Warn {
                instance: row.id.clone(),
                cause,
            }),
            Due::Replace => Some(Step::Replace {
                node: row.node_name.clone(),
                cause,
            }),
        };
    }
    // Not before another can be had.
    let outdated = outdated(row, group, node, seen).filter(|_| index.stage(group) == Stage::Ready);
    let replacing = replaced.or(outdated);
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

/// In what it is behind what is in force now.
fn outdated(row: &InstanceRow, group: &Group, node: &NodeInfo, seen: &Seen) -> Option<Cause> {
    if row.launch_generation < group.launch_generation {
        return Some(Cause::Outdated);
    }
    let version = row.slurm_version.as_ref()?;
    let is_other = seen.profile.brings_slurm && *version != seen.slurm_version;
    // Slurm's window lets it work on. Jobs that wait for the upgrade to be over come first; where no queue is, people may be.
    let is_free = idle_for(row, node, seen.now).is_some_and(|idle| idle > UNUSED_MS);
    let can_go = is_free && !node.partitions.is_empty();
    (is_other && can_go).then(|| Cause::OlderSlurm {
        version: version.clone(),
    })
}

/// The step for a node that Slurm has rebooted, and takes for down until it is back: it keeps its instance, unless that is
/// to go at once or does not come back.
fn reboot_step(row: &InstanceRow, node: &NodeInfo, seen: &Seen) -> Option<Step> {
    // Once it has registered again it boots as any other does.
    let age = seen.rebooting.get(&row.node_name);
    let age = age.filter(|_| row.ready_at.is_some());
    let most = seen.profile.register_ms;
    let is_lost = age.is_some_and(|age| *age > most);
    let replaced = row.replace_reason.as_ref().filter(|_| row.replace_now);
    let cause = match (is_lost, replaced, notice::due(row, node, seen.now)) {
        (true, ..) => Cause::NotBack {
            node: row.node_name.clone(),
            seconds: most / 1000,
        },
        (_, Some(reason), _) => Cause::Replaced {
            reason: reason.clone(),
        },
        (_, _, Some(Due::Fail)) => notice::cause(row)?,
        _ => return None,
    };
    Some(Step::Fail {
        node: row.node_name.clone(),
        instance: Some(row.id.clone()),
        cause,
    })
}

/// Slurm thinks of a node whose instance is up that it is off or on its way up: a controller that was killed remembers
/// the node as it was before, or a new job came before the last instance of the node had ended. For how many milliseconds
/// it has, and for how many it may.
fn unheard(row: &InstanceRow, seen: &Seen) -> Option<(i64, i64)> {
    let off = seen.stranded.get(&row.node_name);
    let coming = seen.powering_up.get(&row.node_name);
    let coming = coming.filter(|_| row.ready_at.is_some());
    off.map(|age| (*age, ALIVE_MS))
        .or(coming.map(|age| (*age, UNHEARD_MS)))
}

fn register_again(row: &InstanceRow, seen: &Seen) -> Option<Step> {
    let told_at = seen.told_to_register.get(&row.id);
    let is_due = told_at.is_none_or(|at| is_over(*at, seen.now, REGISTER_EVERY_MS));
    is_due.then(|| Step::RegisterAgain {
        instance: row.id.clone(),
    })
}

/// Why an instance that its provider's checks find broken is given up (N14). Its jobs go back to the queue at once and are not
/// waited for: what fails is its network, its memory, its kernel or its host, and a job there may well never end.
fn impaired(row: &InstanceRow, index: &Index, now: i64) -> Option<Cause> {
    let found = index.instance(row)?.health.impaired.as_ref()?;
    let age = now - found.since;
    (age > IMPAIRED_MS).then(|| Cause::Impaired {
        instance: row.id.clone(),
        what: found.what.clone(),
        seconds: age / 1000,
    })
}

/// The step for an instance that is to end: asked for until the provider has nothing of it any more.
fn leaving(row: &InstanceRow, cause: Cause, index: &Index, seen: &Seen) -> Option<Step> {
    let instance = row.id.clone();
    if has_left(index.instance(row), seen.looked_at, row.stop_asked_at) {
        return Some(Step::Ended { instance });
    }
    let is_due = row.end_is_due(seen.now, seen.profile.stop_ms);
    is_due.then_some(Step::End { instance, cause })
}

/// What to think of an instance that does not show as alive.
enum Absence {
    /// It does, or may still come to.
    None,
    /// Whether the provider started it is not known.
    AskAgain,
    Lost(String),
}

fn absence(row: &InstanceRow, index: &Index, seen: &Seen) -> Absence {
    let instance = index.instance(row);
    if let Some(why) = instance.and_then(Instance::end) {
        return Absence::Lost(why.into());
    }
    let missed_at = row.launched_at + seen.profile.missing_grace_ms;
    let absent = seen.missing.get(&row.id).copied().unwrap_or_default();
    let is_absent = instance.is_none() && absent >= seen.profile.absence_ms;
    let is_leaving = instance.is_some_and(|i| !i.lives());
    let is_missed = (is_absent || is_leaving) && seen.now > missed_at;
    let is_started = row.provider_id.is_some() || row.registered_at.is_some();
    match is_started {
        true if is_missed => Absence::Lost("nothing of it is left".into()),
        false if instance.is_none() && seen.now > row.ask_again_at.unwrap_or(missed_at) => {
            Absence::AskAgain
        }
        _ => Absence::None,
    }
}

/// Slurm knows one idle time for the cluster; a group's own one is ours to keep.
fn idles_too_long(row: &InstanceRow, group: &Group, node: &NodeInfo, now: i64) -> bool {
    let limit = group.idle_seconds.filter(|limit| *limit < IDLE_FOREVER);
    let idle = idle_for(row, node, now);
    let is_over = limit
        .zip(idle)
        .is_some_and(|(limit, idle)| idle > limit * 1000);
    !group.is_static && is_over
}

/// For how many milliseconds a node that is ready has had nothing to do, and is not meant for anything; none: it has, or is.
fn idle_for(row: &InstanceRow, node: &NodeInfo, now: i64) -> Option<i64> {
    let ready_at = row.ready_at?;
    let reserved = ["PLANNED", "RESERVED", "POWER_DOWN", "REBOOT_REQUESTED"]
        .iter()
        .any(|f| node.is(f));
    let is_idle = !node.is_busy() && !reserved && node.is_up();
    let since = (node.last_busy * 1000).max(ready_at);
    is_idle.then_some(now - since)
}

/// Why the instance takes too long to boot, if it does: it is not how long that takes that tells of a fault, but that it
/// does not go on.
fn too_late(row: &InstanceRow, seen: &Seen) -> Option<Cause> {
    if row.ready_at.is_some() {
        return None;
    }
    let Profile {
        register_ms,
        step_ms,
        boot_ms,
        ..
    } = seen.profile;
    let instance = row.id.clone();
    let Some(registered_at) = row.registered_at else {
        return (seen.now - row.launched_at > register_ms).then_some(Cause::NotRegistered {
            instance,
            seconds: register_ms / 1000,
        });
    };
    let last = row.steps.last().filter(|step| step.at >= registered_at);
    let (step, at) = last.map_or(("registered", registered_at), |it| {
        (it.name.as_str(), it.at)
    });
    let step = step.to_owned();
    if seen.now - at > step_ms {
        return Some(Cause::BootStalled {
            instance,
            step,
            at,
            seconds: step_ms / 1000,
        });
    }
    (seen.now - registered_at > boot_ms).then_some(Cause::BootTooLong {
        instance,
        step,
        at,
        seconds: boot_ms / 1000,
    })
}

/// The step for a node that has no instance.
fn empty_node_step(node: &NodeInfo, group: &Group, index: &Index, seen: &Seen) -> Option<Step> {
    let name = node.name.clone();
    let ended = index.ended.get(name.as_str());
    let stage = index.stage(group);
    let ended = ended.map_or(&[][..], Vec::as_slice);
    let closed = seen.closed.get(&group.id).filter(|it| seen.now < it.until);
    let waiting =
        stage != Stage::Ready || closed.is_some() || seen.now < next_try(ended, &seen.profile);
    if node.is("DOWN") {
        return (!waiting).then_some(Step::Recover { node: name });
    }
    if let Some(closed) = closed
        && let Some(step) = closed_step(node, closed, seen)
    {
        return Some(step);
    }
    if node.is("POWERING_UP") {
        return match stage {
            Stage::Ready => Some(Step::Launch {
                node: name,
                group_id: group.id.clone(),
            }),
            Stage::UnderWay => None,
            Stage::Failed(why) => Some(Step::Fail {
                node: name,
                instance: None,
                cause: Cause::GroupNotReady { why: why.into() },
            }),
        };
    }
    if node.is("POWERING_DOWN") || node.is("POWER_UP") || node.is("POWER_DOWN") {
        return None;
    }
    if node.is("POWERED_DOWN") && seen.stranded.get(&name).is_none_or(|age| *age <= EMPTY_MS) {
        return (group.is_static && !waiting).then_some(Step::PowerUp { node: name });
    }
    // It may be on this node, with jobs. If nothing is, Slurm notices by itself.
    if seen.set_aside {
        return None;
    }
    Some(Step::Fail {
        node: name,
        instance: None,
        cause: Cause::Vanished,
    })
}

/// The step for a node that is wanted, or could be, while no instance is to be had.
fn closed_step(node: &NodeInfo, closed: &Closed, seen: &Seen) -> Option<Step> {
    let cause = Cause::NoCapacity {
        pools: closed.why.clone(),
    };
    if node.is("POWERING_UP") {
        return Some(Step::Fail {
            node: node.name.clone(),
            instance: None,
            cause,
        });
    }
    let changes = ["POWERING_DOWN", "POWER_UP", "POWER_DOWN", "DRAIN"];
    let is_off = node.is("IDLE") && node.is("POWERED_DOWN");
    let is_free = is_off && !seen.set_aside && !changes.iter().any(|flag| node.is(flag));
    is_free.then(|| Step::Close {
        node: node.name.clone(),
        cause,
    })
}

/// When a node may be tried again: attempts in a row that never got ready push it further away, and where no pool had
/// anything for the last one, it waits until one is tried again.
fn next_try(attempts: &[&InstanceRow], profile: &Profile) -> i64 {
    let never_ready = attempts.iter().take_while(|i| i.ready_at.is_none());
    let failures: Vec<&&InstanceRow> = never_ready.collect();
    let Some((last, ended_at)) = failures.first().and_then(|i| Some((i, i.ended_at?))) else {
        return 0;
    };
    let longest = ended_at.saturating_add(profile.longest_pool_rest_ms);
    let of_pools = last.ask_again_at.unwrap_or(0).min(longest);
    of_pools.max(ended_at + backoff_ms(failures.len()))
}

/// The pause after so many failures in a row.
pub fn backoff_ms(failures: usize) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    (BACKOFF_MS << doublings).min(LONGEST_BACKOFF_MS)
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "node_sim.rs"]
mod sim;
