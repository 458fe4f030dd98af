//! Jobs: list, one with its history and explanation, and what a person does to it (X1, X5).

use std::collections::{HashMap, HashSet};

use app::explain::job::{Causes, QueueFacts};
use app::explain::{self, What};
use app::i18n::Language;
use app::model::error::{Error, Result};
use app::model::job::*;
use app::model::live::Kind;
use app::model::node::NodePhase;
use app::model::operation::Operation;
use app::port::Caller;

use super::node::{phase, told_once};
use super::write::Begun;
use super::{Service, internal, whole};
use crate::db::cluster::ClusterRow;
use crate::db::instance::InstanceRow;
use crate::db::{instance, job, now};
use crate::reconcile::observed::Snapshot;
use crate::slurm::client::SlurmError;
use crate::slurm::hostlist;

pub(super) const RESOURCE_TYPE: &str = "JOB";
/// Ended jobs that a list shows beside those that Slurm still knows.
const ENDED: i64 = 500;
/// Instances that are looked at for the boots that a job waited for.
const INSTANCES: i64 = 200;
/// Nodes whose boot a job's timeline tells step by step; of a job on hundreds nobody reads more.
const BOOTS: usize = 8;

impl Service {
    pub(super) async fn list_jobs(
        &self,
        caller: &Caller,
        cluster: String,
        language: Language,
    ) -> Result<Vec<Job>> {
        let cluster = self.readable_cluster(caller, &cluster).await?;
        let seen = self.observed.latest(&cluster.id);
        let ended = job::list(self.db.pool(), &cluster.id, ENDED)
            .await
            .map_err(internal)?;
        let mut jobs = seen.jobs.to_vec();
        let known: HashSet<&str> = seen.jobs.iter().map(|job| job.id.as_str()).collect();
        let forgotten = ended.into_iter().map(|record| record.job);
        jobs.extend(forgotten.filter(|job| !known.contains(job.id.as_str())));
        jobs.sort_by_key(|job| std::cmp::Reverse(job.submitted_at));
        let mut queues: HashMap<String, Option<QueueFacts>> = HashMap::new();
        for job in &mut jobs {
            let queue = queues
                .entry(job.queue.clone())
                .or_insert_with_key(|name| queue_facts(&seen, name));
            job.why = explain::job::why(job, queue.as_ref(), language).unwrap_or_default();
        }
        Ok(jobs)
    }

    pub(super) async fn get_job(
        &self,
        caller: &Caller,
        cluster: String,
        id: String,
        language: Language,
    ) -> Result<JobDetail> {
        let cluster = self.readable_cluster(caller, &cluster).await?;
        let (mut record, script) = self.find_job_and_script(&cluster, &id).await?;
        let boots = self.boots(&cluster, &record.job).await?;
        let causes = self.causes(&cluster, &record).await?;
        let facts = self.job_facts(&cluster, &record, &boots, causes);
        let explanation = explain::job::explain(&facts, language);
        let (queue, causes) = (facts.queue, facts.causes);
        record.job.why =
            explain::job::why(&record.job, queue.as_ref(), language).unwrap_or_default();
        Ok(JobDetail {
            timeline: timeline(&record, &boots),
            dependencies: causes.dependencies,
            takes_whole_memory: causes.takes_whole_memory,
            explanation,
            script,
            record,
        })
    }

    pub(super) async fn act_on_job(&self, caller: &Caller, input: ActOnJob) -> Result<()> {
        let (service, caller) = (self.clone(), caller.clone());
        whole(async move { service.act(&caller, input).await }).await
    }

    async fn act(&self, caller: &Caller, input: ActOnJob) -> Result<()> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let operation = match input.action {
            JobAction::Cancel => Operation::CancelJob,
            JobAction::Requeue => Operation::RequeueJob,
            JobAction::Hold => Operation::HoldJob,
            JobAction::Release => Operation::ReleaseJob,
        };
        let arn = self.arns.cluster(&cluster.id);
        self.authorize(caller, operation, &arn)?;
        let record = self.find_job(&cluster, &input.job_id).await?;
        if let Some(obstacle) = input.action.obstacle(&record.job) {
            let message = told(obstacle, &input.job_id);
            return Err(Error::conflict(RESOURCE_TYPE, &input.job_id, message));
        }
        let id = slurm_id(&input.job_id)?;
        self.slurm(&cluster)?
            .act_on_job(id, input.action)
            .await
            .map_err(|error| refused(&input.job_id, &error))?;
        self.look_again(&cluster.id);
        let Begun::New(mut change) = self.begin::<_, ()>(caller, operation, &input, None).await?
        else {
            return Ok(());
        };
        let job = input.job_id.clone();
        let what = match input.action {
            JobAction::Cancel => What::JobCancelled { job },
            JobAction::Requeue => What::JobRequeued { job },
            JobAction::Hold => What::JobHeld { job },
            JobAction::Release => What::JobReleased { job },
        };
        change
            .event(&cluster.id, Kind::Job, &input.job_id, &what)
            .await?;
        change.commit(&arn, ()).await
    }

    /// The job as Slurm tells of it, or as it was when it ended.
    pub(super) async fn find_job(&self, cluster: &ClusterRow, id: &str) -> Result<JobRecord> {
        match self.job_of_slurm(cluster, id).await? {
            Some(record) => Ok(record),
            None => Ok(self.ended_job(cluster, id).await?.0),
        }
    }

    /// The same with its script, for which Slurm is asked once more.
    async fn find_job_and_script(
        &self,
        cluster: &ClusterRow,
        id: &str,
    ) -> Result<(JobRecord, Option<String>)> {
        let Some(record) = self.job_of_slurm(cluster, id).await? else {
            return self.ended_job(cluster, id).await;
        };
        let script = match record.is_batch {
            true => self.slurm(cluster)?.script(slurm_id(id)?).await.ok(),
            false => None,
        };
        Ok((record, script))
    }

    /// The job, while Slurm knows it.
    async fn job_of_slurm(&self, cluster: &ClusterRow, id: &str) -> Result<Option<JobRecord>> {
        let asked = slurm_id(id)?;
        // A controller that does not answer now has not forgotten what ended before.
        let known = match self.slurm(cluster) {
            Ok(client) => client.job(asked).await.unwrap_or_default(),
            Err(_) => vec![],
        };
        Ok(known.into_iter().find(|record| record.job.id == id))
    }

    async fn ended_job(
        &self,
        cluster: &ClusterRow,
        id: &str,
    ) -> Result<(JobRecord, Option<String>)> {
        job::find(self.db.pool(), &cluster.id, id)
            .await
            .map_err(internal)?
            .ok_or_else(|| {
                let message = format!(
                    "Cluster {} has no job {id}, or it ended more than 30 days ago.",
                    cluster.name
                );
                Error::not_found(RESOURCE_TYPE, id, message)
            })
    }

    /// The next look at Slurm comes at once, so that everybody sees what was just done.
    pub(super) fn look_again(&self, cluster_id: &str) {
        self.wakers.wake_node(cluster_id);
    }

    /// The instances that booted while the job waited for them, slowest last.
    async fn boots(&self, cluster: &ClusterRow, job: &Job) -> Result<Vec<InstanceRow>> {
        let nodes = hostlist::expand(&job.nodes).unwrap_or_default();
        if nodes.is_empty() || job.submitted_at == 0 {
            return Ok(vec![]);
        }
        let pool = self.db.pool();
        let mut all = instance::live(pool, &cluster.id).await.map_err(internal)?;
        all.extend(
            instance::ended(pool, &cluster.id, INSTANCES)
                .await
                .map_err(internal)?,
        );
        all.retain(|row| nodes.contains(&row.node_name) && booted_for(row, job));
        all.sort_by_key(|row| row.ready_at.unwrap_or(i64::MAX));
        let surplus = all.len().saturating_sub(BOOTS);
        all.drain(..surplus);
        Ok(all)
    }

    fn job_facts<'a>(
        &self,
        cluster: &ClusterRow,
        record: &'a JobRecord,
        boots: &[InstanceRow],
        causes: Causes,
    ) -> explain::job::JobFacts<'a> {
        let seen = self.observed.latest(&cluster.id);
        let job = &record.job;
        let goes_first = |other: &&Job| {
            let same_queue = other.queue == job.queue && other.id != job.id;
            let earlier = other.priority > job.priority
                || (other.priority == job.priority && other.submitted_at < job.submitted_at);
            same_queue && other.is_pending() && !other.is_held() && earlier
        };
        let starting = boots
            .iter()
            .filter(|row| row.ready_at.is_none() && row.ended_at.is_none());
        explain::job::JobFacts {
            record,
            queue: queue_facts(&seen, &job.queue),
            ahead: seen.jobs.iter().filter(goes_first).count(),
            jobs: seen.jobs.iter().filter(|job| !job.is_over()).count(),
            most_jobs: cluster.spec.size.max_jobs(),
            starting: starting
                .map(|row| {
                    let step = row
                        .steps
                        .last()
                        .map_or("launched", |step| step.name.as_str());
                    (row.node_name.clone(), row.launched_at, step.to_owned())
                })
                .collect(),
            causes,
            now: now(),
        }
    }
}

/// The jobs that are on a node now.
pub(super) fn jobs_on(jobs: &[Job], node: &str) -> Vec<Job> {
    let on_it = |job: &&Job| {
        let nodes = hostlist::expand(&job.nodes).unwrap_or_default();
        !job.is_over() && nodes.iter().any(|name| name == node)
    };
    jobs.iter().filter(on_it).cloned().collect()
}

/// A boot belongs to a job if the node was not ready when the job was submitted, and began before the job did.
fn booted_for(row: &InstanceRow, job: &Job) -> bool {
    let began = match (job.started_at, job.state.as_str()) {
        (0, _) | (_, "CONFIGURING") => i64::MAX,
        // Slurm's times are whole seconds, ours are not.
        (at, _) => at + 1000,
    };
    row.launched_at <= began
        && row.ready_at.is_none_or(|at| at >= job.submitted_at)
        && row.ended_at.is_none_or(|at| at >= job.submitted_at)
}

fn queue_facts(seen: &Snapshot, queue: &str) -> Option<QueueFacts> {
    let nodes = seen
        .nodes
        .iter()
        .filter(|node| node.partitions.iter().any(|name| name == queue));
    let mut facts = QueueFacts::default();
    for node in nodes {
        facts.total += 1;
        let drained = node.is("DRAIN");
        *match phase(node) {
            NodePhase::Failed | NodePhase::Draining => &mut facts.unavailable,
            _ if drained => &mut facts.unavailable,
            NodePhase::Busy => &mut facts.busy,
            NodePhase::Idle => &mut facts.idle,
            NodePhase::Starting => &mut facts.starting,
            NodePhase::PoweredDown | NodePhase::Stopping => &mut facts.off,
        } += 1;
        facts.cpus = facts.cpus.max(node.cpus);
        facts.memory = facts.memory.max(node.memory_mib);
        facts.gpus = facts.gpus.max(node.gpus);
    }
    (facts.total > 0).then_some(facts)
}

fn timeline(record: &JobRecord, boots: &[InstanceRow]) -> Vec<JobStep> {
    let job = &record.job;
    let step = |moment, at: i64| JobStep {
        moment,
        at,
        node: String::new(),
        detail: String::new(),
    };
    let mut steps = vec![step(JobMoment::Submitted, job.submitted_at)];
    if record.eligible_at > job.submitted_at {
        steps.push(step(JobMoment::Eligible, record.eligible_at));
    }
    let configuring = job.state == "CONFIGURING";
    let allocated = boots.iter().map(|row| row.launched_at).min();
    // Once its nodes are up, Slurm sets the start anew: when it chose them is known by their launch only.
    if let Some(at) = allocated.or_else(|| configuring.then_some(job.started_at)) {
        steps.push(step(JobMoment::Allocated, at.max(job.submitted_at)));
    }
    for row in boots {
        steps.extend(told_once(&row.steps).map(|boot| JobStep {
            moment: JobMoment::Boot,
            at: boot.at,
            node: row.node_name.clone(),
            detail: boot.name.clone(),
        }));
    }
    if job.started_at > 0 && !configuring && !job.nodes.is_empty() {
        steps.push(step(JobMoment::Running, job.started_at));
    }
    if job.ended_at > 0 {
        steps.push(step(JobMoment::Ended, job.ended_at));
    } else if record.expected_at > now() {
        steps.push(step(JobMoment::Expected, record.expected_at));
    }
    // Slurm's times are whole seconds and ours are not: what came later is never shown first.
    let order = |step: &JobStep| match step.moment {
        JobMoment::Running => (1, step.at),
        JobMoment::Ended | JobMoment::Expected => (2, step.at),
        _ => (0, step.at),
    };
    steps.sort_by_key(order);
    steps
}

/// The id as Slurm's programs take it: `12` or `12_3`; of an array's waiting tasks, `12_[4-9]`, the array.
pub(super) fn slurm_id(id: &str) -> Result<&str> {
    let bare = id.split("_[").next().unwrap_or(id);
    let number = |text: &str| {
        !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit())
    };
    let good = match bare.split_once('_') {
        Some((job, task)) => number(job) && number(task),
        None => number(bare),
    };
    if good {
        return Ok(bare);
    }
    Err(Error::field(
        "jobId",
        "Give a job's number, as 12, or an array task's, as 12_3.",
    ))
}

pub(super) fn refused(id: &str, error: &SlurmError) -> Error {
    let message = format!("Slurm refused: {}", error.message);
    Error::conflict(RESOURCE_TYPE, id, message)
}

fn told(obstacle: JobObstacle, id: &str) -> String {
    match obstacle {
        JobObstacle::Over => format!("Job {id} has ended. Submit it again to run it again."),
        JobObstacle::NotStarted => format!("Job {id} is in the queue already."),
        JobObstacle::Started => format!("Job {id} has started. Cancel or requeue it."),
        JobObstacle::Held => format!("Job {id} is held already."),
        JobObstacle::NotHeld => format!("Job {id} is not held."),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_jobs_number_reaches_slurm() {
        assert_eq!(slurm_id("12").unwrap(), "12");
        assert_eq!(slurm_id("12_3").unwrap(), "12_3");
        assert_eq!(slurm_id("12_[4-9%2]").unwrap(), "12");
        for bad in [
            "",
            "12;id",
            "--help",
            "12_",
            "_3",
            "1e9",
            "12 13",
            "99999999999",
        ] {
            assert!(slurm_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_timeline_is_told_in_order() {
        let mut record = JobRecord::default();
        record.job.submitted_at = 1_000;
        record.job.started_at = 4_000;
        record.job.ended_at = 9_000;
        record.job.nodes = "a-1".into();
        record.job.state = "COMPLETED".into();
        record.eligible_at = 1_000;
        let boot = InstanceRow {
            launched_at: 1_500,
            registered_at: Some(2_000),
            ready_at: Some(4_200),
            steps: vec![app::model::node::BootStep {
                name: "ready".into(),
                at: 4_200,
                detail: None,
            }],
            ..InstanceRow::ready("a-1")
        };
        assert!(booted_for(&boot, &record.job));
        let moments: Vec<JobMoment> = timeline(&record, &[boot])
            .iter()
            .map(|s| s.moment)
            .collect();
        use JobMoment::*;
        assert_eq!(moments, [Submitted, Allocated, Boot, Running, Ended]);
    }
}
