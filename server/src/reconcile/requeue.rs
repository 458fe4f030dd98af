//! Jobs whose nodes were taken away: back to work at once.

use std::collections::HashSet;

use app::model::job::Job;

use super::Parts;
use crate::slurm::client::Client;
use crate::slurm::hostlist;

/// The names of a job's nodes; none while it waits.
pub fn nodes_of(job: &Job) -> Vec<String> {
    hostlist::expand(&job.nodes).unwrap_or_default()
}

/// The jobs that the last look at Slurm saw on any of these nodes.
pub fn jobs_on<'n>(
    parts: &Parts,
    cluster_id: &str,
    nodes: impl Iterator<Item = &'n String>,
) -> Vec<String> {
    let nodes: HashSet<&String> = nodes.collect();
    let on_them = |job: &&Job| nodes_of(job).iter().any(|node| nodes.contains(node));
    let snapshot = parts.observed.latest(cluster_id);
    let jobs = snapshot.jobs.iter().filter(|job| job.ended_at == 0);
    jobs.filter(on_them).map(|job| job.id.clone()).collect()
}

/// To be called once the instances of the jobs' nodes have ended. Slurm lets a requeued job wait until its old
/// credential has expired, in case something of it is still alive; nothing is. A job that is not waiting (it ran
/// outside a batch script) is refused, and that is fine.
pub async fn start_again(client: &Client, jobs: Vec<String>) {
    for job in jobs {
        if let Err(error) = client.start_now(std::slice::from_ref(&job)).await {
            tracing::debug!(job, %error, "not started again");
        }
    }
}
