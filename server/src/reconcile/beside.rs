//! Gathers what the last look at Slurm does not tell of why jobs wait: asked for only where a job's reason can depend on it.

use std::collections::HashSet;

use app::model::job::Job;

use super::Parts;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::{instance, now, pool_health, resource};
use crate::live::observed::Snapshot;
use crate::plan::grounds::Beside;
use crate::plan::pool;

/// For these jobs of the cluster.
pub async fn beside<'j>(
    parts: &Parts,
    cluster_id: &str,
    seen: &Snapshot,
    jobs: impl Iterator<Item = &'j Job>,
) -> sqlx::Result<Beside> {
    let db = parts.db.pool();
    let queues: Vec<QueueRow> = resource::list(db, Some(cluster_id)).await?;
    let mut beside = Beside {
        queues: queues.into_iter().map(|queue| queue.name).collect(),
        ..Beside::default()
    };
    let (mut any_waits, mut any_has_nodes) = (false, false);
    for job in jobs.filter(|job| job.is_pending()) {
        any_waits = true;
        any_has_nodes |= !job.nodes.is_empty();
    }
    if any_waits && seen.nodes.iter().any(|node| node.is("DOWN")) {
        beside.scarce = scarce(parts, cluster_id).await?;
    }
    if any_has_nodes {
        let live = instance::live(db, cluster_id).await?.into_iter();
        let booting = live.filter(|row| row.ready_at.is_none());
        beside.booting = booting.map(|row| row.node_name).collect();
    }
    Ok(beside)
}

/// The groups with a pool that is left alone for a while.
async fn scarce(parts: &Parts, cluster_id: &str) -> sqlx::Result<HashSet<String>> {
    let db = parts.db.pool();
    let groups: Vec<ComputeNodeGroupRow> = resource::list(db, Some(cluster_id)).await?;
    let known = pool_health::all(db).await?;
    let profile = parts.provider.profile();
    let rests = |group: &ComputeNodeGroupRow| {
        let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
        !pool::resting(&known, &spec.settings, &profile, now()).is_empty()
    };
    let scarce = groups.into_iter().filter(rests);
    Ok(scarce.map(|group| group.name).collect())
}
