//! How often jobs lost their nodes because the provider took them.

use sqlx::Row as _;

use super::{Db, Write, now};

/// Counts one more; how many there are now.
pub async fn count(write: &mut Write, cluster_id: &str, job: &str) -> sqlx::Result<i64> {
    sqlx::query(
        "insert into interruption (cluster_id, job, times, last_at) values ($1, $2, 1, $3) \
         on conflict (cluster_id, job) do update set times = interruption.times + 1, last_at = excluded.last_at \
         returning times",
    )
    .bind(cluster_id)
    .bind(job)
    .bind(now())
    .fetch_one(&mut *write.tx)
    .await?
    .try_get("times")
}

/// With its cluster.
pub async fn clear(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from interruption where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Forgets those of before.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from interruption where last_at < $1", before)
        .await
}
