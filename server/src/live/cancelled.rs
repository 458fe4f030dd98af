//! Tasks of an array that were cancelled before they started: Slurm keeps one record of them all and forgets which they
//! were. What it said before is remembered instead.

use std::collections::BTreeSet;

use app::model::job::{Job, JobRecord};
use app::model::job_id::{JobId, TaskSet};

/// Gives such records the ids of their tasks, as far as those are known from `before`.
pub fn name<'a>(records: &mut Vec<JobRecord>, before: impl Iterator<Item = &'a Job> + Clone) {
    let own: Vec<JobId> = records.iter().map(|record| record.job.who()).collect();
    records.retain_mut(|record| {
        let JobId::Whole(array) = record.job.who() else {
            return true;
        };
        if !record.job.is_over() {
            return true;
        }
        let of_it = |job: &&Job| matches!(job.who(), JobId::Tasks { array: of, .. } if of == array);
        let Some(waited) = before.clone().find(of_it) else {
            return true;
        };
        let started: BTreeSet<u32> = own
            .iter()
            .filter(|who| who.number() == array)
            .flat_map(|who| who.tasks().iter().collect::<Vec<u32>>())
            .collect();
        let tasks = waited.who().tasks();
        let tasks = TaskSet::from_iter(tasks.iter().filter(|task| !started.contains(task)));
        // All have started since: nothing is left that the record stands for.
        if tasks.is_empty() {
            return false;
        }
        record.job.id = JobId::Tasks { array, tasks }.to_string();
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, ended_at: i64) -> JobRecord {
        let mut record = JobRecord::default();
        record.job.id = id.into();
        record.job.ended_at = ended_at;
        record
    }

    fn named(records: &[JobRecord], before: &[JobRecord]) -> Vec<String> {
        let mut records = records.to_vec();
        name(&mut records, before.iter().map(|record| &record.job));
        records.into_iter().map(|record| record.job.id).collect()
    }

    #[test]
    fn what_waited_is_known_after_its_cancel() {
        let before = [record("7_[10-40%2]", 0), record("7_9", 0), record("8", 0)];
        let now = [
            record("7", 5),
            record("7_10", 0),
            record("7_9", 0),
            record("8", 5),
        ];
        assert_eq!(named(&now, &before), ["7_[11-40]", "7_10", "7_9", "8"]);
        // The next look finds the same, with what this one found.
        let again = [record("7_[11-40]", 5)];
        assert_eq!(named(&now, &again)[0], "7_[11-40]");
        assert_eq!(named(&now, &[]), ["7", "7_10", "7_9", "8"], "nobody knows");
    }

    #[test]
    fn what_all_has_started_leaves_nothing() {
        let before = [record("7_[10%2]", 0)];
        assert_eq!(
            named(&[record("7", 5), record("7_10", 5)], &before),
            ["7_10"]
        );
        // The last task of an array has its record.
        assert_eq!(named(&[record("7", 0)], &before), ["7"]);
    }
}
