//! Clusters whose server will never return: nobody runs them, so what is to go of them goes at once, whichever server sees
//! it first. Nothing on any disk is touched, and there is no tombstone: should that server come back, it sets them aside.

use app::model::status::Status;

use super::{Parts, removal};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::resource::Row;
use crate::db::{forgotten, resource};

/// Removes what somebody wants deleted of that cluster.
pub async fn clear(parts: &Parts, cluster_id: &str) -> anyhow::Result<()> {
    let pool = parts.db.pool();
    let groups: Vec<ComputeNodeGroupRow> = resource::list(pool, Some(cluster_id)).await?;
    let queues: Vec<QueueRow> = resource::list(pool, Some(cluster_id)).await?;
    let found: Option<ClusterRow> = resource::find(pool, None, cluster_id).await?;
    let is_going = groups.iter().any(is_deleting)
        || queues.iter().any(is_deleting)
        || found.as_ref().is_some_and(is_deleting);
    if !is_going {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    // Another server may have been faster.
    let queues: Vec<QueueRow> = resource::list(&mut *write.tx, Some(cluster_id)).await?;
    for queue in queues.iter().filter(|row| is_deleting(row)) {
        let arn = parts.arns.queue(cluster_id, &queue.id);
        removal::child(&mut write, queue, &arn).await?;
    }
    let groups: Vec<ComputeNodeGroupRow> = resource::list(&mut *write.tx, Some(cluster_id)).await?;
    for group in groups.iter().filter(|row| is_deleting(row)) {
        let arn = parts.arns.compute_node_group(cluster_id, &group.id);
        removal::child(&mut write, group, &arn).await?;
    }
    let found: Option<ClusterRow> = resource::find(&mut *write.tx, None, cluster_id).await?;
    if let Some(cluster) = found.filter(is_deleting) {
        removal::cluster(parts, &mut write, &cluster).await?;
        forgotten::delete(&mut write, cluster_id).await?;
        tracing::info!(
            cluster = cluster.name,
            "deleted; what is left of it on the host of its server stays there"
        );
    }
    Ok(write.commit().await?)
}

fn is_deleting<S>(row: &Row<S>) -> bool {
    row.status == Status::Deleting
}
