//! What tells without asking Slurm that something of a cluster may have changed.

use super::Parts;
use crate::live::wake::Waker;

/// The same signs as before a look mean that another one would find the same.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Signs {
    /// Slurm's programs and people wake the loop.
    wakes: u64,
    /// The size of slurmctld's log: it grows with most of what happens to jobs and nodes.
    log_size: u64,
    /// The size of what is noted of starts, whatever slurmctld is told to log.
    starts_size: u64,
}

impl Signs {
    pub async fn now(parts: &Parts, cluster_id: &str, waker: &Waker) -> Self {
        let log_size = parts.controller_log(cluster_id).size().await;
        let starts = parts.controllers.state(cluster_id).starts_file();
        let starts = tokio::fs::metadata(starts).await;
        Signs {
            wakes: waker.count(),
            log_size: log_size.unwrap_or_default(),
            starts_size: starts.map_or(0, |file| file.len()),
        }
    }
    /// Somebody has woken the loop meanwhile, and waits for what it does.
    pub fn woken_since(&self, before: &Signs) -> bool {
        self.wakes != before.wakes
    }
}
