//! What is known of a cluster that decides why each of its jobs waits or failed: for lists of thousands, so what is the same
//! for all jobs of a queue is found once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use app::explain::job::{Grounds, Lacking, Line, QueueFacts, line};
use app::i18n::Language;
use app::model::job::Job;

use super::job_components::all_lacking;
use super::queue_facts::queue_facts;
use crate::live::observed::Snapshot;
use crate::slurm::client::{NodeInfo, Reservation};
use crate::slurm::hostlist;

/// What the last look at Slurm does not tell.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The queues that exist, whether they have nodes or not.
    pub queues: HashSet<String>,
    /// Compute node groups that have a pool which had no instance lately.
    pub scarce: HashSet<String>,
    /// Nodes whose instances boot.
    pub booting: HashSet<String>,
    /// Jobs that somebody cancelled by this server, by their ids.
    pub cancelled: HashSet<String>,
    /// Jobs that ended as ones whose files could not be opened, and whose files can be.
    pub could_open: HashSet<String>,
}

/// The same for all jobs that may use the same nodes.
#[derive(Debug, Default)]
struct Usable {
    queue: Option<QueueFacts>,
    reserved: usize,
    is_scarce: bool,
}

/// What is known of one cluster.
#[derive(Debug)]
pub struct Known {
    seen: Arc<Snapshot>,
    beside: Beside,
    /// Heterogeneous jobs whose components cannot have their nodes together.
    lacking: HashMap<u32, Lacking>,
    /// Nodes that reservations in force have.
    reserved: HashSet<String>,
    queues: HashMap<String, Usable>,
}

impl Known {
    /// For these jobs.
    pub fn new<'j>(
        seen: Arc<Snapshot>,
        beside: Beside,
        jobs: impl IntoIterator<Item = &'j Job>,
        now: i64,
    ) -> Known {
        let in_force = |one: &&Reservation| one.starts_at <= now && now < one.ends_at;
        let reserved = seen.reservations.iter().filter(in_force);
        let mut known = Known {
            lacking: all_lacking(&seen),
            reserved: reserved.flat_map(|one| one.nodes.clone()).collect(),
            queues: HashMap::new(),
            beside,
            seen,
        };
        for job in jobs {
            if !known.queues.contains_key(&job.queue) {
                let usable = known.usable(&job.queue, &HashSet::new());
                known.queues.insert(job.queue.clone(), usable);
            }
        }
        known
    }

    /// What a list says of it.
    pub fn line(&self, job: &Job, language: Language) -> Option<Line> {
        let own;
        let usable = match (self.queues.get(&job.queue), &*job.asks.required_nodes) {
            (Some(known), "") => known,
            (_, required) => {
                let required = hostlist::expand(required).unwrap_or_default();
                own = self.usable(&job.queue, &required.into_iter().collect());
                &own
            }
        };
        let lacking = match self.lacking.is_empty() {
            true => None,
            false => self.lacking.get(&job.who().number()),
        };
        let grounds = Grounds {
            queue: usable.queue.as_ref(),
            lacking,
            reserved: usable.reserved,
            is_scarce: job.is_pending() && usable.is_scarce,
            is_cancelled_here: self.beside.cancelled.contains(&job.id),
            could_open: self.beside.could_open.contains(&job.id),
            is_booting: self.is_booting(job),
        };
        line(job, &grounds, language)
    }

    /// It has what lists show of why, and when it starts if that is all that it waits for.
    pub fn explained(&self, job: &Job, language: Language) -> Job {
        let line = self.line(job, language);
        let has_forecast = line.as_ref().is_none_or(|line| line.has_forecast);
        Job {
            why: line.map_or_else(String::new, |line| line.why),
            expected_at: if has_forecast { job.expected_at } else { 0 },
            ..job.clone()
        }
    }

    /// Of the nodes of the queue, or of those that are asked for by name.
    fn usable(&self, queue: &str, required: &HashSet<String>) -> Usable {
        let mut usable = Usable {
            queue: queue_facts(&self.seen, &self.beside.queues, queue),
            ..Usable::default()
        };
        let (mut is_down, mut is_scarce) = (false, false);
        for node in usable_nodes(&self.seen.nodes, queue, required) {
            usable.reserved += usize::from(self.reserved.contains(&node.name));
            is_down |= node.is("DOWN");
            is_scarce |= self.beside.scarce.contains(group_of(&node.name));
        }
        usable.is_scarce = is_down && is_scarce;
        usable
    }

    fn is_booting(&self, job: &Job) -> bool {
        let is_any = !job.nodes.is_empty() && !self.beside.booting.is_empty();
        let nodes = is_any.then(|| hostlist::expand(&job.nodes).unwrap_or_default());
        let mut nodes = nodes.iter().flatten();
        nodes.any(|node| self.beside.booting.contains(node))
    }
}

/// Those that are asked for by name, else those of the queue, or of several as `sbatch -p a,b` names them.
pub fn usable_nodes<'a>(
    nodes: &'a [NodeInfo],
    queue: &str,
    required: &HashSet<String>,
) -> impl Iterator<Item = &'a NodeInfo> {
    nodes.iter().filter(move |node| match required.is_empty() {
        true => {
            let mut queues = queue.split(',');
            queues.any(|name| node.partitions.iter().any(|of| of == name))
        }
        false => required.contains(&node.name),
    })
}

/// `GROUP` of `GROUP-N`.
pub fn group_of(node: &str) -> &str {
    node.rsplit_once('-').map_or(node, |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use app::model::job::Asks;

    use super::*;

    const NOW: i64 = 1_000;

    fn node(name: &str, states: &[&str]) -> NodeInfo {
        NodeInfo {
            name: name.into(),
            partitions: vec!["demo".into()],
            states: states.iter().map(|state| (*state).to_owned()).collect(),
            cpus: 4,
            memory_mib: 8192,
            ..NodeInfo::default()
        }
    }

    fn job(state: &str, reason: &str, asks: Asks) -> Job {
        Job {
            id: "12".into(),
            queue: "demo".into(),
            state: state.into(),
            reason: reason.into(),
            node_count: 2,
            expected_at: NOW + 5_000,
            asks,
            ..Job::default()
        }
    }

    /// What only the page of a job told before.
    #[test]
    fn a_list_tells_apart_what_slurm_calls_the_same() {
        let asks = |change: fn(&mut Asks)| {
            let mut asks = Asks::default();
            change(&mut asks);
            asks
        };
        let plain = asks(|_| ());
        let large = asks(|asks| asks.memory = 16_384);
        let launch = asks(|asks| asks.description = "launch failed requeued held".into());
        let reserved =
            asks(|asks| asks.description = "ReqNodeNotAvail, Reserved for maintenance".into());
        let named = asks(|asks| {
            asks.description = "ReqNodeNotAvail, May be reserved for other job".into();
            asks.required_nodes = "a-2".into();
        });
        let unopened = asks(|asks| asks.signal = Some(53));
        for (nodes, state, reason, asks, english, has_forecast) in [
            (
                ["IDLE", "IDLE"],
                "PENDING",
                "Resources",
                &plain,
                "Waits for nodes",
                true,
            ),
            (
                ["ALLOCATED", "ALLOCATED"],
                "PENDING",
                "Resources",
                &plain,
                "All nodes are busy",
                true,
            ),
            (
                ["IDLE", "DOWN"],
                "PENDING",
                "Resources",
                &plain,
                "No instance is to be had now",
                true,
            ),
            (
                ["IDLE", "IDLE"],
                "PENDING",
                "Resources",
                &large,
                "Asks for larger nodes than the queue has",
                false,
            ),
            (
                ["IDLE", "IDLE"],
                "PENDING",
                "JobHeldUser",
                &launch,
                "Held: it could not be started on a node",
                false,
            ),
            (
                ["IDLE", "IDLE"],
                "PENDING",
                "ReqNodeNotAvail",
                &reserved,
                "The nodes that it needs are reserved",
                true,
            ),
            (
                ["IDLE", "IDLE"],
                "PENDING",
                "ReqNodeNotAvail",
                &named,
                "The nodes that it needs are reserved",
                true,
            ),
            (
                ["IDLE", "IDLE"],
                "FAILED",
                "RaisedSignal",
                &unopened,
                "Its files could not be opened",
                false,
            ),
            (
                ["IDLE", "IDLE"],
                "CANCELLED",
                "",
                &plain,
                "Cancelled",
                false,
            ),
        ] {
            let fixit = Reservation {
                nodes: vec!["a-2".into()],
                ends_at: NOW + 1,
                ..Reservation::default()
            };
            let seen = Snapshot {
                nodes: Arc::new(vec![node("a-1", &nodes[..1]), node("a-2", &nodes[1..])]),
                reservations: Arc::new(vec![fixit]),
                ..Snapshot::default()
            };
            let beside = Beside {
                scarce: HashSet::from(["a".to_owned()]),
                cancelled: HashSet::from(["12".to_owned()]),
                ..Beside::default()
            };
            let job = job(state, reason, asks.clone());
            let known = Known::new(Arc::new(seen), beside, [&job], NOW);
            let told = known.explained(&job, Language::English);
            assert_eq!(told.why, english, "{state} {reason} {asks:?}");
            assert_eq!(told.expected_at > 0, has_forecast, "{english}");
        }
    }
}
