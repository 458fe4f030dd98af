//! What was submitted through the console lately: Slurm saves its state every 5 s, and a killed controller loses what
//! it took since.

use sqlx::Row;

use super::connection::Pool;
use super::resource::to_json;
use super::{Db, Write, now};

/// The option of sbatch that carries a submission's mark.
pub const MARK: &str = "--extra=";

/// Far longer than Slurm takes to save a job, and than a server takes to come back.
const KEEP_MS: i64 = 3600 * 1000;

#[derive(Clone, Debug)]
pub struct SubmissionRow {
    pub cluster_id: String,
    pub job_id: String,
    pub principal: String,
    /// Empty: it came without one.
    pub token: String,
    /// Arguments of sbatch.
    pub options: Vec<String>,
    pub script: String,
}

pub async fn insert(write: &mut Write, row: &SubmissionRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into submission (cluster_id, job_id, principal, token, options, script, at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (cluster_id, job_id) do nothing",
    )
    .bind(&row.cluster_id)
    .bind(&row.job_id)
    .bind(&row.principal)
    .bind(&row.token)
    .bind(to_json(&row.options)?)
    .bind(&row.script)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

pub async fn find(
    pool: &Pool,
    cluster_id: &str,
    job_id: &str,
) -> sqlx::Result<Option<SubmissionRow>> {
    let row = sqlx::query("select * from submission where cluster_id = $1 and job_id = $2")
        .bind(cluster_id)
        .bind(job_id)
        .fetch_optional(pool)
        .await?;
    row.map(|row| {
        let options: String = row.try_get("options")?;
        Ok(SubmissionRow {
            cluster_id: row.try_get("cluster_id")?,
            job_id: row.try_get("job_id")?,
            principal: row.try_get("principal")?,
            token: row.try_get("token")?,
            options: serde_json::from_str(&options).map_err(|e| sqlx::Error::Decode(e.into()))?,
            script: row.try_get("script")?,
        })
    })
    .transpose()
}

/// It is another job now: whoever asks again under its token gets that one.
pub async fn moved(write: &mut Write, row: &SubmissionRow, job_id: &str) -> sqlx::Result<()> {
    sqlx::query("update submission set job_id = $1 where cluster_id = $2 and job_id = $3")
        .bind(job_id)
        .bind(&row.cluster_id)
        .bind(&row.job_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

pub async fn prune(db: &Db) -> sqlx::Result<()> {
    db.prune("delete from submission where at < $1", now() - KEEP_MS)
        .await
}

/// With its cluster.
pub async fn clear(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from submission where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
