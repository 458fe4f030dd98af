//! What is behind the bell of the console, and up to when each user has read it: all that was found until then, whenever it
//! happened.

use app::explain::What;
use app::i18n::Language;
use app::model::event::{Event, EventTone};
use app::model::notification::{Notice, Trigger};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::{Db, Write};

/// For one user, or for all who look after the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: String,
    pub at: i64,
    /// When it was found, which may be long after.
    pub made_at: i64,
    /// Empty: for all.
    pub user_arn: String,
    pub trigger: Trigger,
    pub cluster_id: String,
    pub cluster_name: String,
    pub resource_type: String,
    pub resource_id: String,
    pub code: String,
    pub parameters: String,
    pub message: String,
}

impl NoticeRow {
    /// As a reader of that language sees it who has read all up to that time.
    pub fn notice(self, language: Language, read_until: i64) -> Notice {
        let what = What::of_parts(&self.code, &self.parameters);
        let tone = match self.trigger {
            Trigger::JobDone => EventTone::Success,
            _ => EventTone::Failure,
        };
        Notice {
            trigger: self.trigger,
            cluster_name: self.cluster_name,
            cluster_id: self.cluster_id,
            is_unread: self.made_at > read_until,
            made_at: self.made_at,
            event: Event {
                id: self.id,
                at: self.at,
                until: 0,
                resource_type: self.resource_type,
                resource_id: self.resource_id,
                resource_name: String::new(),
                message: what.map_or(self.message, |what| what.text(language)),
                code: self.code,
                tone,
                actor: String::new(),
            },
        }
    }
}

/// Unless it is there already; whether it was not.
pub async fn insert(write: &mut Write, row: &NoticeRow) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into user_notice (id, at, user_arn, trigger_kind, cluster_id, cluster_name, resource_type, resource_id, \
         code, parameters, message, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (id) do nothing",
    )
    .bind(&row.id)
    .bind(row.at)
    .bind(&row.user_arn)
    .bind(row.trigger.as_str())
    .bind(&row.cluster_id)
    .bind(&row.cluster_name)
    .bind(&row.resource_type)
    .bind(&row.resource_id)
    .bind(&row.code)
    .bind(&row.parameters)
    .bind(&row.message)
    .bind(row.made_at)
    .execute(&mut *write.tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The newest of a user and of all, newest first.
pub async fn newest(pool: &Pool, user_arn: &str, most: i64) -> sqlx::Result<Vec<NoticeRow>> {
    let sql = "select * from user_notice where user_arn in ('', $1) order by at desc, id limit $2";
    let rows = sqlx::query(sql)
        .bind(user_arn)
        .bind(most)
        .fetch_all(pool)
        .await?;
    rows.iter().map(decode).collect()
}

pub async fn unread(pool: &Pool, user_arn: &str, since: i64) -> sqlx::Result<i64> {
    let sql =
        "select count(*) as found from user_notice where user_arn in ('', $1) and made_at > $2";
    let row = sqlx::query(sql)
        .bind(user_arn)
        .bind(since)
        .fetch_one(pool)
        .await?;
    row.try_get("found")
}

/// Up to when a user has read them; 0: none.
pub async fn read_until(pool: &Pool, user_arn: &str) -> sqlx::Result<i64> {
    let row = sqlx::query("select until from notice_read where user_arn = $1")
        .bind(user_arn)
        .fetch_optional(pool)
        .await?;
    row.map_or(Ok(0), |row| row.try_get("until"))
}

/// Never less than before: a window that shows less does not make read ones new.
pub async fn mark(write: &mut Write, user_arn: &str, until: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into notice_read (user_arn, until) values ($1, $2) on conflict (user_arn) do update set \
         until = excluded.until where excluded.until > notice_read.until",
    )
    .bind(user_arn)
    .bind(until)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from user_notice where at < $1", before)
        .await
}

fn decode(row: &AnyRow) -> sqlx::Result<NoticeRow> {
    let trigger: String = row.try_get("trigger_kind")?;
    Ok(NoticeRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        made_at: row.try_get("made_at")?,
        user_arn: row.try_get("user_arn")?,
        trigger: Trigger::parse(&trigger).unwrap_or_default(),
        cluster_id: row.try_get("cluster_id")?,
        cluster_name: row.try_get("cluster_name")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        code: row.try_get("code")?,
        parameters: row.try_get("parameters")?,
        message: row.try_get("message")?,
    })
}
