//! One job: what Slurm tells of it, submitting it, and what is done to it.

use app::model::job::{JobAction, JobRecord};

use super::{Client, Queued, SlurmError, finish, parse, unreadable};

/// The search path of jobs, as of a login.
const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

impl Client {
    /// All that Slurm knows of the job: of an array, of each of its tasks. None when it knows no such job.
    pub async fn job(&self, id: &str) -> Result<Vec<JobRecord>, SlurmError> {
        match self.run("scontrol", ["show", "job", id, "--json"]).await {
            Ok(json) => parse::jobs(&json).map_err(|e| unreadable("scontrol", e)),
            Err(error) if error.message.contains("Invalid job id") => Ok(vec![]),
            Err(error) => Err(error),
        }
    }

    /// The script of a batch job.
    pub async fn script(&self, id: &str) -> Result<String, SlurmError> {
        let script = self
            .run("scontrol", ["write", "batch_script", id, "-"])
            .await?;
        Ok(String::from_utf8_lossy(&script).into_owned())
    }

    /// Submits a batch script as the user who runs this server; its id. The options are arguments of `sbatch`, the
    /// script comes on its standard input: no shell sees either.
    pub async fn submit(&self, options: &[String], script: &str) -> Result<String, SlurmError> {
        let mut command = self.command("sbatch");
        command.arg("--parsable").args(options);
        // The job inherits it.
        command.env("PATH", SEARCH_PATH).env("LANG", "C.UTF-8");
        if let Ok(Some(user)) = nix::unistd::User::from_uid(nix::unistd::geteuid()) {
            command
                .env("HOME", &user.dir)
                .env("SHELL", &user.shell)
                .env("USER", &user.name)
                .env("LOGNAME", &user.name)
                .current_dir(if user.dir.is_dir() {
                    user.dir.as_path()
                } else {
                    std::path::Path::new("/")
                });
        }
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

    /// All jobs in the controller's memory, in so few words that it is quick however many there are.
    pub async fn queue(&self) -> Result<Vec<Queued>, SlurmError> {
        let args = ["--noheader", "--all", "--states=all", "--format=%A %F %r"];
        let answer = self.run("squeue", args).await?;
        let answer = String::from_utf8_lossy(&answer);
        Ok(answer.lines().filter_map(parse::queued).collect())
    }

    /// Releases a held job and makes it eligible at once: a requeued one otherwise waits for its old credential.
    pub async fn release_now(&self, id: &str) -> Result<(), SlurmError> {
        self.run("scontrol", ["release", id]).await?;
        self.start_now(&[id.to_owned()]).await
    }

    pub async fn act_on_job(&self, id: &str, action: JobAction) -> Result<(), SlurmError> {
        let done = match action {
            JobAction::Cancel => self.run("scancel", [id]).await,
            JobAction::Requeue => self.run("scontrol", ["requeue", id]).await,
            JobAction::Hold => self.run("scontrol", ["hold", id]).await,
            JobAction::Release => self.run("scontrol", ["release", id]).await,
        };
        done.map(drop)
    }
}
