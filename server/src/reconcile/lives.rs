//! The lives of jobs: what each run was before its job went back to the queue, which Slurm forgets at that moment.
//!
//! A life is known from the look before and the look after; of one that began and ended between two looks, its start was
//! noted. The rest stands in the controller's log ([`super::job_log`]) or is told by [`crate::service::job`], who knows
//! what people did.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use app::explain::What;
use app::model::job::{JobRecord, OutputKind};
use app::model::job_id::JobId;
use app::model::job_life::{Life, LifeEnd};
use app::model::live::Kind;
use openpcs_agent::state::{ControllerState, Start};

use super::job_log::{JobLog, Told};
use crate::db::{Db, event, job_life};
use crate::slurm::hostlist;
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
    /// The jobs that had ended at the last look: what there is to tell of them was told.
    over: HashSet<String>,
    log: JobLog,
    /// Of the lives that ended last, until the next one has written.
    written: HashMap<String, Written>,
}

impl Lives {
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            runs: HashMap::new(),
            first: None,
            over: HashSet::new(),
            log: JobLog::default(),
            written: HashMap::new(),
        }
    }

    /// Writes down the lives that ended since the last look, and gives each job the time of its first submit.
    /// `data_dir` is the server's own, where the files of jobs are on this host.
    pub async fn keep(
        &mut self,
        db: &Db,
        controller: &ControllerState,
        log: &DaemonLog,
        data_dir: Option<&Path>,
        records: &mut [JobRecord],
    ) -> sqlx::Result<()> {
        self.log.read_on(log).await;
        let mut first = match self.first.take() {
            Some(first) => first,
            None => job_life::first_submitted(db.pool(), &self.cluster_id).await?,
        };
        let starts = match records.iter().all(|record| self.untold(record).is_empty()) {
            true => vec![],
            false => controller.starts(),
        };
        let mut ended = vec![];
        for record in records.iter() {
            let id = &record.job.id;
            let mut lives = self.lives_of(record, &starts);
            let Some(mut life) = lives.pop() else {
                continue;
            };
            for life in lives {
                first.entry(id.clone()).or_insert(life.submitted_at);
                ended.push((id.clone(), life));
            }
            let end = self.log.of(id).end;
            life.end = end
                .filter(|end| can_be(end, id, &life, records))
                .unwrap_or_default();
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
                if life.end == LifeEnd::EndLost {
                    let what = What::JobEndLost { job: id.clone() };
                    let (cluster, by) = (&self.cluster_id, event::RECONCILER);
                    event::insert(&mut write, cluster, Kind::Job, id, by, &what).await?;
                }
            }
            for (id, restarts) in &overwritten {
                job_life::forget_output(&mut write, &self.cluster_id, id, *restarts).await?;
            }
            write.commit().await?;
        }
        for (id, _) in &ended {
            self.log.forget_end(id);
        }
        // Only what is alive can be requeued; what ended is requeued by an administrator at most, and then begins anew.
        let alive = || records.iter().filter(|record| !record.job.is_over());
        let runs = alive().filter_map(|record| {
            let id = &record.job.id;
            Some((id.clone(), run(record, self.runs.get(id))?))
        });
        self.runs = runs.collect();
        let alive: HashSet<&str> = alive().map(|record| record.job.id.as_str()).collect();
        let over = records.iter().filter(|record| record.job.is_over());
        self.over = over.map(|record| record.job.id.clone()).collect();
        self.log.keep(|id| alive.contains(id));
        self.written.retain(|id, _| alive.contains(id.as_str()));
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

    /// The lives of a job that ended since the last look, each by how often the job had been requeued before.
    fn untold(&self, record: &JobRecord) -> Range<i64> {
        if is_completing(record) {
            return 0..0;
        }
        let id = &record.job.id;
        if self.over.contains(id) {
            // Unless Slurm had forgotten that end, and no look saw it believe that the job runs.
            let is_again = self.log.of(id).end == Some(LifeEnd::EndLost);
            let last = if is_again { 1.min(record.restarts) } else { 0 };
            return record.restarts - last..record.restarts;
        }
        let seen = self.runs.get(id);
        seen.map_or(0, |run| run.restarts)..record.restarts
    }

    /// The same, in order: each as it was seen or, if no look saw it run, as its
    /// start was noted.
    fn lives_of(&self, record: &JobRecord, starts: &[Start]) -> Vec<Life> {
        let seen = self.runs.get(&record.job.id);
        let noted = Noted {
            told: self.log.of(&record.job.id),
            record,
            starts,
        };
        let life = |restarts: i64| {
            let seen = seen.filter(|run| run.restarts == restarts).cloned();
            let run = match seen {
                Some(run) if run.started_at > 0 => run,
                Some(run) => noted.run(restarts, Some(run.submitted_at)).unwrap_or(run),
                None => noted.run(restarts, None)?,
            };
            let next = noted.start_of(restarts + 1);
            Some(ended_life(run, next, record))
        };
        self.untold(record).filter_map(life).collect()
    }
}

/// What was noted of a job's lives.
struct Noted<'a> {
    told: Told,
    record: &'a JobRecord,
    starts: &'a [Start],
}

impl Noted<'_> {
    fn start_of(&self, restarts: i64) -> Option<i64> {
        let own = self.record.job.id.parse().ok();
        let number = own.or(self.told.number())?;
        let is_it = |start: &&Start| start.job == number && i64::from(start.restarts) == restarts;
        self.starts.iter().rfind(is_it).map(|start| start.at)
    }

    /// Where its lives began, as the log has it; nothing if that is not what Slurm says of the job.
    fn places(&self, goes_on: i64) -> &[String] {
        let (places, job) = (&self.told.places, &self.record.job);
        let lives = usize::try_from(self.record.restarts + goes_on).unwrap_or_default();
        let is_here = goes_on == 0 || places.last().is_none_or(|last| is_same(last, &job.nodes));
        match places.len() <= lives && is_here {
            true => places,
            false => &[],
        }
    }

    /// The run after so many restarts; none if it never began.
    fn run(&self, restarts: i64, submitted_at: Option<i64>) -> Option<Run> {
        let started_at = self.start_of(restarts)?;
        let submitted_at = match restarts {
            // In whole seconds.
            0 => submitted_at.or(self.told.submitted_at().filter(|at| *at <= started_at)),
            _ => submitted_at,
        };
        // The one that goes on has its place, too.
        let goes_on = i64::from(self.record.job.started_at > 0);
        let later = usize::try_from(self.record.restarts - restarts - 1 + goes_on).ok()?;
        let place = self.places(goes_on).iter().rev().nth(later);
        Some(Run {
            restarts,
            submitted_at: submitted_at.unwrap_or(started_at),
            started_at,
            nodes: place.cloned().unwrap_or_default(),
        })
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one == other
        || matches!((hostlist::expand(one), hostlist::expand(other)), (Ok(a), Ok(b)) if a == b)
}

/// Whether the log may be right about why the life ended: the node was the life's, the other job is one.
fn can_be(end: &LifeEnd, id: &str, life: &Life, records: &[JobRecord]) -> bool {
    match end {
        LifeEnd::NodeFailed { node } => {
            let nodes = hostlist::expand(&life.nodes).unwrap_or_default();
            nodes.is_empty() || nodes.contains(node)
        }
        LifeEnd::Preempted { by } => {
            let other = by.parse::<JobId>().ok();
            let is_other = |other: &JobId| records.iter().any(|r| r.job.includes(other));
            by != id && other.as_ref().is_some_and(is_other)
        }
        _ => true,
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

/// What to remember of it until the next look.
fn run(record: &JobRecord, before: Option<&Run>) -> Option<Run> {
    // As a job leaves its nodes for the queue, Slurm gives neither its start nor, later, its nodes any more.
    let is_leaving = |run: &&Run| {
        let has_left = run.restarts == record.restarts && run.started_at > record.job.started_at;
        has_left || (run.restarts < record.restarts && is_completing(record))
    };
    if let Some(before) = before.filter(is_leaving) {
        return Some(before.clone());
    }
    // As if it had not been seen: its lives are told once it has left its nodes.
    if before.is_none() && record.restarts > 0 && is_completing(record) {
        return None;
    }
    Some(Run {
        restarts: record.restarts,
        submitted_at: record.job.submitted_at,
        started_at: record.job.started_at,
        nodes: record.job.nodes.clone(),
    })
}

/// Slurm counts a requeue when it begins; until the job has left its nodes it may still write.
fn is_completing(record: &JobRecord) -> bool {
    record.job.state == "COMPLETING"
}

/// The life that a run was, which the next one followed then, if that is known.
fn ended_life(run: Run, next: Option<i64>, record: &JobRecord) -> Life {
    let is_last = run.restarts + 1 == record.restarts;
    // Slurm dates the submit anew when the job is back in the queue.
    let ended_at = next.filter(|_| !is_last).unwrap_or(record.job.submitted_at);
    Life {
        restarts: run.restarts,
        submitted_at: run.submitted_at,
        started_at: run.started_at,
        ended_at: ended_at.max(run.started_at),
        nodes: run.nodes,
        end: LifeEnd::default(),
        output_bytes: None,
    }
}

#[cfg(test)]
#[path = "lives_tests.rs"]
mod tests;
