//! What a change does to nodes and their jobs: the node reconciler's own plan for the groups as they would be, less
//! what it would do anyway.

use std::collections::{BTreeSet, HashSet};

use app::model::job::Job;
use app::model::node_name::node_names;
use app::model::plan::{JOBS_MAX, JobCounts, JobEffect, JobImpact, NodeChanges, Plan, Stay};

use crate::plan::node::{Group, Seen, Step, plan};
use crate::slurm::client::NodeInfo;
use crate::slurm::hostlist;

/// The groups in force before and after, and what is seen of their nodes.
pub struct Change<'a> {
    pub before: Vec<Group>,
    pub after: Vec<Group>,
    pub seen: Seen,
    pub jobs: &'a [Job],
}

/// The names of a job's nodes; none while it waits.
fn nodes_of(job: &Job) -> Vec<String> {
    hostlist::expand(&job.nodes).unwrap_or_default()
}

impl Change<'_> {
    pub fn nodes(&self) -> NodeChanges {
        let (old, new) = (names(&self.before), names(&self.after));
        let created: Vec<String> = new.iter().filter(|n| !old.contains(n)).cloned().collect();
        let removed: Vec<String> = old.iter().filter(|n| !new.contains(n)).cloned().collect();
        let steps = self.new_steps(&created);
        let ends = |node: &String| {
            let rows = &self.seen.instances;
            rows.iter().any(|row| row.node_name == *node)
        };
        let starting = |node: &&String| {
            steps
                .iter()
                .any(|step| matches!(step, Step::PowerUp { node: up } if up == *node))
        };
        let replaced = steps.iter().filter_map(|step| match step {
            Step::Replace { node, .. } => Some(node.clone()),
            _ => None,
        });
        let (replaced_after_jobs, replaced_now) = sorted(replaced)
            .into_iter()
            .partition(|node| self.is_busy(node));
        NodeChanges {
            starting: created.iter().filter(starting).cloned().collect(),
            created,
            replaced_now,
            replaced_after_jobs,
            ending: removed.iter().filter(|n| ends(n)).cloned().collect(),
            removed,
        }
    }

    /// The steps that the change brings. New names are powered down at first.
    fn new_steps(&self, created: &[String]) -> Vec<Step> {
        let mut seen = self.seen.clone();
        seen.nodes.extend(created.iter().map(|name| NodeInfo {
            name: name.clone(),
            states: ["IDLE", "CLOUD", "POWERED_DOWN"].map(str::to_owned).into(),
            ..NodeInfo::default()
        }));
        let anyway = plan(&self.before, &self.seen);
        let mut steps = plan(&self.after, &seen);
        steps.retain(|step| !anyway.contains(step));
        steps
    }

    fn is_busy(&self, node: &str) -> bool {
        let busy = |info: &&NodeInfo| info.name == node && info.is_busy();
        let on_it = |job: &&Job| job.ended_at == 0 && nodes_of(job).iter().any(|n| n == node);
        self.seen.nodes.iter().find(busy).is_some() || self.jobs.iter().find(on_it).is_some()
    }
}

/// All node names of the groups (N10), in order.
fn names(groups: &[Group]) -> Vec<String> {
    let of_groups = groups.iter().flat_map(|g| node_names(&g.name, g.max));
    of_groups.collect()
}

/// `compute-2` before `compute-10`.
fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names
}

/// What happens to the jobs on nodes that change; `gone` is what happens to those on nodes that go.
pub fn job_effects(
    jobs: &[Job],
    nodes: &NodeChanges,
    all: &HashSet<String>,
    gone: JobEffect,
) -> Vec<JobImpact> {
    let on = |job: &Job, names: &[String]| nodes_of(job).iter().any(|n| names.contains(n));
    let alive = jobs.iter().filter(|job| job.ended_at == 0);
    alive
        .filter(|job| nodes_of(job).iter().any(|n| all.contains(n)))
        .map(|job| {
            let effect = if on(job, &nodes.removed) {
                gone
            } else if on(job, &nodes.replaced_after_jobs) {
                JobEffect::FinishesFirst
            } else {
                JobEffect::Untouched
            };
            impact(job, effect)
        })
        .collect()
}

pub fn impact(job: &Job, effect: JobEffect) -> JobImpact {
    JobImpact {
        id: job.id.clone(),
        name: job.name.clone(),
        user: job.user.clone(),
        effect,
    }
}

/// Puts the jobs into the plan: all are counted, the most touched are listed.
pub fn put_jobs(plan: &mut Plan, mut jobs: Vec<JobImpact>) {
    let mut counts = JobCounts::default();
    for job in &jobs {
        *counts.of_mut(job.effect) += job.count();
    }
    if counts.untouched > 0 {
        plan.stays.push(Stay::Jobs {
            count: counts.untouched,
        });
    }
    jobs.sort_by_key(|job| job.effect);
    jobs.truncate(JOBS_MAX);
    plan.job_counts = counts;
    plan.jobs = jobs;
}

#[cfg(test)]
mod tests {
    use openpcs_provider::{Instance, State};

    use super::*;
    use crate::db::instance::InstanceRow;

    const NOW: i64 = 1_000_000;

    fn group(max: i64, is_static: bool, launch_generation: i64) -> Group {
        Group {
            id: "pcs_g".into(),
            name: "compute".into(),
            max,
            is_static,
            launch_generation,
            idle_seconds: None,
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

    fn seen(nodes: &[(&str, &str)]) -> Seen {
        let info = |(name, state): &(&str, &str)| NodeInfo {
            name: (*name).into(),
            states: [*state, "CLOUD"].map(str::to_owned).into(),
            ..NodeInfo::default()
        };
        let instances: Vec<InstanceRow> = nodes.iter().map(|(name, _)| instance(name)).collect();
        Seen {
            provider: instances
                .iter()
                .map(|row| Instance {
                    id: row.id.clone(),
                    state: State::Running,
                    addresses: vec![],
                    health: Default::default(),
                })
                .collect(),
            nodes: nodes.iter().map(info).collect(),
            instances,
            now: NOW,
            ..Seen::default()
        }
    }

    fn job(id: &str, nodes: &str) -> Job {
        Job {
            id: id.into(),
            name: "j".into(),
            user: "root".into(),
            queue: "demo".into(),
            state: "RUNNING".into(),
            nodes: nodes.into(),
            node_count: 1,
            submitted_at: 1,
            started_at: 2,
            ..Job::default()
        }
    }

    fn change<'a>(before: Group, after: Group, seen: Seen, jobs: &'a [Job]) -> Change<'a> {
        Change {
            before: vec![before],
            after: vec![after],
            seen,
            jobs,
        }
    }

    #[test]
    fn a_lower_maximum_names_the_nodes_and_the_jobs_that_go() {
        let jobs = [
            job("1", "compute-1"),
            job("2", "compute-[2-3]"),
            job("3", ""),
        ];
        let seen = seen(&[("compute-1", "ALLOCATED"), ("compute-3", "ALLOCATED")]);
        let nodes = change(group(4, false, 1), group(2, false, 1), seen, &jobs).nodes();
        assert_eq!(nodes.removed, ["compute-3", "compute-4"]);
        assert_eq!(nodes.ending, ["compute-3"]);
        let all = names(&[group(4, false, 1)]).into_iter().collect();
        let effects: Vec<JobEffect> = job_effects(&jobs, &nodes, &all, JobEffect::Requeued)
            .iter()
            .map(|j| j.effect)
            .collect();
        assert_eq!(effects, [JobEffect::Untouched, JobEffect::Requeued]);
    }

    #[test]
    fn new_settings_replace_idle_nodes_now_and_busy_ones_later() {
        let seen = seen(&[("compute-1", "IDLE"), ("compute-2", "ALLOCATED")]);
        let nodes = change(group(4, false, 1), group(4, false, 2), seen, &[]).nodes();
        assert_eq!(nodes.replaced_now, ["compute-1"]);
        assert_eq!(nodes.replaced_after_jobs, ["compute-2"]);
        assert!(nodes.created.is_empty() && nodes.removed.is_empty());
    }

    #[test]
    fn new_static_nodes_start_at_once_and_dynamic_ones_for_jobs() {
        let nodes = change(
            group(1, true, 1),
            group(2, true, 1),
            seen(&[("compute-1", "IDLE")]),
            &[],
        );
        assert_eq!(nodes.nodes().starting, ["compute-2"]);
        let nodes = change(group(1, false, 1), group(2, false, 1), seen(&[]), &[]).nodes();
        assert_eq!((nodes.created.len(), nodes.starting.len()), (1, 0));
    }

    #[test]
    fn what_would_happen_anyway_is_not_told() {
        let mut seen = seen(&[("compute-1", "IDLE")]);
        seen.provider.clear();
        let nodes = change(group(1, false, 1), group(1, false, 1), seen, &[]).nodes();
        assert!(nodes.is_empty());
    }
}
