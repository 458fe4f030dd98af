//! What is measured of each group, queue and instance type of a cluster: pure functions of what was seen.

use std::collections::{BTreeMap, HashMap};

use app::model::job::Job;
use app::model::metric_part::{By, Part};
use app::model::node_name::NodeName;

use super::metric::{boots, capacity, jobs, knows_jobs, knows_nodes};
use crate::db::measured::Measured;
use crate::db::metric::Start;
use crate::db::metric_part::Parts;
use crate::live::observed::Snapshot;
use crate::slurm::client::NodeInfo;

/// So many parts of a kind are told apart; those behind them by name are one. A cluster has fewer, unless somebody raised
/// all quotas.
const MOST: usize = 64;

/// Of the time from `from` up to, and not with, `to`. `types`: of the nodes that have an instance. Each kind of which
/// anything is known.
pub fn measure_parts(
    seen: &Snapshot,
    starts: &[&Start],
    waits: &[(&Job, i64)],
    types: &HashMap<String, String>,
    from: i64,
    to: i64,
) -> Vec<(By, Parts)> {
    let mut all = vec![];
    if knows_nodes(seen, to) {
        let nodes = |of: &dyn Fn(&str, Option<&str>) -> Option<String>| {
            let mut found = BTreeMap::<String, Nodes>::new();
            for node in seen.nodes.iter() {
                let its = types.get(&node.name).map(String::as_str);
                if let Some(name) = of(&node.name, its) {
                    found.entry(name).or_default().0.push(node);
                }
            }
            for start in starts {
                if let Some(name) = of(&start.node_name, Some(&start.instance_type)) {
                    found.entry(name).or_default().1.push(start);
                }
            }
            told(found, |nodes, measured| {
                capacity(measured, nodes.0.iter().copied(), to - from);
                boots(measured, &nodes.1, from, to);
            })
        };
        let group = |node: &str, _: Option<&str>| Some(NodeName::parse(node)?.group.to_owned());
        all.push((By::ComputeNodeGroup, nodes(&group)));
        all.push((By::InstanceType, nodes(&|_, its| Some(its?.to_owned()))));
    }
    if knows_jobs(seen, to) {
        all.push((By::Queue, queues(seen, waits)));
    }
    all.retain(|(_, parts)| !parts.is_empty());
    all
}

/// Of one part: its nodes, and the starts of them.
#[derive(Default)]
struct Nodes<'a>(Vec<&'a NodeInfo>, Vec<&'a Start>);

/// Of one part: its jobs, and how long those waited that started.
#[derive(Default)]
struct Jobs<'a>(Vec<&'a Job>, Vec<i64>);

/// Every queue that has nodes, also one without jobs. A job that waits in several is in each.
fn queues(seen: &Snapshot, waits: &[(&Job, i64)]) -> Parts {
    let mut found = BTreeMap::<String, Jobs>::new();
    for queue in seen.nodes.iter().flat_map(|node| &node.partitions) {
        if !found.contains_key(queue) {
            found.insert(queue.clone(), Jobs::default());
        }
    }
    for job in seen.jobs.iter().filter(|job| !job.is_over()) {
        for queue in job.queue.split(',').filter(|queue| !queue.is_empty()) {
            found.entry(queue.to_owned()).or_default().0.push(job);
        }
    }
    for (job, took) in waits.iter().filter(|(job, _)| !job.queue.is_empty()) {
        found.entry(job.queue.clone()).or_default().1.push(*took);
    }
    told(found, |of, measured| {
        jobs(measured, of.0.iter().copied());
        of.1.iter().for_each(|took| measured.note_wait(*took));
    })
}

/// Two parts as one.
trait Join {
    fn join(&mut self, other: Self);
}

impl Join for Nodes<'_> {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
        self.1.extend(other.1);
    }
}

impl Join for Jobs<'_> {
    fn join(&mut self, other: Self) {
        self.0.extend(other.0);
        self.1.extend(other.1);
    }
}

/// Each measured by itself; those that are too many, as one.
fn told<T: Join + Default>(
    mut found: BTreeMap<String, T>,
    measure: impl Fn(&T, &mut Measured),
) -> Parts {
    let mut others = T::default();
    let are_many = found.len() > MOST;
    while found.len() > MOST {
        if let Some((_, one)) = found.pop_last() {
            others.join(one);
        }
    }
    if are_many {
        found.insert(Part::OTHERS.to_owned(), others);
    }
    let part = |(name, of): (String, T)| {
        let mut measured = Measured::default();
        measure(&of, &mut measured);
        (name, measured)
    };
    found.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use app::model::metric::Metric;
    use app::model::sight::{Sight, Trouble};

    use super::*;

    const TO: i64 = 3_600_000;

    fn node(name: &str, states: &str) -> NodeInfo {
        NodeInfo {
            name: name.into(),
            states: states.split('+').map(str::to_owned).collect(),
            partitions: vec!["demo".into()],
            ..NodeInfo::default()
        }
    }

    fn job(queue: &str, state: &str) -> Job {
        Job {
            id: "1".into(),
            queue: queue.into(),
            state: state.into(),
            ended_at: i64::from(state == "COMPLETED"),
            ..Job::default()
        }
    }

    fn seen(nodes: Vec<NodeInfo>, jobs: Vec<Job>) -> Snapshot {
        Snapshot {
            asked_at: TO,
            nodes: Arc::new(nodes),
            jobs_asked_at: TO,
            jobs: Arc::new(jobs),
            ..Snapshot::default()
        }
    }

    /// Sums, by kind and name.
    fn sums(all: &[(By, Parts)], metric: Metric) -> Vec<(By, &str, f64)> {
        let of = |(by, parts): &'_ (By, Parts)| -> Vec<(By, String, f64)> {
            let known = parts.iter();
            let known = known.filter_map(|(name, of)| Some((name, of.stat(metric)?)));
            known
                .map(|(name, stat)| (*by, name.clone(), stat.sum))
                .collect()
        };
        let all: Vec<_> = all.iter().flat_map(of).collect();
        let leaked = |(by, name, sum): (By, String, f64)| (by, &*name.leak(), sum);
        all.into_iter().map(leaked).collect()
    }

    #[test]
    fn each_group_and_type_has_its_own_nodes() {
        let off = "IDLE+CLOUD+POWERED_DOWN";
        let nodes = vec![
            node("big-1", "ALLOCATED"),
            node("small-1", "IDLE"),
            node("small-2", "IDLE+POWERING_UP"),
            node("none-1", off),
        ];
        let types = [("big-1", "p5"), ("small-1", "c6i"), ("small-2", "c6i")];
        let types = types.map(|(node, its)| (node.to_owned(), its.to_owned()));
        let start = Start {
            cluster_id: "c".into(),
            node_name: "small-2".into(),
            instance_type: "c6i".into(),
            launched_at: 5,
            ..Start::default()
        };
        let all = measure_parts(&seen(nodes, vec![]), &[&start], &[], &types.into(), 0, TO);
        use By::{ComputeNodeGroup as G, InstanceType as T};
        let hours = sums(&all, Metric::NodeHours);
        let right = [
            (G, "big", 1.0),
            (G, "none", 0.0),
            (G, "small", 1.0),
            (T, "c6i", 1.0),
            (T, "p5", 1.0),
        ];
        assert_eq!(hours, right);
        let desired = sums(&all, Metric::DesiredCapacity);
        assert_eq!(desired[2], (G, "small", 2.0));
        let starts = sums(&all, Metric::NodeStarts);
        assert_eq!((starts[0].2, starts[2].2, starts[3].2), (0.0, 1.0, 1.0));
    }

    #[test]
    fn each_queue_has_its_jobs_and_one_without_has_none() {
        let jobs = vec![
            job("demo,gpu", "PENDING"),
            job("gpu", "RUNNING"),
            job("gpu", "COMPLETED"),
        ];
        let begun = job("gpu", "RUNNING");
        let mut seen = seen(vec![node("a-1", "IDLE")], jobs);
        let measured = |seen: &Snapshot| {
            let waits = [(&begun, 60_000)];
            measure_parts(seen, &[], &waits, &HashMap::new(), 0, TO)
        };
        let all = measured(&seen);
        let pending = sums(&all, Metric::PendingJobs);
        assert_eq!(pending, [(By::Queue, "demo", 1.0), (By::Queue, "gpu", 1.0)]);
        assert_eq!(sums(&all, Metric::RunningJobs)[1].2, 1.0);
        let queues = &all.iter().find(|(by, _)| *by == By::Queue).unwrap().1;
        let wait = queues["gpu"].wait_time(0.5).unwrap();
        assert!((wait - 60.0).abs() < 3.0, "{wait}");
        assert_eq!(queues["demo"].wait_time(0.5), None);
        seen.jobs = Arc::default();
        let none = measured(&seen);
        assert_eq!(sums(&none, Metric::PendingJobs)[0].2, 0.0);
        seen.troubles.push(Trouble {
            of: Sight::Jobs,
            since: 1,
            words: "silent".into(),
        });
        assert!(measured(&seen).iter().all(|(by, _)| *by != By::Queue));
    }

    #[test]
    fn too_many_are_one() {
        let nodes = (0..200).map(|n| node(&format!("group{n:03}-1"), "IDLE"));
        let all = measure_parts(
            &seen(nodes.collect(), vec![]),
            &[],
            &[],
            &HashMap::new(),
            0,
            TO,
        );
        let idle = sums(&all, Metric::IdleCapacity);
        assert_eq!(idle.len(), MOST + 1);
        assert_eq!(idle[0], (By::ComputeNodeGroup, Part::OTHERS, 136.0));
    }
}
