//! The timeline in the database.

use app::explain::What;
use app::i18n::Language;
use app::model::event::{Event, EventTone};
use app::model::live::Kind;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

use super::{Db, Write, now};

/// Who did what nobody asked for.
pub const RECONCILER: &str = "reconciler";

/// A row of the table: the event, and its code and parameters read.
pub struct EventRow {
    pub id: String,
    pub at: i64,
    pub resource_type: String,
    pub resource_id: String,
    pub code: String,
    /// None for rows of before there were codes.
    pub what: Option<What>,
    pub message: String,
    pub actor: String,
}

impl EventRow {
    /// As a reader of that language sees it; how long it lasted is the caller's to know.
    pub fn event(&self, language: Language, until: i64) -> Event {
        let what = self.what.as_ref();
        Event {
            id: self.id.clone(),
            at: self.at,
            until,
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            resource_name: String::new(),
            code: self.code.clone(),
            message: what.map_or_else(|| self.message.clone(), |what| what.text(language)),
            tone: what.map_or(EventTone::Neutral, What::tone),
            actor: self.actor.clone(),
        }
    }
}

/// Notes what was done to a resource, and by whom: the ARN of a user, the id of an instance, or [`RECONCILER`].
pub async fn insert(
    write: &mut Write,
    cluster_id: &str,
    kind: Kind,
    resource_id: &str,
    actor: &str,
    what: &What,
) -> sqlx::Result<()> {
    let (code, parameters) = what
        .parts()
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query(
        "insert into event (id, at, cluster_id, resource_type, resource_id, message, actor, code, parameters) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(crate::random::random_hex(16))
    .bind(now())
    .bind(cluster_id)
    .bind(kind.as_str())
    .bind(resource_id)
    .bind(what.english())
    .bind(actor)
    .bind(code)
    .bind(parameters)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Event, cluster_id, "").await
}

fn decode(row: &AnyRow) -> sqlx::Result<EventRow> {
    let code: String = row.try_get("code")?;
    let parameters: String = row.try_get("parameters")?;
    Ok(EventRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        what: What::of_parts(&code, &parameters),
        code,
        message: row.try_get("message")?,
        actor: row.try_get("actor")?,
    })
}

/// The newest events of a cluster, newest first.
pub async fn list(pool: &AnyPool, cluster_id: &str, limit: i64) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query("select * from event where cluster_id = $1 order by at desc, id limit $2")
        .bind(cluster_id)
        .bind(limit)
        .fetch_all(pool)
        .await?
        .iter()
        .map(decode)
        .collect()
}

/// The newest events of one resource, newest first.
pub async fn of_resource(
    pool: &AnyPool,
    cluster_id: &str,
    resource_type: &str,
    resource_id: &str,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query(
        "select * from event where cluster_id = $1 and resource_type = $2 and resource_id = $3 \
         order by at desc, id limit $4",
    )
    .bind(cluster_id)
    .bind(resource_type)
    .bind(resource_id)
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(decode)
    .collect()
}

/// The newest events of the nodes whose names begin so, newest first. Node names are letters, digits and hyphens, which
/// mean themselves in a pattern.
pub async fn of_nodes(
    pool: &AnyPool,
    cluster_id: &str,
    prefix: &str,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query(
        "select * from event where cluster_id = $1 and resource_type = 'node' and resource_id like $2 \
         order by at desc, id limit $3",
    )
    .bind(cluster_id)
    .bind(format!("{prefix}%"))
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(decode)
    .collect()
}

/// Forgets what happened before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    sqlx::query("delete from event where at < $1")
        .bind(before)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}
