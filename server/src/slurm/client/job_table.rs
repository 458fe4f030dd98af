//! The jobs of a cluster as they were read last, so that a look reads anew those that changed and no others.
//!
//! Slurm takes a second to write 2,000 jobs as JSON, and their lines of `squeue` in a twentieth of that.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use app::model::job::JobRecord;

use super::{Client, SlurmError, parse};
use crate::random::random_hex;

/// What a record has, but for `--extra` and Slurm's description of a state, which `squeue` does not tell: a change of
/// only these is seen when all are read. Nothing that goes with the clock.
const FIELDS: &str = "ArrayJobID ArrayTaskID HetJobID HetJobOffset State Reason RestartCnt exit_code SubmitTime \
                      EligibleTime StartTime EndTime PriorityLong TimeLimit NodeList NumNodes NumCPUs NumTasks \
                      cpus-per-task MinMemory tres-per-job tres-per-node tres-per-socket tres-per-task tres-alloc \
                      Partition UserID Account QOS Dependency Feature ReqNodes WorkDir StdOut StdErr BatchFlag \
                      Command Name";
/// All are read so often at least, and where they are many more seldom: so much for each of them, of which reading it takes
/// the hundredth part.
const WHOLE: Duration = Duration::from_secs(60);
const WHOLE_EACH: Duration = Duration::from_millis(50);
/// If more have changed, and more than half of them, all are read.
const MANY: usize = 500;
/// As many numbers as one argument of a program can have.
const MOST: usize = 10_000;

/// What is known of one cluster's jobs, by their own numbers.
#[derive(Default)]
pub struct JobTable {
    /// The digest of each job's line.
    lines: HashMap<u32, u64>,
    records: BTreeMap<u32, JobRecord>,
    /// Those that the last look read after their lines: each may have changed in between and back since, as when Slurm
    /// goes back to what it had saved. Their lines do not show it, so they are read once more.
    unsettled: HashSet<u32>,
    /// When all were read last.
    whole_at: Option<Instant>,
}

impl JobTable {
    /// As [`Client::jobs`].
    pub async fn look(&mut self, client: &Client) -> Result<Vec<JobRecord>, SlurmError> {
        let asked_at = Instant::now();
        let lines = client.job_lines().await?;
        let changed = self.changed(&lines);
        let wanted: Vec<u32> = (lines.keys().copied())
            .filter(|job| changed.contains(job) || self.unsettled.contains(job))
            .collect();
        let since_whole = self.whole_at.map(|at| at.elapsed());
        let some = match reads_all(wanted.len(), lines.len(), since_whole) {
            true => None,
            // One that is gone meanwhile may be an error.
            false => client.jobs_of(&wanted).await.ok(),
        };
        match some {
            Some(read) => {
                self.records.retain(|job, _| lines.contains_key(job));
                for job in &wanted {
                    self.records.remove(job);
                }
                self.records.extend(read);
            }
            None => {
                self.records = client.numbered_jobs().await?.into_iter().collect();
                self.whole_at = Some(asked_at);
            }
        }
        (self.lines, self.unsettled) = (lines, changed);
        let records = self.records.iter();
        Ok(parse::newest_first(
            records.map(|(job, record)| (*job, record.clone())),
        ))
    }

    /// Those that are new or not as they were.
    fn changed(&self, lines: &HashMap<u32, u64>) -> HashSet<u32> {
        let is_other = |(job, line): &(&u32, &u64)| self.lines.get(*job) != Some(*line);
        lines.iter().filter(is_other).map(|(job, _)| *job).collect()
    }
}

impl Client {
    /// A digest of what `squeue` tells of each job.
    async fn job_lines(&self) -> Result<HashMap<u32, u64>, SlurmError> {
        // Nobody who names a job can know how a job's text begins this time.
        let mark = format!("m{}", random_hex(16));
        let format = format(&mark);
        let args = ["--noheader", "--all", "--states=all", &format];
        Ok(parse::job_lines(&self.run("squeue", args).await?, &mark))
    }

    /// These, and the tasks of those that are arrays.
    pub async fn jobs_of(&self, jobs: &[u32]) -> Result<Vec<(u32, JobRecord)>, SlurmError> {
        if jobs.is_empty() {
            return Ok(vec![]);
        }
        let numbers: Vec<String> = jobs.iter().map(u32::to_string).collect();
        let jobs = format!("--jobs={}", numbers.join(","));
        let args = ["--all", "--states=all", "--json", &jobs];
        let json = self.run("squeue", args).await?;
        super::understand("squeue", json, parse::jobs).await
    }
}

/// Whether all are read, where so many of them are wanted and all were read so long ago; none: never.
fn reads_all(wanted: usize, all: usize, since_whole: Option<Duration>) -> bool {
    let times = u32::try_from(all).unwrap_or(u32::MAX);
    let is_due = |since| since > WHOLE.max(WHOLE_EACH.saturating_mul(times));
    let are_most = wanted > MANY.max(all / 2);
    are_most || wanted > MOST || since_whole.is_none_or(is_due)
}

/// Each field whole, with nothing to fill it up.
fn format(mark: &str) -> String {
    let fields = FIELDS.split(' ').map(|field| format!(",{field}:0|"));
    format!("--Format=JobID:0{mark}{}", fields.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: &[u8], after: &[u8]) -> Vec<u32> {
        let table = JobTable {
            lines: parse::job_lines(before, "mark"),
            ..JobTable::default()
        };
        let mut changed: Vec<u32> = table
            .changed(&parse::job_lines(after, "mark"))
            .into_iter()
            .collect();
        changed.sort_unstable();
        changed
    }

    #[test]
    fn all_are_read_where_that_is_less_work_and_now_and_then() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (wanted, all, since_whole, reads) in [
            (0, 0, None, true),
            (500, 500, seconds(59), false),
            (501, 600, seconds(59), true),
            (501, 6_000, seconds(59), false),
            (3_001, 6_000, seconds(59), true),
            (10_001, 100_000, seconds(59), true),
            (1, 1_000, seconds(61), true),
            (1, 6_000, seconds(299), false),
            (1, 6_000, seconds(301), true),
        ] {
            assert_eq!(
                reads_all(wanted, all, since_whole),
                reads,
                "{wanted} of {all}"
            );
        }
    }

    #[test]
    fn what_a_name_holds_is_no_other_job() {
        let first = b"7markRUNNING|a\n8markPENDING|b\n9markPENDING|\n";
        let spoofed = b"7markRUNNING|a\n8markPENDING|x\n7 y\n7mork|\nz\xff\n9markPENDING|\n";
        assert_eq!(changed(b"", first), [7, 8, 9]);
        assert_eq!(changed(first, first), Vec::<u32>::new());
        assert_eq!(changed(first, spoofed), [8]);
        let ended = b"7markCOMPLETED|a\n8markPENDING|x\n7 y\n7mork|\nz\xff\n";
        assert_eq!(changed(spoofed, ended), [7], "and 9 is gone");
    }
}
