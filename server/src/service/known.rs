//! Why the jobs of a list wait or failed: from the same grounds as on the page of each.

use app::explain::job::Unopened;
use app::model::error::Result;
use app::model::job::Job;
use app::model::signal::FILES_NOT_OPENED;

use super::Service;
use crate::db::now;
use crate::fault::internal;
use crate::plan::grounds::Known;
use crate::reconcile::beside::beside;

/// Jobs that ended and are looked up each for itself, the newest: few do so that anything hangs on it.
const LOOKED_UP: usize = 32;
/// Slurm's reason of one that its cluster cancels by itself, and that somebody may have cancelled before.
const NEVER_SATISFIED: &str = "DependencyNeverSatisfied";

impl Service {
    /// What explains these jobs of the cluster.
    pub(super) async fn known(&self, cluster_id: &str, jobs: &[&Job]) -> Result<Known> {
        let seen = self.parts.observed.latest(cluster_id);
        let gathered = beside(&self.parts, cluster_id, &seen, jobs.iter().copied()).await;
        let mut beside = gathered.map_err(internal)?;
        let is_doubtful = |job: &&&Job| {
            let never = job.reason == NEVER_SATISFIED;
            let is_gone = !beside.queues.contains(&job.queue);
            job.state == "CANCELLED" && (never || is_gone)
        };
        let mut doubtful: Vec<&&Job> = jobs.iter().filter(is_doubtful).collect();
        doubtful.sort_by_key(|job| std::cmp::Reverse(job.ended_at));
        for job in doubtful.into_iter().take(LOOKED_UP) {
            if self.cancelled_by(cluster_id, job).await?.is_some() {
                beside.cancelled.insert(job.id.clone());
            }
        }
        let is_it = |job: &&&Job| job.asks.is_batch && job.asks.signal == Some(FILES_NOT_OPENED);
        let mut unopened: Vec<&&Job> = jobs.iter().filter(is_it).collect();
        unopened.sort_by_key(|job| std::cmp::Reverse(job.ended_at));
        for job in unopened.into_iter().take(LOOKED_UP) {
            if let Some(record) = self.find_ended(cluster_id, &job.who()).await?
                && self.unopened(&record).await == Unopened::None
            {
                beside.could_open.insert(job.id.clone());
            }
        }
        Ok(Known::new(seen, beside, jobs.iter().copied(), now()))
    }
}
