//! The servers of a database, for each other and for people: who runs a cluster's daemons, and where to reach it.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

use super::{Db, now};

/// A server that was silent for so long is taken as gone.
const SILENCE_MS: i64 = 60_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRow {
    pub id: String,
    /// Where people reach it.
    pub url: String,
    pub host: String,
}

/// Says that the server lives.
pub async fn beat(db: &Db, server: &ServerRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into server (id, url, host, seen_at) values ($1, $2, $3, $4) on conflict (id) do update \
         set url = excluded.url, host = excluded.host, seen_at = excluded.seen_at",
    )
    .bind(&server.id)
    .bind(&server.url)
    .bind(&server.host)
    .bind(now())
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

pub async fn find(pool: &AnyPool, id: &str) -> sqlx::Result<Option<ServerRow>> {
    let row = sqlx::query("select * from server where id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// All that ever used this database, with when each said last that it lives.
pub async fn all(pool: &AnyPool) -> sqlx::Result<Vec<(ServerRow, i64)>> {
    let rows = sqlx::query("select * from server order by host, url")
        .fetch_all(pool)
        .await?;
    let with_time = |row| Ok((decode(row)?, row.try_get("seen_at")?));
    rows.iter().map(with_time).collect()
}

/// Forgets those that have kept no cluster and said nothing since then.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    sqlx::query(
        "delete from server where seen_at < $1 and not exists \
         (select 1 from placement where placement.server = server.id)",
    )
    .bind(before)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

fn decode(row: &AnyRow) -> sqlx::Result<ServerRow> {
    Ok(ServerRow {
        id: row.try_get("id")?,
        url: row.try_get("url")?,
        host: row.try_get("host")?,
    })
}

/// The ids of those that said lately that they live.
pub async fn alive(pool: &AnyPool) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query("select id from server where seen_at > $1")
        .bind(now() - SILENCE_MS)
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}
