//! The chain: each record's hash is over the one before and its own text. One chain in a database, also of several servers:
//! a writing transaction has the change counter, so they add to it one after the other.
//!
//! Who can write the database can make a new chain. To know that nobody did, keep a hash elsewhere: `openpcs audit verify`
//! prints the last one.

use app::model::trail::TrailCheck;
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::record::Record;
use super::{PORTION, TOGETHER, Written};
use crate::db::{Db, Write};

/// A place in the chain: the number of a record and its hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub number: i64,
    pub hash: String,
}

impl Link {
    /// The one after it, of that text.
    fn next(&self, text: &str) -> Link {
        let number = self.number + 1;
        let mut hash = Sha256::new();
        hash.update(&self.hash);
        hash.update(number.to_string());
        hash.update([0]);
        hash.update(text);
        Link {
            number,
            hash: hex::encode(hash.finalize()),
        }
    }

    fn of(row: &AnyRow) -> sqlx::Result<Link> {
        Ok(Link {
            number: row.try_get("number")?,
            hash: row.try_get("hash")?,
        })
    }
}

/// Where the chain begins or ends.
async fn end(write: &mut Write, name: &'static str) -> sqlx::Result<Link> {
    let query = sqlx::query("select number, hash from audit_chain where name = $1").bind(name);
    Link::of(&query.fetch_one(&mut *write.tx).await?)
}

async fn set_end(write: &mut Write, name: &'static str, link: &Link) -> sqlx::Result<()> {
    let query = sqlx::query("update audit_chain set number = $1, hash = $2 where name = $3");
    let query = query.bind(link.number).bind(&link.hash).bind(name);
    query.execute(&mut *write.tx).await.map(drop)
}

/// What a transaction has added to the chain. It is written many records at once, and the last of it as the transaction
/// commits ([`finish`]): one that tells of thousands of nodes must not take three statements for each.
#[derive(Default)]
pub struct Added {
    /// Where the chain ends then; none: nothing was added.
    end: Option<Link>,
    /// Not written yet.
    rows: Vec<Written>,
}

/// Where this transaction goes on.
async fn going_on(write: &mut Write) -> sqlx::Result<Link> {
    match &write.trail.end {
        Some(link) => Ok(link.clone()),
        None => end(write, "end").await,
    }
}

/// Writes what the transaction has added and is not written yet.
pub async fn finish(write: &mut Write) -> sqlx::Result<()> {
    let added = std::mem::take(&mut write.trail);
    super::put(write, &added.rows).await?;
    match added.end {
        Some(link) => set_end(write, "end", &link).await,
        None => Ok(()),
    }
}

/// Adds a record at the end.
pub async fn append(write: &mut Write, record: Record) -> sqlx::Result<()> {
    let text = record.text();
    let link = going_on(write).await?.next(&text);
    let added = &mut write.trail;
    added.end = Some(link.clone());
    added.rows.push(Written {
        text,
        outcome: record.outcome().to_owned(),
        link: Some(link),
        record,
    });
    if added.rows.len() < TOGETHER {
        return Ok(());
    }
    let rows = std::mem::take(&mut added.rows);
    super::put(write, &rows).await
}

/// Puts a row that is there already at the end, as this text.
pub async fn close(write: &mut Write, id: &str, text: &str, error_code: &str) -> sqlx::Result<()> {
    let link = going_on(write).await?.next(text);
    let query = sqlx::query(
        "update audit set number = $1, hash = $2, record = $3, error_code = $4 where id = $5",
    );
    let query = query.bind(link.number).bind(&link.hash).bind(text);
    query
        .bind(error_code)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    write.trail.end = Some(link);
    Ok(())
}

/// Forgets the records before the first that is not older than that, a portion of them; how many. The chain then begins where
/// they ended.
pub async fn prune(write: &mut Write, before: i64) -> sqlx::Result<u64> {
    let start = end(write, "start").await?;
    let row = sqlx::query(
        "select number, hash from (select number, hash, at from audit where number > $1 order by number limit $2) as oldest \
         where number < coalesce((select min(number) from audit where number is not null and at >= $3), number + 1) \
         order by number desc limit 1",
    )
    .bind(start.number)
    .bind(PORTION)
    .bind(before)
    .fetch_optional(&mut *write.tx)
    .await?;
    let Some(row) = row else {
        return Ok(0);
    };
    let link = Link::of(&row)?;
    let gone = sqlx::query("delete from audit where number <= $1")
        .bind(link.number)
        .execute(&mut *write.tx)
        .await?;
    set_end(write, "start", &link).await?;
    Ok(gone.rows_affected())
}

/// What the chain says, from its start to its end; and its last link. It may grow and be pruned meanwhile.
pub async fn verify(db: &Db) -> sqlx::Result<(TrailCheck, Link)> {
    let (mut at, last) = (place(db, "start").await?, place(db, "end").await?);
    let mut check = TrailCheck::default();
    while at.number < last.number {
        let rows = sqlx::query("select * from audit where number > $1 order by number limit $2")
            .bind(at.number)
            .bind(PORTION)
            .fetch_all(db.pool())
            .await?;
        let before = at.clone();
        for row in &rows {
            let text: String = row.try_get("record")?;
            let next = at.next(&text);
            if Link::of(row)? != next || !agrees(row, &text)? {
                break;
            }
            (at, check.records) = (next, check.records + 1);
        }
        if at.number - before.number == rows.len() as i64 && !rows.is_empty() {
            continue;
        }
        let start = place(db, "start").await?;
        if start.number <= at.number {
            check.broken_at = Some(at.number + 1);
            return Ok((check, last));
        }
        at = start;
    }
    if at.number == last.number && at.hash != last.hash {
        check.broken_at = Some(at.number);
    }
    Ok((check, last))
}

async fn place(db: &Db, name: &'static str) -> sqlx::Result<Link> {
    let query = sqlx::query("select number, hash from audit_chain where name = $1").bind(name);
    Link::of(&query.fetch_one(db.pool()).await?)
}

/// Whether what is searched by is what the record says.
fn agrees(row: &AnyRow, text: &str) -> sqlx::Result<bool> {
    let Ok(record) = serde_json::from_str::<Value>(text) else {
        return Ok(false);
    };
    let said = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let resource = record["resources"][0]["ARN"].as_str().unwrap_or_default();
    let user = record["userIdentity"]["userName"]
        .as_str()
        .unwrap_or_default();
    let kept: String = row.try_get("resource_arn")?;
    let at = DateTime::from_timestamp_millis(row.try_get("at")?).unwrap_or_default();
    Ok(
        at.to_rfc3339_opts(SecondsFormat::Secs, true) == said("eventTime")
            && row.try_get::<String, _>("id")? == said("eventID")
            && row.try_get::<String, _>("operation")? == said("eventName")
            && row.try_get::<String, _>("error_code")? == said("errorCode")
            && row.try_get::<String, _>("event_source")? == said("eventSource")
            && row.try_get::<String, _>("user_name")? == user
            && (kept == resource || resource.is_empty() && kept == "*")
            && (row.try_get::<i64, _>("read_only")? != 0) == (record["readOnly"] == true),
    )
}
