//! Whether the components of a heterogeneous job can have their nodes at the same time, each its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use app::explain::job::Lacking;
use app::model::job::{Job, JobRecord};
use app::model::node::NodePhase;

use super::node_phase::phase;
use crate::live::observed::Snapshot;
use crate::slurm::client::NodeInfo;

/// Of more kinds of components not every choice is tried: they double with each.
const KINDS: usize = 8;

/// What one waits for.
struct Component<'a> {
    job: &'a Job,
    /// A task has them on one node.
    cpus_per_task: i64,
}

/// Components that may use the same nodes.
struct Kind<'a> {
    usable: BTreeSet<usize>,
    components: Vec<&'a Job>,
}

/// Of these records the components that keep the job from starting.
pub fn lacking(seen: &Snapshot, members: &[JobRecord]) -> Option<Lacking> {
    let components = members.iter().map(|record| Component {
        job: &record.job,
        cpus_per_task: record.cpus_per_task,
    });
    of_one(seen, components.collect())
}

/// Of all heterogeneous jobs that wait, by their numbers.
pub fn all_lacking(seen: &Snapshot) -> HashMap<u32, Lacking> {
    let mut jobs: HashMap<u32, Vec<Component>> = HashMap::new();
    for job in seen.jobs.iter().filter(|job| job.is_pending()) {
        let who = job.who();
        if who.is_component() {
            let component = Component {
                job,
                cpus_per_task: job.asks.cpus_per_task,
            };
            jobs.entry(who.number()).or_default().push(component);
        }
    }
    let lacking = |(number, components)| Some((number, of_one(seen, components)?));
    jobs.into_iter().filter_map(lacking).collect()
}

fn of_one(seen: &Snapshot, mut components: Vec<Component>) -> Option<Lacking> {
    components.retain(|one| one.job.is_pending() && one.job.who().is_component());
    if components.is_empty() || seen.nodes.is_empty() {
        return None;
    }
    let kinds = kinds(&seen.nodes, &components);
    let choices = choices(kinds.len());
    let told = |within: fn(&NodeInfo) -> bool| {
        let mut all = choices.iter();
        all.find_map(|choice| told(&seen.nodes, &kinds, *choice, within))
    };
    told(|_| true).or_else(|| told(|node| !is_out_of_use(node)))
}

fn kinds<'a>(nodes: &[NodeInfo], components: &[Component<'a>]) -> Vec<Kind<'a>> {
    let mut kinds: BTreeMap<(&str, i64), Kind> = BTreeMap::new();
    for one in components {
        let serves = |node: &NodeInfo| {
            let mut queues = one.job.queue.split(',');
            queues.any(|queue| node.partitions.iter().any(|name| name == queue))
                && node.cpus >= one.cpus_per_task
        };
        let kind = kinds
            .entry((&one.job.queue, one.cpus_per_task))
            .or_insert_with(|| Kind {
                usable: (0..nodes.len()).filter(|at| serves(&nodes[*at])).collect(),
                components: vec![],
            });
        kind.components.push(one.job);
    }
    kinds.into_values().collect()
}

/// Every choice of some of the kinds, a bit for each, the smallest first.
fn choices(kinds: usize) -> Vec<usize> {
    let tried = kinds.min(KINDS);
    let mut choices: Vec<usize> = (1..1 << tried).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    if kinds > tried {
        choices.push(usize::MAX);
    }
    choices
}

/// What is to be said of that choice, where it needs more nodes than there are.
fn told(
    nodes: &[NodeInfo],
    kinds: &[Kind],
    choice: usize,
    within: fn(&NodeInfo) -> bool,
) -> Option<Lacking> {
    let is_chosen = |at: usize| choice.checked_shr(at as u32).unwrap_or(1) & 1 == 1;
    let chosen = || kinds.iter().enumerate().filter(|(at, _)| is_chosen(*at));
    let usable: BTreeSet<usize> = chosen()
        .flat_map(|(_, kind)| &kind.usable)
        .copied()
        .collect();
    let components = || chosen().flat_map(|(_, kind)| &kind.components);
    let needs = |job: &&Job| usize::try_from(job.node_count.max(1)).unwrap_or(usize::MAX);
    let needed = components().map(needs).fold(0, usize::saturating_add);
    let usable: Vec<&NodeInfo> = usable.into_iter().map(|at| &nodes[at]).collect();
    if needed <= usable.iter().filter(|node| within(node)).count() {
        return None;
    }
    let mut of: Vec<&Job> = components().copied().collect();
    of.sort_by_key(|job| job.who().place());
    let queues: BTreeSet<&str> = of.iter().flat_map(|job| job.queue.split(',')).collect();
    Some(Lacking {
        components: of.iter().map(|job| job.id.clone()).collect(),
        queues: queues.into_iter().map(str::to_owned).collect(),
        needed,
        capable: usable.len(),
        unavailable: usable.iter().filter(|node| is_out_of_use(node)).count(),
    })
}

fn is_out_of_use(node: &NodeInfo) -> bool {
    node.is("DRAIN") || phase(node) == NodePhase::Failed
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn node(queues: &[&str], cpus: i64, states: &[&str]) -> NodeInfo {
        NodeInfo {
            partitions: queues.iter().map(|queue| (*queue).to_owned()).collect(),
            states: states.iter().map(|state| (*state).to_owned()).collect(),
            cpus,
            ..NodeInfo::default()
        }
    }

    /// Its components, as queue, nodes and CPUs of a task.
    fn members(components: &[(&str, i64, i64)]) -> Vec<JobRecord> {
        let one = |(at, (queue, nodes, cpus)): (usize, &(&str, i64, i64))| JobRecord {
            job: Job {
                id: format!("13+{at}"),
                queue: (*queue).into(),
                state: "PENDING".into(),
                node_count: *nodes,
                ..Job::default()
            },
            cpus_per_task: *cpus,
            ..JobRecord::default()
        };
        components.iter().enumerate().map(one).collect()
    }

    #[test]
    fn components_never_share_a_node() {
        // a: 2 nodes, one of them also of b; c: 3, one of them drained and one small; d has none.
        let seen = Snapshot {
            nodes: Arc::new(vec![
                node(&["a"], 4, &["IDLE"]),
                node(&["a", "b"], 4, &["IDLE"]),
                node(&["c"], 4, &["IDLE"]),
                node(&["c"], 4, &["IDLE", "DRAIN"]),
                node(&["c"], 1, &["IDLE"]),
            ]),
            ..Snapshot::default()
        };
        type Asked<'a> = &'a [(&'a str, i64, i64)];
        type Found<'a> = Option<(&'a str, &'a str, usize, usize, usize)>;
        let table: &[(Asked, Found)] = &[
            (&[("a", 1, 1), ("a", 1, 1)], None),
            (&[("a", 1, 1), ("b", 1, 1)], None),
            (&[("a", 1, 1), ("c", 1, 1)], None),
            (&[("a,c", 1, 1), ("a", 1, 1), ("b", 1, 1)], None),
            // The leader fits, the second does; both do not.
            (
                &[("a", 1, 1), ("a", 2, 1)],
                Some(("13+0 13+1", "a", 3, 2, 0)),
            ),
            // Each queue has enough for its own.
            (
                &[("c", 1, 1), ("a", 2, 1), ("b", 1, 1)],
                Some(("13+1 13+2", "a b", 3, 2, 0)),
            ),
            (&[("a", 1, 1), ("b", 2, 1)], Some(("13+1", "b", 2, 1, 0))),
            (&[("a", 1, 1), ("d", 1, 1)], Some(("13+1", "d", 1, 0, 0))),
            // Two nodes of c have so many CPUs, and one of them is drained.
            (
                &[("c", 1, 4), ("c", 1, 4)],
                Some(("13+0 13+1", "c", 2, 2, 1)),
            ),
            (
                &[("c", 2, 4), ("c", 1, 4)],
                Some(("13+0 13+1", "c", 3, 2, 1)),
            ),
            (&[("c", 1, 4), ("c", 1, 1)], None),
            (&[], None),
        ];
        for (components, expected) in table {
            let found = lacking(&seen, &members(components));
            let found = found.map(|one| {
                let (ids, queues) = (one.components.join(" "), one.queues.join(" "));
                let for_good = one.is_for_good();
                assert_eq!(for_good, one.needed > one.capable);
                (ids, queues, one.needed, one.capable, one.unavailable)
            });
            let found = found.as_ref().map(|(ids, queues, needed, capable, out)| {
                (ids.as_str(), queues.as_str(), *needed, *capable, *out)
            });
            assert_eq!(&found, expected, "{components:?}");
        }
        let many: Vec<(&str, i64, i64)> = (0..70).map(|cpus| ("c", 1, cpus % 64)).collect();
        assert!(lacking(&seen, &members(&many)).is_some());
        // Not while nothing is known of nodes, and not of what has started.
        let both = members(&[("a", 2, 1), ("a", 2, 1)]);
        assert_eq!(lacking(&Snapshot::default(), &both), None);
        let jobs = both.iter().map(|record| record.job.clone()).collect();
        let mut seen = Snapshot {
            jobs: Arc::new(jobs),
            ..seen
        };
        assert_eq!(all_lacking(&seen).into_keys().collect::<Vec<u32>>(), [13]);
        for job in Arc::make_mut(&mut seen.jobs) {
            job.state = "RUNNING".into();
        }
        assert!(all_lacking(&seen).is_empty());
    }
}
