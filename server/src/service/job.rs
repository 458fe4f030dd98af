//! Jobs: list, one with its history and explanation, and what a person does to it (X1, X5).

use std::collections::HashSet;

use app::explain::job::Causes;
use app::explain::{self, RefusalText, What};
use app::i18n::Language;
use app::model::error::{Error, Result};
use app::model::explanation::Outlook;
use app::model::job::*;
use app::model::job_count::{Count, JobCounts};
use app::model::job_id::JobId;
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::page::{PageOf, PageRequest};
use app::model::past_job::*;
use app::model::submit::{SubmitJobRequest, SubmitJobResponse};
use app::port::{Ctx, Jobs};
use async_trait::async_trait;

use super::job_find::{RESOURCE_TYPE, common_end, job_id};
use super::job_target::target;
use super::job_timeline::{attributed, explained, timeline};
use super::{Service, whole};
use crate::db::cluster::ClusterRow;
use crate::db::instance::InstanceRow;
use crate::db::queue::QueueRow;
use crate::db::{instance, now, resource};
use crate::fault::internal;
use crate::live::observed::Snapshot;
use crate::plan::queue_facts::queue_facts;
use crate::slurm::client::SlurmError;
use crate::slurm::hostlist;

/// Instances that are looked at for the boots that a job waited for.
const INSTANCES: i64 = 200;
/// Nodes whose boot a job's timeline tells step by step; of a job on hundreds nobody reads more.
const BOOTS: usize = 8;

#[async_trait]
impl Jobs for Service {
    async fn list_jobs(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
        page: PageRequest,
    ) -> Result<PageOf<OfCluster<Job>>> {
        self.job_page(ctx, cluster, page).await
    }

    async fn count_jobs(&self, ctx: &Ctx, cluster: String) -> Result<JobCounts> {
        self.job_counts(ctx, &cluster).await
    }

    async fn get_job(&self, ctx: &Ctx, cluster: String, id: String) -> Result<JobDetail> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetJob, &cluster)
            .await?;
        let found = self.find(&cluster, &id, true, ctx.language).await?;
        let (mut record, script) = (found.record, found.script);
        // Nodes boot for the life that goes on or ended last.
        let mut last_life = record.job.clone();
        if let Some(before) = found.lives.last() {
            last_life.submitted_at = before.ended_at;
        }
        let boots = self.boots(&cluster, &last_life).await?;
        self.expect(&cluster, &mut record.job);
        let requeues = self
            .done_to(&cluster.id, &record.job, JobAction::Requeue)
            .await?;
        let lives = attributed(found.lives, &requeues, script.as_deref());
        let causes = self.causes(&cluster, &record, &found.members).await?;
        let queues = self.queue_names(&cluster.id).await?;
        let facts = self.job_facts(&cluster, &record, &boots, causes, &queues);
        // How an array ended each of its tasks tells for itself.
        let tells_itself = !found.members.is_empty() && record.job.is_over();
        let own = explain::job::explain(&facts, ctx.language);
        let explanation = match tells_itself && matches!(record.job.who(), JobId::Whole(_)) {
            // What all that failed have in common is told here as well.
            true => match common_end(&found.members) {
                Some(one) => {
                    let causes = self.causes(&cluster, one, &[]).await?;
                    let facts = self.job_facts(&cluster, one, &[], causes, &queues);
                    explain::job::explain(&facts, ctx.language)
                }
                None => None,
            },
            false => own.clone(),
        };
        let unopened = explain::job::files_not_opened(&facts, ctx.language);
        let timeline = explained(
            timeline(&record, &lives, &boots),
            explanation.as_ref(),
            unopened,
        );
        let past = match record.job.is_over() {
            true => self.past_job(ctx, &cluster.id, &record.job.id).await.ok(),
            false => None,
        };
        let causes = facts.causes;
        if let Some(own) = own {
            record.job.why = own.title;
            // Slurm may expect it all the same.
            if own.outlook != Outlook::ByItself {
                record.job.expected_at = 0;
            }
        }
        let mut members: Vec<Job> = found.members.iter().map(JobRecord::listed).collect();
        members.sort_by_key(|job| job.who().place());
        let all: Vec<&Job> = members.iter().collect();
        let known = self.known(&cluster.id, &all).await?;
        let members = members.iter();
        let members = members.map(|job| known.explained(job, ctx.language));
        let members = members.collect();
        Ok(JobDetail {
            timeline,
            dependencies: causes.dependencies,
            takes_whole_memory: causes.takes_whole_memory,
            explanation,
            script,
            record,
            members,
            lives,
            past,
        })
    }

    async fn list_past_jobs(
        &self,
        ctx: &Ctx,
        of: PastJobsOf,
        page: PageRequest,
    ) -> Result<PastJobs> {
        self.past_jobs(ctx, of, page).await
    }

    async fn export_past_jobs(
        &self,
        ctx: &Ctx,
        of: PastJobsOf,
        page: PageRequest,
    ) -> Result<PastCsv> {
        self.past_csv(ctx, of, page).await
    }

    async fn get_past_job(&self, ctx: &Ctx, cluster: String, id: String) -> Result<PastJobDetail> {
        self.past_job(ctx, &cluster, &id).await
    }

    async fn submit_job(&self, ctx: &Ctx, input: SubmitJobRequest) -> Result<SubmitJobResponse> {
        let (service, ctx) = (self.clone(), ctx.clone());
        whole(async move { service.submit(&ctx, input).await }).await
    }

    async fn act_on_job(&self, ctx: &Ctx, input: ActOnJob) -> Result<()> {
        let (service, ctx) = (self.clone(), ctx.clone());
        whole(async move { service.act(&ctx, input).await }).await
    }
}

impl Service {
    async fn act(&self, ctx: &Ctx, input: ActOnJob) -> Result<()> {
        let operation = input.action.operation();
        let cluster = self
            .cluster_for(ctx, operation, &input.cluster_identifier)
            .await?;
        let arn = self.parts.arns.cluster(&cluster.id);
        let mut who = job_id(&input.job_id)?;
        let seen = self.parts.observed.latest(&cluster.id);
        let is_seen = (seen.jobs.iter()).any(|job| job.who().number() == who.number());
        let mut known = match &who {
            JobId::Task { .. } if is_seen => vec![],
            _ => self.parts_of(&cluster, who.number()).await?,
        };
        if known.is_empty() {
            // Or says that there is none.
            known.push(self.find_job(&cluster, &input.job_id, ctx.language).await?);
        }
        let known: Vec<Job> = known.iter().map(JobRecord::listed).collect();
        // Slurm also takes the number that a task or a component has of its own.
        if let [only] = known.as_slice()
            && only.who().number() != who.number()
        {
            who = only.who();
        }
        let target = target(&who, input.action, &known).map_err(|obstacle| {
            let message = told(ctx.language, obstacle, &input.job_id);
            Error::conflict(RESOURCE_TYPE, &input.job_id, message)
        })?;
        if !is_seen {
            let alive = known.into_iter().filter(|job| !job.is_over());
            self.parts.observed.met(&cluster.id, alive.collect());
        }
        self.after_restart(&cluster).await?;
        let slurm = self.slurm(&cluster).await?;
        let job = target.id.to_string();
        let effect = async {
            let told = slurm.act_on_job(&job, input.action, target.waiting_only);
            told.await
                .map_err(|error| refused(ctx.language, &input.job_id, &error))
        };
        let ((), intent) = self.intended(ctx, operation, &input, &arn, effect).await?;
        self.look_again(&cluster.id);
        let what = What::done_to_job(input.action, job);
        // What was done to all components is told of all, whichever it was done through.
        let page = target.id.lasting().to_string();
        self.change(ctx, operation, &input, None, async |mut change| {
            change.fulfil(intent);
            change.event(&cluster.id, Kind::Job, &page, &what).await?;
            change.commit(&arn, ()).await
        })
        .await
    }

    /// The queues that exist, whether they have nodes or not.
    pub(super) async fn queue_names(&self, cluster_id: &str) -> Result<HashSet<String>> {
        let queues: Vec<QueueRow> = resource::list(self.parts.db.pool(), Some(cluster_id))
            .await
            .map_err(internal)?;
        Ok(queues.into_iter().map(|queue| queue.name).collect())
    }

    /// The next look at Slurm comes at once, so that everybody sees what was just done.
    pub(super) fn look_again(&self, cluster_id: &str) {
        self.parts.wakers.wake_node(cluster_id);
    }

    /// The instances that booted while the job waited for them, slowest last.
    async fn boots(&self, cluster: &ClusterRow, job: &Job) -> Result<Vec<InstanceRow>> {
        let nodes = hostlist::expand(&job.nodes).unwrap_or_default();
        if nodes.is_empty() || job.submitted_at == 0 {
            return Ok(vec![]);
        }
        let pool = self.parts.db.pool();
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

    /// When nodes that boot for it are likely to be up is known since the last look.
    fn expect(&self, cluster: &ClusterRow, job: &mut Job) {
        if job.state == "CONFIGURING" {
            let seen = self.parts.observed.latest(&cluster.id);
            let known = seen.jobs.iter().find(|known| known.id == job.id);
            job.expected_at = known.map_or(0, |known| known.expected_at);
        }
    }

    fn job_facts<'a>(
        &self,
        cluster: &ClusterRow,
        record: &'a JobRecord,
        boots: &[InstanceRow],
        causes: Causes,
        queues: &HashSet<String>,
    ) -> explain::job::JobFacts<'a> {
        let seen = self.parts.observed.latest(&cluster.id);
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
            queue: queue_facts(&seen, queues, &job.queue),
            ahead: seen.jobs.iter().filter(goes_first).map(Job::count).sum(),
            jobs: alive(&seen),
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

/// How many jobs Slurm has that are not over, tasks of arrays each for itself.
pub(super) fn alive(seen: &Snapshot) -> usize {
    Count::of(seen.jobs.iter()).alive()
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

pub(super) fn refused(language: Language, id: &str, error: &SlurmError) -> Error {
    let values = [("words", error.message.clone())];
    let message = explain::refusal(language, |t| t.slurm, &values);
    Error::conflict(RESOURCE_TYPE, id, message)
}

fn told(language: Language, obstacle: JobObstacle, id: &str) -> String {
    let values = [("job", id.to_owned())];
    let words = |t: &'static RefusalText| match obstacle {
        JobObstacle::Over => t.job_over,
        JobObstacle::NotStarted => t.job_not_started,
        JobObstacle::Started => t.job_started,
        JobObstacle::Held => t.job_held,
        JobObstacle::NotHeld => t.job_not_held,
    };
    explain::refusal(language, words, &values)
}
