//! Submitting a job from the console (X5). It runs as the user of jobs: see [`crate::slurm::job_user`].

use std::path::Path;

use app::explain::What;
use app::i18n::Language;
use app::model::error::{Error, FieldError, Result};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::submit::*;
use app::port::Caller;

use super::compute_node_group::check_cluster_usable;
use super::write::Begun;
use super::{Service, internal, whole};
use crate::db::cluster::ClusterRow;
use crate::db::queue::QueueRow;
use crate::db::resource;
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
    pub(super) async fn submit_job(
        &self,
        caller: &Caller,
        input: SubmitJobRequest,
    ) -> Result<SubmitJobResponse> {
        let (service, caller) = (self.clone(), caller.clone());
        whole(async move { service.submit(&caller, input).await }).await
    }

    async fn submit(&self, caller: &Caller, input: SubmitJobRequest) -> Result<SubmitJobResponse> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let operation = Operation::SubmitJob;
        let arn = self.arns.cluster(&cluster.id);
        self.authorize(caller, operation, &arn)?;
        check(&input)?;
        check_cluster_usable(&cluster)?;
        self.check_queue(&cluster, &input.queue).await?;
        self.check_directory(&input.working_directory).await?;
        self.check_job_limit(&cluster)?;
        let token = input.client_token.as_deref();
        // The transaction ends before Slurm is asked: nobody else waits for sbatch.
        if let Begun::Answered(answer) = self
            .begin::<_, SubmitJobResponse>(caller, operation, &input, token)
            .await?
        {
            return Ok(answer);
        }
        // A text area of some systems ends its lines as DOS does, and sbatch refuses that.
        let script = input.script.replace("\r\n", "\n");
        let job_id = self
            .slurm(&cluster)?
            .submit(&self.job_user, &input.options(), &script)
            .await
            .map_err(refused)?;
        self.look_again(&cluster.id);
        let answer = SubmitJobResponse {
            job_id: job_id.clone(),
        };
        let Begun::New(mut change) = self
            .begin::<_, SubmitJobResponse>(caller, operation, &input, token)
            .await?
        else {
            return Ok(answer);
        };
        let what = What::JobSubmitted {
            job: job_id.clone(),
            name: if input.name.is_empty() {
                "sbatch".into()
            } else {
                input.name.clone()
            },
            queue: input.queue.clone(),
        };
        change.event(&cluster.id, Kind::Job, &job_id, &what).await?;
        change.commit(&arn, answer).await
    }

    async fn check_queue(&self, cluster: &ClusterRow, name: &str) -> Result<()> {
        let queues: Vec<QueueRow> = resource::list(self.db.pool(), Some(&cluster.id))
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
        if path.is_empty() || !self.provider.shares_files() {
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
            .job_user
            .can_enter(Path::new(path))
            .await
            .map_err(internal)?
        {
            return Ok(());
        }
        let message = format!(
            "The user {}, who runs the jobs, may not enter this directory. Choose another, or let that user in.",
            self.job_user.name
        );
        Err(Error::field(Field::WorkingDirectory.name(), message))
    }

    /// C5. `sbatch` itself would wait and try again for minutes.
    fn check_job_limit(&self, cluster: &ClusterRow) -> Result<()> {
        let most = cluster.spec.size.max_jobs();
        let jobs = self.observed.latest(&cluster.id).jobs.len();
        if i64::try_from(jobs).unwrap_or(i64::MAX) < most {
            return Ok(());
        }
        let message = format!(
            "Cluster {} holds {jobs} jobs, and its size allows {most}, counting those that ended in the last minute. \
             Wait until some have ended, or use a larger cluster.",
            cluster.name
        );
        Err(Error::quota("jobs-per-cluster", message))
    }
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
