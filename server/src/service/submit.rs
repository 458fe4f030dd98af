//! Submitting a job from the console (X5). It runs as the user of jobs: see [`crate::slurm::job_user`].

use std::collections::HashSet;
use std::path::Path;

use app::explain::job::QueueFacts;
use app::explain::{RefusalText, What, refusal};
use app::i18n::Language;
use app::model::directives;
use app::model::error::{Error, FieldError, Result};
use app::model::job_id::{JobId, TaskSet};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::script::mended;
use app::model::submit::*;
use app::port::Ctx;
use sha2::{Digest, Sha256};

use super::Service;
use super::resource::check_usable;
use super::write::{Begun, begin};
use crate::db::cluster::ClusterRow;
use crate::db::queue::QueueRow;
use crate::db::submission::MARK;
use crate::db::submission::{self, SubmissionRow};
use crate::db::{self, idempotency, resource};
use crate::fault::internal;
use crate::plan::queue_facts::queue_facts;
use crate::slurm::client::SlurmError;

/// What `sbatch` says and the field that it speaks of.
const FIELDS: [(&str, Field); 10] = [
    ("partition", Field::Queue),
    ("nvalid job array", Field::Array),
    ("job array", Field::Array),
    ("Memory", Field::Memory),
    ("time limit", Field::TimeLimitMinutes),
    ("Node count", Field::Nodes),
    ("More processors", Field::Tasks),
    ("(gres)", Field::Gpus),
    ("CPU count", Field::CpusPerTask),
    ("interpreter", Field::Script),
];
/// It says this alone of what no single number is to blame for, and besides of all else that no node has.
const NO_SUCH_NODES: &str = "node configuration";

/// The fields that say how large a job is.
const SIZES: [Field; 5] = [
    Field::Nodes,
    Field::Tasks,
    Field::CpusPerTask,
    Field::Memory,
    Field::Gpus,
];

impl Service {
    pub(super) async fn submit(
        &self,
        ctx: &Ctx,
        input: SubmitJobRequest,
    ) -> Result<SubmitJobResponse> {
        let operation = Operation::SubmitJob;
        let cluster = self
            .cluster_for(ctx, operation, &input.cluster_identifier)
            .await?;
        let arn = self.parts.arns.cluster(&cluster.id);
        check(ctx.language, &input)?;
        check_usable(ctx.language, &cluster)?;
        self.check_queue(ctx.language, &cluster, &input.queue)
            .await?;
        self.check_directory(ctx.language, &input.working_directory)
            .await?;
        self.check_job_limit(ctx.language, &cluster, &input)?;
        let token = input.client_token.as_deref();
        let principal = ctx.who.arn();
        let _turn = match token {
            Some(token) => Some(self.submissions.turn(format!("{principal} {token}")).await),
            None => None,
        };
        // The transaction ends before Slurm is asked: nobody else waits for sbatch.
        let before =
            match begin::<_, SubmitJobResponse>(&self.parts.db, ctx, operation, &input, token)
                .await?
            {
                Begun::Answered(answer) => return Ok(answer),
                Begun::New(change) => match token {
                    Some(token) => change.reserve(token).await?,
                    None => false,
                },
            };
        let mark = token.map(|token| mark(&cluster.id, principal, token));
        let known = match &mark {
            Some(mark) if before => self.find_marked(&cluster, mark).await?,
            _ => None,
        };
        let (options, script) = order(&cluster, &input, mark);
        let effect = async {
            if let Some(id) = known {
                return Ok(id);
            }
            self.after_restart(&cluster).await?;
            let slurm = self.slurm(&cluster).await?;
            match slurm.submit(&self.parts.job_user, &options, &script).await {
                Ok(id) => Ok(id),
                Err(error) => {
                    self.release_token(ctx, token, &error).await?;
                    let seen = self.parts.observed.latest(&cluster.id);
                    let queue = queue_facts(&seen, &HashSet::new(), &input.queue);
                    Err(refused(ctx.language, error, &input, queue.as_ref()))
                }
            }
        };
        let (job_id, intent) = self.intended(ctx, operation, &input, &arn, effect).await?;
        self.look_again(&cluster.id);
        let answer = SubmitJobResponse {
            job_id: job_id.clone(),
        };
        let Begun::New(mut change) =
            begin::<_, SubmitJobResponse>(&self.parts.db, ctx, operation, &input, token).await?
        else {
            return Ok(answer);
        };
        change.fulfil(intent);
        let what = What::JobSubmitted {
            job: job_id.clone(),
            name: input.job_name(),
            queue: input.queue.clone(),
        };
        change.event(&cluster.id, Kind::Job, &job_id, &what).await?;
        let row = SubmissionRow {
            cluster_id: cluster.id.clone(),
            job_id,
            principal: principal.to_owned(),
            token: token.unwrap_or_default().to_owned(),
            options,
            script,
        };
        submission::insert(&mut change.write, &row)
            .await
            .map_err(internal)?;
        change.commit(&arn, answer).await
    }

    /// What was refused was not done, and the token may be used again. After a silence nobody knows: it stays reserved.
    async fn release_token(
        &self,
        ctx: &Ctx,
        token: Option<&str>,
        error: &SlurmError,
    ) -> Result<()> {
        if let (Some(token), false) = (token, error.is_silence()) {
            let operation = Operation::SubmitJob.name();
            idempotency::release(&self.parts.db, ctx.who.arn(), operation, token)
                .await
                .map_err(internal)?;
        }
        Ok(())
    }

    /// The job that an earlier try under the same token left in Slurm, or that has ended since.
    async fn find_marked(&self, cluster: &ClusterRow, mark: &str) -> Result<Option<String>> {
        let jobs = self.slurm(cluster).await?.jobs().await.map_err(internal)?;
        let id = match jobs.into_iter().find(|record| record.mark == mark) {
            Some(record) => Some(record.job.id),
            None => db::job::marked(self.parts.db.pool(), &cluster.id, mark)
                .await
                .map_err(internal)?,
        };
        // Of an array: sbatch answers the id of the whole.
        let whole = |id: String| id.parse().map_or(id, |id: JobId| id.number().to_string());
        Ok(id.map(whole))
    }

    async fn check_queue(
        &self,
        language: Language,
        cluster: &ClusterRow,
        name: &str,
    ) -> Result<()> {
        let queues: Vec<QueueRow> = resource::list(self.parts.db.pool(), Some(&cluster.id))
            .await
            .map_err(internal)?;
        if queues
            .iter()
            .any(|queue| queue.name == name && queue.applied_spec.is_some())
        {
            return Ok(());
        }
        let names: Vec<&str> = queues.iter().map(|queue| queue.name.as_str()).collect();
        let words = |t: &'static RefusalText| match names.is_empty() {
            true => t.no_queue,
            false => t.no_such_queue,
        };
        let message = refusal(language, words, &[("queues", names.join(", "))]);
        Err(Error::field(Field::Queue.name(), message))
    }

    /// Where nodes see the server's files, a missing directory is known before a job fails of it.
    async fn check_directory(&self, language: Language, path: &str) -> Result<()> {
        if path.is_empty() || !self.parts.shares(Path::new(path)) {
            return Ok(());
        }
        let message = match tokio::fs::metadata(path).await {
            Ok(found) if found.is_dir() => return self.check_entry(language, path).await,
            Ok(_) => refusal(language, |t| t.no_directory, &[]),
            Err(error) => {
                let values = [("words", error.to_string())];
                refusal(language, |t| t.directory_unusable, &values)
            }
        };
        Err(Error::field(Field::WorkingDirectory.name(), message))
    }

    async fn check_entry(&self, language: Language, path: &str) -> Result<()> {
        if self
            .parts
            .job_user
            .can_enter(Path::new(path))
            .await
            .map_err(internal)?
        {
            return Ok(());
        }
        let values = [("user", self.parts.job_user.name.clone())];
        let message = refusal(language, |t| t.directory_closed, &values);
        Err(Error::field(Field::WorkingDirectory.name(), message))
    }

    /// C5. `sbatch` itself would wait and try again for minutes.
    fn check_job_limit(
        &self,
        language: Language,
        cluster: &ClusterRow,
        input: &SubmitJobRequest,
    ) -> Result<()> {
        let most = usize::try_from(cluster.spec.size.max_jobs()).unwrap_or_default();
        let alive = super::job::alive(&self.parts.observed.latest(&cluster.id));
        let Some(tasks) = input.tasks_of_array() else {
            return within(language, alive, most, &cluster.name);
        };
        array_fits(language, &tasks, alive, most, max_array_size(cluster))
            .map_err(|message| Error::field(Field::Array.name(), message))
    }
}

/// Room for one more job.
fn within(language: Language, alive: usize, most: usize, cluster: &str) -> Result<()> {
    if alive < most {
        return Ok(());
    }
    let values = [
        ("cluster", cluster.to_owned()),
        ("alive", alive.to_string()),
        ("most", most.to_string()),
    ];
    let message = refusal(language, |t| t.jobs_full, &values);
    Err(Error::quota("jobs-per-cluster", message))
}

/// Whether the cluster takes the array now; else why not and what to do.
fn array_fits(
    language: Language,
    tasks: &TaskSet,
    alive: usize,
    most: usize,
    max_array_size: u32,
) -> std::result::Result<(), String> {
    let (size, highest) = (tasks.len(), tasks.last().unwrap_or_default());
    let refuse = |words: fn(&'static RefusalText) -> &'static str, values: &[(&str, String)]| {
        Err(refusal(language, words, values))
    };
    if highest >= max_array_size {
        let most = max_array_size.saturating_sub(1);
        let values = [("highest", highest.to_string()), ("most", most.to_string())];
        return refuse(|t| t.task_too_high, &values);
    }
    let (left, values) = (
        most.saturating_sub(alive),
        [("size", size.to_string()), ("most", most.to_string())],
    );
    if size > most {
        return refuse(|t| t.array_too_large, &values);
    }
    if size > left {
        let [size, most] = values;
        let words: fn(&'static RefusalText) -> &'static str = match left {
            0 => |t| t.array_no_room,
            _ => |t| t.array_too_large_now,
        };
        let values = [
            size,
            most,
            ("alive", alive.to_string()),
            ("left", left.to_string()),
        ];
        return refuse(words, &values);
    }
    Ok(())
}

/// Slurm's limit of an array's task numbers (`MaxArraySize` in slurm.conf(5)): tasks are lower.
fn max_array_size(cluster: &ClusterRow) -> u32 {
    let mut settings = cluster.spec.slurm.slurm_custom_settings.iter().flatten();
    let given = settings.find(|s| s.parameter_name.eq_ignore_ascii_case("MaxArraySize"));
    given
        .and_then(|s| s.parameter_value.trim().parse().ok())
        .unwrap_or(1001)
}

/// Options and script as sbatch takes them.
fn order(
    cluster: &ClusterRow,
    input: &SubmitJobRequest,
    mark: Option<String>,
) -> (Vec<String>, String) {
    let mut options = input.options();
    let script = mended(&input.script).into_owned();
    let mark = mark.filter(|_| is_markable(cluster, &script));
    options.extend(mark.map(|mark| format!("{MARK}{mark}")));
    (options, script)
}

/// Tells the job of a token from all others, also after a crash; the token itself is nobody else's business.
fn mark(cluster_id: &str, principal: &str, token: &str) -> String {
    let hash = Sha256::digest(format!("{cluster_id} {principal} {token}"));
    format!("openpcs-{}", hex::encode(&hash[..16]))
}

/// Where `--extra` is the user's own, or chooses nodes, it is left alone: such a job is not known again after a crash.
fn is_markable(cluster: &ClusterRow, script: &str) -> bool {
    let settings = cluster.spec.slurm.slurm_custom_settings.iter().flatten();
    let mut chooses = settings.filter(|s| s.parameter_value.contains("extra_constraints"));
    chooses.next().is_none() && directives::value(script, directives::EXTRA).is_none()
}

fn check(language: Language, input: &SubmitJobRequest) -> Result<()> {
    let t = language.text();
    let fields: Vec<FieldError> = input
        .problems()
        .into_iter()
        .map(|(field, problem)| FieldError {
            name: field.name().into(),
            message: problem.text(t),
        })
        .collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(fields))
    }
}

/// `sbatch`'s refusal, at the field that it speaks of; with what the queue has, where the job wants more.
fn refused(
    language: Language,
    error: SlurmError,
    input: &SubmitJobRequest,
    queue: Option<&QueueFacts>,
) -> Error {
    let words = error
        .message
        .replace("sbatch: error: ", "")
        .replace("Batch job submission failed: ", "");
    let named = FIELDS.into_iter().find(|(mark, _)| words.contains(mark));
    let no_such_nodes = words.contains(NO_SUCH_NODES);
    let named = named.map(|(_, field)| field);
    // Slurm also counts nodes where tasks ask for them.
    let is_of_size = no_such_nodes || named.is_some_and(|field| SIZES.contains(&field));
    let excess = queue
        .filter(|queue| is_of_size && queue.total > 0)
        .and_then(|queue| excess(input, queue));
    // What was not asked for by its field was by the script.
    let at = named.filter(|field| input.has(*field));
    let field = match (at, &excess) {
        (Some(Field::Nodes) | None, Some(excess)) => Some(excess.field),
        (Some(field), _) => Some(field),
        (None, None) if no_such_nodes => SIZES.into_iter().find(|field| input.has(*field)),
        (None, None) => None,
    };
    let values = [("words", words.trim().to_owned())];
    let mut message = refusal(language, |t| t.slurm_job, &values);
    if let Some(excess) = excess.filter(|excess| field == Some(excess.field)) {
        let values = [
            ("asked", excess.asked.to_string()),
            ("queue", input.queue.clone()),
            ("most", excess.most.to_string()),
        ];
        message.push_str(&refusal(language, |t| t.queue_gives, &values));
    }
    if let Some(queue) = queue.filter(|queue| is_of_size && queue.total > 0) {
        let values = [
            ("queue", input.queue.clone()),
            ("total", queue.total.to_string()),
            ("cpus", queue.cpus.to_string()),
            ("memory", queue.memory.to_string()),
            ("gpus", queue.gpus.to_string()),
        ];
        message.push_str(&refusal(language, |t| t.queue_has, &values));
    }
    Error::field(field.unwrap_or(Field::Script).name(), message)
}

/// A number that is more than all nodes of a queue have.
struct Excess {
    field: Field,
    asked: i64,
    most: i64,
}

/// The first of the fields that alone asks for too much; else the tasks, where only all together do.
fn excess(input: &SubmitJobRequest, queue: &QueueFacts) -> Option<Excess> {
    let total = i64::try_from(queue.total).unwrap_or(i64::MAX);
    let nodes = input.nodes.map_or(total, |nodes| nodes.clamp(1, total));
    let tasks = nodes.saturating_mul(queue.cpus);
    let fields = [
        (Field::Nodes, input.nodes, total),
        (Field::Tasks, input.tasks, tasks),
        (Field::CpusPerTask, input.cpus_per_task, queue.cpus),
        (Field::Memory, input.memory, queue.memory),
        (Field::Gpus, input.gpus, queue.gpus),
    ];
    let alone = fields.into_iter().find_map(|(field, asked, most)| {
        let asked = asked.filter(|asked| *asked > most)?;
        Some(Excess { field, asked, most })
    });
    alone.or_else(|| {
        let on_a_node = queue.cpus / input.cpus_per_task.unwrap_or(1).max(1);
        let most = nodes.saturating_mul(on_a_node);
        let asked = input.tasks.filter(|asked| *asked > most)?;
        let field = Field::Tasks;
        Some(Excess { field, asked, most })
    })
}

#[cfg(test)]
#[path = "submit_tests.rs"]
mod tests;
