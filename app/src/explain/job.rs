//! Why a job waits or how it failed: Slurm's reason made more exact by what is known of its queue and its nodes.

use std::collections::BTreeSet;

use super::job_reason::reason;
pub use super::job_reason::{Grounds, Lacking, Line, QueueFacts};
use super::reason::{Plain, Reason};
use super::text::Text;
use super::{ending, fill, forecast, span, text, trouble};
use crate::i18n::Language;
use crate::model::attempt::RestingPool;
use crate::model::dependency::Dependency;
use crate::model::explanation::{Explanation, Outlook};
use crate::model::job::{Asks, Job, JobRecord};
use crate::model::signal;

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

impl JobFacts<'_> {
    fn reason(&self) -> Option<Reason> {
        reason(&self.record.job, &Asks::of(self.record), &self.grounds())
    }

    fn grounds(&self) -> Grounds<'_> {
        let causes = &self.causes;
        let reserved: BTreeSet<&str> = (causes.reservations.iter())
            .flat_map(|reservation| reservation.nodes.iter().map(String::as_str))
            .collect();
        Grounds {
            queue: self.queue.as_ref(),
            lacking: causes.lacking.as_ref(),
            reserved: reserved.len(),
            is_scarce: !causes.scarce.is_empty(),
            is_cancelled_here: causes.cancelled_by.is_some(),
            could_open: causes.unopened == Unopened::None,
            is_booting: !self.starting.is_empty(),
        }
    }
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

/// A reservation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    pub name: String,
    /// Of those that the job may use.
    pub nodes: Vec<String>,
    /// Milliseconds since 1970.
    pub ends_at: i64,
}

/// The line that a list says of it; none when there is nothing to say.
pub fn line(job: &Job, grounds: &Grounds, language: Language) -> Option<Line> {
    let t = text(language);
    let (title, outlook) = match reason(job, &job.asks, grounds)? {
        Reason::Plain(plain) => (plain.entry(t).title.to_owned(), plain.entry(t).outlook),
        Reason::Limit(limit) => {
            let (entry, values) = limit.entry(t);
            (fill(entry.title, &values), entry.outlook)
        }
    };
    Some(Line {
        why: title,
        has_forecast: outlook == Outlook::ByItself,
    })
}

/// The whole explanation; none for a job that runs or ended well.
pub fn explain(facts: &JobFacts, language: Language) -> Option<Explanation> {
    let t = text(language);
    let job = &facts.record.job;
    let reason = facts.reason()?;
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
    let is_it = facts.reason()? == Reason::Plain(Plain::FilesNotOpened);
    is_it.then(|| unopened(facts, text(language)))
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
