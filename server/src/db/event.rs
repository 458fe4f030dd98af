//! The timeline in the database.

use app::model::event::Event;
use app::model::live::Kind;
use sqlx::{AnyPool, Row};

use super::{Db, Write, now};

/// Notes what was done to a resource, and for whom.
pub async fn insert(
    write: &mut Write,
    cluster_id: &str,
    kind: Kind,
    resource_id: &str,
    actor: &str,
    message: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into event (id, at, cluster_id, resource_type, resource_id, message, actor) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(crate::service::id::random_hex(16))
    .bind(now())
    .bind(cluster_id)
    .bind(kind.as_str())
    .bind(resource_id)
    .bind(message)
    .bind(actor)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Event, cluster_id, "").await
}

/// The newest events of a cluster, newest first.
pub async fn list(pool: &AnyPool, cluster_id: &str, limit: i64) -> sqlx::Result<Vec<Event>> {
    let rows =
        sqlx::query("select * from event where cluster_id = $1 order by at desc, id limit $2")
            .bind(cluster_id)
            .bind(limit)
            .fetch_all(pool)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(Event {
                at: row.try_get("at")?,
                resource_type: row.try_get("resource_type")?,
                resource_id: row.try_get("resource_id")?,
                message: row.try_get("message")?,
                actor: row.try_get("actor")?,
            })
        })
        .collect()
}

/// Forgets what happened before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    sqlx::query("delete from event where at < $1")
        .bind(before)
        .execute(db.pool())
        .await?;
    Ok(())
}
