//! Tasks of an array that were cancelled before they started: Slurm keeps one record of them all and forgets which they
//! were, and of those that were cancelled without the others it keeps none. What it said before is remembered instead.

use std::collections::{BTreeSet, HashSet};

use app::model::job::{Job, JobRecord};
use app::model::job_id::{JobId, TaskSet};

use crate::db::cluster::ClusterSpec;
use crate::slurm::conf::MIN_JOB_AGE;

/// How long Slurm remembers a job that ended: a task that started since something was seen less long ago has its record.
pub fn memory_ms(spec: &ClusterSpec) -> i64 {
    let mut settings = spec.slurm.slurm_custom_settings.iter().flatten();
    let given = settings.find(|setting| setting.parameter_name == "MinJobAge");
    let seconds = given.and_then(|setting| setting.parameter_value.parse().ok());
    seconds.unwrap_or(MIN_JOB_AGE).saturating_mul(1000)
}

/// Gives the records of whole arrays the ids of their tasks, as far as those are known from `before`.
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
        // What was cancelled without the others is not of it.
        let is_same = |job: &&Job| !job.is_over() || job.ended_at == record.job.ended_at;
        let mut waited = before.clone().filter(of_it).filter(is_same);
        let Some(waited) = waited.next() else {
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

/// Adds what left the waiting tasks of an array and has no record of its own: it was cancelled, and was so by `now`.
/// What Slurm said `before` is to be more recent than it forgets a task that started.
pub fn add<'a>(
    records: &mut Vec<JobRecord>,
    before: impl Iterator<Item = &'a Job> + Clone,
    now: i64,
) {
    let ids: HashSet<&str> = records.iter().map(|r| r.job.id.as_str()).collect();
    // Most wait on as they did.
    let changed = before.clone().filter(|job| !job.is_over());
    let changed = changed.filter(|job| !ids.contains(job.id.as_str()));
    let gone = changed.filter_map(|job| match job.who() {
        JobId::Tasks { array, tasks } => cancelled(records, before.clone(), array, &tasks, now),
        _ => None,
    });
    let gone: Vec<JobRecord> = gone.collect();
    records.extend(gone);
}

fn cancelled<'a>(
    records: &[JobRecord],
    before: impl Iterator<Item = &'a Job>,
    array: u32,
    waited: &TaskSet,
    now: i64,
) -> Option<JobRecord> {
    let (whole, part) = (array.to_string(), format!("{array}_"));
    let is_of_it = |job: &&Job| job.id == whole || job.id.starts_with(&part);
    let of_it = || records.iter().filter(|record| is_of_it(&&record.job));
    let tasks_of = |job: &Job| job.who().tasks().iter().collect::<Vec<u32>>();
    let told = before.filter(|job| job.is_over()).filter(is_of_it);
    let mut told: BTreeSet<u32> = told.flat_map(tasks_of).collect();
    told.extend(of_it().flat_map(|record| tasks_of(&record.job)));
    let gone: Vec<u32> = waited.iter().filter(|task| !told.contains(task)).collect();
    let id = match gone[..] {
        [] => return None,
        [task] => JobId::Task { array, task },
        _ => JobId::Tasks {
            array,
            tasks: TaskSet::from_iter(gone),
        },
    };
    // Best one that waits: where it would write stands there as a pattern. Of an array that is gone as a whole nothing is
    // known.
    let waits = of_it().find(|record| record.job.is_pending());
    let like = waits.or(of_it().next())?;
    let output = |path: &str| match waits {
        Some(_) => path.to_owned(),
        None => String::new(),
    };
    Some(JobRecord {
        job: Job {
            id: id.to_string(),
            state: "CANCELLED".to_owned(),
            reason: String::new(),
            nodes: String::new(),
            started_at: 0,
            ended_at: now,
            expected_at: 0,
            ..like.job.clone()
        },
        standard_output: output(&like.standard_output),
        standard_error: output(&like.standard_error),
        output_bytes: String::new(),
        error_bytes: String::new(),
        own_number: 0,
        restarts: 0,
        exit_code: None,
        signal: None,
        allocated: String::new(),
        description: String::new(),
        ..like.clone()
    })
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

    fn added(records: &[JobRecord], before: &[JobRecord]) -> Vec<String> {
        let mut records = records.to_vec();
        let before = || before.iter().map(|record| &record.job);
        name(&mut records, before());
        add(&mut records, before(), 9_001);
        let gone = records.iter().filter(|record| record.job.ended_at == 9_001);
        gone.map(|record| record.job.id.clone()).collect()
    }

    #[test]
    fn what_was_cancelled_without_the_others_is_told() {
        let before = [
            record("4_[5-19%2]", 0),
            record("4_4", 0),
            record("44_[1-2]", 0),
        ];
        // Of those that waited 5 has started and ended, 8 has started.
        let others = [record("4_5", 7), record("4_8", 0), record("44_[1-2]", 0)];
        for (waiting, gone) in [
            ("4_[9-19%2]", vec!["4_[6-7]"]),
            ("4_[7,9-19%2]", vec!["4_6"]),
            ("4_[6-7,9-12,18-19]", vec!["4_[13-17]"]),
            ("4_[6-7,9-19%2]", vec![]),
        ] {
            let mut now = others.to_vec();
            now.push(record(waiting, 0));
            assert_eq!(added(&now, &before), gone, "{waiting}");
        }
        // The last one that waited has taken the array's record.
        let now = [record("4_5", 7), record("4_6", 0), record("44_[1-2]", 0)];
        assert_eq!(added(&now, &before), ["4_[7-19]"]);
    }

    #[test]
    fn what_was_told_is_told_once() {
        let before = [record("4_[5-7]", 8_001), record("4_[5-19]", 0)];
        assert_eq!(
            added(&[record("4_[8-19]", 0)], &before),
            Vec::<String>::new()
        );
        // The rest went as a whole, before this server started.
        let before = [record("4_[5-7]", 8_001), record("4_[8-19]", 9_000)];
        assert_eq!(named(&[record("4", 9_000)], &before), ["4_[8-19]"]);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let before = [record("4_[5-19]", 0)];
        // Slurm knows nothing of the array any more, or the record of all of it says so itself.
        assert_eq!(added(&[record("5", 0)], &before), Vec::<String>::new());
        assert_eq!(added(&[record("4", 9_000)], &before), Vec::<String>::new());
        assert_eq!(added(&[record("4_[5-19]", 0)], &[]), Vec::<String>::new());
    }

    #[test]
    fn it_never_ran() {
        let mut like = record("4_[8-19]", 0);
        like.job.state = "PENDING".into();
        like.job.reason = "JobArrayTaskLimit".into();
        like.job.name = "many".into();
        like.standard_output = "/w/%a.out".into();
        let mut records = vec![like];
        add(&mut records, [record("4_[5-19]", 0).job].iter(), 9_001);
        let gone = &records[1];
        assert_eq!(
            (gone.job.state.as_str(), gone.job.started_at),
            ("CANCELLED", 0)
        );
        assert_eq!(
            (gone.job.name.as_str(), gone.job.reason.as_str()),
            ("many", "")
        );
        assert_eq!(gone.standard_output, "/w/%a.out");
    }

    #[test]
    fn slurms_memory_is_as_it_was_set() {
        use app::model::setting::SlurmCustomSetting;
        let mut spec = crate::db::cluster::tests::row().spec;
        assert_eq!(memory_ms(&spec), 300_000);
        spec.slurm.slurm_custom_settings = Some(vec![SlurmCustomSetting {
            parameter_name: "MinJobAge".into(),
            parameter_value: "5".into(),
        }]);
        assert_eq!(memory_ms(&spec), 5_000);
    }
}
