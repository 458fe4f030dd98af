//! Why a job waits or how it failed: Slurm's reason made more exact by what is known of its queue and its nodes.

use std::collections::BTreeSet;

use super::reason::{Plain, Reason};
use super::text::Text;
use super::{ending, fill, forecast, span, text, trouble};
use crate::i18n::Language;
use crate::model::attempt::RestingPool;
use crate::model::dependency::Dependency;
use crate::model::explanation::{Explanation, Outlook};
use crate::model::job::{Job, JobRecord};
use crate::model::signal::{self, FILES_NOT_OPENED};

/// What a batch script reads if it asks for nothing else.
pub const NO_INPUT: &str = "/dev/null";

/// What an explanation is made of.
#[derive(Clone, Debug)]
pub struct JobFacts<'a> {
    pub record: &'a JobRecord,
    /// None: its queue is gone.
    pub queue: Option<QueueFacts>,
    /// Jobs of its queue that go first.
    pub ahead: usize,
    /// Jobs of the cluster that are not over, and how many its size allows.
    pub jobs: usize,
    pub most_jobs: i64,
    /// Nodes that boot for it: name, since when, the step that was reached.
    pub starting: Vec<(String, i64, String)>,
    pub causes: Causes,
    pub now: i64,
}

/// What is looked up for those reasons that have to do with something else than the job and its queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// Drained nodes that it may use, with Slurm's reason.
    pub drained: Vec<(String, String)>,
    /// Reservations on nodes that it may use.
    pub reservations: Vec<Reserved>,
    /// Pools that had no instance for nodes that it may use, and are left alone for a while.
    pub scarce: Vec<RestingPool>,
    pub dependencies: Vec<Dependency>,
    /// Who cancelled it by this server.
    pub cancelled_by: Option<String>,
    /// It asked for no memory where memory is given out: Slurm gives it all that a node has.
    pub takes_whole_memory: bool,
    /// Of a job that ended by [`FILES_NOT_OPENED`].
    pub unopened: Unopened,
    /// Of a heterogeneous job: those of its components that keep all from starting.
    pub lacking: Option<Lacking>,
}

/// Which of a job's files cannot have been opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unopened {
    /// The files of the nodes are not seen here.
    #[default]
    Unknown,
    File(String),
    None,
}

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

/// A reservation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    pub name: String,
    /// Of those that the job may use.
    pub nodes: Vec<String>,
    /// Milliseconds since 1970.
    pub ends_at: i64,
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

/// The one line of a job list; none when there is nothing to say.
pub fn why(
    job: &Job,
    queue: Option<&QueueFacts>,
    lacking: Option<&Lacking>,
    language: Language,
) -> Option<String> {
    let t = text(language);
    let reason = of_job(job)?;
    let reason = of_queue(job, reason, queue)
        .or_else(|| lacks_together(job, reason, lacking))
        .unwrap_or_else(|| doubted(reason, queue));
    Some(match reason {
        Reason::Plain(plain) => plain.entry(t).title.to_owned(),
        Reason::Limit(limit) => {
            let (entry, values) = limit.entry(t);
            fill(entry.title, &values)
        }
    })
}

/// The whole explanation; none for a job that runs or ended well.
pub fn explain(facts: &JobFacts, language: Language) -> Option<Explanation> {
    let t = text(language);
    let job = &facts.record.job;
    let reason = refine(described(of_job(job)?, facts), facts);
    let (code, entry, more) = match reason {
        Reason::Plain(plain) => (plain.word(), plain.entry(t), vec![]),
        Reason::Limit(limit) => {
            let (entry, values) = limit.entry(t);
            (job.reason.as_str(), entry, values)
        }
    };
    let mut values = values(facts, t);
    values.extend(more);
    let code = code.trim_matches(['<', '>']);
    let code = match reason {
        // Slurm's word stays beside ours.
        Reason::Plain(_) if !job.reason.is_empty() && code != job.reason => {
            format!("{code} ({})", job.reason)
        }
        _ => code.to_owned(),
    };
    Some(Explanation {
        code,
        title: fill(entry.title, &values),
        meaning: fill(entry.meaning, &values),
        outlook: entry.outlook,
        prospect: prospect(entry.outlook, facts, t),
        remedy: fill(entry.remedy, &values),
        page: trouble::of_reason(reason),
    })
}

/// Which files of a job that ended could not be opened, one or several that may have been; none where that was not it.
pub fn files_not_opened(facts: &JobFacts, language: Language) -> Option<String> {
    let reason = described(of_job(&facts.record.job)?, facts);
    let is_it = reason == Reason::Plain(Plain::FilesNotOpened);
    is_it.then(|| unopened(facts, text(language)))
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
fn described(reason: Reason, facts: &JobFacts) -> Reason {
    use Plain::*;
    let (record, causes) = (facts.record, &facts.causes);
    let says = |words: &str| record.description.contains(words);
    let Reason::Plain(plain) = reason else {
        return reason;
    };
    Reason::Plain(match plain {
        HeldByUser | HeldByAdmin if says("launch failed") => LaunchFailed,
        HeldByUser | HeldByAdmin if says("job requeued in") => RequeuedHeld,
        NodeNotAvailable | Resources | Priority
            if says("eserved") && !causes.reservations.is_empty() && reserved_too_many(facts) =>
        {
            NodesReserved
        }
        // With it slurmstepd tells that it could not open the files of a script that never began.
        Signal | ExitCode if record.signal == Some(FILES_NOT_OPENED) => match causes.unopened {
            Unopened::None => plain,
            _ => FilesNotOpened,
        },
        Cancelled | DependencyCancelled if causes.cancelled_by.is_some() => CancelledBy,
        Cancelled if facts.queue.is_none() => QueueDeleted,
        plain => plain,
    })
}

/// Whether too few nodes are left beside those that are reserved or out of use.
fn reserved_too_many(facts: &JobFacts) -> bool {
    let reserved: BTreeSet<&str> = (facts.causes.reservations.iter())
        .flat_map(|reservation| reservation.nodes.iter().map(String::as_str))
        .collect();
    let asks_for_them = !facts.record.required_nodes.is_empty();
    let queue = facts.queue.clone().unwrap_or_default();
    let nodes = usize::try_from(facts.record.job.node_count.max(1)).unwrap_or(usize::MAX);
    asks_for_them
        || queue.total
            < nodes
                .saturating_add(queue.unavailable)
                .saturating_add(reserved.len())
}

/// Slurm says `Resources` or `Priority` of many things that a person would tell apart.
fn refine(reason: Reason, facts: &JobFacts) -> Reason {
    use Plain::*;
    let record = facts.record;
    let reason = match record.required_nodes.is_empty() {
        true => doubted(reason, facts.queue.as_ref()),
        false => reason,
    };
    let general = lacks_nodes(reason);
    if let Some(of_queue) = of_queue(&record.job, reason, facts.queue.as_ref()) {
        return of_queue;
    }
    if reason == Reason::Plain(BeginTime) && record.restarts > 0 && !facts.starting.is_empty() {
        return Reason::Plain(Requeued);
    }
    let together = lacks_together(&record.job, reason, facts.causes.lacking.as_ref());
    let (true, Some(queue)) = (general, &facts.queue) else {
        return together.unwrap_or(reason);
    };
    let nodes = usize::try_from(record.job.node_count).unwrap_or_default();
    Reason::Plain(if is_too_small(record, queue) {
        NodeTooSmall
    } else if let Some(together) = together {
        return together;
    } else if nodes + queue.unavailable > queue.total {
        match facts.causes.scarce.is_empty() {
            true => NodesUnavailable,
            false => NoCapacity,
        }
    } else if !facts.starting.is_empty() {
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

fn is_too_small(record: &JobRecord, queue: &QueueFacts) -> bool {
    let nodes = record.job.node_count.max(1);
    let per_node = |all: i64| (all + nodes - 1) / nodes;
    per_node(record.cpus) > queue.cpus
        || record.memory > queue.memory
        || per_node(record.gpus) > queue.gpus
}

/// The vocabulary of all texts.
fn values(facts: &JobFacts, t: &Text) -> Vec<(&'static str, String)> {
    let record = facts.record;
    let job = &record.job;
    let queue = facts.queue.clone().unwrap_or_default();
    let lacking = facts.causes.lacking.clone().unwrap_or_default();
    let at = |at: i64| span(t, at - facts.now);
    let or_dash = |text: &str| {
        if text.is_empty() {
            "–".to_owned()
        } else {
            text.to_owned()
        }
    };
    vec![
        // As `scontrol update` takes it: of tasks that wait together the array.
        ("job", job.who().lasting().to_string()),
        ("queue", job.queue.clone()),
        ("user", job.user.clone()),
        ("request", request(facts, t)),
        ("nodes", job.node_count.to_string()),
        ("cpus", record.cpus.to_string()),
        ("limit", time_limit(record, t)),
        ("total", queue.total.to_string()),
        ("busy", queue.busy.to_string()),
        ("idle", queue.idle.to_string()),
        ("starting", queue.starting.to_string()),
        ("off", queue.off.to_string()),
        ("unavailable", queue.unavailable.to_string()),
        ("largest", largest(&queue, t)),
        ("ahead", facts.ahead.to_string()),
        ("jobs", facts.jobs.to_string()),
        ("most_jobs", facts.most_jobs.to_string()),
        ("begins_in", at(record.eligible_at)),
        ("dependency", or_dash(&dependencies(facts, t))),
        ("drained", drained(facts, t)),
        ("reservations", reservations(facts, t)),
        ("scarce", scarce(facts, t)),
        (
            "cancelled_by",
            facts.causes.cancelled_by.clone().unwrap_or_default(),
        ),
        ("unopened", unopened(facts, t)),
        ("components", lacking.components.join(t.request.comma)),
        ("component_queues", lacking.queues.join(t.request.comma)),
        ("needed", lacking.needed.to_string()),
        ("capable", lacking.capable.to_string()),
        ("out_of_use", lacking.unavailable.to_string()),
        ("required", or_dash(&record.required_nodes)),
        ("features", or_dash(&record.features)),
        ("description", or_dash(&record.description)),
        ("restarts", record.restarts.to_string()),
        (
            "exit_code",
            record.exit_code.unwrap_or_default().to_string(),
        ),
        ("signal", signal::named(record.signal.unwrap_or_default())),
        ("output", or_dash(where_it_tells(record))),
        ("directory", or_dash(&record.working_directory)),
        ("allocated", or_dash(&job.nodes)),
        ("boot", boot(facts, t)),
        ("account", or_dash(&record.account)),
        ("qos", or_dash(&record.quality_of_service)),
        ("reason", job.reason.clone()),
        ("ran", span(t, (job.ended_at - job.started_at).max(0))),
    ]
}

/// "2 nodes, 8 CPUs, 16 GiB per node, at most 1 h".
fn request(facts: &JobFacts, t: &Text) -> String {
    let (r, record) = (&t.request, facts.record);
    let mut parts = vec![
        count(r.node, r.nodes, record.job.node_count),
        count(r.cpu, r.cpus, record.cpus),
    ];
    if record.memory > 0 {
        parts.push(count(r.memory, r.memory, record.memory));
    } else if facts.causes.takes_whole_memory {
        parts.push(r.whole_memory.to_owned());
    }
    if record.gpus > 0 {
        parts.push(count(r.gpu, r.gpus, record.gpus));
    }
    parts.push(time_limit(record, t));
    parts.join(r.comma)
}

fn time_limit(record: &JobRecord, t: &Text) -> String {
    match record.time_limit_minutes {
        Some(minutes) => fill(t.request.at_most, &[("n", span(t, minutes * 60_000))]),
        None => t.request.no_limit.to_owned(),
    }
}

fn largest(queue: &QueueFacts, t: &Text) -> String {
    let r = &t.request;
    [
        count(r.cpu, r.cpus, queue.cpus),
        count(r.memory, r.memory, queue.memory),
        count(r.gpu, r.gpus, queue.gpus),
    ]
    .join(r.comma)
}

fn count(one: &str, many: &str, n: i64) -> String {
    fill(if n == 1 { one } else { many }, &[("n", n.to_string())])
}

/// The file in which a job that failed says why: that for errors, where there is one.
fn where_it_tells(record: &JobRecord) -> &str {
    match record.has_two_files() {
        true => &record.standard_error,
        false => &record.standard_output,
    }
}

/// "/w/12.out", or all that it may have been.
fn unopened(facts: &JobFacts, t: &Text) -> String {
    if let Unopened::File(file) = &facts.causes.unopened {
        return file.clone();
    }
    let record = facts.record;
    let mut files = vec![record.standard_output.as_str()];
    files.extend(record.has_two_files().then_some(&*record.standard_error));
    let input = Some(&*record.standard_input).filter(|input| !["", NO_INPUT].contains(input));
    files.extend(input);
    match files.as_slice() {
        [only] => (*only).to_owned(),
        all => fill(t.request.one_of, &[("files", all.join(t.request.comma))]),
    }
}

/// "afterok 29 (FAILED, exit code 3), singleton".
fn dependencies(facts: &JobFacts, t: &Text) -> String {
    let one = |dependency| ending::dependency(dependency, t);
    let all: Vec<String> = facts.causes.dependencies.iter().map(one).collect();
    match all.is_empty() {
        true => facts.record.dependency.clone(),
        false => all.join(t.request.comma),
    }
}

/// "compute-1-1 (Prolog error), compute-1-2 (Prolog error)", or that there are none.
fn drained(facts: &JobFacts, t: &Text) -> String {
    let one = |(node, reason): &(String, String)| {
        let values = [("node", node.clone()), ("reason", reason.clone())];
        fill(t.request.drained, &values)
    };
    let all: Vec<String> = facts.causes.drained.iter().map(one).collect();
    match all.is_empty() {
        true => t.request.drained_none.to_owned(),
        false => all.join(t.request.comma),
    }
}

/// "c6i.large in subnet-1 (InsufficientInstanceCapacity, tried again in 40 s)".
fn scarce(facts: &JobFacts, t: &Text) -> String {
    let one = |resting: &RestingPool| {
        let code = resting.code.clone();
        let values = [
            ("pool", resting.pool.to_string()),
            ("code", code.unwrap_or_else(|| resting.message.clone())),
            ("left", span(t, resting.until - facts.now)),
        ];
        fill(t.request.scarce, &values)
    };
    let all: Vec<String> = facts.causes.scarce.iter().map(one).collect();
    all.join(t.request.comma)
}

/// "fixit has compute-1-2 for another 9 min".
fn reservations(facts: &JobFacts, t: &Text) -> String {
    let one = |reservation: &Reserved| {
        let values = [
            ("name", reservation.name.clone()),
            ("nodes", reservation.nodes.join(", ")),
            ("left", span(t, reservation.ends_at - facts.now)),
        ];
        fill(t.request.reserved, &values)
    };
    let all: Vec<String> = facts.causes.reservations.iter().map(one).collect();
    all.join(t.request.comma)
}

/// "compute-1-1 (registered, 2 s ago)".
fn boot(facts: &JobFacts, t: &Text) -> String {
    let one = |(node, since, step): &(String, i64, String)| {
        let values = [
            ("node", node.clone()),
            ("step", step.clone()),
            ("since", span(t, facts.now - since)),
        ];
        fill(t.request.boot, &values)
    };
    let all: Vec<String> = facts.starting.iter().map(one).collect();
    if all.is_empty() {
        return t.request.boot_unknown.to_owned();
    }
    all.join(t.request.comma)
}

/// Whether it passes by itself, and when Slurm thinks so.
fn prospect(outlook: Outlook, facts: &JobFacts, t: &Text) -> String {
    match outlook {
        Outlook::Over => t.prospect.over.into(),
        Outlook::NeedsAction => t.prospect.needs_action.into(),
        Outlook::ByItself => match facts.record.job.forecast(facts.now) {
            Some(expected) => forecast::prospect(expected, facts.now, t),
            None => t.prospect.by_itself.into(),
        },
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
