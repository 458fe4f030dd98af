//! Which reason is told of a job: chosen here alone, for the line of a list, for the job's page with what programs ask of
//! it, and for what Slurm is told.

use super::reason::{Plain, Reason};
use crate::model::job::{Asks, Job};
use crate::model::signal::FILES_NOT_OPENED;

/// Components of a heterogeneous job that cannot have their nodes at the same time, each its own: Slurm starts none before
/// each can start on nodes apart from those of the others (heterogeneous_jobs.html, Limitations).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Their ids.
    pub components: Vec<String>,
    pub queues: Vec<String>,
    /// Nodes that they need together.
    pub needed: usize,
    /// Nodes that can serve any of them, whether they are of use now or not.
    pub capable: usize,
    /// Of these, down, failed or drained.
    pub unavailable: usize,
}

impl Lacking {
    /// More or other nodes have to be there.
    pub fn is_for_good(&self) -> bool {
        self.needed > self.capable
    }
}

/// The nodes that a job of the queue may use; none, where the queue has no group or its groups are at zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFacts {
    pub total: usize,
    pub busy: usize,
    pub idle: usize,
    pub starting: usize,
    pub off: usize,
    /// Down, failed or drained.
    pub unavailable: usize,
    /// The largest node.
    pub cpus: i64,
    pub memory: i64,
    pub gpus: i64,
}

/// The one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The title on the job's page.
    pub why: String,
    /// It passes by itself: when is of interest.
    pub has_forecast: bool,
}

/// What decides on it beside the job.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grounds<'a> {
    /// None: its queue is gone.
    pub queue: Option<&'a QueueFacts>,
    pub lacking: Option<&'a Lacking>,
    /// Nodes that it may use and that reservations in force have.
    pub reserved: usize,
    /// A pool for nodes that it may use had no instance lately.
    pub is_scarce: bool,
    /// Somebody cancelled it by this server.
    pub is_cancelled_here: bool,
    /// Each of its files can be opened.
    pub could_open: bool,
    /// Nodes boot for it.
    pub is_booting: bool,
}

/// None for a job that runs or ended well.
pub fn reason(job: &Job, asks: &Asks, grounds: &Grounds) -> Option<Reason> {
    let told = described(of_job(job)?, job, asks, grounds);
    Some(refine(told, job, asks, grounds))
}

/// The reason of a job, by its state where that says more.
fn of_job(job: &Job) -> Option<Reason> {
    let plain = |plain| Some(Reason::Plain(plain));
    let given = Reason::parse(&job.reason).filter(|r| *r != Reason::Plain(Plain::None));
    match job.state.as_str() {
        "CONFIGURING" => plain(Plain::NodesStarting),
        "RUNNING" | "COMPLETING" | "COMPLETED" => None,
        "CANCELLED" => match given {
            Some(Reason::Plain(Plain::DependencyNeverSatisfied)) => {
                plain(Plain::DependencyCancelled)
            }
            _ => plain(Plain::Cancelled),
        },
        "TIMEOUT" => plain(Plain::TimeLimit),
        "NODE_FAIL" => plain(Plain::NodeDown),
        "OUT_OF_MEMORY" => plain(Plain::OutOfMemory),
        "DEADLINE" => plain(Plain::Deadline),
        "BOOT_FAIL" => plain(Plain::BootFailed),
        "PREEMPTED" => plain(Plain::Preempted),
        "SUSPENDED" | "STOPPED" => plain(Plain::Suspended),
        "FAILED" => given.or_else(|| plain(Plain::ExitCode)),
        _ => given.or_else(|| {
            let unknown = !job.reason.is_empty() && job.reason != "None";
            plain(if unknown { Plain::Unknown } else { Plain::None })
        }),
    }
}

/// Slurm also says that nodes are not available while they only stop or are kept for a job that goes first.
fn doubted(reason: Reason, queue: Option<&QueueFacts>) -> Reason {
    let not_available = reason == Reason::Plain(Plain::NodeNotAvailable);
    match queue {
        Some(queue) if not_available && queue.unavailable == 0 => Reason::Plain(Plain::Resources),
        _ => reason,
    }
}

/// The reason that Slurm's longer words tell, where its one word says something else or less.
fn described(reason: Reason, job: &Job, asks: &Asks, grounds: &Grounds) -> Reason {
    use Plain::*;
    let says = |words: &str| asks.description.contains(words);
    let Reason::Plain(plain) = reason else {
        return reason;
    };
    Reason::Plain(match plain {
        HeldByUser | HeldByAdmin if says("launch failed") => LaunchFailed,
        HeldByUser | HeldByAdmin if says("job requeued in") => RequeuedHeld,
        NodeNotAvailable | Resources | Priority
            if says("eserved") && grounds.reserved > 0 && reserved_too_many(job, asks, grounds) =>
        {
            NodesReserved
        }
        // With it slurmstepd tells that it could not open the files of a script that never began.
        Signal | ExitCode if asks.signal == Some(FILES_NOT_OPENED) && !grounds.could_open => {
            FilesNotOpened
        }
        Cancelled | DependencyCancelled if grounds.is_cancelled_here => CancelledBy,
        Cancelled if grounds.queue.is_none() => QueueDeleted,
        plain => plain,
    })
}

/// Whether too few nodes are left beside those that are reserved or out of use.
fn reserved_too_many(job: &Job, asks: &Asks, grounds: &Grounds) -> bool {
    let (total, unavailable) = grounds
        .queue
        .map_or((0, 0), |queue| (queue.total, queue.unavailable));
    let nodes = usize::try_from(job.node_count.max(1)).unwrap_or(usize::MAX);
    !asks.required_nodes.is_empty()
        || total
            < nodes
                .saturating_add(unavailable)
                .saturating_add(grounds.reserved)
}

/// Slurm says `Resources` or `Priority` of many things that a person would tell apart.
fn refine(reason: Reason, job: &Job, asks: &Asks, grounds: &Grounds) -> Reason {
    use Plain::*;
    let reason = match asks.required_nodes.is_empty() {
        true => doubted(reason, grounds.queue),
        false => reason,
    };
    let general = lacks_nodes(reason);
    if let Some(of_queue) = of_queue(job, reason, grounds.queue) {
        return of_queue;
    }
    if reason == Reason::Plain(BeginTime) && asks.restarts > 0 && grounds.is_booting {
        return Reason::Plain(Requeued);
    }
    let together = lacks_together(job, reason, grounds.lacking);
    let (true, Some(queue)) = (general, grounds.queue) else {
        return together.unwrap_or(reason);
    };
    let nodes = usize::try_from(job.node_count).unwrap_or_default();
    Reason::Plain(if is_too_small(job, asks, queue) {
        NodeTooSmall
    } else if let Some(together) = together {
        return together;
    } else if nodes + queue.unavailable > queue.total {
        match grounds.is_scarce {
            false => NodesUnavailable,
            true => NoCapacity,
        }
    } else if grounds.is_booting {
        NodesStarting
    } else if queue.idle + queue.off + queue.starting < nodes && reason == Reason::Plain(Resources)
    {
        NodesBusy
    } else {
        return reason;
    })
}

/// What Slurm says where it finds no nodes for a job, whatever the cause.
fn lacks_nodes(reason: Reason) -> bool {
    use Plain::*;
    matches!(
        reason,
        Reason::Plain(
            Resources | NodeNotAvailable | PartitionNodeLimit | PartitionConfig | BadConstraints
        )
    )
}

/// Nothing else keeps it from starting than that it has no nodes.
fn waits_for_nodes(job: &Job, reason: Reason) -> bool {
    let by_turn = matches!(reason, Reason::Plain(Plain::Priority | Plain::None));
    job.is_pending() && (by_turn || lacks_nodes(reason))
}

/// Its queue is gone, has no node at all, or has fewer than the job asks for.
fn of_queue(job: &Job, reason: Reason, queue: Option<&QueueFacts>) -> Option<Reason> {
    let nodes = usize::try_from(job.node_count).unwrap_or_default();
    let plain = match queue {
        None => job.is_pending().then_some(Plain::QueueGone)?,
        Some(queue) if queue.total == 0 && waits_for_nodes(job, reason) => Plain::QueueEmpty,
        Some(queue) if nodes > queue.total && lacks_nodes(reason) => Plain::QueueTooSmall,
        Some(_) => return None,
    };
    Some(Reason::Plain(plain))
}

/// So it waits, for its own components.
fn lacks_together(job: &Job, reason: Reason, lacking: Option<&Lacking>) -> Option<Reason> {
    let lacking = lacking.filter(|_| waits_for_nodes(job, reason))?;
    Some(Reason::Plain(match lacking.is_for_good() {
        true => Plain::ComponentsTooMany,
        false => Plain::ComponentsUnavailable,
    }))
}

fn is_too_small(job: &Job, asks: &Asks, queue: &QueueFacts) -> bool {
    let nodes = job.node_count.max(1);
    let per_node = |all: i64| all.saturating_add(nodes - 1) / nodes;
    per_node(asks.cpus) > queue.cpus
        || asks.memory > queue.memory
        || per_node(asks.gpus) > queue.gpus
}
