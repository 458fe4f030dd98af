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
            } else {
                count.running += tasks;
            }
        }
        count
    }

    /// Those that an action can change.
    pub fn alive(self) -> usize {
        self.waiting + self.running
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
            over: a.over + b.over,
        })
    }
}
