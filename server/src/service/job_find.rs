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
        let mut heard = self.of_slurm(cluster, who).await;
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
mod tests {
    use super::*;
    use crate::service::fixture;

    fn record(id: &str, state: &str, started_at: i64, ended_at: i64) -> JobRecord {
        let mut record = JobRecord::default();
        record.job.id = id.into();
        record.job.state = state.into();
        record.job.submitted_at = 1;
        record.job.started_at = started_at;
        record.job.ended_at = ended_at;
        record
    }

    #[test]
    fn only_what_slurm_could_have_said_is_an_id() {
        for good in ["12", "12_3", "12_[4-9%2]", "13+1"] {
            assert!(job_id(good).is_ok(), "{good}");
        }
        for bad in ["", "12;id", "--help", "12_", "_3", "1e9", "12 13"] {
            assert!(job_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_array_failed_as_all_its_tasks_that_did() {
        let ended = |(state, reason, code): (&str, &str, i64)| {
            let mut record = record("4_1", state, 2, 3);
            record.job.reason = reason.into();
            record.exit_code = Some(code);
            record
        };
        let (well, three) = (("COMPLETED", "", 0), ("FAILED", "NonZeroExitCode", 3));
        for (ends, common) in [
            (vec![], None),
            (vec![well, well], None),
            (vec![three, three], Some("FAILED")),
            (vec![well, three, well, three], Some("FAILED")),
            (vec![three, ("FAILED", "NonZeroExitCode", 4)], None),
            (vec![three, ("TIMEOUT", "TimeLimit", 0)], None),
            (vec![("CANCELLED", "", 0); 2], Some("CANCELLED")),
        ] {
            let members: Vec<JobRecord> = ends.into_iter().map(ended).collect();
            let found = common_end(&members).map(|one| one.job.state.as_str());
            assert_eq!(found, common, "{members:?}");
        }
    }

    #[tokio::test]
    async fn silence_is_not_that_there_is_no_such_job() {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        fixture::fill(&service).await;
        let cluster = service.find_cluster("abc").await.unwrap();
        let mut write = service.parts.db.write().await.unwrap();
        for id in ["7", "8_1", "9_1", "9_[4-5]"] {
            let ended = record(id, "COMPLETED", 2, 3);
            job::put(&mut write, &cluster.id, &ended, None)
                .await
                .unwrap();
        }
        write.commit().await.unwrap();
        let alive = ["7", "8_2", "6"].map(|id| record(id, "RUNNING", 2, 0).job);
        service
            .parts
            .observed
            .jobs(&cluster.id, now(), alive.to_vec());
        // Its controller does not run.
        for (id, is_told) in [
            ("5", false),
            ("5_1", false),
            ("5+0", false),
            ("6", false),
            // It was requeued since it ended.
            ("7", false),
            ("8", false),
            ("8_1", true),
            ("8_2", false),
            ("9", true),
            ("9_1", true),
            ("9_4", true),
        ] {
            match service.find(&cluster, id, true, Language::English).await {
                Ok(found) => {
                    assert!(is_told, "{id}");
                    assert_eq!(found.record.job.id, id);
                }
                Err(error) => assert!(!is_told && !error.is_not_found(), "{id}: {error}"),
            }
        }
    }

    #[tokio::test]
    async fn a_part_is_found_by_its_own_number() {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        fixture::fill(&service).await;
        let cluster = service.find_cluster("abc").await.unwrap();
        let numbered = |id: &str, own_number| JobRecord {
            own_number,
            ..record(id, "COMPLETED", 2, 3)
        };
        let parts = [("22+0", 22), ("22+2", 24), ("30_7", 33), ("41", 41)];
        let mut write = service.parts.db.write().await.unwrap();
        for (id, own) in parts {
            let record = numbered(id, own);
            let put = job::put(&mut write, &cluster.id, &record, None);
            put.await.unwrap();
        }
        write.commit().await.unwrap();
        let found = async |number: u32, known: &[JobRecord]| {
            let part = service
                .part_numbered(&cluster, number, known)
                .await
                .unwrap();
            part.map(|part| part.to_string())
        };
        // As Slurm has forgotten them.
        for (number, part) in [
            (24, Some("22+2")),
            (33, Some("30_7")),
            (22, None),
            (41, None),
            (2, None),
        ] {
            assert_eq!(found(number, &[]).await.as_deref(), part, "{number}");
        }
        let known = |id: &str| [numbered(id, 0)];
        assert_eq!(found(25, &known("22+3")).await.as_deref(), Some("22+3"));
        assert_eq!(found(30, &known("30_[1-4]")).await, None);
        assert_eq!(found(24, &known("24")).await, None, "a job of its own");
    }

    #[test]
    fn who_asks_a_silent_controller_is_told_to_come_again() {
        let error = unheard(
            "nine",
            &SlurmError {
                program: "scontrol".into(),
                message: "no answer within 30 s".into(),
            },
        );
        assert_eq!(error.code(), "ThrottlingException");
        assert!(error.message.contains("nine does not answer"), "{error}");
    }

    #[test]
    fn a_whole_is_what_its_parts_are() {
        let running = [
            record("22_[3-10]", "PENDING", 0, 0),
            record("22_2", "RUNNING", 20, 0),
            record("22_1", "COMPLETED", 10, 30),
        ];
        let all = whole(22, &running).job;
        assert_eq!((all.id.as_str(), all.state.as_str()), ("22", "RUNNING"));
        assert_eq!((all.started_at, all.ended_at), (10, 0));
        let over = [
            record("22_1", "COMPLETED", 10, 30),
            record("22_2", "FAILED", 20, 40),
        ];
        let all = whole(22, &over).job;
        assert_eq!((all.state.as_str(), all.ended_at), ("FAILED", 40));
    }

    #[test]
    fn the_way_of_an_array_is_told_in_the_order_of_time() {
        let mut waiting = record("22_[3-10]", "PENDING", 0, 0);
        // Its first might start when the array came, one that was requeued only later.
        (waiting.eligible_at, waiting.job.expected_at) = (70, i64::MAX);
        let mut requeued = record("22_2", "PENDING", 0, 0);
        requeued.job.expected_at = i64::MAX - 1;
        let mut ran = record("22_1", "COMPLETED", 10, 30);
        ran.eligible_at = 5;
        let all = whole(22, &[waiting, requeued, ran]);
        assert_eq!((all.eligible_at, all.job.expected_at), (5, i64::MAX - 1));
        let steps = super::super::job_timeline::timeline(&all, &[], &[]);
        assert!(steps.is_sorted_by_key(|step| step.at), "{steps:?}");
        assert_eq!(steps.len(), 4);
    }

    #[test]
    fn a_task_is_found_before_it_starts() {
        let mut waiting = record("22_[3-10%2]", "PENDING", 0, 0);
        waiting.standard_output = "/w/slurm-22_%a.out".into();
        let task: JobId = "22_7".parse().unwrap();
        assert!(waiting.job.includes(&task));
        assert!(!waiting.job.includes(&"22_2".parse().unwrap()));
        let task = narrowed(waiting, &task);
        assert_eq!(
            (task.job.id.as_str(), task.standard_output.as_str()),
            ("22_7", "/w/slurm-22_7.out")
        );
    }
}
