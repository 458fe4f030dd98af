//! Finds a job by whatever its id means: in Slurm, or among those that ended; a task also while it waits with others, an
//! array and a heterogeneous job by all their parts.

use std::collections::HashSet;

use app::explain::refusal;
use app::i18n::Language;
use app::model::echo::clip;
use app::model::error::{Error, ErrorKind, Result};
use app::model::job::{Job, JobRecord};
use app::model::job_id::JobId;
use app::model::job_life::Life;
use app::model::sight::Sight;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::{job, job_life, now};
use crate::fault::internal;
use crate::live::cancelled;
use crate::slurm::client::SlurmError;

pub(super) const RESOURCE_TYPE: &str = "JOB";

/// Who asks a controller that does not answer comes again after so long.
const RETRY_SECONDS: i64 = 5;

/// States from the one that says most of a whole whose parts are in several.
const TELLING: [&str; 14] = [
    "RUNNING",
    "COMPLETING",
    "CONFIGURING",
    "SUSPENDED",
    "PENDING",
    "FAILED",
    "OUT_OF_MEMORY",
    "NODE_FAIL",
    "BOOT_FAIL",
    "TIMEOUT",
    "DEADLINE",
    "PREEMPTED",
    "CANCELLED",
    "COMPLETED",
];

/// A job, or a whole of several parts told as one.
#[derive(Default)]
pub(super) struct Found {
    pub record: JobRecord,
    pub script: Option<String>,
    /// The tasks of an array or the components of a heterogeneous job, of which this is the whole or a component.
    pub members: Vec<JobRecord>,
    /// The runs before this one.
    pub lives: Vec<Life>,
}

/// What people call a job, read.
pub(super) fn job_id(id: &str) -> Result<JobId> {
    id.parse().map_err(|_| {
        let message =
            "Give a job's number, as 12, an array's task, as 12_3, its waiting tasks, as 12_[4-9], or a component, \
             as 13+1.";
        Error::field("jobId", message)
    })
}

impl Service {
    /// The job as Slurm tells of it, or as it was when it ended.
    pub(super) async fn find_job(
        &self,
        cluster: &ClusterRow,
        id: &str,
        language: Language,
    ) -> Result<JobRecord> {
        Ok(self.find(cluster, id, false, language).await?.record)
    }

    /// The same with its parts; with its script too, for which Slurm is asked once more, if that is wanted.
    pub(super) async fn find(
        &self,
        cluster: &ClusterRow,
        id: &str,
        wants_script: bool,
        language: Language,
    ) -> Result<Found> {
        let who = job_id(id)?.lasting();
        let found = match &who {
            JobId::Whole(number) => self.find_whole(cluster, *number).await?,
            _ => self.find_part(cluster, &who).await?,
        };
        let Some(mut found) = found else {
            let values = [("cluster", cluster.name.clone()), ("job", clip(id))];
            let message = refusal(language, |t| t.no_job, &values);
            return Err(Error::not_found(RESOURCE_TYPE, id, message));
        };
        let job = &mut found.record.job;
        if wants_script && found.script.is_none() && found.record.is_batch {
            found.script = self.script(cluster, &job.who()).await;
        }
        // A heterogeneous job lives as its first component does: all are requeued together.
        let leader = format!("{}+0", job.id);
        let is_led = found.members.iter().any(|member| member.job.id == leader);
        let of = if is_led { &leader } else { &job.id };
        found.lives = job_life::list(self.parts.db.pool(), &cluster.id, of)
            .await
            .map_err(internal)?;
        if let Some(first) = found.lives.first() {
            job.submitted_at = first.submitted_at;
        }
        Ok(found)
    }

    /// The job itself, or all tasks of the array, or all components: those that Slurm knows and those that ended.
    pub(super) async fn parts_of(
        &self,
        cluster: &ClusterRow,
        number: u32,
    ) -> Result<Vec<JobRecord>> {
        Ok(self.family(cluster, number).await?.0)
    }

    async fn family(
        &self,
        cluster: &ClusterRow,
        number: u32,
    ) -> Result<(Vec<JobRecord>, Option<String>)> {
        let heard = self.of_slurm(cluster, &JobId::Whole(number)).await;
        self.family_of(cluster, number, heard).await
    }

    /// What Slurm said, or why it said nothing, with what ended. Without Slurm that is all of it only if nothing was alive
    /// when it was heard last.
    async fn family_of(
        &self,
        cluster: &ClusterRow,
        number: u32,
        heard: Result<Vec<JobRecord>>,
    ) -> Result<(Vec<JobRecord>, Option<String>)> {
        let (mut known, silence) = match heard {
            Ok(known) => (known, None),
            Err(silence) => (vec![], Some(silence)),
        };
        let is_of_it = |record: &JobRecord| record.job.who().number() == number;
        // A task of an array can be asked for by its own number too.
        if known.len() > 1 {
            known.retain(is_of_it);
        }
        // In this order: what leaves the one is in the other before.
        let seen = self.parts.observed.latest(&cluster.id);
        let ended = job::family(self.parts.db.pool(), &cluster.id, number)
            .await
            .map_err(internal)?;
        let is_heard = silence.is_none();
        if let Some(silence) = silence {
            let is_alive = |job: &Job| job.who().number() == number && !job.is_over();
            if ended.is_empty() || seen.jobs.iter().any(is_alive) {
                return Err(silence);
            }
        }
        let before = seen
            .jobs
            .iter()
            .chain(ended.iter().map(|(record, _)| &record.job));
        cancelled::name(&mut known, before.clone());
        if is_heard && now() - seen.jobs_asked_at < cancelled::memory_ms(&cluster.spec) {
            let before = before.filter(|job| job.who().number() == number);
            cancelled::add(&mut known, before, now());
        }
        let ids: HashSet<String> = known.iter().map(|record| record.job.id.clone()).collect();
        let mut script = None;
        for (record, of_it) in ended {
            script = script.or(of_it);
            if !ids.contains(&record.job.id) {
                known.push(record);
            }
        }
        Ok((known, script))
    }

    async fn find_whole(&self, cluster: &ClusterRow, number: u32) -> Result<Option<Found>> {
        let (mut members, script) = self.family(cluster, number).await?;
        if let Some(part) = self.part_numbered(cluster, number, &members).await? {
            return self.find_part(cluster, &part).await;
        }
        let of_many = |record: &JobRecord| record.job.id != number.to_string();
        let is_whole = members.len() > 1
            || members
                .iter()
                .any(|m| m.job.who().number() == number && of_many(m));
        if is_whole {
            let record = whole(number, &members);
            return Ok(Some(Found {
                record,
                script,
                members,
                ..Found::default()
            }));
        }
        Ok(members.pop().map(|record| Found {
            script: script.filter(|_| record.job.is_over()),
            record,
            ..Found::default()
        }))
    }

    /// The task or component that has this number of its own, by which Slurm knows it too; `known` is what was found
    /// under the number.
    async fn part_numbered(
        &self,
        cluster: &ClusterRow,
        number: u32,
        known: &[JobRecord],
    ) -> Result<Option<JobId>> {
        let part = match known {
            [] => {
                let id = job::numbered(self.parts.db.pool(), &cluster.id, number).await;
                let id = id.map_err(internal)?;
                id.and_then(|id| id.parse().ok())
            }
            [only] => Some(only.job.who()),
            _ => None,
        };
        Ok(part.filter(|part| part.number() != number && !matches!(part, JobId::Whole(_))))
    }

    /// Who it is among those that ended, asking nobody else.
    pub(super) async fn find_ended(
        &self,
        cluster_id: &str,
        who: &JobId,
    ) -> Result<Option<JobRecord>> {
        let pool = self.parts.db.pool();
        let own = job::find(pool, cluster_id, &who.to_string()).await;
        if let Some((record, _)) = own.map_err(internal)? {
            return Ok(Some(record));
        }
        let family = job::family(pool, cluster_id, who.number()).await;
        let family = family.map_err(internal)?.into_iter();
        let family: Vec<JobRecord> = family.map(|(record, _)| record).collect();
        Ok(match who {
            JobId::Whole(number) if !family.is_empty() => Some(whole(*number, &family)),
            _ => family.into_iter().find(|record| record.job.includes(who)),
        })
    }

    async fn find_part(&self, cluster: &ClusterRow, who: &JobId) -> Result<Option<Found>> {
        let number = who.number();
        let found = |record: JobRecord, members: Vec<JobRecord>, script| Found {
            record: led(narrowed(record, who), &members),
            script,
            members,
            ..Found::default()
        };
        let is_it = |record: &&JobRecord| record.job.includes(who);
        if who.is_component() {
            let (members, script) = self.family(cluster, number).await?;
            let record = members.iter().find(is_it).cloned();
            return Ok(record.map(|record| found(record, members, script)));
        }
        let mut heard = self.of_task(cluster, who).await;
        if let Ok(known) = &heard
            && let Some(record) = known.iter().find(is_it)
        {
            return Ok(Some(found(record.clone(), vec![], None)));
        }
        let was_alive = |job: &Job| job.includes(who) && !job.is_over();
        let seen = self.parts.observed.latest(&cluster.id);
        if heard.is_err() && seen.jobs.iter().any(was_alive) {
            return heard.map(|_| None);
        }
        let ended = job::find(self.parts.db.pool(), &cluster.id, &who.to_string()).await;
        if let Some((record, script)) = ended.map_err(internal)? {
            return Ok(Some(found(record, vec![], script)));
        }
        // It was cancelled as one of those that waited together.
        if heard.is_ok() {
            heard = self.of_slurm(cluster, &JobId::Whole(number)).await;
        }
        let (family, script) = self.family_of(cluster, number, heard).await?;
        let record = family.iter().find(is_it).cloned();
        Ok(record.map(|record| found(record, vec![], script)))
    }

    /// Of a task that is asked for by its id Slurm tells with all others of the array, megabytes of a large one; by its own
    /// number, where a look has found that, of it alone.
    async fn of_task(&self, cluster: &ClusterRow, who: &JobId) -> Result<Vec<JobRecord>> {
        let seen = self.parts.observed.latest(&cluster.id);
        if let Some(number) = seen.numbers.get(&who.to_string()) {
            let heard = self.of_slurm(cluster, &JobId::Whole(*number)).await?;
            if heard.iter().any(|record| record.job.includes(who)) {
                return Ok(heard);
            }
        }
        self.of_slurm(cluster, who).await
    }

    /// What Slurm knows of it. That it knows no such job is an answer; that it says nothing is none.
    async fn of_slurm(&self, cluster: &ClusterRow, who: &JobId) -> Result<Vec<JobRecord>> {
        let asked_at = now();
        let client = self.slurm(cluster).await?;
        client.job(&who.to_string()).await.map_err(|error| {
            if error.is_unreadable() {
                return internal(error);
            }
            // The look that works again tells every page to ask anew.
            let words = Some(error.to_string());
            self.parts
                .observed
                .set_trouble(&cluster.id, Sight::Jobs, asked_at, words);
            self.look_again(&cluster.id);
            unheard(&cluster.name, &error)
        })
    }

    /// Tasks and components have the script of the whole, which may be there when theirs is not yet.
    async fn script(&self, cluster: &ClusterRow, who: &JobId) -> Option<String> {
        let client = self.slurm(cluster).await.ok()?;
        match client.script(&who.to_string()).await {
            Ok(script) => Some(script),
            Err(_) => client.script(&who.number().to_string()).await.ok(),
        }
    }
}

/// It is not known whether there is such a job.
fn unheard(cluster: &str, error: &SlurmError) -> Error {
    let kind = ErrorKind::Throttling {
        retry_after_seconds: RETRY_SECONDS,
    };
    let message = format!(
        "Slurm of cluster {cluster} does not answer ({error}), so nothing can be said of its jobs now. Try again; if it \
         stays, look at the cluster's page and at its controller's log."
    );
    Error::new(kind, message)
}

/// One task out of those that wait together.
fn narrowed(mut record: JobRecord, who: &JobId) -> JobRecord {
    if let (JobId::Tasks { .. }, JobId::Task { task, .. }) = (record.job.who(), who) {
        let task = task.to_string();
        record.job.id = who.to_string();
        for path in [&mut record.standard_output, &mut record.standard_error] {
            *path = path.replace("%a", &task);
        }
    }
    record
}

/// The script of a heterogeneous job runs in its first component, and all output is there.
fn led(mut record: JobRecord, members: &[JobRecord]) -> JobRecord {
    let leader = format!("{}+0", record.job.who().number());
    if let Some(leader) = members.iter().find(|member| member.job.id == leader) {
        record.standard_output = leader.standard_output.clone();
        record.standard_error = leader.standard_error.clone();
        record.output_bytes = leader.output_bytes.clone();
        record.error_bytes = leader.error_bytes.clone();
    }
    record
}

/// Which of several parts tells most of their whole: the one with the lowest.
pub(super) fn rank(job: &Job) -> usize {
    let at = TELLING.iter().position(|known| *known == job.state);
    at.unwrap_or(TELLING.len())
}

/// The array or the heterogeneous job as one: what its parts have in common, from the first start to the last end. There
/// is at least one part.
fn whole(number: u32, members: &[JobRecord]) -> JobRecord {
    let telling = members.iter().min_by_key(|record| rank(&record.job));
    // What waits is explained; else any part tells what was asked for.
    let waits = members.iter().find(|record| record.job.is_pending());
    let mut record = waits.or(telling).cloned().unwrap_or_default();
    let jobs = || members.iter().map(|record| &record.job);
    let job = &mut record.job;
    job.id = number.to_string();
    job.state = telling.map_or_else(String::new, |record| record.job.state.clone());
    job.submitted_at = jobs().map(|job| job.submitted_at).min().unwrap_or_default();
    let starts = jobs().map(|job| job.started_at);
    job.started_at = first(starts);
    job.ended_at = match jobs().all(Job::is_over) {
        true => jobs().map(|job| job.ended_at).max().unwrap_or_default(),
        false => 0,
    };
    job.nodes = String::new();
    // Of the part that might start first: another one's may lie behind what has begun.
    record.eligible_at = first(members.iter().map(|member| member.eligible_at));
    let waiting = members.iter().filter(|member| member.job.is_pending());
    job.expected_at = first(waiting.map(|member| member.job.expected_at));
    record.exit_code = None;
    record.signal = None;
    led(record, members)
}

/// Of parts that did not all end well, and of which those that did not ended alike: one of these.
pub(super) fn common_end(members: &[JobRecord]) -> Option<&JobRecord> {
    let is_ill = |member: &&JobRecord| member.job.is_over() && member.job.state != "COMPLETED";
    let mut ill = members.iter().filter(is_ill);
    let one = ill.next()?;
    let end = |of: &JobRecord| {
        let (state, reason) = (of.job.state.clone(), of.job.reason.clone());
        (state, reason, of.exit_code, of.signal)
    };
    ill.all(|other| end(other) == end(one)).then_some(one)
}

/// The first of some times; 0 while there is none.
fn first(times: impl Iterator<Item = i64>) -> i64 {
    times.filter(|at| *at > 0).min().unwrap_or_default()
}

#[cfg(test)]
#[path = "job_find_tests.rs"]
mod tests;
