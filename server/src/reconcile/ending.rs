//! The one way to end instances. Why is written down first, then the provider is asked, and an instance has ended once the
//! provider has nothing of it any more: after a crash at any point the next run goes on.

use std::collections::HashSet;

use app::explain::{Cause, What};
use app::model::live::Kind;
use openpcs_provider::{ProviderError, has_left};

use super::{Parts, boot_log};
use crate::db::instance::{self, InstanceRow};
use crate::db::{event, now};

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
    boot_log::keep(parts, cluster_id, &leaving).await;
    let ids: Vec<String> = leaving.iter().map(|(row, _)| row.id.clone()).collect();
    let asked = parts.provider.terminate(cluster_id, &ids).await;
    let mut write = parts.db.write().await?;
    let taken = ids.iter().zip(&asked).filter(|(_, answer)| answer.is_ok());
    for (id, _) in taken {
        instance::set_stop_asked(&mut write, id).await?;
    }
    write.commit().await?;
    Ok(asked.into_iter().collect::<Result<(), ProviderError>>()?)
}

/// Notes that nothing is left of these.
pub async fn note(parts: &Parts, ended: Vec<&InstanceRow>) -> anyhow::Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let clusters: HashSet<&String> = ended.iter().map(|row| &row.cluster_id).collect();
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
        event::insert(
            &mut write,
            cluster,
            Kind::Node,
            node,
            event::RECONCILER,
            &what,
        )
        .await?;
    }
    write.commit().await?;
    // A group or a cluster may wait for its last instance.
    for cluster in clusters {
        parts.wakers.wake_cluster(cluster);
    }
    Ok(())
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
    let stop_ms = parts.provider.profile().stop_ms;
    let staying = live
        .iter()
        .filter(|row| meant(row) && row.end_is_due(now(), stop_ms));
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
    let has_left = |row: &&InstanceRow| {
        let instance = inventory.instances.iter().find(|i| i.id == row.id);
        has_left(instance, inventory.taken_at, row.stop_asked_at)
    };
    let (ended, left): (Vec<&InstanceRow>, Vec<&InstanceRow>) =
        leaving.into_iter().partition(has_left);
    note(parts, ended).await?;
    Ok(left.is_empty())
}

/// Ends what the provider has of a cluster beside what the database knows, and says whether nothing is left of it. `since`
/// then nothing is started: an older look, as one that was kept, tells nothing.
pub async fn end_strangers(parts: &Parts, cluster_id: &str, since: i64) -> anyhow::Result<bool> {
    let there = parts.provider.inventory(cluster_id).await?;
    let left = there.instances.iter().filter(|it| !it.is_gone());
    let ids: Vec<String> = left.map(|instance| instance.id.clone()).collect();
    if ids.is_empty() {
        return Ok(there.taken_at >= since);
    }
    for answer in parts.provider.terminate(cluster_id, &ids).await {
        answer?;
    }
    Ok(false)
}
