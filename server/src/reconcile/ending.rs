//! The one way to end instances. Why is written down first, then the provider is asked, and an instance has ended once the
//! provider has nothing of it any more: after a crash at any point the next run goes on.

use app::explain::{Cause, What};
use app::model::live::Kind;

use super::Parts;
use crate::db::event;
use crate::db::instance::{self, InstanceRow};

/// Asks for the end of these instances of a cluster.
pub async fn ask(
    parts: &Parts,
    cluster_id: &str,
    leaving: Vec<(&InstanceRow, Cause)>,
) -> anyhow::Result<()> {
    if leaving.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for (row, cause) in &leaving {
        instance::set_reason(&mut write, row, cause).await?;
    }
    write.commit().await?;
    let ids: Vec<String> = leaving.iter().map(|(row, _)| row.id.clone()).collect();
    parts.provider.terminate(cluster_id, &ids).await?;
    let mut write = parts.db.write().await?;
    for id in &ids {
        instance::set_stop_asked(&mut write, id).await?;
    }
    Ok(write.commit().await?)
}

/// Notes that nothing is left of these.
pub async fn note(parts: &Parts, ended: Vec<&InstanceRow>) -> anyhow::Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for row in ended {
        if !instance::set_ended(&mut write, row).await? {
            continue;
        }
        let what = What::InstanceEnded {
            instance: row.id.clone(),
            cause: row.cause().unwrap_or(Cause::NotWanted),
        };
        let (cluster, node) = (&row.cluster_id, &row.node_name);
        event::insert(&mut write, cluster, Kind::Node, node, "reconciler", &what).await?;
    }
    Ok(write.commit().await?)
}

/// Ends those of a cluster's instances that are meant, and says whether nothing is left of them.
pub async fn end_all(
    parts: &Parts,
    cluster_id: &str,
    meant: impl Fn(&InstanceRow) -> bool,
    cause: &Cause,
) -> anyhow::Result<bool> {
    let pool = parts.db.pool();
    let live = instance::live(pool, cluster_id).await?;
    let staying = live
        .iter()
        .filter(|row| meant(row) && row.stop_asked_at.is_none());
    ask(
        parts,
        cluster_id,
        staying.map(|row| (row, cause.clone())).collect(),
    )
    .await?;
    let live = instance::live(pool, cluster_id).await?;
    let leaving: Vec<&InstanceRow> = live.iter().filter(|row| meant(row)).collect();
    if leaving.is_empty() {
        return Ok(true);
    }
    let inventory = parts.provider.inventory(cluster_id).await?;
    let is_left = |row: &&InstanceRow| inventory.may_have(&row.id, row.stop_asked_at);
    let (left, ended): (Vec<&InstanceRow>, Vec<&InstanceRow>) =
        leaving.into_iter().partition(is_left);
    note(parts, ended).await?;
    Ok(left.is_empty())
}
