//! Removes what time or a crash left over: old rows and logs, directories of clusters that were deleted.
//!
//! Only what has a tombstone is removed. A cluster that the database merely does not know is set aside: it stays where it
//! is, and what runs in it goes on. It may be younger than a backup that was restored, and moving it would break the paths
//! that its daemons and its jobs hold. `openpcs set-aside` lists and removes such clusters.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use app::model::live::{Change, Kind};
use app::model::system::Work;

use super::Parts;
use crate::data_dir::DataDir;
use crate::db::cluster::ClusterSpec;
use crate::db::session::session_delete_expired;
use crate::db::{
    audit, change, event, forgotten, happening, idempotency, instance, interruption, job, job_life,
    launch_attempt, lease, metric, metric_outbox, notification, now, past_cluster, past_job,
    pool_health, resource, script_run, server, submission, tombstone, user_notice,
};
use crate::live::status::Done;
use crate::logs::instances;

/// Ended instances with their logs, ended jobs and events are kept for 30 days (L5, X4), and what deleted clusters'
/// past jobs and metrics were.
const KEEP: Duration = Duration::from_secs(30 * DAY_S);
const DAY_S: u64 = 24 * 3600;
/// A pool that could be tried again for so long, and nobody did: how it fared says nothing of the next time.
const POOL_MEMORY_MS: i64 = 3_600_000;

/// Remembers what it has reported.
#[derive(Default)]
pub struct Sweep {
    aside: HashSet<String>,
}

impl Sweep {
    /// Removes what deleted clusters left on disk.
    pub async fn leftovers(&mut self, parts: &Parts, done: &mut Done) -> anyhow::Result<()> {
        check_home(parts).await?;
        let swept = self.orphans(parts, done).await;
        swept.context("cannot remove what a deleted cluster left")
    }

    /// A cluster on disk that the database does not know: its delete committed just before the server was killed, or
    /// it is of another time.
    async fn orphans(&mut self, parts: &Parts, done: &mut Done) -> anyhow::Result<()> {
        // Disk first: a cluster that is created in between is then in the database.
        let on_disk = parts.controllers.list()?;
        if on_disk.is_empty() {
            return Ok(());
        }
        let mut known: HashSet<String> = resource::list::<ClusterSpec>(parts.db.pool(), None)
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        // Somebody gave this server up: what is here of its clusters is set aside.
        for id in forgotten::all(parts.db.pool()).await? {
            known.remove(&id);
        }
        for cluster_id in on_disk.into_iter().filter(|id| !known.contains(id)) {
            if tombstone::has(parts.db.pool(), &cluster_id, &cluster_id).await? {
                tracing::info!(cluster_id, "removing what a deleted cluster left");
                let controllers = parts.controllers.clone();
                let id = cluster_id.clone();
                tokio::task::spawn_blocking(move || controllers.stop(&id)).await??;
                done.note(Work::LeftoverRemoved, 1);
                if self.aside.remove(&cluster_id) {
                    announce(parts, cluster_id);
                }
            } else if self.aside.insert(cluster_id.clone()) {
                tracing::warn!(
                    cluster_id,
                    "the database does not know this cluster: it is set aside and goes on as it is. A newer backup of \
                     the database may know it; `openpcs set-aside remove` ends and removes it"
                );
                announce(parts, cluster_id);
            }
        }
        Ok(())
    }
}

/// The console lists what is set aside beside its clusters.
fn announce(parts: &Parts, cluster_id: String) {
    let change = Change {
        kind: Kind::Cluster,
        resource_id: cluster_id.clone(),
        cluster_id,
    };
    // Nobody watching is fine.
    let _ = parts.db.changes().send(change);
}

/// Removes rows and logs that are too old to be of use.
pub async fn outdated(parts: &Parts) -> anyhow::Result<()> {
    check_home(parts).await?;
    let rows = prune(parts).await.context("cannot remove old rows");
    let dir = instances::dir(parts.controllers.data_dir());
    let prune = move || instances::prune(&dir, SystemTime::now() - KEEP, instances::MOST);
    let logs = tokio::task::spawn_blocking(prune).await?;
    let lines = stores(parts)
        .await
        .context("cannot remove old lines of logs");
    rows.and(logs.context("cannot remove old logs")).and(lines)
}

/// What clusters logged that are no more.
async fn stores(parts: &Parts) -> anyhow::Result<()> {
    let known = resource::list::<ClusterSpec>(parts.db.pool(), None).await?;
    let known: HashSet<String> = known.into_iter().map(|row| row.id).collect();
    let before = SystemTime::now() - KEEP;
    Ok(parts.logs.prune(before, |id| known.contains(id)).await?)
}

/// Directory and database may have been exchanged under the running server: looked at each time.
async fn check_home(parts: &Parts) -> anyhow::Result<()> {
    at_home(parts).await.context("nothing is removed from disk")
}

async fn at_home(parts: &Parts) -> anyhow::Result<()> {
    parts.db.is_the_same().await?;
    let dir = DataDir::at(parts.controllers.data_dir());
    let claim = dir
        .claim()?
        .context("the data directory has lost its database-id")?;
    ensure!(
        claim.id == parts.db.id(),
        "the data directory belongs to another database now"
    );
    Ok(())
}

async fn prune(parts: &Parts) -> sqlx::Result<()> {
    let before = now() - KEEP.as_millis() as i64;
    change::prune(&parts.db).await?;
    idempotency::prune(&parts.db).await?;
    submission::prune(&parts.db).await?;
    session_delete_expired(&parts.db, now() / 1000).await?;
    instance::prune(&parts.db, before).await?;
    launch_attempt::prune(&parts.db, before).await?;
    script_run::prune(&parts.db, before).await?;
    pool_health::prune(&parts.db, now() - POOL_MEMORY_MS).await?;
    interruption::prune(&parts.db, before).await?;
    tombstone::prune(&parts.db, before).await?;
    job::prune(&parts.db, before).await?;
    job_life::prune(&parts.db, before).await?;
    past_job::prune(&parts.db, before).await?;
    metric::prune(&parts.db, now(), before).await?;
    let never = metric_outbox::prune(&parts.db, now() - metric_outbox::TAKEN).await?;
    if never > 0 {
        tracing::warn!(
            minutes = never,
            "metrics of so long ago are not taken by CloudWatch any more"
        );
    }
    past_cluster::prune(&parts.db, before).await?;
    server::prune(&parts.db, KEEP.as_millis() as i64).await?;
    lease::prune(&parts.db).await?;
    audit::close_forgotten(&parts.db).await?;
    let kept = audit::kept_since(parts.audit_days);
    audit::adopt(&parts.db, kept).await?;
    audit::prune(&parts.db, kept).await?;
    notification::prune(&parts.db, before).await?;
    user_notice::prune(&parts.db, before).await?;
    happening::prune(&parts.db, before).await?;
    event::prune(&parts.db, before).await
}
