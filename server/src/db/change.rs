//! The change table: what changed, in the order in which it was committed.

use std::time::Duration;

use app::model::live::{Change, Kind};
use sqlx::Row;

use super::Db;
use super::connection::Connection;

/// How often changes of other servers on the same database are looked for.
const TAIL_INTERVAL: Duration = Duration::from_millis(500);
/// Rows older than this many numbers are of no use to anyone who tails.
const KEEP: i64 = 10_000;

pub(super) async fn insert(
    connection: &mut Connection,
    seq: i64,
    change: &Change,
) -> sqlx::Result<()> {
    sqlx::query("insert into change (seq, kind, cluster_id, resource_id) values ($1, $2, $3, $4)")
        .bind(seq)
        .bind(change.kind.as_str())
        .bind(&change.cluster_id)
        .bind(&change.resource_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The number of the newest writing transaction.
pub async fn latest(db: &Db) -> sqlx::Result<i64> {
    let (seq,): (i64,) = sqlx::query_as("select value from counter where name = 'change'")
        .fetch_one(db.pool())
        .await?;
    Ok(seq)
}

/// The changes after `seq`, oldest first, with the newest number among them.
pub async fn after(db: &Db, seq: i64) -> sqlx::Result<(i64, Vec<Change>)> {
    let rows = sqlx::query(
        "select seq, kind, cluster_id, resource_id from change where seq > $1 order by seq",
    )
    .bind(seq)
    .fetch_all(db.pool())
    .await?;
    let newest = rows.last().map_or(Ok(seq), |row| row.try_get("seq"))?;
    let changes = rows
        .iter()
        .filter_map(|row| {
            Some(Change {
                kind: Kind::parse(row.try_get("kind").ok()?)?,
                cluster_id: row.try_get("cluster_id").ok()?,
                resource_id: row.try_get("resource_id").ok()?,
            })
        })
        .collect();
    Ok((newest, changes))
}

/// Announces the changes that *other* servers commit to a shared database. A server's own changes may be announced
/// twice: a wake-up too many is harmless.
pub async fn tail(db: Db) {
    let mut seen = None;
    let mut ticks = tokio::time::interval(TAIL_INTERVAL);
    loop {
        ticks.tick().await;
        let result = match seen {
            None => latest(&db).await.map(|seq| (seq, vec![])),
            Some(seq) => after(&db, seq).await,
        };
        match result {
            Ok((seq, changes)) => {
                seen = Some(seq);
                for change in changes {
                    let _ = db.changes.send(change);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot read the change table"),
        }
    }
}

/// Removes what nobody tails any more.
pub async fn prune(db: &Db) -> sqlx::Result<()> {
    sqlx::query(
        "delete from change where seq < (select value from counter where name = 'change') - $1",
    )
    .bind(KEEP)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}
