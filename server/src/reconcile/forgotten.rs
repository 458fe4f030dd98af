//! Clusters whose server will never return: nobody runs them, so what is to go of them goes at once, whichever server sees
//! it first, and with it what a cloud has of them. Nothing on any disk is touched, and there is no tombstone: should that
//! server come back, it sets them aside.

use app::explain::Cause;
use app::model::status::Status;

use super::{Parts, ending, owned, removal};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::queue::QueueRow;
use crate::db::resource::Row;
use crate::db::{forgotten, resource};

/// Removes what somebody wants deleted of that cluster, once its provider has nothing of it any more.
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
    match is_gone(parts, cluster_id, &groups, found.as_ref()).await {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        // The clusters that do have a server do not wait for it.
        Err(error) => {
            tracing::warn!(cluster_id, %error, "the provider is asked again for what it has of a forgotten cluster");
            return Ok(());
        }
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

/// Ends what the provider has of these groups, and of the cluster if all of it is to go; whether nothing is left. A provider
/// whose groups own nothing has instances on its server's host only, which is none of ours.
async fn is_gone(
    parts: &Parts,
    cluster_id: &str,
    groups: &[ComputeNodeGroupRow],
    cluster: Option<&ClusterRow>,
) -> anyhow::Result<bool> {
    if !parts.provider.profile().owns_resources {
        return Ok(true);
    }
    let whole = cluster.filter(|cluster| is_deleting(cluster));
    let goes = |group_id: &str| {
        let mut going = groups.iter().filter(|group| is_deleting(group));
        whole.is_some() || going.any(|group| group.id == group_id)
    };
    let meant = |row: &InstanceRow| goes(&row.compute_node_group_id);
    if !ending::end_all(parts, cluster_id, meant, &Cause::GroupDeleted).await? {
        return Ok(false);
    }
    if let Some(cluster) = whole
        && !ending::end_strangers(parts, cluster_id, cluster.modified_at).await?
    {
        return Ok(false);
    }
    let left = async || -> sqlx::Result<Vec<String>> {
        let owned = owned::of_cluster(parts, cluster_id).await?.into_iter();
        let ids = owned.map(|row| row.compute_node_group_id);
        Ok(ids.filter(|id| goes(id)).collect())
    };
    owned::release(parts, cluster_id, &left().await?).await?;
    Ok(left().await?.is_empty())
}

fn is_deleting<S>(row: &Row<S>) -> bool {
    row.status == Status::Deleting
}

#[cfg(test)]
#[path = "forgotten_tests.rs"]
mod tests;
