//! Whether each queue takes a job that asks for nothing. Slurm takes settings with which it then refuses every such job, or
//! lets it wait for ever, and none of its programs says a word before: a slip in one number would shut the queue
//! (slurm.conf(5), `DefMemPerNode`, `MinNodes`).

use std::collections::BTreeSet;

use super::line::Line;
use super::{ConfInput, GroupConf, QueueConf, apply_cluster_setting, node_line, queue_line};

/// What a job gets of memory, in MiB of a node, or of its one CPU.
const DEFAULTS: [&str; 2] = ["DefMemPerNode", "DefMemPerCPU"];
/// The most it may get. A job that has more for a CPU gets more CPUs.
const LIMITS: [&str; 2] = ["MaxMemPerNode", "MaxMemPerCPU"];

/// A sentence for each queue that would take no such job. Groups that are parked count: they come back.
pub fn shut_queues(input: &ConfInput) -> BTreeSet<String> {
    let mut cluster = Line::default();
    for given in &input.settings {
        apply_cluster_setting(&mut cluster, input, given);
    }
    let reasons = input.queues.iter().flat_map(|queue| {
        let groups = input.groups.iter();
        let groups = groups.filter(|group| queue.groups.contains(&group.name));
        let groups: Vec<&GroupConf> = groups.collect();
        let line = queue_line(input, queue);
        let reasons = [
            memory(&cluster, &line, &groups),
            nodes(&line, &groups),
            cpus(&groups),
        ];
        let reasons = reasons.into_iter().flatten();
        reasons
            .map(|reason| sentence(queue, &reason))
            .collect::<Vec<_>>()
    });
    reasons.collect()
}

fn sentence(queue: &QueueConf, reason: &str) -> String {
    format!(
        "Queue {} would take no job that asks for nothing: {reason}",
        queue.name
    )
}

/// A parameter that is a number above 0, of the queue or of the cluster.
struct Given {
    name: &'static str,
    whose: &'static str,
    value: u64,
}

impl Given {
    /// Whether this limit lets a job have so much memory on a node of the group.
    fn allows(&self, memory: u64, group: &GroupConf) -> bool {
        match self.name {
            "MaxMemPerCPU" => memory.div_ceil(self.value) <= number(group, "CPUs"),
            _ => memory <= self.value,
        }
    }
}

/// What is in force of two that stand for each other: the queue's goes before the cluster's.
fn in_force(cluster: &Line, queue: &Line, names: [&'static str; 2]) -> Option<Given> {
    let lines = [(queue, "the queue"), (cluster, "the cluster")];
    let mut found = lines.into_iter().flat_map(|(line, whose)| {
        let given = move |name| Some((name, whose, line.get(name)?));
        names.into_iter().filter_map(given)
    });
    let (name, whose, value) = found.next()?;
    // The word for no bound means the same as 0.
    let value = value.parse().ok().filter(|value| *value > 0)?;
    Some(Given { name, whose, value })
}

fn memory(cluster: &Line, queue: &Line, groups: &[&GroupConf]) -> Option<String> {
    let Some(default) = in_force(cluster, queue, DEFAULTS) else {
        return whole_node(cluster, queue, groups);
    };
    let Given { name, whose, value } = &default;
    let has_room = |group: &&&GroupConf| number(group, "RealMemory") >= *value;
    let roomy: Vec<_> = groups.iter().filter(has_room).collect();
    if groups.is_empty() {
        return None;
    }
    if roomy.is_empty() {
        return Some(format!(
            "{name} of {whose} gives it {value} MiB of memory, and no node of the queue's groups has as much. Lower it, \
             or give the queue a group with larger nodes."
        ));
    }
    let most = in_force(cluster, queue, LIMITS)?;
    let mut roomy = roomy.into_iter();
    (!roomy.any(|group| most.allows(*value, group))).then(|| {
        format!(
            "{name} of {whose} gives it {value} MiB of memory, more than {} of {}, {}, allows on any node. Lower the \
             first, or raise the second.",
            most.name, most.whose, most.value
        )
    })
}

/// Without a default it gets all memory of its node.
fn whole_node(cluster: &Line, queue: &Line, groups: &[&GroupConf]) -> Option<String> {
    let most = in_force(cluster, queue, LIMITS)?;
    let mut all = groups.iter();
    let is_allowed = all.any(|group| most.allows(number(group, "RealMemory"), group));
    (!is_allowed && !groups.is_empty()).then(|| {
        format!(
            "without DefMemPerNode or DefMemPerCPU it is given all memory of a node, and {} of {}, {}, allows that on no \
             node. Give one of the two, too.",
            most.name, most.whose, most.value
        )
    })
}

/// Those that are kept for the system are nobody's.
fn cpus(groups: &[&GroupConf]) -> Option<String> {
    let has_some = |group: &&GroupConf| {
        let line = node_line(None, group);
        let kept = line.get("CPUSpecList").unwrap_or_default();
        count(kept) < number(group, "CPUs")
    };
    let has_none = !groups.is_empty() && !groups.iter().any(has_some);
    has_none.then(|| {
        "CPUSpecList of its groups keeps all CPUs of each node for the system. Name fewer."
            .to_owned()
    })
}

/// How many numbers `0-1,4` names.
fn count(ranges: &str) -> u64 {
    let one = |part: &str| -> Option<u64> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Some(last.saturating_sub(first) + 1)
    };
    ranges
        .split(',')
        .filter_map(one)
        .fold(0, u64::saturating_add)
}

/// How many nodes a parked group will have, nobody knows.
fn nodes(queue: &Line, groups: &[&GroupConf]) -> Option<String> {
    let least: usize = queue.get("MinNodes")?.parse().ok()?;
    let is_known = !groups.is_empty() && groups.iter().all(|group| !group.ports.is_empty());
    let all: usize = groups.iter().map(|group| group.ports.len()).sum();
    (is_known && least > all).then(|| {
        format!(
            "MinNodes of the queue is {least}, and its groups have {all} nodes. Lower it, or raise the groups' maximum."
        )
    })
}

fn number(group: &GroupConf, name: &str) -> u64 {
    let line = node_line(None, group);
    line.get(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{setting, tutorial};
    use super::*;

    type Settings = &'static [(&'static str, &'static str)];

    /// Of a cluster whose queue `demo` has six nodes of 8192 MiB and 2 CPUs.
    fn shut(cluster: Settings, queue: Settings) -> Vec<String> {
        let mut input = tutorial();
        let all = |pairs: Settings| pairs.iter().map(|(name, value)| setting(name, value));
        input.settings.extend(all(cluster));
        input.queues[0].settings.extend(all(queue));
        shut_queues(&input).into_iter().collect()
    }

    /// What Slurm 24.11 does with each: a job that asks for nothing runs, or is refused or waits for ever.
    #[test]
    fn a_queue_that_takes_no_job_is_told_with_the_setting_that_shuts_it() {
        for (cluster, queue, words) in [
            (
                &[("DefMemPerNode", "8193")] as Settings,
                &[] as Settings,
                "DefMemPerNode of the cluster",
            ),
            (
                &[("defmempercpu", "99999999")],
                &[],
                "DefMemPerCPU of the cluster",
            ),
            (
                &[],
                &[("DefMemPerNode", "9000")],
                "DefMemPerNode of the queue",
            ),
            (
                &[],
                &[("DefMemPerCPU", "9000")],
                "DefMemPerCPU of the queue",
            ),
            (
                &[("DefMemPerNode", "200")],
                &[("MaxMemPerNode", "100")],
                "MaxMemPerNode of the queue, 100",
            ),
            (
                &[("DefMemPerNode", "250")],
                &[("MaxMemPerCPU", "100")],
                "MaxMemPerCPU of the queue, 100",
            ),
            (
                &[("DefMemPerCPU", "200")],
                &[("MaxMemPerCPU", "50")],
                "MaxMemPerCPU of the queue, 50",
            ),
            (
                &[("DefMemPerCPU", "200")],
                &[("MaxMemPerNode", "100")],
                "MaxMemPerNode of the queue, 100",
            ),
            (
                &[("MaxMemPerNode", "100")],
                &[("DefMemPerNode", "200")],
                "MaxMemPerNode of the cluster, 100",
            ),
            (
                &[("MaxMemPerNode", "1000")],
                &[],
                "MaxMemPerNode of the cluster, 1000",
            ),
            (
                &[],
                &[("MaxMemPerCPU", "1000")],
                "MaxMemPerCPU of the queue, 1000",
            ),
            (
                &[],
                &[("MinNodes", "7")],
                "MinNodes of the queue is 7, and its groups have 6 nodes",
            ),
        ] {
            let told = shut(cluster, queue);
            assert_eq!(told.len(), 1, "{cluster:?} {queue:?}: {told:?}");
            assert!(
                told[0].starts_with("Queue demo ") && told[0].contains(words),
                "{told:?}"
            );
        }
        for (cluster, queue) in [
            (&[] as Settings, &[] as Settings),
            (&[("DefMemPerNode", "8192")], &[]),
            (&[("DefMemPerNode", "0")], &[]),
            (&[("DefMemPerNode", "UNLIMITED")], &[]),
            (&[("DefMemPerNode", "9000")], &[("DefMemPerCPU", "100")]),
            (&[("DefMemPerNode", "9000")], &[("DefMemPerNode", "100")]),
            (&[("DefMemPerNode", "150")], &[("MaxMemPerCPU", "100")]),
            (&[("DefMemPerCPU", "200")], &[("MaxMemPerCPU", "100")]),
            (&[("MaxMemPerNode", "100")], &[("DefMemPerNode", "100")]),
            // Without a default a job has all memory of its node.
            (&[("MaxMemPerNode", "8192")], &[]),
            (&[], &[("MaxMemPerCPU", "4096")]),
            (&[("MaxMemPerNode", "100"), ("DefMemPerCPU", "10")], &[]),
            (&[], &[("MinNodes", "6")]),
        ] {
            assert_eq!(
                shut(cluster, queue),
                [] as [String; 0],
                "{cluster:?} {queue:?}"
            );
        }
    }

    #[test]
    fn cpus_that_are_kept_for_the_system_are_no_job_s() {
        let shut = |kept: &str| {
            let mut input = tutorial();
            for group in &mut input.groups {
                group.settings.push(setting("CPUSpecList", kept));
            }
            shut_queues(&input).len()
        };
        for (kept, is_shut) in [("0", 0), ("1", 0), ("0-1", 1), ("0,1", 1), ("0-7", 1)] {
            assert_eq!(shut(kept), is_shut, "{kept}");
        }
    }

    #[test]
    fn one_group_with_larger_nodes_is_enough_and_a_parked_one_counts() {
        let mut input = tutorial();
        input.settings = vec![setting("DefMemPerNode", "100000")];
        input.queues[0].settings = vec![setting("MinNodes", "100")];
        assert_eq!(shut_queues(&input).len(), 2);
        input.groups[1].settings = vec![setting("RealMemory", "124518")];
        assert_eq!(shut_queues(&input).len(), 1);
        input.groups[1].ports = vec![];
        assert_eq!(shut_queues(&input).len(), 0);
    }
}
