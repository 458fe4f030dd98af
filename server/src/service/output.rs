//! What a job wrote, read where the server sees the files of the nodes. And, the same way, what a controller logs.

use std::io;

use app::model::error::{Error, Result};
use app::model::job::*;
use app::model::job_id::JobId;
use app::model::log::{ControllerLogOf, LogPage, LogQuery, NodeLogPage, NodeLogQuery};
use app::model::operation::Operation;
use app::port::{Ctx, Logs};
use async_trait::async_trait;

use super::Service;
use super::doors::OpenOutput;
use super::job_find::RESOURCE_TYPE;
use crate::fault::internal;
use crate::slurm::output::{OutputFile, Part, absence_of, absent, open, piece, size};

/// A file to read, or why there is none.
type Found = std::result::Result<OutputFile, OutputAbsence>;

/// Which of a job's outputs it is, and its file or why there is none.
pub struct Chosen {
    pub cluster_id: String,
    pub job: JobId,
    pub kind: OutputKind,
    pub file: Found,
}

#[async_trait]
impl Logs for Service {
    async fn job_output(&self, ctx: &Ctx, input: OutputOf) -> Result<JobOutput> {
        let part = Part::new(input.from, input.before);
        let Chosen { kind, file, .. } = self.output_file(ctx, &input).await?;
        let output = match file {
            Ok(file) => tokio::task::spawn_blocking(move || piece(&file, part))
                .await
                .map_err(internal)?,
            Err(absence) => absent("", absence),
        };
        Ok(JobOutput { kind, ..output })
    }

    async fn controller_log(&self, ctx: &Ctx, input: ControllerLogOf) -> Result<JobOutput> {
        let file = self.controller_log_file(ctx, &input).await?;
        let part = Part::new(input.from, input.before);
        let read = tokio::task::spawn_blocking(move || piece(&file, part));
        read.await.map_err(internal)
    }

    async fn search_log(&self, ctx: &Ctx, input: LogQuery) -> Result<LogPage> {
        self.find_lines(ctx, input).await
    }

    async fn search_node_log(&self, ctx: &Ctx, input: NodeLogQuery) -> Result<NodeLogPage> {
        self.find_node_lines(ctx, input).await
    }
}

impl Service {
    /// The file, for whoever may read what the cluster's jobs write.
    pub async fn output_file(&self, ctx: &Ctx, input: &OutputOf) -> Result<Chosen> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetJobOutput, &input.cluster_identifier)
            .await?;
        let record = self.find_job(&cluster, &input.job_id, ctx.language).await?;
        let kind = match input.kind {
            Some(kind) => kind,
            None => self.where_it_failed(&record).await?,
        };
        Ok(Chosen {
            kind,
            file: self.file_of(&record, kind),
            cluster_id: cluster.id.clone(),
            job: record.job.who(),
        })
    }

    /// The whole file, to hand it out.
    pub async fn open_output(&self, ctx: &Ctx, input: &OutputOf) -> Result<OpenOutput> {
        let file = self.output_file(ctx, input).await?.file;
        let missing = |absence| {
            let message = format!(
                "Job {} has no such output file to hand out: {}.",
                input.job_id,
                why(absence)
            );
            Error::not_found(RESOURCE_TYPE, &input.job_id, message)
        };
        let opened = open_whole(file.map_err(missing)?).await?;
        opened.map_err(|error| missing(absence_of(&error)))
    }

    /// What a daemon of the cluster's controller logs, for whoever may read that.
    pub async fn controller_log_file(&self, ctx: &Ctx, of: &ControllerLogOf) -> Result<OutputFile> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetControllerLog, &of.cluster_identifier)
            .await?;
        let log = self.parts.controllers.log(&cluster.id, of.daemon.as_str());
        Ok(OutputFile {
            path: log.path().into(),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: None,
            submitted_at: 0,
        })
    }

    /// The whole of it, to hand it out.
    pub async fn open_controller_log(&self, ctx: &Ctx, of: &ControllerLogOf) -> Result<OpenOutput> {
        let file = self.controller_log_file(ctx, of).await?;
        let missing = |error| {
            let (why, daemon) = (why(absence_of(&error)), of.daemon.as_str());
            let message = format!("The log of {daemon} cannot be handed out: {why}.");
            Error::not_found("CLUSTER", &of.cluster_identifier, message)
        };
        open_whole(file).await?.map_err(missing)
    }

    fn file_of(&self, record: &JobRecord, kind: OutputKind) -> Found {
        let file = OutputFile::of(record, kind, self.parts.controllers.data_dir());
        let file = file.ok_or(OutputAbsence::NoFile)?;
        match self.parts.shares(&file.path) {
            true => Ok(file),
            false => Err(OutputAbsence::Elsewhere),
        }
    }

    /// A job that failed and wrote something into a file of its own for errors says the reason there.
    async fn where_it_failed(&self, record: &JobRecord) -> Result<OutputKind> {
        let errors = self.file_of(record, OutputKind::Stderr);
        let (true, Ok(errors)) = (record.job.has_failed() && record.has_two_files(), errors) else {
            return Ok(OutputKind::Stdout);
        };
        Ok(match size(errors).await {
            Some(1..) => OutputKind::Stderr,
            _ => OutputKind::Stdout,
        })
    }
}

async fn open_whole(file: OutputFile) -> Result<io::Result<OpenOutput>> {
    let opened = tokio::task::spawn_blocking(move || {
        let open = open(&file)?;
        let size = open.metadata()?.len();
        let name = file.path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        Ok(OpenOutput {
            name,
            size,
            file: open,
        })
    });
    opened.await.map_err(internal)
}

fn why(absence: OutputAbsence) -> &'static str {
    match absence {
        OutputAbsence::NoFile => "it writes none",
        OutputAbsence::NotThere => "it is not there",
        OutputAbsence::NotReadable => "it is not a plain file of the job's user",
        OutputAbsence::Elsewhere => "it is on the nodes",
    }
}
