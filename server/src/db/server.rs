//! The servers of a database, for each other and for people: who runs a cluster's daemons, and where to reach it. All times
//! here are compared by the database's clock.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

use super::{Db, now};
use crate::lease::TERM_MS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRow {
    pub id: String,
    /// Where people reach it.
    pub url: String,
    pub host: String,
    /// The process that speaks for it: see [`crate::data_dir::lock::Lock`]. Empty: none does.
    pub process: String,
}

/// Says that this process lives and speaks for its server, unless another one does; whether it is believed. `gone` is how
/// the names of processes begin that have certainly ended.
pub async fn beat(db: &Db, me: &ServerRow, gone: &str) -> sqlx::Result<bool> {
    let clock = db.clock();
    let unless = match db.has_one_server() {
        true => String::new(),
        false => format!(
            "where server.process in ('', $4) or server.process like $5 or server.seen_at <= {clock} - {TERM_MS}"
        ),
    };
    let sql = format!(
        "insert into server (id, url, host, process, seen_at) values ($1, $2, $3, $4, {clock}) on conflict (id) do \
         update set url = excluded.url, host = excluded.host, process = excluded.process, seen_at = excluded.seen_at \
         {unless}"
    );
    let mut query = sqlx::query(&sql)
        .bind(&me.id)
        .bind(&me.url)
        .bind(&me.host)
        .bind(&me.process);
    if !unless.is_empty() {
        query = query.bind(format!("{gone}%"));
    }
    // Not by `returning`: SQLite tells whether it was written only as the statement ends.
    let written = match db.has_one_server() {
        true => query.execute(&mut *db.writer().await?).await?,
        // Nothing else that this process writes may keep it from saying that it lives.
        false => query.execute(db.pool()).await?,
    };
    Ok(written.rows_affected() > 0)
}

/// This process ends: others need not wait.
pub async fn leave(db: &Db, me: &ServerRow) -> sqlx::Result<()> {
    sqlx::query("update server set process = '' where id = $1 and process = $2")
        .bind(&me.id)
        .bind(&me.process)
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

/// All that ever used this database, with when each said last that it lives, by the clock of this host.
pub async fn all(db: &Db) -> sqlx::Result<Vec<(ServerRow, i64)>> {
    let sql = format!(
        "select id, url, host, process, {} - seen_at as silent from server order by host, url",
        db.clock()
    );
    let rows = sqlx::query(&sql).fetch_all(db.pool()).await?;
    let with_time = |row: &AnyRow| {
        let silent: i64 = row.try_get("silent")?;
        Ok((decode(row)?, now() - silent))
    };
    rows.iter().map(with_time).collect()
}

/// Forgets those that have kept no cluster and said nothing for so many milliseconds.
pub async fn prune(db: &Db, silent_ms: i64) -> sqlx::Result<()> {
    let sql = format!(
        "delete from server where seen_at < {} - $1 and not exists \
         (select 1 from placement where placement.server = server.id)",
        db.clock()
    );
    sqlx::query(&sql)
        .bind(silent_ms)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}

fn decode(row: &AnyRow) -> sqlx::Result<ServerRow> {
    Ok(ServerRow {
        id: row.try_get("id")?,
        url: row.try_get("url")?,
        host: row.try_get("host")?,
        process: row.try_get("process")?,
    })
}

/// The ids of those that said lately that they live.
pub async fn alive(db: &Db) -> sqlx::Result<Vec<String>> {
    let sql = format!(
        "select id from server where process <> '' and seen_at > {} - {TERM_MS}",
        db.clock()
    );
    let rows = sqlx::query(&sql).fetch_all(db.pool()).await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}
