//! Jobs of a cluster, as Slurm tells of them, and what may be done to each.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::dependency::Dependency;
use super::explanation::Explanation;
use super::job_id::JobId;
use super::job_life::{Life, LifeEnd};
use super::operation::Operation;
use super::past_job::PastJobDetail;

/// A job in the queue or recently ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// Slurm's id, as [`JobId`] reads it; array tasks as `12_3`.
    pub id: String,
    pub name: String,
    pub user: String,
    /// The partition.
    pub queue: String,
    /// Slurm's long state word: `PENDING`, `CONFIGURING`, `RUNNING`, `COMPLETED`, …
    pub state: String,
    /// Slurm's reason while pending or after a failure, or empty.
    pub reason: String,
    /// The same in plain words of the reader's language; empty until the service has filled it in.
    pub why: String,
    /// The higher, the earlier it starts.
    pub priority: i64,
    /// Hostlist of the allocated nodes, or empty.
    pub nodes: String,
    pub node_count: i64,
    /// Milliseconds since 1970; 0 when not yet. Of a job that was requeued: when it was submitted first.
    pub submitted_at: i64,
    pub started_at: i64,
    pub ended_at: i64,
    /// While it waits: when it is likely to start, by Slurm's estimate or by earlier boots; 0 when nobody can say. What may
    /// be told of it is its [`forecast`](Job::forecast).
    pub expected_at: i64,
    /// For the service, which explains it; not sent.
    #[serde(skip)]
    pub asks: Asks,
}

/// What of a job's record decides why it waits or failed, beside what lists show: see [`JobRecord`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    pub cpus: i64,
    pub cpus_per_task: i64,
    pub memory: i64,
    pub gpus: i64,
    pub required_nodes: String,
    pub restarts: i64,
    pub signal: Option<i64>,
    pub is_batch: bool,
    pub description: String,
}

impl Asks {
    pub fn of(record: &JobRecord) -> Asks {
        Asks {
            cpus: record.cpus,
            cpus_per_task: record.cpus_per_task,
            memory: record.memory,
            gpus: record.gpus,
            required_nodes: record.required_nodes.clone(),
            restarts: record.restarts,
            signal: record.signal,
            is_batch: record.is_batch,
            description: record.description.clone(),
        }
    }
}

impl Job {
    /// Whom its id means; a word of Slurm's that is no id stands for no job.
    pub fn who(&self) -> JobId {
        self.id.parse().unwrap_or(JobId::Whole(0))
    }

    /// Whether it is whom the id means, or has that task among those that wait together.
    pub fn includes(&self, who: &JobId) -> bool {
        let mine = self.who();
        match (&mine, who) {
            (JobId::Tasks { array, tasks }, JobId::Task { array: of, task }) => {
                array == of && tasks.contains(*task)
            }
            _ => mine == *who,
        }
    }

    /// How many tasks this is: tasks of an array that wait together are one row of Slurm's.
    pub fn count(&self) -> usize {
        self.who().count()
    }

    /// Waits for nodes or for its turn.
    pub fn is_pending(&self) -> bool {
        matches!(
            self.state.as_str(),
            "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED" | "SPECIAL_EXIT"
        )
    }

    /// Keeps its nodes, and does not run.
    pub fn is_suspended(&self) -> bool {
        matches!(self.state.as_str(), "SUSPENDED" | "STOPPED")
    }

    pub fn is_over(&self) -> bool {
        self.ended_at > 0
    }

    /// For a list: what runs, what waits, what is over; of each the newest first.
    pub fn place_in_list(&self) -> (u8, Reverse<i64>, Reverse<u32>, u32) {
        let rank = match (self.is_over(), self.is_pending()) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        let who = self.who();
        (
            rank,
            Reverse(self.submitted_at),
            Reverse(who.number()),
            who.place(),
        )
    }

    /// It ended otherwise than well, and nobody wanted that.
    pub fn has_failed(&self) -> bool {
        self.is_over() && !matches!(self.state.as_str(), "COMPLETED" | "CANCELLED")
    }

    /// Waits only because somebody said so.
    pub fn is_held(&self) -> bool {
        self.is_pending()
            && matches!(
                self.reason.as_str(),
                "JobHeldUser" | "JobHeldAdmin" | "JobHoldMaxRequeue"
            )
    }
}

/// Something of a cluster where several clusters stand in one list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfCluster<T> {
    pub cluster_id: String,
    pub cluster_name: String,
    pub item: T,
}

/// All that Slurm tells of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobRecord {
    pub job: Job,
    /// The number that Slurm gives to each job, also to each task of an array and to each component; 0 when not known.
    pub own_number: i64,
    /// The system user's number, whose files its output is.
    pub user_id: i64,
    pub account: String,
    pub quality_of_service: String,
    /// How often it went back to the queue.
    pub restarts: i64,
    /// None until it ended.
    pub exit_code: Option<i64>,
    /// The signal that ended it.
    pub signal: Option<i64>,
    /// Milliseconds since 1970: when it may start; 0 when not known.
    pub eligible_at: i64,
    pub tasks: i64,
    pub cpus: i64,
    pub cpus_per_task: i64,
    /// Per node, in MiB; 0 when the job does not say.
    pub memory: i64,
    pub gpus: i64,
    /// None: no limit.
    pub time_limit_minutes: Option<i64>,
    /// `cpu=4,mem=8G,node=2`: what it asked for and what it got.
    pub requested: String,
    pub allocated: String,
    pub working_directory: String,
    pub standard_output: String,
    pub standard_error: String,
    /// The same two names in hexadecimal, where they are no text; else empty.
    pub output_bytes: String,
    pub error_bytes: String,
    /// What its script reads, or empty.
    pub standard_input: String,
    pub command: String,
    pub dependency: String,
    pub features: String,
    /// Nodes that it asks for by name.
    pub required_nodes: String,
    /// Slurm's longer words on its state, or empty.
    pub description: String,
    /// By which whoever submitted it knows it again (`--extra`), or empty.
    pub mark: String,
    /// What administrators noted with it, or OpenPCS.
    pub admin_comment: String,
    /// It has a script; else it is an interactive allocation.
    pub is_batch: bool,
}

impl JobRecord {
    /// For a list that says why it waits or failed.
    pub fn listed(&self) -> Job {
        Job {
            asks: Asks::of(self),
            ..self.job.clone()
        }
    }

    /// It has a file of its own for its errors.
    pub fn has_two_files(&self) -> bool {
        let differs =
            self.standard_error != self.standard_output || self.error_bytes != self.output_bytes;
        !self.standard_error.is_empty() && differs
    }
}

/// One moment in a job's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStep {
    pub moment: JobMoment,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The node that boots, the step that it reached; the nodes of a life that ended.
    pub node: String,
    /// Of an end the files that could not be opened, if that was why.
    pub detail: String,
    /// Why it went back to the queue.
    pub end: Option<LifeEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobMoment {
    Submitted,
    Eligible,
    /// Slurm chose its nodes.
    Allocated,
    /// A node of it reached a step of its boot.
    Boot,
    Running,
    /// A life ended, and the job waits again.
    Requeued,
    Ended,
    /// Slurm's guess, in the future.
    Expected,
}

/// One job as its page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobDetail {
    pub record: JobRecord,
    /// None for an interactive job, or when Slurm has forgotten it.
    pub script: Option<String>,
    /// In the order in which it happened.
    pub timeline: Vec<JobStep>,
    /// Why it waits or failed; none when there is nothing to explain.
    pub explanation: Option<Explanation>,
    /// What it waits for in other jobs.
    pub dependencies: Vec<Dependency>,
    /// It asked for no memory, and Slurm gives it all that a node has.
    pub takes_whole_memory: bool,
    /// The tasks of an array, of a heterogeneous job the components; of others none.
    #[serde(default)]
    pub members: Vec<Job>,
    /// The runs before this one, the first one first.
    #[serde(default)]
    pub lives: Vec<Life>,
    /// What it used, once it is over.
    #[serde(default)]
    pub past: Option<PastJobDetail>,
}

/// What a person may do to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobAction {
    Cancel,
    Requeue,
    Hold,
    Release,
}

/// Why an action makes no sense for a job in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobObstacle {
    Over,
    NotStarted,
    Started,
    Held,
    NotHeld,
}

impl JobAction {
    pub const ALL: [JobAction; 4] = [
        JobAction::Cancel,
        JobAction::Requeue,
        JobAction::Hold,
        JobAction::Release,
    ];

    pub fn operation(self) -> Operation {
        match self {
            JobAction::Cancel => Operation::CancelJob,
            JobAction::Requeue => Operation::RequeueJob,
            JobAction::Hold => Operation::HoldJob,
            JobAction::Release => Operation::ReleaseJob,
        }
    }

    /// What stands in the way; the service refuses with it and the console disables its button with it.
    pub fn obstacle(self, job: &Job) -> Option<JobObstacle> {
        if job.is_over() {
            return Some(JobObstacle::Over);
        }
        let (pending, held) = (job.is_pending(), job.is_held());
        match self {
            JobAction::Cancel => None,
            JobAction::Requeue => pending.then_some(JobObstacle::NotStarted),
            JobAction::Hold if !pending => Some(JobObstacle::Started),
            JobAction::Hold => held.then_some(JobObstacle::Held),
            JobAction::Release => (!held).then_some(JobObstacle::NotHeld),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActOnJob {
    pub cluster_identifier: String,
    /// As [`JobId`] reads it: `22_[3-10]` is those that wait of these tasks, `22` all of the array.
    pub job_id: String,
    pub action: JobAction,
}

/// Which output, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputOf {
    pub cluster_identifier: String,
    pub job_id: String,
    /// None: the one where the reason of a failure is, else the standard output.
    pub kind: Option<OutputKind>,
    /// In bytes; none: the end of it.
    pub from: Option<i64>,
    /// The piece that ends at this byte, instead of one that begins somewhere.
    pub before: Option<i64>,
}

/// Which of a job's two outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    #[default]
    Stdout,
    Stderr,
}

impl OutputKind {
    pub fn parse(word: &str) -> Option<OutputKind> {
        [OutputKind::Stdout, OutputKind::Stderr]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            OutputKind::Stdout => "stdout",
            OutputKind::Stderr => "stderr",
        }
    }
}

/// A piece of a job's output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobOutput {
    pub kind: OutputKind,
    pub path: String,
    /// Where the piece begins and where the next one does, in bytes.
    pub from: i64,
    pub to: i64,
    /// How long the file is now.
    pub size: i64,
    pub text: String,
    pub absence: Option<OutputAbsence>,
}

/// Why there is no output to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputAbsence {
    /// The job writes no file.
    NoFile,
    /// Nothing is there yet, or it was removed.
    NotThere,
    /// Not a plain file, or not the job's user's: it is not read.
    NotReadable,
    /// The file systems of the nodes are not the server's.
    Elsewhere,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(state: &str, reason: &str) -> Job {
        Job {
            state: state.into(),
            reason: reason.into(),
            ended_at: i64::from(state == "COMPLETED"),
            ..Job::default()
        }
    }

    #[test]
    fn what_goes_on_stands_above_what_is_over() {
        let job = |id: &str, state, at| Job {
            id: id.into(),
            submitted_at: at,
            ..job(state, "")
        };
        let mut jobs = [
            job("9", "COMPLETED", 9),
            job("12_[3-9]", "PENDING", 5),
            job("7", "RUNNING", 1),
            job("11", "PENDING", 5),
            job("8", "COMPLETED", 8),
            job("12_2", "RUNNING", 5),
            job("12_1", "RUNNING", 5),
        ];
        jobs.sort_by_key(Job::place_in_list);
        let ids: Vec<&str> = jobs.iter().map(|job| job.id.as_str()).collect();
        assert_eq!(ids, ["12_1", "12_2", "7", "12_[3-9]", "11", "9", "8"]);
    }

    #[test]
    fn each_action_has_its_states() {
        use JobAction::*;
        let possible = |job: &Job| -> Vec<JobAction> {
            let mut all = JobAction::ALL.to_vec();
            all.retain(|action| action.obstacle(job).is_none());
            all
        };
        assert_eq!(possible(&job("PENDING", "Resources")), [Cancel, Hold]);
        assert_eq!(possible(&job("PENDING", "JobHeldUser")), [Cancel, Release]);
        assert_eq!(possible(&job("RUNNING", "")), [Cancel, Requeue]);
        assert_eq!(possible(&job("COMPLETED", "")), []);
    }
}
