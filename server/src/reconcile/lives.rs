//! The lives of jobs: what each run was before its job went back to the queue, which Slurm forgets at that moment.
//!
//! A life is known from the look before and the look after. Why it ended stands in the controller's log only, where it
//! says whose nodes were taken by whom and which node failed; the rest is told by [`crate::service::job`], who knows
//! what people did.

use std::collections::HashMap;
use std::path::Path;

use app::model::job::{JobRecord, OutputKind};
use app::model::job_life::{Life, LifeEnd};

use crate::db::{Db, job_life};
use crate::slurm::log::DaemonLog;
use crate::slurm::output::{self, OutputFile};

/// Slurm lets a requeued job wait until its old credential has expired, which is two minutes at most.
const CREDENTIAL_MS: i64 = 130_000;

/// So much of a life's output is compared later: enough to tell it from another's.
const END_BYTES: u64 = 1024;

/// What a life left in its output file. The next one appends to it or, as Slurm does unless told otherwise, writes it
/// anew; which of the two, Slurm does not say.
struct Written {
    restarts: i64,
    submitted_at: i64,
    bytes: u64,
    end: Vec<u8>,
}

/// What a run was when it was looked at last.
#[derive(Clone, Debug, Default)]
struct Run {
    restarts: i64,
    submitted_at: i64,
    started_at: i64,
    nodes: String,
}

/// The runs of one cluster's jobs.
pub struct Lives {
    cluster_id: String,
    runs: HashMap<String, Run>,
    /// When jobs that were requeued were submitted first. None until the database was asked.
    first: Option<HashMap<String, i64>>,
    /// Why jobs lost their nodes, as the log has it and as long as nobody needed it.
    ends: HashMap<String, LifeEnd>,
    /// Of the lives that ended last, until the next one has written.
    written: HashMap<String, Written>,
    /// How much of the log was read.
    read: Option<u64>,
}

impl Lives {
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            runs: HashMap::new(),
            first: None,
            ends: HashMap::new(),
            written: HashMap::new(),
            read: None,
        }
    }

    /// Writes down the lives that ended since the last look, and gives each job the time of its first submit. `log` is
    /// the controller's; `data_dir` is the server's own, where the files of jobs are on this host.
    pub async fn keep(
        &mut self,
        db: &Db,
        log: &DaemonLog,
        data_dir: Option<&Path>,
        records: &mut [JobRecord],
    ) -> sqlx::Result<()> {
        self.read_log(log).await;
        let mut first = match self.first.take() {
            Some(first) => first,
            None => job_life::first_submitted(db.pool(), &self.cluster_id).await?,
        };
        let mut ended = vec![];
        for record in records.iter() {
            let id = &record.job.id;
            let run = self.runs.get(id);
            let Some(mut life) = run.and_then(|run| ended_life(run, record)) else {
                continue;
            };
            life.end = self.ends.get(id).cloned().unwrap_or_default();
            // Once the next life runs, nobody can tell what is whose.
            let is_still = record.job.started_at == 0;
            if let (Some(data_dir), true) = (data_dir, is_still) {
                let written = written(record, &life, data_dir).await;
                life.output_bytes = written.as_ref().and_then(|w| i64::try_from(w.bytes).ok());
                self.written.extend(written.map(|w| (id.clone(), w)));
            }
            first.entry(id.clone()).or_insert(life.submitted_at);
            ended.push((id.clone(), life));
        }
        self.first = Some(first);
        let overwritten = self.overwritten(data_dir, records).await;
        if !ended.is_empty() || !overwritten.is_empty() {
            let mut write = db.write().await?;
            for (id, life) in &ended {
                job_life::put(&mut write, &self.cluster_id, id, life).await?;
            }
            for (id, restarts) in &overwritten {
                job_life::forget_output(&mut write, &self.cluster_id, id, *restarts).await?;
            }
            write.commit().await?;
        }
        for (id, _) in &ended {
            self.ends.remove(id);
        }
        // Only what is alive can be requeued; what ended is requeued by an administrator at most, and then begins anew.
        let alive = records.iter().filter(|record| !record.job.is_over());
        let runs = alive.map(|record| {
            let id = &record.job.id;
            (id.clone(), run(record, self.runs.get(id)))
        });
        self.runs = runs.collect();
        self.ends.retain(|id, _| self.runs.contains_key(id));
        self.written.retain(|id, _| self.runs.contains_key(id));
        self.date(records);
        Ok(())
    }

    /// The lives whose output is gone, because the next one did not append to it.
    async fn overwritten(
        &mut self,
        data_dir: Option<&Path>,
        records: &[JobRecord],
    ) -> Vec<(String, i64)> {
        let Some(data_dir) = data_dir else {
            return vec![];
        };
        let (mut gone, mut settled) = (vec![], vec![]);
        for record in records.iter().filter(|record| record.job.started_at > 0) {
            let written = self.written.get(&record.job.id);
            let Some(written) = written.filter(|w| w.restarts < record.restarts) else {
                continue;
            };
            let file = OutputFile::of(record, OutputKind::Stdout, data_dir);
            let Some(mut file) = file.filter(|_| written.bytes > 0) else {
                continue;
            };
            file.submitted_at = written.submitted_at;
            let now = output::before(file, Some(written.bytes), END_BYTES).await;
            match now.filter(|now| now.bytes == written.end) {
                None => gone.push((record.job.id.clone(), written.restarts)),
                // More stands behind it.
                Some(now) if now.size > written.bytes => {}
                Some(_) => continue,
            }
            settled.push(record.job.id.clone());
        }
        for id in settled {
            self.written.remove(&id);
        }
        gone
    }

    /// Slurm's own time of submit is that of the last requeue.
    fn date(&mut self, records: &mut [JobRecord]) {
        let Some(first) = &mut self.first else {
            return;
        };
        for record in records.iter_mut().filter(|record| record.restarts > 0) {
            if let Some(at) = first.get(&record.job.id) {
                record.job.submitted_at = *at;
            }
        }
    }

    async fn read_log(&mut self, log: &DaemonLog) {
        let Ok(text) = read_on(log, &mut self.read).await else {
            return;
        };
        self.ends.extend(text.lines().filter_map(end_of));
    }
}

/// What the life wrote, if its file is one that may be looked at.
async fn written(record: &JobRecord, life: &Life, data_dir: &Path) -> Option<Written> {
    let mut file = OutputFile::of(record, OutputKind::Stdout, data_dir)?;
    // The record has the submit of the life to come.
    file.submitted_at = life.submitted_at;
    let left = output::before(file, None, END_BYTES).await?;
    Some(Written {
        restarts: life.restarts,
        submitted_at: life.submitted_at,
        bytes: left.size,
        end: left.bytes,
    })
}

/// The jobs that wait for nothing but that their old credential expires, although nothing of them is left: what is told
/// by the records as Slurm gave them.
pub fn to_start(records: &[JobRecord], now: i64) -> Vec<String> {
    let waits = |record: &&JobRecord| {
        let job = &record.job;
        // Slurm names the reason at its next scheduling look.
        let is_timed = ["", "BeginTime"].contains(&job.reason.as_str());
        let is_back = record.restarts > 0 && job.state == "PENDING" && is_timed;
        // A begin time that a person gave is later.
        let by_slurm = record.eligible_at <= job.submitted_at + CREDENTIAL_MS;
        is_back && job.priority > 0 && by_slurm && record.eligible_at > now
    };
    let ids = records.iter().filter(waits);
    ids.map(|record| record.job.id.clone()).collect()
}

fn run(record: &JobRecord, before: Option<&Run>) -> Run {
    // As a job leaves its nodes for the queue, Slurm gives neither its start nor, later, its nodes any more.
    let is_leaving = |run: &&Run| {
        let has_left = run.restarts == record.restarts && run.started_at > record.job.started_at;
        has_left || (run.restarts < record.restarts && is_completing(record))
    };
    if let Some(before) = before.filter(is_leaving) {
        return before.clone();
    }
    Run {
        restarts: record.restarts,
        submitted_at: record.job.submitted_at,
        started_at: record.job.started_at,
        nodes: record.job.nodes.clone(),
    }
}

/// Slurm counts a requeue when it begins; until the job has left its nodes it may still write.
fn is_completing(record: &JobRecord) -> bool {
    record.job.state == "COMPLETING"
}

/// The life that ended between the two, if one did.
fn ended_life(before: &Run, record: &JobRecord) -> Option<Life> {
    let is_over = record.restarts > before.restarts && !is_completing(record);
    is_over.then(|| Life {
        restarts: before.restarts,
        submitted_at: before.submitted_at,
        started_at: before.started_at,
        // Slurm dates the submit anew when the job is back in the queue.
        ended_at: record.job.submitted_at.max(before.started_at),
        nodes: before.nodes.clone(),
        end: LifeEnd::default(),
        output_bytes: None,
    })
}

/// What the log has more than was read of it, in whole lines; nothing at the first time.
async fn read_on(log: &DaemonLog, read: &mut Option<u64>) -> std::io::Result<String> {
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

/// Whose life ended by what, in a line of slurmctld's log (`interfaces/preempt.c`, `slurmctld/job_mgr.c`).
fn end_of(line: &str) -> Option<(String, LifeEnd)> {
    if let Some((_, rest)) = line.split_once("preempted JobId=") {
        let (job, by) = rest.split_once(" to reclaim resources for JobId=")?;
        let by = id(by)?;
        return Some((id(job)?, LifeEnd::Preempted { by }));
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record(restarts: i64, state: &str, reason: &str) -> JobRecord {
        let mut record = JobRecord {
            restarts,
            eligible_at: 131_000,
            ..JobRecord::default()
        };
        record.job.id = "7".into();
        record.job.state = state.into();
        record.job.reason = reason.into();
        record.job.priority = 1;
        record.job.submitted_at = 100_000;
        record
    }

    #[test]
    fn a_life_ends_when_the_job_is_back_in_the_queue() {
        let before = Run {
            restarts: 0,
            submitted_at: 1_000,
            started_at: 2_000,
            nodes: "a-1".into(),
        };
        let life = ended_life(&before, &record(1, "PENDING", "BeginTime")).unwrap();
        assert_eq!((life.restarts, life.submitted_at), (0, 1_000));
        assert_eq!((life.started_at, life.ended_at), (2_000, 100_000));
        assert_eq!(life.nodes, "a-1");
        assert_eq!(ended_life(&before, &record(0, "RUNNING", "")), None);
        let mut completing = record(1, "COMPLETING", "");
        completing.job.submitted_at = 1_000;
        assert_eq!(ended_life(&before, &completing), None, "it may still write");
        assert_eq!(
            run(&completing, Some(&before)).restarts,
            0,
            "it is told later"
        );
    }

    #[test]
    fn only_who_waits_for_an_old_credential_is_started() {
        let now = 101_000;
        let requeued = record(1, "PENDING", "BeginTime");
        assert_eq!(to_start(std::slice::from_ref(&requeued), now), ["7"]);
        let unnamed = record(1, "PENDING", "");
        assert_eq!(to_start(&[unnamed], now), ["7"]);
        let mut held = requeued.clone();
        held.job.priority = 0;
        let mut later = requeued.clone();
        later.eligible_at = 3_600_000;
        let mut due = requeued.clone();
        due.eligible_at = now;
        let others = [
            record(0, "PENDING", "BeginTime"),
            record(1, "COMPLETING", "BeginTime"),
            record(1, "PENDING", "Resources"),
            held,
            later,
            due,
        ];
        assert_eq!(to_start(&others, now), Vec::<String>::new());
    }

    #[test]
    fn the_log_tells_why() {
        let preempted = "[2026-11-26T10:00:00.000] preempted JobId=12_3(17) has been requeued to reclaim resources for \
                         JobId=50";
        let by = LifeEnd::Preempted { by: "50".into() };
        assert_eq!(end_of(preempted), Some(("12_3".into(), by)));
        for words in ["requeue job JobId=7", "requeue JobId=7"] {
            let failed =
                format!("[2026-11-26T10:00:00.000] {words} due to failure of node compute-1-1");
            let node = "compute-1-1".into();
            assert_eq!(
                end_of(&failed),
                Some(("7".into(), LifeEnd::NodeFailed { node }))
            );
        }
        for other in [
            "",
            "requeue job JobId=",
            "preempted JobId=x",
            "Requeuing JobId=7",
        ] {
            assert_eq!(end_of(other), None, "{other}");
        }
    }
}
