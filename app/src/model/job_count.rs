//! How many jobs wait and run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::job::Job;

/// Tasks and jobs, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    pub waiting: usize,
    pub running: usize,
    pub suspended: usize,
    pub over: usize,
}

impl Count {
    pub fn of<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Count {
        let mut count = Count::default();
        for job in jobs {
            let tasks = job.count();
            if job.is_over() {
                count.over += tasks;
            } else if job.is_pending() {
                count.waiting += tasks;
            } else if job.is_suspended() {
                count.suspended += tasks;
            } else {
                count.running += tasks;
            }
        }
        count
    }

    /// Those that an action can change.
    pub fn alive(self) -> usize {
        self.waiting + self.running + self.suspended
    }
}

/// Of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobCounts {
    /// There is a job, or was one lately.
    pub any: bool,
    /// Those that are not over, by the name of the queue.
    pub queues: BTreeMap<String, Count>,
}

impl JobCounts {
    /// Of all queues.
    pub fn all(&self) -> Count {
        self.queues.values().copied().sum()
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::default(), |a, b| Count {
            waiting: a.waiting + b.waiting,
            running: a.running + b.running,
            suspended: a.suspended + b.suspended,
            over: a.over + b.over,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_for_what_it_does() {
        let job = |id: &str, state: &str| Job {
            id: id.into(),
            state: state.into(),
            ended_at: i64::from(state == "COMPLETED"),
            ..Job::default()
        };
        let jobs = [
            job("3_[1-4]", "PENDING"),
            job("3_5", "RUNNING"),
            job("6", "COMPLETING"),
            job("7", "SUSPENDED"),
            job("8", "STOPPED"),
            job("9", "COMPLETED"),
        ];
        let count = Count::of(&jobs);
        let each = (count.waiting, count.running, count.suspended, count.over);
        assert_eq!(each, (4, 2, 2, 1));
        assert_eq!(count.alive(), 8);
    }
}
