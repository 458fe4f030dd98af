//! What slurmctld's log tells of jobs that are alive, and Slurm itself does not: when each was submitted first, where
//! each of its lives began, and whose node was taken by whom or failed.
//!
//! Whoever submits has words of theirs in it, also with line breaks, as the name of a partition that is none. So a line
//! counts only if all of it is as Slurm writes it, and even then it is no more than a hint: [`super::lives`] leaves out
//! what contradicts what Slurm itself says of the job.

use std::collections::HashMap;

use app::model::job_id::JobId;
use app::model::job_life::LifeEnd;
use chrono::{Local, NaiveDateTime, TimeZone as _};

use crate::slurm::log::{DaemonLog, stamped};

/// Of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its own number, also of a task; several contradict each other.
    numbers: Vec<u32>,
    /// Milliseconds since 1970, in whole seconds as Slurm's own; several contradict each other.
    submits: Vec<i64>,
    /// Hostlists, of the first start that was read to the last.
    pub places: Vec<String>,
    /// Why the life that ended last did.
    pub end: Option<LifeEnd>,
    /// By the last reading: no look may have seen the job yet.
    is_new: bool,
}

impl Told {
    pub fn number(&self) -> Option<u32> {
        only(&self.numbers)
    }

    pub fn submitted_at(&self) -> Option<i64> {
        only(&self.submits)
    }
}

fn only<T: Copy>(all: &[T]) -> Option<T> {
    match all {
        [one] => Some(*one),
        _ => None,
    }
}

/// Two are enough to contradict each other, however many somebody makes up.
fn note<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if all.len() < 2 && !all.contains(&one) {
        all.push(one);
    }
}

/// The jobs of one cluster.
#[derive(Default)]
pub struct JobLog {
    jobs: HashMap<String, Told>,
    /// How much of the log was read.
    read: Option<u64>,
}

/// Characters of a time without a fraction or a zone.
const SECONDS: usize = "2026-11-26T10:00:00".len();

enum Word {
    Submitted(i64),
    Placed { number: u32, nodes: String },
    Ended { number: u32, end: LifeEnd },
}

impl JobLog {
    /// Reads what came since the last time; at the first time nothing, for that is of jobs of before.
    pub async fn read_on(&mut self, log: &DaemonLog) {
        let Ok(text) = new_lines(log, &mut self.read).await else {
            return;
        };
        for (id, word) in text.lines().filter_map(word) {
            let told = self.jobs.entry(id).or_default();
            told.is_new = true;
            match word {
                Word::Submitted(at) => note(&mut told.submits, at),
                Word::Ended { number, end } => {
                    note(&mut told.numbers, number);
                    told.end = Some(end);
                }
                Word::Placed { number, nodes } => {
                    note(&mut told.numbers, number);
                    told.places.push(nodes);
                }
            }
        }
    }

    pub fn of(&self, job: &str) -> Told {
        self.jobs.get(job).cloned().unwrap_or_default()
    }

    /// It was needed.
    pub fn forget_end(&mut self, job: &str) {
        if let Some(told) = self.jobs.get_mut(job) {
            told.end = None;
        }
    }

    /// Forgets the jobs that are over.
    pub fn keep(&mut self, is_alive: impl Fn(&str) -> bool) {
        self.jobs
            .retain(|id, told| std::mem::take(&mut told.is_new) || is_alive(id));
    }
}

/// What the log has more than was read of it, in whole lines; nothing at the first time.
async fn new_lines(log: &DaemonLog, read: &mut Option<u64>) -> std::io::Result<String> {
    let Some(before) = *read else {
        *read = Some(log.size().await?);
        return Ok(String::new());
    };
    let (start, bytes) = log.since(before).await?;
    let whole = bytes
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    *read = Some(start + whole as u64);
    Ok(String::from_utf8_lossy(&bytes[..whole]).into_owned())
}

/// Of a batch job (`slurmctld/proc_req.c`); others wait with their client, and are not requeued.
const SUBMITTED: &str = "_slurm_rpc_submit_batch_job: JobId={} InitPrio={} usec={}";
/// Which job was started where: by the scheduler (`slurmctld/job_scheduler.c`), by backfill (`sched/backfill`) or at once
/// (`slurmctld/proc_req.c`). The job comes first.
const PLACED: [(&str, usize); 3] = [
    (
        "sched: Allocate JobId={} NodeList={} #CPUs={} Partition={}",
        1,
    ),
    (
        "sched/backfill: _start_job: Started JobId={} in {} on {}",
        2,
    ),
    (
        "sched: _slurm_rpc_allocate_resources JobId={} NodeList={} usec={}",
        1,
    ),
];
/// Whose life ended by what (`interfaces/preempt.c`, `slurmctld/job_mgr.c`).
const PREEMPTED: &str = "preempted JobId={} has been requeued to reclaim resources for JobId={}";
const NODE_FAILED: [&str; 2] = [
    "requeue job JobId={} due to failure of node {}",
    "requeue JobId={} due to failure of node {}",
];
const END_LOST: &str = "Batch JobId={} missing from batch node {} (not found BatchStartTime after startup), Requeuing job";

fn word(line: &str) -> Option<(String, Word)> {
    let (time, words) = stamped(line)?;
    if let Some(found) = fits(words, SUBMITTED) {
        return Some((id(found[0])?.0, Word::Submitted(moment(time)?)));
    }
    if let Some((found, at)) = PLACED
        .iter()
        .find_map(|(form, at)| Some((fits(words, form)?, *at)))
    {
        let (id, number) = id(found[0])?;
        let nodes = nodes(found[at])?;
        return Some((id, Word::Placed { number, nodes }));
    }
    let (job, end) = ended(words)?;
    let (id, number) = id(job)?;
    Some((id, Word::Ended { number, end }))
}

/// What Slurm calls the job, and why.
fn ended(words: &str) -> Option<(&str, LifeEnd)> {
    if let Some(found) = fits(words, PREEMPTED) {
        let by = id(found[1])?.0;
        return Some((found[0], LifeEnd::Preempted { by }));
    }
    if let Some(found) = fits(words, END_LOST) {
        nodes(found[1])?;
        return Some((found[0], LifeEnd::EndLost));
    }
    let found = NODE_FAILED.iter().find_map(|form| fits(words, form))?;
    let node = nodes(found[1])?;
    Some((found[0], LifeEnd::NodeFailed { node }))
}

/// What stands for each `{}` of the form, if the text is of that form from its beginning to its end.
fn fits<'a>(text: &'a str, form: &str) -> Option<Vec<&'a str>> {
    let (mut text, mut form) = (text.split(' '), form.split(' '));
    let mut found = vec![];
    loop {
        match (text.next(), form.next()) {
            (None, None) => return Some(found),
            (Some(word), Some(form)) => match form.strip_suffix("{}") {
                Some(name) => {
                    found.push(word.strip_prefix(name).filter(|value| !value.is_empty())?)
                }
                None if word == form => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

/// Of the formats of `LogTimeFormat` those that are not ISO 8601 tell no time.
fn moment(time: &str) -> Option<i64> {
    let at = NaiveDateTime::parse_from_str(time.get(..SECONDS)?, "%Y-%m-%dT%H:%M:%S").ok()?;
    Some(match time.ends_with('Z') {
        true => at.and_utc().timestamp_millis(),
        false => Local
            .from_local_datetime(&at)
            .earliest()?
            .timestamp_millis(),
    })
}

/// What Slurm calls a job, `7`, `12_3(17)` or `13+1(14)`, and its own number.
fn id(text: &str) -> Option<(String, u32)> {
    let (id, number) = match text.split_once('(') {
        Some((id, number)) => (id, number.strip_suffix(')')?),
        None => (text, text),
    };
    let is_one = !matches!(id.parse().ok()?, JobId::Tasks { .. });
    is_one.then_some((id.to_owned(), number.parse().ok()?))
}

/// A hostlist.
fn nodes(text: &str) -> Option<String> {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || "-._[],".contains(c);
    text.chars().all(is_of_it).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "[2026-11-26T10:00:00.000] ";

    fn lines(lines: &[&str]) -> String {
        lines.iter().map(|line| format!("{TIME}{line}\n")).collect()
    }

    /// What a log tells that grew by these lines since it was read first.
    async fn read(before: &str, text: &str) -> JobLog {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        std::fs::write(&path, before).unwrap();
        let mut log = JobLog::default();
        log.read_on(&DaemonLog::at(&path)).await;
        std::fs::write(&path, format!("{before}{text}")).unwrap();
        log.read_on(&DaemonLog::at(&path)).await;
        log
    }

    #[tokio::test]
    async fn a_job_is_known_as_long_as_it_is_alive_and_for_one_look_more() {
        let before = lines(&["sched: Allocate JobId=6 NodeList=a-1 #CPUs=2 Partition=demo"]);
        let text = lines(&[
            "sched: Allocate JobId=7 NodeList=a-[1-2] #CPUs=2 Partition=demo",
            "sched/backfill: _start_job: Started JobId=7 in demo on a-3",
            "sched/backfill: _start_job: Started JobId=7_3(9) in demo on a-3",
            "sched: _slurm_rpc_allocate_resources JobId=8 NodeList=a-4 usec=9",
            "preempted JobId=7_3(9) has been requeued to reclaim resources for JobId=50",
        ]);
        let mut log = read(&before, &format!("{text}{TIME}half of JobId=7")).await;
        assert_eq!(log.of("6"), Told::default(), "it was there before");
        assert_eq!(log.of("7").places, ["a-[1-2]", "a-3"]);
        let numbers = (log.of("7").number(), log.of("8").number());
        assert_eq!(numbers, (Some(7), Some(8)));
        let task = log.of("7_3");
        assert_eq!(task.number(), Some(9));
        assert_eq!(task.places, ["a-3"]);
        assert_eq!(task.end, Some(LifeEnd::Preempted { by: "50".into() }));
        log.forget_end("7_3");
        assert_eq!(log.of("7_3").end, None);
        log.keep(|_| false);
        assert!(log.of("7").number().is_some(), "no look may have seen it");
        log.keep(|id| id == "8");
        let numbers = (log.of("7").number(), log.of("8").number());
        assert_eq!(numbers, (None, Some(8)));
    }

    #[test]
    fn a_submit_is_dated_as_slurm_does() {
        let at = Local.with_ymd_and_hms(2026, 11, 26, 10, 0, 0).unwrap();
        for (time, is_told) in [
            ("2026-11-26T10:00:00", true),
            ("2026-11-26T10:00:00.812", true),
            ("2026-11-26T10:00:00.812+01:00", true),
            ("2026-11-26T10:00:00Z", true),
            ("Nov 26 10:00:00", false),
            ("", false),
        ] {
            let line = format!("[{time}] _slurm_rpc_submit_batch_job: JobId=7 InitPrio=1 usec=88");
            let told = word(&line);
            assert_eq!(told.is_some(), is_told, "{time}");
            if let (Some((job, Word::Submitted(ms))), false) = (told, time.ends_with('Z')) {
                assert_eq!((&*job, ms), ("7", at.timestamp_millis()));
            }
        }
    }

    #[test]
    fn the_log_tells_why() {
        let end = |line: &str| match word(&format!("{TIME}{line}")) {
            Some((job, Word::Ended { end, .. })) => Some((job, end)),
            _ => None,
        };
        let preempted =
            "preempted JobId=12_3(17) has been requeued to reclaim resources for JobId=50";
        let by = LifeEnd::Preempted { by: "50".into() };
        assert_eq!(end(preempted), Some(("12_3".into(), by)));
        for words in ["requeue job JobId=7", "requeue JobId=7"] {
            let failed = format!("{words} due to failure of node compute-1-1");
            let node = "compute-1-1".into();
            assert_eq!(
                end(&failed),
                Some(("7".into(), LifeEnd::NodeFailed { node }))
            );
        }
        let missing = "Batch JobId=12_3(17) missing from batch node a-1 (not found BatchStartTime after startup)";
        let again = format!("{missing}, Requeuing job");
        assert_eq!(end(&again), Some(("12_3".into(), LifeEnd::EndLost)));
        assert_eq!(end(missing), None);
    }

    #[test]
    fn what_is_not_all_slurms_own_tells_nothing() {
        let own = "sched: Allocate JobId=2 NodeList=a-1 #CPUs=1 Partition=demo";
        assert!(word(&format!("{TIME}{own}")).is_some());
        assert!(word(own).is_none(), "it has no time");
        assert!(word(&format!(" {TIME}{own}")).is_none());
        for other in [
            "",
            // As `sbatch -p WORDS` and others have it logged.
            "_valid_job_part: error: invalid partition specified: preempted JobId=2 has been requeued to reclaim resources \
             for JobId=1",
            "error: invalid partition specified: sched: Allocate JobId=2 NodeList=a-1 #CPUs=1 Partition=demo",
            "] sched: Allocate JobId=2 NodeList=a-1 #CPUs=1 Partition=demo",
            "sched: Allocate JobId=2 NodeList=a-1 #CPUs=1 Partition=demo: Invalid partition name specified",
            "sched: Allocate JobId=2 NodeList=a-1 #CPUs=1",
            "sched: Allocate  JobId=2 NodeList=a-1 #CPUs=1 Partition=demo",
            "sched: Allocate JobId=2 NodeList=../a #CPUs=1 Partition=demo",
            "sched: Allocate JobId=2 NodeList= #CPUs=1 Partition=demo",
            "sched: Allocate JobId=2_[1-3](9) NodeList=a-1 #CPUs=1 Partition=demo",
            "sched: Allocate JobId=99999999999 NodeList=a-1 #CPUs=1 Partition=demo",
            "preempted JobId=2 to reclaim resources for JobId=1",
            "preempted JobId=2 has been requeued to reclaim resources for JobId=",
            "preempted JobId=x has been requeued to reclaim resources for JobId=1",
            "requeue job JobId= due to failure of node a-1",
            "requeue job JobId=2 due to failure of node <b>",
            "Requeuing JobId=2",
            "_slurm_rpc_submit_batch_job: JobId=2",
        ] {
            assert!(word(&format!("{TIME}{other}")).is_none(), "{other}");
        }
    }

    #[tokio::test]
    async fn lines_that_contradict_each_other_tell_nothing() {
        let submit = "_slurm_rpc_submit_batch_job: JobId=2 InitPrio=1 usec=8";
        let forged = format!("[2020-01-01T00:00:00.000] {submit}\n");
        let text = lines(&[
            submit,
            "sched: Allocate JobId=7_1(9) NodeList=a-1 #CPUs=1 Partition=demo",
            "sched: Allocate JobId=7_1(8) NodeList=a-1 #CPUs=1 Partition=demo",
            "sched: Allocate JobId=7_2(10) NodeList=a-1 #CPUs=1 Partition=demo",
        ]);
        let log = read("", &text).await;
        assert!(log.of("2").submitted_at().is_some());
        let log = read("", &format!("{forged}{text}{forged}")).await;
        assert_eq!(log.of("2").submitted_at(), None);
        assert_eq!(log.of("7_1").number(), None);
        assert_eq!(log.of("7_2").number(), Some(10));
    }
}
