//! Jobs whose nodes were taken away: back to work at once.

use crate::slurm::client::Client;

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
