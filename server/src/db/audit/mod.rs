//! The audit trail in the database.

mod adopt;
pub mod chain;
pub mod record;
mod redact;
pub mod search;

use app::model::operation::Operation;
use app::port::Ctx;
use serde_json::Value;
use sqlx::Row;

pub use adopt::adopt;

use super::{Db, Write};
use chain::Link;
use record::Record;

/// What was asked for and nobody came back to say what became of it, as when the server ended meanwhile.
pub const ASKED: &str = "asked";
pub const DONE: &str = "done";
/// The same, after nobody came back for so long that nobody will.
const FORGOTTEN: &str = "forgotten";
/// The code and the message of that.
const OUTCOME_UNKNOWN: (&str, &str) = (
    "OutcomeUnknown",
    "The server ended, or lost its database, before it knew what became of this.",
);
/// How long what is asked may take, in milliseconds.
const ANSWERED_WITHIN: i64 = 3_600_000;
/// Rows that are read or removed at once: whoever writes waits no longer than for these.
const PORTION: i64 = 500;

/// One change, written in the transaction that makes it, or before what is done outside the database.
pub struct AuditRow<'a> {
    pub ctx: &'a Ctx,
    pub operation: Operation,
    pub resource_arn: &'a str,
    pub request: Value,
    /// Null where there is none yet.
    pub response: Value,
    /// [`DONE`], or [`ASKED`]: it is in the chain once it is closed.
    pub outcome: &'a str,
}

/// The new row's id.
pub async fn insert(write: &mut Write, row: AuditRow<'_>) -> sqlx::Result<String> {
    let record = Record::of_call(row.ctx, row.operation, row.resource_arn, row.request);
    let record = record.answered(row.response);
    let id = record.id.clone();
    match row.outcome {
        DONE => chain::append(write, record).await?,
        outcome => {
            let row = Written {
                text: record.text(),
                outcome: outcome.to_owned(),
                link: None,
                record,
            };
            put(write, &[row]).await?;
        }
    }
    Ok(id)
}

/// A record as it is written; one that is not in the chain yet has no link.
struct Written {
    record: Record,
    text: String,
    outcome: String,
    link: Option<Link>,
}

/// Columns of a row.
const COLUMNS: usize = 17;
/// Rows of one statement.
const TOGETHER: usize = 50;

async fn put(write: &mut Write, rows: &[Written]) -> sqlx::Result<()> {
    for rows in rows.chunks(TOGETHER) {
        let sql = format!(
            "insert into audit (id, at, request_id, principal, why, operation, resource_arn, request, outcome, number, \
             hash, record, event_source, user_name, access_key, error_code, read_only) values {}",
            places(rows.len())
        );
        let mut query = sqlx::query(&sql);
        for row in rows {
            let (record, link) = (&row.record, row.link.as_ref());
            let refusal = record.refusal.as_ref();
            query = query
                .bind(&record.id)
                .bind(record.at)
                .bind(&record.request_id)
                .bind(&record.principal)
                .bind(&record.why)
                .bind(&record.operation)
                .bind(&record.resource_arn)
                .bind(record.request.to_string())
                .bind(&row.outcome)
                .bind(link.map(|link| link.number))
                .bind(link.map_or("", |link| link.hash.as_str()))
                .bind(&row.text)
                .bind(&record.event_source)
                .bind(&record.user_name)
                .bind(&record.access_key)
                .bind(refusal.map_or("", |(code, _)| code))
                .bind(i64::from(record.read_only));
        }
        query.execute(&mut *write.tx).await?;
    }
    Ok(())
}

/// `($1, $2, …), (…)` for so many rows.
fn places(rows: usize) -> String {
    let row = |row: usize| {
        let places = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// What became of what was asked.
pub enum End<'a> {
    Done(Value),
    /// An exception's name, and its message.
    Failed(&'a str, &'a str),
}

/// Notes what became of it, and puts it into the chain.
pub async fn close(write: &mut Write, id: &str, end: End<'_>) -> sqlx::Result<()> {
    let row = sqlx::query("select record from audit where id = $1 and number is null").bind(id);
    let Some(row) = row.fetch_optional(&mut *write.tx).await? else {
        return Ok(());
    };
    let text: String = row.try_get("record")?;
    let mut record: Value = serde_json::from_str(&text).unwrap_or_default();
    let (code, outcome) = match end {
        End::Done(response) => {
            record["responseElements"] = redact::redacted(response);
            ("", DONE.to_owned())
        }
        End::Failed(code, message) => {
            let message = redact::without_keys(message).unwrap_or_else(|| message.into());
            record["errorCode"] = code.into();
            record["errorMessage"] = message.clone().into();
            (code, message)
        }
    };
    set_outcome(write, id, &outcome).await?;
    chain::close(write, id, &record.to_string(), code).await
}

async fn set_outcome(write: &mut Write, id: &str, outcome: &str) -> sqlx::Result<()> {
    let query = sqlx::query("update audit set outcome = $1 where id = $2");
    let query = query.bind(outcome).bind(id);
    query.execute(&mut *write.tx).await.map(drop)
}

/// What was asked before then nobody comes back to.
fn forgotten_before() -> i64 {
    super::now() - ANSWERED_WITHIN
}

/// Closes what was asked so long ago that nobody comes back to say what became of it.
pub async fn close_forgotten(db: &Db) -> sqlx::Result<()> {
    let rows = sqlx::query(
        "select id from audit where outcome = $1 and number is null and record <> '' and at < $2",
    );
    let rows = rows
        .bind(ASKED)
        .bind(forgotten_before())
        .fetch_all(db.pool())
        .await?;
    for row in rows {
        let id: String = row.try_get("id")?;
        let mut write = db.write().await?;
        let (code, why) = OUTCOME_UNKNOWN;
        close(&mut write, &id, End::Failed(code, why)).await?;
        set_outcome(&mut write, &id, FORGOTTEN).await?;
        write.commit().await?;
    }
    Ok(())
}

/// Forgets what was asked before that time, the oldest first; how many.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<u64> {
    let mut pruned = 0;
    loop {
        let mut write = db.write().await?;
        let portion = chain::prune(&mut write, before).await?;
        write.commit().await?;
        pruned += portion;
        if portion < PORTION as u64 {
            break;
        }
    }
    // Those of before there was a chain.
    loop {
        let portion = sqlx::query(
            "delete from audit where id in (select id from audit where number is null and at < $1 order by at limit $2)",
        )
        .bind(before)
        .bind(PORTION)
        .execute(&mut *db.writer().await?)
        .await?
        .rows_affected();
        pruned += portion;
        if portion < PORTION as u64 {
            return Ok(pruned);
        }
    }
}

/// From when on what was asked is kept for so many days; 0 days: for ever.
pub fn kept_since(days: u32) -> i64 {
    const DAY: i64 = 24 * 3_600_000;
    match days {
        0 => i64::MIN,
        days => super::now() - i64::from(days) * DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_older_is_forgotten_in_portions_and_all_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let record = |at| Record {
            at,
            ..Record::of_service("NodeStarts".into(), "arn", Value::Null)
        };
        let mut write = db.write().await.unwrap();
        for at in 0..2 * PORTION + 7 {
            chain::append(&mut write, record(at)).await.unwrap();
        }
        write.commit().await.unwrap();
        let kept = 3;
        let before = 2 * PORTION + 7 - kept;
        assert_eq!(prune(&db, before).await.unwrap(), before as u64);
        assert_eq!(prune(&db, before).await.unwrap(), 0);
        let left: i64 = sqlx::query_scalar("select count(*) from audit where at >= $1")
            .bind(before)
            .fetch_one(db.pool())
            .await
            .unwrap();
        let all: i64 = sqlx::query_scalar("select count(*) from audit")
            .fetch_one(db.pool())
            .await
            .unwrap();
        assert_eq!((left, all), (kept, kept));
        let (check, _) = chain::verify(&db).await.unwrap();
        assert_eq!((check.records, check.broken_at), (kept, None));
    }

    #[tokio::test]
    async fn what_is_removed_or_changed_shows() {
        for (sql, broken_at) in [
            ("select 1", None),
            ("delete from audit where number = 3", Some(3)),
            ("delete from audit where number = 5", Some(5)),
            ("delete from audit", Some(1)),
            (
                "update audit set record = replace(record, '{', '{ ') where number = 2",
                Some(2),
            ),
            (
                "update audit set user_name = 'bob' where number = 4",
                Some(4),
            ),
            (
                "update audit set resource_arn = 'x' where number = 1",
                Some(1),
            ),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
            let db = Db::connect(&url).await.unwrap();
            let record = || Record::of_service("NodeStarts".into(), "arn", Value::Null);
            let mut write = db.write().await.unwrap();
            for _ in 0..5 {
                chain::append(&mut write, record()).await.unwrap();
            }
            write.commit().await.unwrap();
            sqlx::query(sql)
                .execute(&mut *db.writer().await.unwrap())
                .await
                .unwrap();
            let (check, _) = chain::verify(&db).await.unwrap();
            assert_eq!(check.broken_at, broken_at, "{sql}");
        }
    }
}
