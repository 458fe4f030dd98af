//! What was deleted on purpose: only this may be removed from disk.

use super::connection::Pool;
use super::{Db, Write, now};

/// Notes that this cluster, or this instance of it, is to go from disk.
pub async fn put(write: &mut Write, cluster_id: &str, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into tombstone (cluster_id, id, at) values ($1, $2, $3) on conflict (cluster_id, id) do nothing",
    )
    .bind(cluster_id)
    .bind(id)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Whether it was deleted. The row of an instance that ended is its tombstone.
pub async fn has(pool: &Pool, cluster_id: &str, id: &str) -> sqlx::Result<bool> {
    let found = sqlx::query(
        "select id from tombstone where cluster_id = $1 and id = $2 union all \
         select id from instance where cluster_id = $1 and id = $2 and ended_at is not null",
    )
    .bind(cluster_id)
    .bind(id)
    .fetch_optional(pool)
    .await?;
    Ok(found.is_some())
}

/// Forgets those from before that time: what is still on disk then is set aside.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from tombstone where at < $1", before)
        .await
}
