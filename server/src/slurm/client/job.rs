//! One job: what Slurm tells of it, submitting it, and what is done to it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use app::model::job::{JobAction, JobRecord};
use openpcs_agent::layout::CLIENT_CONF;

use super::{Client, Queued, Returning, SlurmError, finish, one_line, parse, understand};
use crate::slurm::job_user::{JobUser, SEARCH_PATH};
use crate::slurm::save_signal::SaveSignal;
use crate::slurm::stdio::{self, Stdio};

/// Jobs whose files are asked for at once.
pub const MOST_FILES: usize = 64;

/// How Slurm describes a job that it holds because its start failed on a node.
pub const LAUNCH_FAILED: &str = "launch failed requeued held";

/// Whether slurmd may have given its files other names than the controller tells.
pub fn has_doubtful_files(record: &JobRecord) -> bool {
    // The bytes of a name that is no text are known only if it was asked for.
    let is_doubtful = |path: &str, bytes: &str| {
        path.contains(['%', '\\', char::REPLACEMENT_CHARACTER]) && bytes.is_empty()
    };
    let is_any = is_doubtful(&record.standard_output, &record.output_bytes)
        || is_doubtful(&record.standard_error, &record.error_bytes);
    record.is_batch && is_any
}

/// A file's name as it is shown, and its bytes where that is not all of it.
fn shown(name: &OsStr) -> (String, String) {
    let bytes = match name.to_str() {
        Some(_) => String::new(),
        None => hex::encode(name.as_bytes()),
    };
    (name.to_string_lossy().into_owned(), bytes)
}

impl Client {
    /// All that Slurm knows of the job: of an array, of each of its tasks. None when it knows no such job.
    pub async fn job(&self, id: &str) -> Result<Vec<JobRecord>, SlurmError> {
        let known = match self.run("scontrol", ["show", "job", id, "--json"]).await {
            Ok(json) => understand("scontrol", json, parse::jobs).await?,
            Err(error) if error.message.contains("Invalid job id") => vec![],
            Err(error) => return Err(error),
        };
        let mut known = parse::newest_first(known.into_iter());
        // What cannot be asked for stays as it is.
        let _ = self.name_files(&mut known).await;
        Ok(known)
    }

    /// Puts the files' true names where the controller resolved a pattern otherwise than slurmd, in so many records as are
    /// asked for at once.
    pub async fn name_files(&self, records: &mut [JobRecord]) -> Result<(), SlurmError> {
        let mut doubted: Vec<&mut JobRecord> = records
            .iter_mut()
            .filter(|record| has_doubtful_files(record))
            .take(MOST_FILES)
            .collect();
        let ids: Vec<&str> = doubted
            .iter()
            .map(|record| record.job.id.as_str())
            .collect();
        for (id, files) in self.files(&ids).await? {
            if let Some(record) = doubted.iter_mut().find(|record| record.job.id == id) {
                (record.standard_output, record.output_bytes) = shown(&files.output);
                (record.standard_error, record.error_bytes) = shown(&files.errors);
            }
        }
        Ok(())
    }

    /// The files of these jobs and array tasks, as far as Slurm knows them.
    pub async fn files(&self, ids: &[&str]) -> Result<Vec<(String, Stdio)>, SlurmError> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let jobs = format!("--job={}", ids.join(","));
        let words = [
            "--noheader".into(),
            "--states=all".into(),
            jobs,
            stdio::format(),
        ];
        Ok(stdio::parse(&self.run("squeue", words).await?))
    }

    /// The script of a batch job.
    pub async fn script(&self, id: &str) -> Result<String, SlurmError> {
        let script = self
            .run("scontrol", ["write", "batch_script", id, "-"])
            .await?;
        Ok(String::from_utf8_lossy(&script).into_owned())
    }

    /// Submits a batch script as this user; its id. The options are arguments of `sbatch`, the script comes on its
    /// standard input: no shell sees either.
    pub async fn submit(
        &self,
        user: &JobUser,
        options: &[String],
        script: &str,
    ) -> Result<String, SlurmError> {
        self.check("sbatch")?;
        // The job's directory, unless it asks for another. To be set last: with the namespaces it would be lost.
        let home = Some(user.home.as_path()).filter(|home| home.is_dir());
        let home = home.unwrap_or(Path::new("/"));
        let mut before = user.enter();
        before.extend(["env".into(), "--chdir".into(), home.into()]);
        let mut command = self.command_after(&before, "sbatch");
        command
            .arg("--parsable")
            .args(options)
            // Made for our own questions; the job would inherit it.
            .env_remove("SLURM_BITSTR_LEN")
            // The job inherits it, and starts its steps with this cluster's `srun`.
            .env("PATH", self.search_path())
            .env("LANG", "C.UTF-8")
            .env("SLURM_CONF", CLIENT_CONF)
            .envs(user.environment());
        let answer = finish("sbatch", command, Some(script.as_bytes())).await?;
        // `12`, or `12;cluster`.
        let answer = String::from_utf8_lossy(&answer);
        let id = answer.trim().split(';').next().unwrap_or_default();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SlurmError {
                program: "sbatch".to_owned(),
                message: format!("its answer names no job: {answer}"),
            });
        }
        Ok(id.to_owned())
    }

    /// As on a login node.
    fn search_path(&self) -> OsString {
        let own = ["bin", "sbin"].map(|directory| self.prefix.join(directory));
        let all = own.into_iter().chain(std::env::split_paths(SEARCH_PATH));
        // Only a colon in the prefix's name could be in the way; then Slurm is not on the path.
        std::env::join_paths(all).unwrap_or_else(|_| SEARCH_PATH.into())
    }

    /// All jobs in the controller's memory, in so few words that it is quick however many there are.
    pub async fn queue(&self) -> Result<Vec<Queued>, SlurmError> {
        let format = "--Format=JobID:12,ArrayJobID:12,RestartCnt:12,Reason:100";
        let args = ["--noheader", "--all", "--states=all", format];
        let answer = self.run("squeue", args).await?;
        let answer = String::from_utf8_lossy(&answer);
        Ok(answer.lines().filter_map(parse::queued).collect())
    }

    /// Which of these jobs Slurm puts back into the queue when their nodes are lost.
    pub async fn returning(&self, ids: &[String]) -> Result<Vec<Returning>, SlurmError> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let jobs = format!("--job={}", ids.join(","));
        let format = "--Format=JobID:12,JobArrayID:40,PriorityLong:16,BatchFlag:4,Requeue:4";
        let args = ["--noheader", "--states=all", &jobs, format];
        let answer = self.run("squeue", args).await?;
        let answer = String::from_utf8_lossy(&answer);
        Ok(answer.lines().filter_map(parse::returning).collect())
    }

    /// Sends a running job the signal that it asked for.
    pub async fn signal(&self, id: &str, wanted: &SaveSignal) -> Result<(), SlurmError> {
        let signal = format!("--signal={}", wanted.signal);
        let to_shell = wanted.to_shell.then_some("--batch");
        let args = [signal.as_str()].into_iter().chain(to_shell).chain([id]);
        self.run("scancel", args).await.map(drop)
    }

    /// Puts a job that went back to the queue before those that have the priority that it had. Slurm takes the time of its
    /// return for that of its submission, so that with the same priority it would be the last.
    pub async fn keep_rank(&self, job: &Returning) -> Result<(), SlurmError> {
        // Slurm's largest numbers mean no priority at all.
        let Some(priority) = job.priority.checked_add(1).filter(|it| *it < u32::MAX - 2) else {
            return Ok(());
        };
        let words = [
            "update".to_owned(),
            format!("JobId={}", job.id),
            format!("Priority={priority}"),
        ];
        self.run("scontrol", words).await.map(drop)
    }

    /// Holds a job, and leaves word with it why: Slurm has no reason of our own for it.
    pub async fn hold_for(&self, id: &str, why: &str) -> Result<(), SlurmError> {
        self.run("scontrol", ["hold", id]).await?;
        let (id, why) = (
            format!("JobId={id}"),
            format!("AdminComment={}", one_line(why)),
        );
        self.run("scontrol", ["update", &id, &why]).await.map(drop)
    }

    /// Notes this with jobs, and with no text that there is nothing to note. What cannot be told to one of them, as it is over
    /// meanwhile, is told to the others all the same.
    ///
    /// Measured with 24.11 on one core: `scontrol` takes 15 ms, and each job 2 ms more.
    pub async fn comment(&self, jobs: &[String], text: &str) -> Result<(), SlurmError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let (jobs, text) = (
            format!("JobId={}", jobs.join(",")),
            format!("AdminComment={}", one_line(text)),
        );
        self.run("scontrol", ["update", &jobs, &text])
            .await
            .map(drop)
    }

    /// Releases a held job and makes it eligible at once: a requeued one otherwise waits for its old credential.
    pub async fn release_now(&self, id: &str) -> Result<(), SlurmError> {
        self.run("scontrol", ["release", id]).await?;
        self.start_now(&[id.to_owned()]).await
    }

    /// Does it to whom the id means; with `waiting_only` to none that has started meanwhile.
    pub async fn act_on_job(
        &self,
        id: &str,
        action: JobAction,
        waiting_only: bool,
    ) -> Result<(), SlurmError> {
        let done = match action {
            JobAction::Cancel if waiting_only => self.run("scancel", ["--state=PENDING", id]).await,
            JobAction::Cancel => self.run("scancel", [id]).await,
            JobAction::Requeue => self.run("scontrol", ["requeue", id]).await,
            JobAction::Hold => self.run("scontrol", ["hold", id]).await,
            JobAction::Release => self.run("scontrol", ["release", id]).await,
        };
        done.map(drop)
    }
}
