//! The servers of a database, for each other and for people: who runs a cluster's daemons, and where to reach it. All times
//! here are compared by the database's clock.

use openpcs_provider::lease::TERM_MS;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::{Db, Write, now};

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

/// Writes nothing new, in turn as all others: whether that can be done is what one wants to know.
pub async fn touch(db: &Db, me: &ServerRow) -> sqlx::Result<()> {
    sqlx::query("update server set process = process where id = $1")
        .bind(&me.id)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
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

pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: &str,
) -> sqlx::Result<Option<ServerRow>> {
    let row = sqlx::query("select * from server where id = $1")
        .bind(id)
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// One that used this database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub server: ServerRow,
    /// When it said last that it lives, by the clock of this host.
    pub seen_at: i64,
    /// Whether that is so lately that it is taken to live.
    pub lives: bool,
}

/// All that ever used this database, by host.
pub async fn all<'e>(
    db: &Db,
    executor: impl Executor<'e, Database = Any>,
) -> sqlx::Result<Vec<Seen>> {
    let sql = format!(
        "select id, url, host, process, {} - seen_at as silent from server order by host, url",
        db.clock()
    );
    let rows = sqlx::query(&sql).fetch_all(executor).await?;
    let seen = |row: &AnyRow| {
        let (server, silent): (ServerRow, i64) = (decode(row)?, row.try_get("silent")?);
        Ok(Seen {
            lives: !server.process.is_empty() && silent < TERM_MS,
            seen_at: now() - silent,
            server,
        })
    };
    rows.iter().map(seen).collect()
}

/// One that is taken to live, other than that one.
pub async fn living<'e>(
    executor: impl Executor<'e, Database = Any>,
    clock: &str,
    own: &str,
) -> sqlx::Result<Option<ServerRow>> {
    let sql = format!(
        "select id, url, host, process from server where id <> $1 and process <> '' and seen_at > {clock} - {TERM_MS} \
         order by host, url limit 1"
    );
    let row = sqlx::query(&sql).bind(own).fetch_optional(executor).await?;
    row.as_ref().map(decode).transpose()
}

/// It will never return. Whether it is forgotten: not while it is taken to live, or has only just ended.
pub async fn forget(db: &Db, write: &mut Write, id: &str) -> sqlx::Result<bool> {
    let sql = format!(
        "delete from server where id = $1 and seen_at <= {} - {TERM_MS}",
        db.clock()
    );
    let gone = sqlx::query(&sql).bind(id).execute(&mut *write.tx).await?;
    Ok(gone.rows_affected() > 0)
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
