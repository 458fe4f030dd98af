//! What happened lately in all clusters, for those who are to be told: events and ends of jobs from a moment on, in pages;
//! and how far they were looked at.

use app::explain::What;
use app::model::date::MINUTE;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::{Db, Write, now};

/// A place behind which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub at: i64,
    pub id: String,
}

/// An event of any cluster.
#[derive(Clone, Debug)]
pub struct Happened {
    pub id: String,
    pub at: i64,
    pub cluster_id: String,
    pub resource_type: String,
    pub resource_id: String,
    pub code: String,
    pub parameters: String,
    pub what: Option<What>,
    pub message: String,
}

/// A job that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    pub at: i64,
    /// When it was found that it had ended.
    pub found_at: i64,
    pub cluster_id: String,
    pub job: String,
    pub name: String,
    pub user: String,
    pub state: String,
    /// The ARN of who submitted it through the console; empty: nobody did, or nobody asked yet ([`submitter`]).
    pub submitter: String,
    /// JSON: all facts.
    pub record: String,
}

impl JobEnd {
    /// For a page that goes on behind it.
    pub fn place(&self) -> String {
        format!("{}:{}", self.cluster_id, self.job)
    }
}

/// Events, oldest first.
pub async fn events(pool: &Pool, after: &After, most: i64) -> sqlx::Result<Vec<Happened>> {
    let sql =
        "select * from event where at >= $1 and (at > $1 or id > $2) order by at, id limit $3";
    let rows = sqlx::query(sql)
        .bind(after.at)
        .bind(&after.id)
        .bind(most)
        .fetch_all(pool)
        .await?;
    let decode = |row: &AnyRow| {
        let (code, parameters): (String, String) =
            (row.try_get("code")?, row.try_get("parameters")?);
        Ok(Happened {
            id: row.try_get("id")?,
            at: row.try_get("at")?,
            cluster_id: row.try_get("cluster_id")?,
            resource_type: row.try_get("resource_type")?,
            resource_id: row.try_get("resource_id")?,
            what: What::of_parts(&code, &parameters),
            code,
            parameters,
            message: row.try_get("message")?,
        })
    };
    rows.iter().map(decode).collect()
}

/// Ends of jobs, in the order in which they were found; a place is the cluster's and the job's id.
pub async fn job_ends(pool: &Pool, after: &After, most: i64) -> sqlx::Result<Vec<JobEnd>> {
    let sql = "select ended_at, found_at, cluster_id, id, name, user_name, state, record from past_job \
               where found_at > 0 and found_at >= $1 and (found_at > $1 or cluster_id || ':' || id > $2) \
               order by found_at, cluster_id || ':' || id limit $3";
    let rows = sqlx::query(sql)
        .bind(after.at)
        .bind(&after.id)
        .bind(most)
        .fetch_all(pool)
        .await?;
    let decode = |row: &AnyRow| {
        Ok(JobEnd {
            at: row.try_get("ended_at")?,
            found_at: row.try_get("found_at")?,
            cluster_id: row.try_get("cluster_id")?,
            job: row.try_get("id")?,
            name: row.try_get("name")?,
            user: row.try_get("user_name")?,
            state: row.try_get("state")?,
            record: row.try_get("record")?,
            submitter: String::new(),
        })
    };
    rows.iter().map(decode).collect()
}

/// The ARN of who submitted the job through the console; empty: nobody did.
pub async fn submitter(pool: &Pool, end: &JobEnd) -> sqlx::Result<String> {
    let sql = "select max(actor) as submitter from event where cluster_id = $1 and resource_type = 'job' \
               and resource_id = $2 and code = 'job-submitted'";
    let row = sqlx::query(sql)
        .bind(&end.cluster_id)
        .bind(&end.job)
        .fetch_one(pool)
        .await?;
    let submitter: Option<String> = row.try_get("submitter")?;
    Ok(submitter.unwrap_or_default())
}

/// Up to when a source was looked at; of one that never was, until now.
pub async fn looked_at(pool: &Pool, source: &str) -> sqlx::Result<i64> {
    let row = sqlx::query("select at from notification_cursor where source = $1")
        .bind(source)
        .fetch_optional(pool)
        .await?;
    row.map_or_else(|| Ok(now()), |row| row.try_get("at"))
}

pub async fn look_until(write: &mut Write, source: &str, at: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into notification_cursor (source, at) values ($1, $2) \
         on conflict (source) do update set at = excluded.at",
    )
    .bind(source)
    .bind(at)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Somebody gave a wrong password.
pub async fn sign_in_failed(db: &Db) -> sqlx::Result<()> {
    sqlx::query(
        "insert into sign_in_failure (minute, failures) values ($1, 1) \
         on conflict (minute) do update set failures = sign_in_failure.failures + 1",
    )
    .bind(now() / MINUTE)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

/// How many did since that time.
pub async fn sign_in_failures(pool: &Pool, since: i64) -> sqlx::Result<i64> {
    let sql = "select cast(coalesce(sum(failures), 0) as bigint) as failures from sign_in_failure where minute >= $1";
    let row = sqlx::query(sql)
        .bind(since / MINUTE)
        .fetch_one(pool)
        .await?;
    row.try_get("failures")
}

pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune(
        "delete from sign_in_failure where minute < $1",
        before / MINUTE,
    )
    .await
}
