//! Jobs that ended, as they are remembered when Slurm itself has forgotten them.

use serde::{Deserialize, Serialize};

use super::page::PageOf;

/// A job that ended. Times are milliseconds since 1970, 0 where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PastJob {
    /// As Slurm writes it: `12`, `12_3`, `12_[4-9]`, `13+1`.
    pub id: String,
    pub name: String,
    pub user: String,
    pub account: String,
    /// The partition.
    pub queue: String,
    pub quality_of_service: String,
    /// Slurm's long word.
    pub state: String,
    pub exit_code: Option<i64>,
    /// The signal that ended it.
    pub signal: Option<i64>,
    pub submitted_at: i64,
    pub started_at: i64,
    pub ended_at: i64,
    /// How long it ran, without the time for which it was suspended.
    pub elapsed_seconds: i64,
    /// None: no limit.
    pub time_limit_minutes: Option<i64>,
    pub asked_nodes: i64,
    pub asked_cpus: i64,
    /// Of all its nodes together; 0 when it is not known.
    pub asked_memory_mib: i64,
    /// What it got; 0 if it never started.
    pub node_count: i64,
    pub cpus: i64,
    /// By all its steps together; none where nobody measured it.
    pub used_cpu_ms: Option<i64>,
    /// By all tasks of the step that used most; none where nobody measured it, as of a job that was over at once.
    pub used_memory_mib: Option<i64>,
    /// Hostlist, or empty.
    pub nodes: String,
    pub working_directory: String,
    pub comment: String,
    /// What it was submitted with.
    pub command: String,
    pub restarts: i64,
    /// Slurm's accounting says so; else OpenPCS itself saw it end, and knows nothing of what it used.
    pub is_accounted: bool,
    /// Steps that were too many to be kept.
    pub steps_left_out: i64,
}

/// A part of a job that Slurm started by itself: its script, or what one `srun` ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PastStep {
    /// `batch`, `extern`, `interactive`, or a number.
    pub id: String,
    pub name: String,
    pub state: String,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    pub started_at: i64,
    pub ended_at: i64,
    pub elapsed_seconds: i64,
    pub tasks: i64,
    pub cpus: i64,
    pub used_cpu_ms: Option<i64>,
    /// By all its tasks together, and by the one that used most.
    pub used_memory_mib: Option<i64>,
    pub largest_task_mib: Option<i64>,
    pub nodes: String,
}

/// Whose jobs, of which time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PastJobsOf {
    /// Also of a cluster that was deleted, by its id; none: of all.
    pub cluster_identifier: Option<String>,
    /// Those that ended at that time or later, and before that one, in milliseconds since 1970.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// As `next` of an answer: what follows that page, whatever ended meanwhile. Pages are counted from there.
    pub after: Option<String>,
    /// The zone in which a table of them writes its times, as `Europe/Berlin`; none: UTC.
    pub time_zone: Option<String>,
}

/// A job in a list of several clusters'.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastRow {
    pub cluster_id: String,
    pub cluster_name: String,
    /// When the cluster was deleted; 0 while it is there.
    pub cluster_deleted_at: i64,
    pub job: PastJob,
}

/// A page of them, the last that ended first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastJobs {
    pub page: PageOf<PastRow>,
    /// For [`PastJobsOf::after`]; none: there is no more.
    pub next: Option<String>,
    /// The page is not full, and those that ended before this were not looked at yet, in milliseconds since 1970: there was
    /// no time for it. `next` goes on there.
    #[serde(default)]
    pub searched_to: Option<i64>,
}

/// A piece of a table of them as text, for a spreadsheet or a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastCsv {
    /// Whole lines; the first piece begins with the names of the columns.
    pub text: String,
    /// For [`PastJobsOf::after`]; none: that was all.
    pub next: Option<String>,
}

/// One of them with all that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastJobDetail {
    pub row: PastRow,
    pub steps: Vec<PastStep>,
    /// What it used of what it had, in percent; none where that is not known.
    pub cpu_percent: Option<i64>,
    pub memory_percent: Option<i64>,
    pub time_percent: Option<i64>,
    /// What to ask for instead, in the reader's language; empty when it asked well, or nobody can say.
    pub remedies: Vec<String>,
    /// Its own page is still there, with script and output.
    pub has_page: bool,
}

/// Memory, as `512 MiB` or `3.5 GiB`.
pub fn size(mib: i64) -> String {
    match (mib / 1024, mib % 1024 * 10 / 1024) {
        (0, _) => format!("{mib} MiB"),
        (whole, 0) => format!("{whole} GiB"),
        (whole, tenths) => format!("{whole}.{tenths} GiB"),
    }
}

fn percent(part: i64, whole: i64) -> Option<i64> {
    let rounded = |whole: i64| part.max(0).saturating_mul(100).saturating_add(whole / 2) / whole;
    (whole > 0).then(|| rounded(whole))
}

impl PastJob {
    /// Of the CPUs that it had while it ran.
    pub fn cpu_percent(&self) -> Option<i64> {
        let had_ms = self.elapsed_seconds.saturating_mul(self.cpus);
        percent(self.used_cpu_ms?, had_ms.saturating_mul(1000))
    }

    /// Of the memory that it asked for.
    pub fn memory_percent(&self) -> Option<i64> {
        percent(self.used_memory_mib?, self.asked_memory_mib)
    }

    /// Of its time limit.
    pub fn time_percent(&self) -> Option<i64> {
        let limit = self.time_limit_minutes?.saturating_mul(60);
        (self.started_at > 0).then(|| percent(self.elapsed_seconds, limit))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_it_had_and_only_where_both_are_known() {
        let job = PastJob {
            started_at: 1,
            elapsed_seconds: 100,
            cpus: 4,
            used_cpu_ms: Some(100_000),
            asked_memory_mib: 64 * 1024,
            used_memory_mib: Some(3 * 1024),
            time_limit_minutes: Some(10),
            ..PastJob::default()
        };
        let shares = |job: &PastJob| (job.cpu_percent(), job.memory_percent(), job.time_percent());
        assert_eq!(shares(&job), (Some(25), Some(5), Some(17)));
        assert_eq!(shares(&PastJob::default()), (None, None, None));
        let odd = PastJob {
            used_cpu_ms: Some(i64::MAX),
            elapsed_seconds: i64::MAX,
            time_limit_minutes: Some(0),
            used_memory_mib: Some(-5),
            ..job
        };
        assert_eq!(odd.memory_percent(), Some(0));
        assert_eq!(odd.time_percent(), None);
        assert!(odd.cpu_percent().is_some());
    }
}
