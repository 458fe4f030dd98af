//! What is measured of a cluster: a pure function of what was seen of its nodes and jobs, and of how instances started.

use app::explain::Cause;
use app::model::date::HOUR;
use app::model::job::Job;
use app::model::metric::Metric;
use app::model::node::NodePhase;
use app::model::sight::Sight;

use super::node_phase::phase;
use crate::db::measured::Measured;
use crate::db::metric::Start;
use crate::live::observed::Snapshot;
use crate::slurm::client::NodeInfo;

/// What was seen so long ago, in milliseconds, is not how it is: Slurm is asked more often, however quiet it is.
const STALE_MS: i64 = 120_000;

/// The time from `from` up to, and not with, `to`; what was seen is seen at its end. None where the nodes are not known: a
/// gap says more than what was true once.
pub fn measure(seen: &Snapshot, starts: &[&Start], from: i64, to: i64) -> Option<Measured> {
    if !knows_nodes(seen, to) {
        return None;
    }
    let mut measured = Measured::default();
    capacity(&mut measured, seen.nodes.iter(), to - from);
    if knows_jobs(seen, to) {
        jobs(&mut measured, seen.jobs.iter());
    }
    boots(&mut measured, starts, from, to);
    Some(measured)
}

pub(super) fn knows_nodes(seen: &Snapshot, at: i64) -> bool {
    is_known(seen, Sight::Nodes, seen.asked_at, at)
}

pub(super) fn knows_jobs(seen: &Snapshot, at: i64) -> bool {
    is_known(seen, Sight::Jobs, seen.jobs_asked_at, at)
}

fn is_known(seen: &Snapshot, of: Sight, asked_at: i64, at: i64) -> bool {
    let is_silent = seen.trouble(of).or(seen.trouble(Sight::Controller));
    is_silent.is_none() && at - asked_at < STALE_MS
}

/// `length`: of the time, in milliseconds.
pub(super) fn capacity<'a>(
    measured: &mut Measured,
    nodes: impl Iterator<Item = &'a NodeInfo>,
    length: i64,
) {
    let (mut idle, mut utilized, mut pending) = (0.0, 0.0, 0.0);
    for node in nodes {
        match node.is_up() {
            true if node.is_busy() => utilized += 1.0,
            true => idle += 1.0,
            false if phase(node) == NodePhase::Starting => pending += 1.0,
            false => {}
        }
    }
    let actual = idle + utilized;
    measured.note(Metric::IdleCapacity, idle);
    measured.note(Metric::UtilizedCapacity, utilized);
    measured.note(Metric::ActualCapacity, actual);
    measured.note(Metric::DesiredCapacity, actual + pending);
    measured.note(Metric::NodeHours, actual * length as f64 / HOUR as f64);
    if actual > 0.0 {
        measured.note(Metric::CapacityUtilization, utilized / actual);
    }
}

pub(super) fn jobs<'a>(measured: &mut Measured, jobs: impl Iterator<Item = &'a Job>) {
    let (mut pending, mut running) = (0, 0);
    for job in jobs.filter(|job| !job.is_over()) {
        match job.is_pending() {
            true => pending += job.count(),
            false => running += job.count(),
        }
    }
    measured.note(Metric::PendingJobs, pending as f64);
    measured.note(Metric::RunningJobs, running as f64);
}

/// The jobs that started since then and before `until`, with how long each waited from being submitted on, in milliseconds.
/// Those that ended before they began had no nodes.
pub fn waits(jobs: &[Job], since: i64, until: i64) -> impl Iterator<Item = (&Job, i64)> {
    let has_started =
        move |job: &&Job| !job.nodes.is_empty() && (since..until).contains(&job.started_at);
    let started = jobs.iter().filter(has_started);
    started.map(|job| (job, (job.started_at - job.submitted_at).max(0)))
}

pub(super) fn boots(measured: &mut Measured, starts: &[&Start], from: i64, to: i64) {
    let is_within = |at: i64| from <= at && at < to;
    let begun = starts.iter().filter(|start| is_within(start.launched_at));
    measured.note(Metric::NodeStarts, begun.count() as f64);
    let failed = starts.iter().filter(|start| {
        start.ready_at.is_none() && start.ended_at.is_some_and(is_within) && has_failed(start)
    });
    measured.note(Metric::FailedNodeStarts, failed.count() as f64);
    for start in starts {
        if let Some(ready_at) = start.ready_at.filter(|at| is_within(*at)) {
            measured.note_boot(ready_at - start.launched_at);
        }
    }
}

/// Whether it ended otherwise than because somebody, or Slurm, wanted it no more.
fn has_failed(start: &Start) -> bool {
    !matches!(
        start.cause,
        Some(
            Cause::PoweredDown
                | Cause::NotWanted
                | Cause::GroupDeleted
                | Cause::MaximumLowered
                | Cause::Outdated
                | Cause::OlderSlurm { .. }
                | Cause::Freed
                | Cause::Replaced { .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use app::model::sight::Trouble;

    use super::*;

    const FROM: i64 = 1_000_000;
    const TO: i64 = FROM + 60_000;

    fn node(states: &str) -> NodeInfo {
        NodeInfo {
            states: states.split('+').map(str::to_owned).collect(),
            ..NodeInfo::default()
        }
    }

    fn job(id: &str, state: &str, ended_at: i64) -> Job {
        Job {
            id: id.into(),
            state: state.into(),
            ended_at,
            ..Job::default()
        }
    }

    fn seen(nodes: &[&str], jobs: Vec<Job>) -> Snapshot {
        Snapshot {
            asked_at: TO - 10,
            nodes: Arc::new(nodes.iter().map(|states| node(states)).collect()),
            jobs_asked_at: TO - 10,
            jobs: Arc::new(jobs),
            ..Snapshot::default()
        }
    }

    /// The five of CloudWatch.
    fn five(nodes: &[&str]) -> [Option<f64>; 5] {
        let measured = measure(&seen(nodes, vec![]), &[], FROM, TO).unwrap();
        let five = [
            Metric::IdleCapacity,
            Metric::UtilizedCapacity,
            Metric::ActualCapacity,
            Metric::DesiredCapacity,
            Metric::CapacityUtilization,
        ];
        five.map(|metric| measured.stat(metric).map(|stat| stat.sum))
    }

    #[test]
    fn capacity_is_of_instances_that_run() {
        let off = "IDLE+CLOUD+POWERED_DOWN";
        for (nodes, [idle, utilized, actual, desired], utilization) in [
            (&[][..], [0.0; 4], None),
            (&[off, off], [0.0; 4], None),
            (
                &["IDLE+CLOUD", off, "MIXED+CLOUD"],
                [1.0, 1.0, 2.0, 2.0],
                Some(0.5),
            ),
            (&["IDLE+CLOUD+POWERING_UP"], [0.0, 0.0, 0.0, 1.0], None),
            (
                &["ALLOCATED+CLOUD+POWERING_UP", "IDLE"],
                [1.0, 0.0, 1.0, 2.0],
                Some(0.0),
            ),
            (
                &["ALLOCATED+DRAIN", "IDLE+DRAIN"],
                [1.0, 1.0, 2.0, 2.0],
                Some(0.5),
            ),
            (&["IDLE+COMPLETING"], [0.0, 1.0, 1.0, 1.0], Some(1.0)),
            (&["DOWN+CLOUD", "IDLE+POWERING_DOWN"], [0.0; 4], None),
        ] {
            let right = [idle, utilized, actual, desired].map(Some);
            let told = five(nodes);
            assert_eq!(
                (&told[..4], told[4]),
                (&right[..], utilization),
                "{nodes:?}"
            );
        }
    }

    #[test]
    fn each_task_counts_and_what_is_over_does_not() {
        let jobs = vec![
            job("1", "RUNNING", 0),
            job("2", "CONFIGURING", 0),
            job("3_[1-5]", "PENDING", 0),
            job("4", "REQUEUED", 0),
            job("5", "COMPLETED", 7),
        ];
        let measured = measure(&seen(&[], jobs), &[], FROM, TO).unwrap();
        let sum = |metric| measured.stat(metric).unwrap().sum;
        assert_eq!(sum(Metric::RunningJobs), 2.0);
        assert_eq!(sum(Metric::PendingJobs), 6.0);
    }

    #[test]
    fn starts_count_in_the_minute_in_which_they_happen() {
        let start = |launched_at, ready_at, ended_at, cause| Start {
            cluster_id: "c".into(),
            node_name: "compute-1-1".into(),
            instance_type: "c6i.large".into(),
            launched_at,
            ready_at,
            ended_at,
            cause,
        };
        let stalled = Cause::NotRegistered {
            instance: "i".into(),
            seconds: 9,
        };
        let all = [
            start(FROM, None, None, None),
            start(TO, None, None, None),
            start(FROM - 100_000, Some(FROM), None, None),
            start(FROM - 100_000, Some(FROM - 1), None, None),
            start(FROM - 5, None, Some(TO - 1), Some(stalled.clone())),
            start(FROM - 5, None, Some(TO), Some(stalled.clone())),
            start(FROM - 5, None, Some(TO - 1), Some(Cause::PoweredDown)),
            // It was up before: no failed start.
            start(FROM - 5, Some(FROM - 1), Some(FROM), Some(stalled)),
        ];
        let all: Vec<&Start> = all.iter().collect();
        let measured = measure(&seen(&[], vec![]), &all, FROM, TO).unwrap();
        let sum = |metric| measured.stat(metric).unwrap().sum;
        assert_eq!(sum(Metric::NodeStarts), 1.0);
        assert_eq!(sum(Metric::FailedNodeStarts), 1.0);
        let took = measured.boot_time(0.5).unwrap();
        assert!((took - 100.0).abs() < 5.0, "{took}");
    }

    #[test]
    fn what_is_not_known_is_not_measured() {
        let known = seen(&["IDLE"], vec![job("1", "RUNNING", 0)]);
        let trouble = |of| Trouble {
            of,
            since: 1,
            words: "silent".into(),
        };
        let with = |change: &dyn Fn(&mut Snapshot)| {
            let mut seen = known.clone();
            change(&mut seen);
            measure(&seen, &[], FROM, TO)
        };
        assert_eq!(
            measure(&Snapshot::default(), &[], FROM + STALE_MS, TO + STALE_MS),
            None
        );
        assert_eq!(with(&|seen| seen.asked_at = TO - STALE_MS), None);
        for of in [Sight::Nodes, Sight::Controller] {
            assert_eq!(with(&|seen| seen.troubles.push(trouble(of))), None);
        }
        let nodes_only = with(&|seen| seen.troubles.push(trouble(Sight::Jobs))).unwrap();
        assert_eq!(nodes_only.stat(Metric::RunningJobs), None);
        assert_eq!(nodes_only.stat(Metric::IdleCapacity).unwrap().sum, 1.0);
    }

    #[test]
    fn a_job_waits_until_it_has_its_nodes() {
        let begun = |submitted_at: i64, started_at: i64, nodes: &str| Job {
            submitted_at,
            started_at,
            nodes: nodes.into(),
            ..Job::default()
        };
        let jobs = [
            begun(FROM - 500, FROM - 1, "early"),
            begun(FROM - 30_000, FROM, "a"),
            begun(FROM, TO - 1, "b"),
            begun(TO, TO - 1, "clock-set-back"),
            begun(FROM, FROM + 1, ""),
            begun(FROM, TO, "late"),
            begun(FROM, 0, ""),
        ];
        let told = waits(&jobs, FROM, TO).map(|(_, took)| took);
        let told: Vec<i64> = told.collect();
        assert_eq!(told, [30_000, 59_999, 0]);
    }
}
