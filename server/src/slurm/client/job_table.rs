//! The jobs of a cluster as they were read last, so that a look reads anew those that changed and no others.
//!
//! Slurm takes a second to write 2,000 jobs as JSON, and their lines of `squeue` in a twentieth of that.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use app::model::job::JobRecord;

use super::{Client, SlurmError, parse};

/// All that changes while a job lives, but for what somebody may do to it by hand: that is seen when all are read. Names
/// last, for they may hold anything.
const LINE: &str = "--Format=JobID:12,ArrayTaskID:24,State:16,Reason:32,SubmitTime:20,EligibleTime:20,StartTime:20,\
                    EndTime:20,RestartCnt:6,PriorityLong:14,TimeLimit:14,NumNodes:8,NumCPUs:8,MinMemory:12,NodeList:80,\
                    Partition:64,QOS:24,Account:24,Dependency:64,exit_code:8,Name:64";
/// All are read so often at least.
const WHOLE: Duration = Duration::from_secs(60);
/// Of more that changed, all are read at once.
const MOST: usize = 500;

/// What is known of one cluster's jobs, by their own numbers.
#[derive(Default)]
pub struct JobTable {
    /// The digest of each job's line.
    lines: HashMap<u32, u64>,
    records: BTreeMap<u32, JobRecord>,
    /// When all were read last.
    whole_at: Option<Instant>,
}

impl JobTable {
    /// As [`Client::jobs`].
    pub async fn look(&mut self, client: &Client) -> Result<Vec<JobRecord>, SlurmError> {
        let asked = Instant::now();
        // Before the records: what changes meanwhile differs from its line at the next look.
        let lines = client.job_lines().await?;
        let changed = self.changed(&lines);
        let is_due = |at: Instant| at.elapsed() > WHOLE;
        let some = match changed.len() > MOST || self.whole_at.is_none_or(is_due) {
            true => None,
            // One that is gone meanwhile is an error.
            false => client.jobs_of(&changed).await.ok(),
        };
        match some {
            Some(read) => {
                self.records.retain(|job, _| lines.contains_key(job));
                self.records.extend(read);
            }
            None => {
                self.records = client.numbered_jobs().await?.into_iter().collect();
                self.whole_at = Some(asked);
            }
        }
        self.lines = lines;
        let records = self.records.iter();
        Ok(parse::newest_first(
            records.map(|(job, record)| (*job, record.clone())),
        ))
    }

    /// Those that are new or not as they were.
    fn changed(&self, lines: &HashMap<u32, u64>) -> Vec<u32> {
        let is_other = |(job, line): &(&u32, &u64)| self.lines.get(*job) != Some(*line);
        lines.iter().filter(is_other).map(|(job, _)| *job).collect()
    }
}

impl Client {
    /// A digest of what `squeue` tells of each job.
    async fn job_lines(&self) -> Result<HashMap<u32, u64>, SlurmError> {
        let args = ["--noheader", "--all", "--states=all", LINE];
        Ok(parse::job_lines(&self.run("squeue", args).await?))
    }

    /// These, and the tasks of those that are arrays.
    async fn jobs_of(&self, jobs: &[u32]) -> Result<Vec<(u32, JobRecord)>, SlurmError> {
        if jobs.is_empty() {
            return Ok(vec![]);
        }
        let numbers: Vec<String> = jobs.iter().map(u32::to_string).collect();
        let jobs = format!("--jobs={}", numbers.join(","));
        let args = ["--all", "--states=all", "--json", &jobs];
        let json = self.run("squeue", args).await?;
        parse::jobs(&json).map_err(|error| super::unreadable("squeue", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_holds_hides_no_other_job() {
        let first = b"7           N/A  RUNNING  a\n8           N/A  PENDING  b\n9  PENDING\n";
        let spoofed =
            b"7           N/A  RUNNING  a\n8           N/A  PENDING  x\n7  y\nz\n9  PENDING\n";
        let (first, spoofed) = (parse::job_lines(first), parse::job_lines(spoofed));
        let table = JobTable {
            lines: first,
            ..JobTable::default()
        };
        let mut changed = table.changed(&spoofed);
        changed.sort_unstable();
        assert_eq!(changed, [7, 8], "it costs a reading");

        let ended =
            b"7           N/A  COMPLETED  a\n8           N/A  PENDING  x\n7  y\nz\n9  PENDING\n";
        let table = JobTable {
            lines: spoofed,
            ..JobTable::default()
        };
        assert_eq!(table.changed(&parse::job_lines(ended)), [7]);
    }
}
