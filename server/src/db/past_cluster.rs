//! How far a cluster's accounting was copied into the past jobs, and the clusters that were deleted, in the database.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::{Db, Write, now};

/// A cluster of which there may be past jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastCluster {
    pub id: String,
    pub name: String,
    /// Jobs that ended before are copied; 0: none yet. Milliseconds since 1970.
    pub copied_until: i64,
    /// None while it is there.
    pub deleted_at: Option<i64>,
}

fn decode(row: &AnyRow) -> sqlx::Result<PastCluster> {
    Ok(PastCluster {
        id: row.try_get("cluster_id")?,
        name: row.try_get("name")?,
        copied_until: row.try_get("copied_until")?,
        deleted_at: row.try_get("deleted_at")?,
    })
}

pub async fn find(pool: &Pool, cluster_id: &str) -> sqlx::Result<Option<PastCluster>> {
    let row = sqlx::query("select * from past_cluster where cluster_id = $1")
        .bind(cluster_id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Those that were deleted and of which there still are jobs, the last one first.
pub async fn deleted(pool: &Pool) -> sqlx::Result<Vec<PastCluster>> {
    let rows = sqlx::query(
        "select * from past_cluster where deleted_at is not null and exists \
         (select 1 from past_job where past_job.cluster_id = past_cluster.cluster_id) \
         order by deleted_at desc, cluster_id",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(decode).collect()
}

/// All that were deleted and are not forgotten yet.
pub async fn all_deleted(pool: &Pool) -> sqlx::Result<Vec<PastCluster>> {
    let rows = sqlx::query("select * from past_cluster where deleted_at is not null")
        .fetch_all(pool)
        .await?;
    rows.iter().map(decode).collect()
}

/// Notes how far it is copied.
pub async fn copied(
    write: &mut Write,
    cluster_id: &str,
    name: &str,
    until: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into past_cluster (cluster_id, name, copied_until) values ($1, $2, $3) \
         on conflict (cluster_id) do update set copied_until = excluded.copied_until",
    )
    .bind(cluster_id)
    .bind(name)
    .bind(until)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// It goes, and its past jobs stay for a while.
pub async fn close(write: &mut Write, cluster_id: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into past_cluster (cluster_id, name, copied_until, deleted_at) values ($1, $2, 0, $3) \
         on conflict (cluster_id) do update set deleted_at = excluded.deleted_at",
    )
    .bind(cluster_id)
    .bind(name)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Forgets clusters that were deleted before that time, once their jobs and metrics are gone.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    let gone = "delete from past_cluster where deleted_at < $1 and not exists \
                (select 1 from past_job where past_job.cluster_id = past_cluster.cluster_id) and not exists \
                (select 1 from metric where metric.cluster_id = past_cluster.cluster_id)";
    db.prune(gone, before).await
}
