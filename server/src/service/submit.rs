//! Submitting a job from the console (X5). It runs as the user of jobs: see [`crate::slurm::job_user`].

use std::path::Path;

use app::explain::What;
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
use crate::slurm::client::SlurmError;

/// What `sbatch` says and the field that it speaks of.
const FIELDS: [(&str, Field); 11] = [
    ("partition", Field::Queue),
    ("nvalid job array", Field::Array),
    ("job array", Field::Array),
    ("Memory", Field::Memory),
    ("node configuration", Field::Nodes),
    ("time limit", Field::TimeLimitMinutes),
    ("Node count", Field::Nodes),
    ("More processors", Field::Tasks),
    ("(gres)", Field::Gpus),
    ("CPU count", Field::CpusPerTask),
    ("interpreter", Field::Script),
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
        check(&input)?;
        check_usable(&cluster)?;
        self.check_queue(&cluster, &input.queue).await?;
        self.check_directory(&input.working_directory).await?;
        self.check_job_limit(&cluster, &input)?;
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
            let slurm = self.slurm(&cluster).await?;
            match slurm.submit(&self.parts.job_user, &options, &script).await {
                Ok(id) => Ok(id),
                Err(error) => Err(self.not_submitted(ctx, token, error).await?),
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
    async fn not_submitted(
        &self,
        ctx: &Ctx,
        token: Option<&str>,
        error: SlurmError,
    ) -> Result<Error> {
        if let (Some(token), false) = (token, error.is_silence()) {
            let operation = Operation::SubmitJob.name();
            idempotency::release(&self.parts.db, ctx.who.arn(), operation, token)
                .await
                .map_err(internal)?;
        }
        Ok(refused(error))
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

    async fn check_queue(&self, cluster: &ClusterRow, name: &str) -> Result<()> {
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
        let message = match names.is_empty() {
            true => "The cluster has no queue. Create one first.".to_owned(),
            false => format!(
                "The cluster has no such queue. It has: {}.",
                names.join(", ")
            ),
        };
        Err(Error::field(Field::Queue.name(), message))
    }

    /// Where nodes see the server's files, a missing directory is known before a job fails of it.
    async fn check_directory(&self, path: &str) -> Result<()> {
        if path.is_empty() || !self.parts.provider.profile().shares_files {
            return Ok(());
        }
        match tokio::fs::metadata(path).await {
            Ok(found) if found.is_dir() => self.check_entry(path).await,
            Ok(_) => Err(Error::field(
                Field::WorkingDirectory.name(),
                "This is no directory.",
            )),
            Err(error) => {
                let message = format!("This directory cannot be used: {error}.");
                Err(Error::field(Field::WorkingDirectory.name(), message))
            }
        }
    }

    async fn check_entry(&self, path: &str) -> Result<()> {
        if self
            .parts
            .job_user
            .can_enter(Path::new(path))
            .await
            .map_err(internal)?
        {
            return Ok(());
        }
        let message = format!(
            "The user {}, who runs the jobs, may not enter this directory. Choose another, or let that user in.",
            self.parts.job_user.name
        );
        Err(Error::field(Field::WorkingDirectory.name(), message))
    }

    /// C5. `sbatch` itself would wait and try again for minutes.
    fn check_job_limit(&self, cluster: &ClusterRow, input: &SubmitJobRequest) -> Result<()> {
        let most = usize::try_from(cluster.spec.size.max_jobs()).unwrap_or_default();
        let alive = super::job::alive(&self.parts.observed.latest(&cluster.id));
        let Some(tasks) = input.tasks_of_array() else {
            return within(alive, most, &cluster.name);
        };
        array_fits(&tasks, alive, most, max_array_size(cluster))
            .map_err(|message| Error::field(Field::Array.name(), message))
    }
}

/// Room for one more job.
fn within(alive: usize, most: usize, cluster: &str) -> Result<()> {
    if alive < most {
        return Ok(());
    }
    let message = format!(
        "Cluster {cluster} has {alive} jobs that wait or run, and its size allows {most}, each task of an array counted. \
         Wait until some have ended, or use a larger cluster."
    );
    Err(Error::quota("jobs-per-cluster", message))
}

/// Whether the cluster takes the array now; else why not and what to do.
fn array_fits(
    tasks: &TaskSet,
    alive: usize,
    most: usize,
    max_array_size: u32,
) -> std::result::Result<(), String> {
    let (size, highest) = (tasks.len(), tasks.last().unwrap_or_default());
    if highest >= max_array_size {
        return Err(format!(
            "Task {highest} is too high: tasks of this cluster are numbered up to {}. Number them from 0, split the \
             array, or set MaxArraySize of the cluster to more than {highest}.",
            max_array_size.saturating_sub(1)
        ));
    }
    if size > most {
        return Err(format!(
            "These are {size} tasks, and the cluster's size allows {most} jobs at a time, each task counted. Submit it \
             in parts of at most {most} tasks, or use a larger cluster."
        ));
    }
    if size + alive > most {
        return Err(format!(
            "These are {size} tasks; {alive} jobs wait or run already, and the cluster's size allows {most} together. \
             Submit at most {} tasks now, wait until some have ended, or use a larger cluster.",
            most.saturating_sub(alive)
        ));
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

fn check(input: &SubmitJobRequest) -> Result<()> {
    let t = Language::English.text();
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

/// `sbatch`'s refusal, at the field that it speaks of.
fn refused(error: SlurmError) -> Error {
    let words = error
        .message
        .replace("sbatch: error: ", "")
        .replace("Batch job submission failed: ", "");
    let field = FIELDS
        .into_iter()
        .find(|(mark, _)| words.contains(mark))
        .map_or(Field::Script, |(_, field)| field);
    Error::field(
        field.name(),
        format!("Slurm refused the job: {}", words.trim()),
    )
}

#[cfg(test)]
mod tests {
    use app::model::error::ErrorKind;

    use super::*;

    #[test]
    fn an_array_is_refused_with_limit_size_and_remedy() {
        let fits = |text: &str, alive| {
            let tasks = text.parse().unwrap_or_default();
            array_fits(&tasks, alive, 256, 1001)
        };
        assert_eq!(fits("0-299:2%4", 0), Ok(()));
        assert_eq!(fits("0-255", 0), Ok(()));
        for (array, alive, words) in [
            ("0-299%4", 0, ["300", "256"]),
            ("0-1001", 0, ["1001", "1000"]),
            ("1-10", 250, ["250", "at most 6 tasks"]),
        ] {
            let refusal = fits(array, alive).err().unwrap_or_default();
            assert!(
                words.iter().all(|word| refusal.contains(word)),
                "{array}: {refusal}"
            );
        }
    }

    #[test]
    fn a_refusal_lands_at_its_field() {
        for (words, field) in [
            (
                "sbatch: error: Batch job submission failed: Invalid partition name specified",
                "queue",
            ),
            (
                "sbatch: error: Memory specification can not be satisfied",
                "memory",
            ),
            (
                "sbatch: error: Batch job submission failed: Invalid job array specification",
                "array",
            ),
            ("sbatch: error: something else", "script"),
        ] {
            let refused = refused(SlurmError {
                program: "sbatch".into(),
                message: words.into(),
            });
            let ErrorKind::Validation { fields, .. } = refused.kind else {
                panic!("{words} is no validation error");
            };
            assert_eq!(fields[0].name, field, "{words}");
        }
    }
}
