//! Removes what time or a crash left over: old rows, directories of clusters that no longer exist.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::Parts;
use crate::db::cluster::ClusterSpec;
use crate::db::session::session_delete_expired;
use crate::db::{change, event, idempotency, instance, job, now, resource};

/// Ended instances with their logs, ended jobs and events are kept for 30 days (L5, X4).
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

/// Removes rows and logs that are too old to be of use.
pub async fn outdated(parts: &Parts) {
    if let Err(error) = prune(parts).await {
        tracing::warn!(%error, "cannot remove old rows");
    }
    if let Err(error) = parts.provider.prune_logs(SystemTime::now() - KEEP).await {
        tracing::warn!(%error, "cannot remove old logs");
    }
}

/// Removes what deleted clusters left on disk.
pub async fn leftovers(parts: &Parts) {
    if let Err(error) = orphans(parts).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "cannot remove what a deleted cluster left"
        );
    }
}

async fn prune(parts: &Parts) -> sqlx::Result<()> {
    let before = now() - KEEP.as_millis() as i64;
    change::prune(&parts.db).await?;
    idempotency::prune(&parts.db).await?;
    session_delete_expired(&parts.db, now() / 1000).await?;
    instance::prune(&parts.db, before).await?;
    job::prune(&parts.db, before).await?;
    event::prune(&parts.db, before).await
}

/// A cluster on disk that the database does not know: its delete committed just before the server was killed, or its
/// create never did.
async fn orphans(parts: &Parts) -> anyhow::Result<()> {
    // Disk first: a cluster that is created in between is then in the database.
    let on_disk = parts.controllers.list()?;
    if on_disk.is_empty() {
        return Ok(());
    }
    let known: HashSet<String> = resource::list::<ClusterSpec>(parts.db.pool(), None)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    for cluster_id in on_disk.into_iter().filter(|id| !known.contains(id)) {
        tracing::info!(cluster_id, "removing what a deleted cluster left");
        let controllers = parts.controllers.clone();
        tokio::task::spawn_blocking(move || controllers.stop(&cluster_id)).await??;
    }
    Ok(())
}
