//! A job once more: what is known of one that was submitted before, as one to submit.

use super::job::{Job, JobDetail};
use super::job_id::{JobId, TaskSet};
use super::past_job::PastJob;
use super::submit::SubmitJobRequest;

/// What is not known stays empty; so does what cannot be said again in these words, as most options of `sbatch`.
pub fn of_job(detail: &JobDetail) -> SubmitJobRequest {
    let record = &detail.record;
    let nodes = record.job.node_count.max(1);
    SubmitJobRequest {
        queue: record.job.queue.clone(),
        name: record.job.name.clone(),
        script: detail.script.clone().unwrap_or_default(),
        nodes: some(record.job.node_count),
        tasks: some(record.tasks),
        cpus_per_task: some(record.cpus_per_task),
        memory: some(record.memory),
        // Slurm tells how many it got on all nodes together.
        gpus: some(record.gpus / nodes),
        time_limit_minutes: record.time_limit_minutes,
        working_directory: record.working_directory.clone(),
        array: tasks(&record.job, &detail.members),
        ..SubmitJobRequest::default()
    }
}

/// Of one that only the history knows, which keeps no script.
pub fn of_past(past: &PastJob) -> SubmitJobRequest {
    let nodes = past.asked_nodes.max(1);
    let array = past.id.parse().map(|id: JobId| id.tasks().to_string());
    SubmitJobRequest {
        queue: past.queue.clone(),
        name: past.name.clone(),
        nodes: some(past.asked_nodes),
        tasks: some(past.asked_cpus),
        memory: some(past.asked_memory_mib / nodes),
        time_limit_minutes: past.time_limit_minutes,
        working_directory: past.working_directory.clone(),
        array: array.unwrap_or_default(),
        ..SubmitJobRequest::default()
    }
}

fn some(number: i64) -> Option<i64> {
    Some(number).filter(|number| *number > 0)
}

/// A task alone, of an array all of its tasks; none for what is of no array.
fn tasks(job: &Job, members: &[Job]) -> String {
    let of = match job.who() {
        JobId::Whole(_) => members.iter().map(|member| member.who().tasks()).collect(),
        one => vec![one.tasks()],
    };
    let all: TaskSet = of.iter().flat_map(TaskSet::iter).collect();
    all.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::JobRecord;

    fn job(id: &str) -> Job {
        Job {
            id: id.into(),
            name: "solve".into(),
            queue: "demo".into(),
            node_count: 2,
            ..Job::default()
        }
    }

    fn detail(id: &str, members: &[&str]) -> JobDetail {
        JobDetail {
            record: JobRecord {
                job: job(id),
                tasks: 8,
                cpus_per_task: 0,
                memory: 2048,
                gpus: 4,
                time_limit_minutes: Some(30),
                working_directory: "/home/ann".into(),
                ..JobRecord::default()
            },
            script: Some("#!/bin/sh\n".into()),
            timeline: vec![],
            explanation: None,
            dependencies: vec![],
            takes_whole_memory: false,
            members: members.iter().map(|id| job(id)).collect(),
            lives: vec![],
            past: None,
        }
    }

    #[test]
    fn what_is_known_is_asked_for_again() {
        let again = of_job(&detail("12", &[]));
        let options = again.options().join(" ");
        assert_eq!(
            options,
            "--partition=demo --job-name=solve --nodes=2 --ntasks=8 --mem=2048M --gpus-per-node=2 --time=30 \
             --chdir=/home/ann"
        );
        assert_eq!(
            (again.script.as_str(), again.array.as_str()),
            ("#!/bin/sh\n", "")
        );
    }

    #[test]
    fn of_an_array_its_tasks_and_of_a_task_itself() {
        let array = |id: &str, members: &[&str]| of_job(&detail(id, members)).array;
        assert_eq!(array("12", &["12_1", "12_[4-6%2]", "12_2"]), "1-2,4-6");
        assert_eq!(array("12_7", &["12_7", "12_8"]), "7");
        assert_eq!(array("13", &["13+0", "13+1"]), "");
    }

    #[test]
    fn of_a_past_job_what_the_history_keeps() {
        let again = of_past(&PastJob {
            id: "12_3".into(),
            queue: "demo".into(),
            asked_nodes: 2,
            asked_cpus: 8,
            asked_memory_mib: 4096,
            ..PastJob::default()
        });
        let options = again.options().join(" ");
        assert_eq!(
            options,
            "--partition=demo --nodes=2 --ntasks=8 --mem=2048M --array=3"
        );
        assert_eq!(again.script, "");
    }
}
