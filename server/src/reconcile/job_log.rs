//! What slurmctld's log tells of jobs that are alive, and Slurm itself does not: when each was submitted first, where
//! each of its lives began, and whose node was taken by whom or failed.

use std::collections::HashMap;

use app::model::job_life::LifeEnd;
use chrono::{Local, NaiveDateTime, TimeZone as _};

use crate::slurm::log::DaemonLog;

/// Of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its own number, also of a task.
    pub number: Option<u32>,
    /// Milliseconds since 1970, in whole seconds as Slurm's own.
    pub submitted_at: Option<i64>,
    /// Hostlists, of the first start that was read to the last.
    pub places: Vec<String>,
    /// Why the life that ended last did.
    pub end: Option<LifeEnd>,
    /// By the last reading: no look may have seen the job yet.
    is_new: bool,
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
    Placed { number: Option<u32>, nodes: String },
    Ended(LifeEnd),
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
                Word::Submitted(at) => told.submitted_at = Some(at),
                Word::Ended(end) => told.end = Some(end),
                Word::Placed { number, nodes } => {
                    told.number = number;
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

fn word(line: &str) -> Option<(String, Word)> {
    let (id, end) = match (submitted(line), placed(line)) {
        (Some(word), _) | (_, Some(word)) => return Some(word),
        _ => ended(line)?,
    };
    Some((id, Word::Ended(end)))
}

/// Of a batch job (`slurmctld/proc_req.c`); others wait with their client, and are not requeued. Of the formats of
/// `LogTimeFormat` those that are not ISO 8601 tell no time.
fn submitted(line: &str) -> Option<(String, Word)> {
    let (time, rest) = line.split_once("_slurm_rpc_submit_batch_job: JobId=")?;
    let time = time.strip_prefix('[')?;
    let at = NaiveDateTime::parse_from_str(time.get(..SECONDS)?, "%Y-%m-%dT%H:%M:%S").ok()?;
    let at = match time.contains("Z]") {
        true => at.and_utc().timestamp_millis(),
        false => Local
            .from_local_datetime(&at)
            .earliest()?
            .timestamp_millis(),
    };
    Some((id(rest)?, Word::Submitted(at)))
}

/// Which job was started where: by the scheduler (`slurmctld/job_scheduler.c`), by backfill (`sched/backfill`) or at once
/// (`slurmctld/proc_req.c`).
fn placed(line: &str) -> Option<(String, Word)> {
    const STARTED: [&str; 3] = [
        "Allocate JobId=",
        "Started JobId=",
        "_slurm_rpc_allocate_resources JobId=",
    ];
    let rest = STARTED
        .iter()
        .find_map(|words| Some(line.split_once(words)?.1))?;
    let id = id(rest)?;
    let number = match rest.strip_prefix(&id)?.strip_prefix('(') {
        Some(number) => number.split_once(')')?.0,
        None => &id,
    };
    let (_, nodes) = rest
        .split_once(" NodeList=")
        .or_else(|| rest.split_once(" on "))?;
    let placed = Word::Placed {
        number: number.parse().ok(),
        nodes: nodes.split_whitespace().next()?.to_owned(),
    };
    Some((id, placed))
}

/// Whose life ended by what (`interfaces/preempt.c`, `slurmctld/job_mgr.c`).
fn ended(line: &str) -> Option<(String, LifeEnd)> {
    if let Some((_, rest)) = line.split_once("preempted JobId=") {
        let (job, by) = rest.split_once(" to reclaim resources for JobId=")?;
        let by = id(by)?;
        return Some((id(job)?, LifeEnd::Preempted { by }));
    }
    if let Some((job, rest)) = line.split_once(" missing from batch node ") {
        let (_, job) = job.split_once("JobId=")?;
        return rest
            .contains("Requeuing job")
            .then_some((id(job)?, LifeEnd::EndLost));
    }
    let (job, node) = line.split_once(" due to failure of node ")?;
    let (_, job) = job.split_once("JobId=")?;
    let node = node.split_whitespace().next()?.to_owned();
    Some((id(job)?, LifeEnd::NodeFailed { node }))
}

/// `12`, `12_3(17)` or `13+1(14)` at the beginning of the text.
fn id(text: &str) -> Option<String> {
    let end = |c: char| !(c.is_ascii_digit() || c == '_' || c == '+');
    let id = text.split(end).next().unwrap_or_default();
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_is_known_as_long_as_it_is_alive_and_for_one_look_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        std::fs::write(&path, "sched: Allocate JobId=6 NodeList=a-1 #CPUs=2\n").unwrap();
        let mut log = JobLog::default();
        log.read_on(&DaemonLog::at(&path)).await;
        let text = "sched: Allocate JobId=6 NodeList=a-1 #CPUs=2\n\
                    sched: Allocate JobId=7 NodeList=a-[1-2] #CPUs=2\n\
                    sched/backfill: _start_job: Started JobId=7 in demo on a-3\n\
                    sched/backfill: _start_job: Started JobId=7_3(9) in demo on a-3\n\
                    sched: _slurm_rpc_allocate_resources JobId=8 NodeList=a-4 usec=9\n\
                    preempted JobId=7_3(9) has been requeued to reclaim resources for JobId=50\n\
                    half of JobId=7";
        std::fs::write(&path, text).unwrap();
        log.read_on(&DaemonLog::at(&path)).await;
        assert_eq!(log.of("6"), Told::default(), "it was there before");
        assert_eq!(log.of("7").places, ["a-[1-2]", "a-3"]);
        assert_eq!((log.of("7").number, log.of("8").number), (Some(7), Some(8)));
        let task = log.of("7_3");
        assert_eq!(
            (task.number, &task.places[..]),
            (Some(9), &["a-3".into()][..])
        );
        assert_eq!(task.end, Some(LifeEnd::Preempted { by: "50".into() }));
        log.forget_end("7_3");
        assert_eq!(log.of("7_3").end, None);
        log.keep(|_| false);
        assert!(log.of("7").number.is_some(), "no look may have seen it");
        log.keep(|id| id == "8");
        assert_eq!((log.of("7").number, log.of("8").number), (None, Some(8)));
    }

    #[test]
    fn a_submit_is_dated_as_slurm_does() {
        let line =
            "[2026-11-26T10:00:00.812] _slurm_rpc_submit_batch_job: JobId=7 InitPrio=1 usec=88";
        let (job, word) = submitted(line).unwrap();
        let at = Local.with_ymd_and_hms(2026, 11, 26, 10, 0, 0).unwrap();
        assert!(matches!(word, Word::Submitted(ms) if ms == at.timestamp_millis()));
        assert_eq!(job, "7");
        for (time, is_told) in [
            ("2026-11-26T10:00:00", true),
            ("2026-11-26T10:00:00.812+01:00", true),
            ("2026-11-26T10:00:00Z", true),
            ("Nov 26 10:00:00", false),
            ("", false),
        ] {
            let line = format!("[{time}] _slurm_rpc_submit_batch_job: JobId=7 InitPrio=1");
            assert_eq!(submitted(&line).is_some(), is_told, "{time}");
        }
    }

    #[test]
    fn the_log_tells_why() {
        let preempted = "[2026-11-26T10:00:00.000] preempted JobId=12_3(17) has been requeued to reclaim resources for \
                         JobId=50";
        let by = LifeEnd::Preempted { by: "50".into() };
        assert_eq!(ended(preempted), Some(("12_3".into(), by)));
        for words in ["requeue job JobId=7", "requeue JobId=7"] {
            let failed =
                format!("[2026-11-26T10:00:00.000] {words} due to failure of node compute-1-1");
            let node = "compute-1-1".into();
            let end = LifeEnd::NodeFailed { node };
            assert_eq!(ended(&failed), Some(("7".into(), end)));
        }
        let missing = "[2026-11-26T10:00:00.000] Batch JobId=12_3(17) missing from batch node a-1 (not found \
                       BatchStartTime after startup)";
        let again = format!("{missing}, Requeuing job");
        assert_eq!(ended(&again), Some(("12_3".into(), LifeEnd::EndLost)));
        for other in [
            "",
            missing,
            "requeue job JobId=",
            "preempted JobId=x",
            "preempted JobId=7 has been requeued on a-1",
            "Requeuing JobId=7",
            "Allocate JobId=",
            "[x] _slurm_rpc_submit_batch_job: JobId=7",
        ] {
            assert!(word(other).is_none(), "{other}");
        }
    }
}
