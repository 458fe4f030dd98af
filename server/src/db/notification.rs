//! The outbox of notifications: each message one row, written in the transaction that found it and kept until long after it
//! was sent.

use std::collections::HashSet;

use app::model::notification::{Content, Delivery, DeliveryState};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::resource::{from_json, to_json};
use super::{Db, Write, now};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRow {
    pub id: String,
    pub rule_id: String,
    pub channel_id: String,
    pub made_at: i64,
    pub content: Content,
    pub state: DeliveryState,
    pub attempts: u32,
    pub due_at: i64,
    pub sent_at: i64,
    pub error: String,
}

impl NotificationRow {
    pub fn delivery(&self, rule_name: String, channel_name: String) -> Delivery {
        Delivery {
            id: self.id.clone(),
            at: self.content.at,
            rule_name,
            channel_id: self.channel_id.clone(),
            channel_name,
            trigger: self.content.trigger,
            text: self.content.text.clone(),
            state: self.state,
            attempts: self.attempts,
            due_at: self.due_at,
            sent_at: self.sent_at,
            error: self.error.clone(),
        }
    }
}

/// Unless it is there already; whether it was not.
pub async fn insert(write: &mut Write, row: &NotificationRow) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into notification (id, rule_id, channel_id, at, made_at, trigger_kind, content, state, attempts, due_at, \
         sent_at, error) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 0, $10) on conflict (id) do nothing",
    )
    .bind(&row.id)
    .bind(&row.rule_id)
    .bind(&row.channel_id)
    .bind(row.content.at)
    .bind(row.made_at)
    .bind(row.content.trigger.as_str())
    .bind(to_json(&row.content)?)
    .bind(row.state.as_str())
    .bind(row.due_at)
    .bind(&row.error)
    .execute(&mut *write.tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How many of a channel are not sent yet.
pub async fn unsent(write: &mut Write, channel_id: &str) -> sqlx::Result<i64> {
    let sql = "select count(*) as found from notification where channel_id = $1 and state in ('waiting', 'held')";
    let row = sqlx::query(sql)
        .bind(channel_id)
        .fetch_one(&mut *write.tx)
        .await?;
    row.try_get("found")
}

/// How many of that one's rule and channel were made since that time and found no room.
pub async fn dropped(write: &mut Write, of: &NotificationRow, since: i64) -> sqlx::Result<i64> {
    let sql = "select count(*) as found from notification where rule_id = $1 and channel_id = $2 and made_at >= $3 \
               and state = $4 and attempts = 0";
    let row = sqlx::query(sql)
        .bind(&of.rule_id)
        .bind(&of.channel_id)
        .bind(since)
        .bind(DeliveryState::GivenUp.as_str())
        .fetch_one(&mut *write.tx)
        .await?;
    row.try_get("found")
}

/// How many of a rule were let pass since that time.
pub async fn passed(write: &mut Write, rule_id: &str, since: i64) -> sqlx::Result<i64> {
    let sql = "select count(*) as found from notification where rule_id = $1 and made_at >= $2 \
               and state in ('waiting', 'sent')";
    let row = sqlx::query(sql)
        .bind(rule_id)
        .bind(since)
        .fetch_one(&mut *write.tx)
        .await?;
    row.try_get("found")
}

/// The channels for which a message is due.
pub async fn channels_due(pool: &Pool) -> sqlx::Result<HashSet<String>> {
    let sql =
        "select distinct channel_id from notification where state = 'waiting' and due_at <= $1";
    let rows = sqlx::query(sql).bind(now()).fetch_all(pool).await?;
    rows.iter().map(|row| row.try_get("channel_id")).collect()
}

/// What a channel is to send now, what waited longest first.
pub async fn due(pool: &Pool, channel_id: &str, most: i64) -> sqlx::Result<Vec<NotificationRow>> {
    let sql = "select * from notification where state = 'waiting' and channel_id = $1 and due_at <= $2 \
               order by due_at, id limit $3";
    let rows = sqlx::query(sql)
        .bind(channel_id)
        .bind(now())
        .bind(most)
        .fetch_all(pool)
        .await?;
    rows.iter().map(decode).collect()
}

/// What was held back and is to be told now.
pub async fn to_digest(pool: &Pool, most: i64) -> sqlx::Result<Vec<NotificationRow>> {
    let sql = "select * from notification where state = 'held' and due_at <= $1 order by rule_id, at, id limit $2";
    let rows = sqlx::query(sql)
        .bind(now())
        .bind(most)
        .fetch_all(pool)
        .await?;
    rows.iter().map(decode).collect()
}

/// How a row stands from now on.
pub async fn set_state(write: &mut Write, id: &str, state: DeliveryState) -> sqlx::Result<()> {
    let sent_at = match state {
        DeliveryState::Sent => now(),
        _ => 0,
    };
    sqlx::query("update notification set state = $2, sent_at = $3, error = '' where id = $1")
        .bind(id)
        .bind(state.as_str())
        .bind(sent_at)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// It did not arrive: it waits until that time, or is given up.
pub async fn failed(
    write: &mut Write,
    id: &str,
    state: DeliveryState,
    due_at: i64,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update notification set state = $2, attempts = attempts + 1, due_at = $3, error = $4 where id = $1",
    )
    .bind(id)
    .bind(state.as_str())
    .bind(due_at)
    .bind(error)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// The newest, newest first.
pub async fn newest(pool: &Pool, most: i64) -> sqlx::Result<Vec<NotificationRow>> {
    let rows = sqlx::query("select * from notification order by made_at desc, id limit $1")
        .bind(most)
        .fetch_all(pool)
        .await?;
    rows.iter().map(decode).collect()
}

/// Forgets what happened before that time and does not wait any more.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune(
        "delete from notification where made_at < $1 and state not in ('waiting', 'held')",
        before,
    )
    .await
}

fn decode(row: &AnyRow) -> sqlx::Result<NotificationRow> {
    let (state, attempts): (String, i64) = (row.try_get("state")?, row.try_get("attempts")?);
    Ok(NotificationRow {
        id: row.try_get("id")?,
        rule_id: row.try_get("rule_id")?,
        channel_id: row.try_get("channel_id")?,
        made_at: row.try_get("made_at")?,
        content: from_json(row, "content")?,
        // Of a newer server: not to be touched.
        state: DeliveryState::parse(&state).unwrap_or(DeliveryState::GivenUp),
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        due_at: row.try_get("due_at")?,
        sent_at: row.try_get("sent_at")?,
        error: row.try_get("error")?,
    })
}
