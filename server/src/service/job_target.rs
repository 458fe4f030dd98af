//! Whom Slurm is told when something is done to a job: exactly those who are meant, by the id that Slurm takes.

use std::collections::BTreeSet;

use app::model::job::{Job, JobAction, JobObstacle};
use app::model::job_choice::stands_for_all;
use app::model::job_id::{JobId, TaskSet};

/// What Slurm's programs are given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub id: JobId,
    /// Who has started meanwhile is left alone.
    pub waiting_only: bool,
}

/// Whom the action means; `known` are the parts of the array or of the heterogeneous job, or the one job.
pub(super) fn target(who: &JobId, action: JobAction, known: &[Job]) -> Result<Target, JobObstacle> {
    let meant = meant(who, action, known);
    if meant.is_empty() {
        return Err(gone(who, known));
    }
    let fit: Vec<&Job> = meant
        .iter()
        .copied()
        .filter(|job| action.obstacle(job).is_none())
        .collect();
    if fit.is_empty() {
        let obstacle = meant.iter().find_map(|job| action.obstacle(job));
        return Err(obstacle.unwrap_or(JobObstacle::Over));
    }
    let number = who.number();
    let all = |waiting_only| Target {
        id: JobId::Whole(number),
        waiting_only,
    };
    let tasks: BTreeSet<u32> = fit.iter().flat_map(|job| tasks(who, job)).collect();
    Ok(match who {
        JobId::Component { .. } if fit.iter().any(|job| stands_for_all(action, job)) => all(false),
        JobId::Component { .. } | JobId::Task { .. } => Target {
            id: who.clone(),
            waiting_only: false,
        },
        // Ends the array itself: no task comes after.
        JobId::Whole(_) if tasks.is_empty() || action == JobAction::Cancel => all(false),
        JobId::Whole(array) | JobId::Tasks { array, .. } => Target {
            id: JobId::Tasks {
                array: *array,
                tasks: TaskSet::from_iter(tasks),
            },
            waiting_only: action == JobAction::Cancel,
        },
    })
}

/// Those of the parts that the id means.
fn meant<'a>(who: &JobId, action: JobAction, known: &'a [Job]) -> Vec<&'a Job> {
    let is_meant = |job: &&Job| match who {
        JobId::Whole(_) => true,
        JobId::Task { .. } => job.who() == *who || tasks(who, job).next().is_some(),
        // Tasks that started are not of those that wait any more.
        JobId::Tasks { .. } => job.is_pending() && tasks(who, job).next().is_some(),
        JobId::Component { .. } => job.who() == *who,
    };
    let found: Vec<&Job> = known.iter().filter(is_meant).collect();
    match (who, found.first()) {
        (JobId::Component { .. }, Some(job)) if stands_for_all(action, job) => {
            known.iter().collect()
        }
        _ => found,
    }
}

/// Nothing of it waits any more.
fn gone(who: &JobId, known: &[Job]) -> JobObstacle {
    let runs = |job: &Job| !job.is_over() && tasks(who, job).next().is_some();
    match known.iter().any(runs) {
        true => JobObstacle::Started,
        false => JobObstacle::Over,
    }
}

/// The tasks of this row that the id means.
fn tasks<'a>(who: &'a JobId, job: &Job) -> impl Iterator<Item = u32> + use<'a> {
    let tasks: Vec<u32> = job.who().tasks().iter().collect();
    tasks.into_iter().filter(move |task| match who {
        JobId::Tasks { tasks, .. } => tasks.contains(*task),
        JobId::Task { task: only, .. } => task == only,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use JobAction::*;

    use super::*;

    fn job(id: &str, state: &str, reason: &str) -> Job {
        Job {
            id: id.into(),
            state: state.into(),
            reason: reason.into(),
            ended_at: i64::from(state == "COMPLETED"),
            ..Job::default()
        }
    }

    fn array() -> Vec<Job> {
        vec![
            job("22_[4-9%2]", "PENDING", "JobArrayTaskLimit"),
            job("22_10", "PENDING", "JobHeldUser"),
            job("22_2", "RUNNING", ""),
            job("22_3", "RUNNING", ""),
            job("22_1", "COMPLETED", ""),
        ]
    }

    #[test]
    fn nobody_else_is_told() {
        use JobObstacle::*;
        for (who, action, told) in [
            // Task 3 has started since the page was drawn.
            ("22_[3-10%2]", Cancel, Ok("22_[4-10] waiting")),
            ("22_[3-10%2]", Hold, Ok("22_[4-9]")),
            ("22_[3-10%2]", Release, Ok("22_[10]")),
            ("22_[3-10%2]", Requeue, Err(NotStarted)),
            ("22_[2-3]", Cancel, Err(Started)),
            ("22_[1-1]", Cancel, Err(Over)),
            ("22_7", Cancel, Ok("22_7")),
            ("22_7", Hold, Ok("22_7")),
            ("22_2", Cancel, Ok("22_2")),
            ("22_2", Hold, Err(Started)),
            ("22_1", Requeue, Err(Over)),
            ("22", Cancel, Ok("22")),
            ("22", Hold, Ok("22_[4-9]")),
            ("22", Requeue, Ok("22_[2-3]")),
        ] {
            let found = target(&who.parse().unwrap(), action, &array());
            let found = found.map(|target| match target.waiting_only {
                true => format!("{} waiting", target.id),
                false => target.id.to_string(),
            });
            let told = told.map(str::to_owned);
            assert_eq!(found, told, "{who} {action:?}");
        }
    }

    #[test]
    fn a_job_of_its_own_is_itself() {
        let alone = [job("30", "RUNNING", "")];
        let who: JobId = "30".parse().unwrap();
        assert_eq!(target(&who, Requeue, &alone).unwrap().id, who);
        assert_eq!(target(&who, Hold, &alone), Err(JobObstacle::Started));
    }

    #[test]
    fn a_component_is_told_of_as_slurm_allows() {
        let id = |who: &str, action, known: &[Job]| {
            target(&who.parse().unwrap(), action, known).map(|target| target.id.to_string())
        };
        let waiting = [job("13+0", "PENDING", ""), job("13+1", "PENDING", "")];
        for action in [Cancel, Hold] {
            assert_eq!(id("13+1", action, &waiting), Ok("13".to_owned()));
            assert_eq!(id("13", action, &waiting), Ok("13".to_owned()));
        }
        let running = [job("13+0", "RUNNING", ""), job("13+1", "RUNNING", "")];
        assert_eq!(id("13+1", Cancel, &running), Ok("13+1".to_owned()));
        assert_eq!(id("13+1", Requeue, &running), Ok("13".to_owned()));
    }
}
