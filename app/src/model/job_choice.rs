//! What pressing a button would do to jobs: to which, and how many wait and run.
//!
//! A row of a list may be many tasks, and an array has more rows than the one that was chosen: before anything is done
//! each choice says what it means.

use std::collections::{BTreeMap, BTreeSet};

use super::job::{Job, JobAction};
use super::job_count::Count;
use super::job_id::{JobId, TaskSet};

/// Which jobs are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What was chosen, and nothing else.
    Chosen,
    /// Of what was chosen, what has not started.
    Waiting,
    /// All of the array.
    Array(u32),
    /// All components of the heterogeneous job.
    Components(u32),
}

/// One way to understand the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub scope: Scope,
    /// What [`super::job::ActOnJob`] takes, one after the other.
    pub ids: Vec<String>,
    pub count: Count,
    /// Some are tasks of an array.
    pub is_of_array: bool,
    /// No other choice means the same now: it is worth a question. One that was made before stays what it was.
    pub is_offered: bool,
}

/// The ways to understand an action on these jobs of one cluster, the narrowest first, also those that mean the same while
/// nothing else waits or runs; `all` is what else is known of the
/// cluster's jobs. Jobs in a state that the action makes no sense for are left out.
pub fn choices(action: JobAction, chosen: &[Job], all: &[Job]) -> Vec<Choice> {
    let fits = |job: &&Job| action.obstacle(job).is_none();
    let chosen = with_components(action, chosen, all);
    let chosen: Vec<&Job> = chosen.into_iter().filter(fits).collect();
    let Some(first) = chosen.first() else {
        return vec![];
    };
    let number = first.who().number();
    let one_family = chosen.iter().all(|job| job.who().number() == number);
    let is_array = first.who().is_of_array();
    let family: Vec<&Job> = match one_family && (is_array || first.who().is_component()) {
        true => all
            .iter()
            .filter(|job| job.who().number() == number)
            .filter(fits)
            .collect(),
        false => vec![],
    };
    let scope = match is_array {
        true => Scope::Array(number),
        false => Scope::Components(number),
    };
    let whole = Choice {
        ids: vec![number.to_string()],
        ..choice(scope, &family)
    };
    let narrow = choice(Scope::Chosen, &chosen);
    let mut choices = vec![];
    let waiting: Vec<&Job> = chosen.iter().copied().filter(|j| j.is_pending()).collect();
    let has_array = chosen.iter().any(|job| job.who().is_of_array());
    if has_array && narrow.count.waiting > 0 {
        choices.push(Choice {
            is_offered: narrow.count.alive() > narrow.count.waiting,
            ..choice(Scope::Waiting, &waiting)
        });
    }
    let is_all = whole.count.alive() <= narrow.count.alive();
    choices.push(Choice {
        is_offered: family.is_empty() || !is_all,
        ..narrow
    });
    if !family.is_empty() {
        choices.push(whole);
    }
    choices
}

fn choice(scope: Scope, jobs: &[&Job]) -> Choice {
    Choice {
        scope,
        ids: ids(jobs),
        count: Count::of(jobs.iter().copied()),
        is_of_array: jobs.iter().any(|job| job.who().is_of_array()),
        is_offered: true,
    }
}

/// A component waits and is held with its whole job, and is requeued with it; only a running one can be ended alone.
fn with_components<'a>(action: JobAction, chosen: &'a [Job], all: &'a [Job]) -> Vec<&'a Job> {
    let together: BTreeSet<u32> = chosen
        .iter()
        .filter(|job| job.who().is_component() && stands_for_all(action, job))
        .map(|job| job.who().number())
        .collect();
    let of_them = |job: &&Job| job.who().is_component() && together.contains(&job.who().number());
    let mut jobs: Vec<&Job> = all.iter().filter(of_them).collect();
    jobs.extend(chosen.iter().filter(|job| !of_them(job)));
    jobs
}

/// Slurm refuses the action for one component alone.
pub fn stands_for_all(action: JobAction, component: &Job) -> bool {
    action != JobAction::Cancel || component.is_pending()
}

/// Waiting tasks of an array as one id, components as their job, all others each by its own.
fn ids(jobs: &[&Job]) -> Vec<String> {
    let mut sets: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut ids: Vec<String> = vec![];
    for job in jobs {
        match job.who() {
            who @ (JobId::Task { array, .. } | JobId::Tasks { array, .. }) if job.is_pending() => {
                sets.entry(array).or_default().extend(who.tasks().iter());
            }
            JobId::Component { job: number, .. } if job.is_pending() => {
                ids.push(number.to_string())
            }
            _ => ids.push(job.id.clone()),
        }
    }
    ids.dedup();
    ids.extend(sets.into_iter().map(|(array, tasks)| {
        let tasks = TaskSet::from_iter(tasks);
        JobId::Tasks { array, tasks }.to_string()
    }));
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, state: &str) -> Job {
        Job {
            id: id.into(),
            state: state.into(),
            ended_at: i64::from(state == "COMPLETED"),
            ..Job::default()
        }
    }

    fn array() -> Vec<Job> {
        vec![
            job("22_[3-10%2]", "PENDING"),
            job("22_1", "RUNNING"),
            job("22_2", "RUNNING"),
            job("22_0", "COMPLETED"),
            job("30", "RUNNING"),
        ]
    }

    /// What each choice that is offered would do, in short.
    fn told(choices: &[Choice]) -> Vec<String> {
        let one = |choice: &Choice| {
            let Count {
                waiting, running, ..
            } = choice.count;
            format!(
                "{:?} {} w{waiting} r{running}",
                choice.scope,
                choice.ids.join(" ")
            )
        };
        let offered = choices.iter().filter(|choice| choice.is_offered);
        offered.map(one).collect()
    }

    #[test]
    fn waiting_tasks_are_themselves_and_the_array_is_another_choice() {
        let all = array();
        let choices = choices(JobAction::Cancel, &all[..1], &all);
        assert_eq!(
            told(&choices),
            ["Chosen 22_[3-10] w8 r0", "Array(22) 22 w8 r2"]
        );
    }

    #[test]
    fn all_of_an_array_can_be_narrowed_to_what_waits() {
        let all = array();
        let chosen = choices(JobAction::Cancel, &all[..4], &all);
        assert_eq!(
            told(&chosen),
            ["Waiting 22_[3-10] w8 r0", "Array(22) 22 w8 r2"]
        );
        let requeued = choices(JobAction::Requeue, &all[..4], &all);
        assert_eq!(told(&requeued), ["Array(22) 22 w0 r2"]);
        let held = choices(JobAction::Hold, &all[..4], &all);
        assert_eq!(told(&held), ["Array(22) 22 w8 r0"]);
        assert_eq!(
            told(&choices(JobAction::Release, &all, &all)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn several_jobs_are_each_themselves() {
        let all = [
            job("22_4", "PENDING"),
            job("22_6", "PENDING"),
            job("30", "RUNNING"),
        ];
        let chosen = choices(JobAction::Cancel, &all, &all);
        assert_eq!(
            told(&chosen),
            ["Waiting 22_[4,6] w2 r0", "Chosen 30 22_[4,6] w2 r1"]
        );
        assert_eq!(
            told(&choices(JobAction::Cancel, &all[2..], &all)),
            ["Chosen 30 w0 r1"]
        );
    }

    #[test]
    fn a_component_that_waits_stands_for_its_job() {
        let all = [job("13+0", "PENDING"), job("13+1", "PENDING")];
        for action in [JobAction::Cancel, JobAction::Hold] {
            let chosen = choices(action, &all[1..], &all);
            assert_eq!(told(&chosen), ["Components(13) 13 w2 r0"]);
        }
        let running = [job("13+0", "RUNNING"), job("13+1", "RUNNING")];
        let chosen = choices(JobAction::Cancel, &running[1..], &running);
        assert_eq!(
            told(&chosen),
            ["Chosen 13+1 w0 r1", "Components(13) 13 w0 r2"]
        );
        let requeued = choices(JobAction::Requeue, &running[1..], &running);
        assert_eq!(told(&requeued), ["Components(13) 13 w0 r2"]);
    }
}
