//! Channels of notifications in the database. This file never sees a secret in the clear.

use app::model::live::Kind;
use app::model::notification::{Channel, ChannelSettings};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::resource::{from_json, to_json};
use super::{Db, Write, now};

/// What a channel's secret is sealed for.
pub const PURPOSE: &str = "notification-channel";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRow {
    pub channel: Channel,
    /// Empty: it has none.
    pub sealed: String,
}

/// New, or in the place of the one before; what failed with that is forgotten, and what waits is tried at once.
pub async fn put(
    write: &mut Write,
    id: &str,
    settings: &ChannelSettings,
    sealed: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into notification_channel (id, settings, secret, failures, error, retry_at, sent_at) \
         values ($1, $2, $3, 0, '', 0, 0) on conflict (id) do update set settings = excluded.settings, \
         secret = excluded.secret, failures = 0, error = '', retry_at = 0",
    )
    .bind(id)
    .bind(to_json(settings)?)
    .bind(sealed)
    .execute(&mut *write.tx)
    .await?;
    let due = "update notification set due_at = $2 where channel_id = $1 and state = 'waiting'";
    sqlx::query(due)
        .bind(id)
        .bind(now())
        .execute(&mut *write.tx)
        .await?;
    write.changed(Kind::Notification, "", id).await
}

/// With what was to be sent by it.
pub async fn delete(write: &mut Write, id: &str) -> sqlx::Result<()> {
    for sql in [
        "delete from notification_channel where id = $1",
        "delete from notification where channel_id = $1 and state in ('waiting', 'held')",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *write.tx).await?;
    }
    write.changed(Kind::Notification, "", id).await
}

pub async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> sqlx::Result<Vec<ChannelRow>> {
    let rows = sqlx::query("select * from notification_channel order by id")
        .fetch_all(executor)
        .await?;
    rows.iter().map(decode).collect()
}

pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: &str,
) -> sqlx::Result<Option<ChannelRow>> {
    let row = sqlx::query("select * from notification_channel where id = $1")
        .bind(id)
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// A message arrived.
pub async fn works(write: &mut Write, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update notification_channel set failures = 0, error = '', retry_at = 0, sent_at = $2 where id = $1",
    )
    .bind(id)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Notification, "", id).await
}

/// A message did not arrive; nothing is sent before that time.
pub async fn fails(write: &mut Write, id: &str, error: &str, retry_at: i64) -> sqlx::Result<()> {
    sqlx::query(
        "update notification_channel set failures = failures + 1, error = $2, retry_at = $3 where id = $1",
    )
    .bind(id)
    .bind(error)
    .bind(retry_at)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Notification, "", id).await
}

/// Any channel's secret, still sealed, of a database that has one.
pub async fn any_secret(db: &Db) -> sqlx::Result<Option<String>> {
    let row = sqlx::query("select secret from notification_channel where secret <> '' limit 1")
        .fetch_optional(db.pool())
        .await?;
    row.map(|row| row.try_get("secret")).transpose()
}

fn decode(row: &AnyRow) -> sqlx::Result<ChannelRow> {
    let sealed: String = row.try_get("secret")?;
    let failures: i64 = row.try_get("failures")?;
    Ok(ChannelRow {
        channel: Channel {
            id: row.try_get("id")?,
            settings: from_json(row, "settings")?,
            has_secret: !sealed.is_empty(),
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            error: row.try_get("error")?,
            retry_at: row.try_get("retry_at")?,
            sent_at: row.try_get("sent_at")?,
        },
        sealed,
    })
}
