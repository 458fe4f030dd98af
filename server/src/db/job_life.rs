//! The lives of jobs that were requeued, in the database: Slurm itself knows only the last one.

use std::collections::HashMap;

use app::model::job_life::Life;
use app::model::live::Kind;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::resource::to_json;
use super::{Db, Write};

/// Notes a life that ended; what was noted of it before stays.
pub async fn put(write: &mut Write, cluster_id: &str, job: &str, life: &Life) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job_life (cluster_id, job_id, restarts, submitted_at, ended_at, life) \
         values ($1, $2, $3, $4, $5, $6) on conflict (cluster_id, job_id, restarts) do nothing",
    )
    .bind(cluster_id)
    .bind(job)
    .bind(life.restarts)
    .bind(life.submitted_at)
    .bind(life.ended_at)
    .bind(to_json(life)?)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Job, cluster_id, job).await
}

/// What that life and those before it wrote is not in their job's file any more.
pub async fn forget_output(
    write: &mut Write,
    cluster_id: &str,
    job: &str,
    restarts: i64,
) -> sqlx::Result<()> {
    let rows = sqlx::query(
        "select life from job_life where cluster_id = $1 and job_id = $2 and restarts <= $3",
    )
    .bind(cluster_id)
    .bind(job)
    .bind(restarts)
    .fetch_all(&mut *write.tx)
    .await?;
    for mut life in decode(&rows)? {
        life.output_bytes = None;
        sqlx::query(
            "update job_life set life = $4 where cluster_id = $1 and job_id = $2 and restarts = $3",
        )
        .bind(cluster_id)
        .bind(job)
        .bind(life.restarts)
        .bind(to_json(&life)?)
        .execute(&mut *write.tx)
        .await?;
    }
    write.changed(Kind::Job, cluster_id, job).await
}

/// The lives of a job that ended, the first one first. A row that this server cannot read is left out.
pub async fn list(pool: &Pool, cluster_id: &str, job: &str) -> sqlx::Result<Vec<Life>> {
    let rows = sqlx::query(
        "select life from job_life where cluster_id = $1 and job_id = $2 order by restarts",
    )
    .bind(cluster_id)
    .bind(job)
    .fetch_all(pool)
    .await?;
    decode(&rows)
}

fn decode(rows: &[AnyRow]) -> sqlx::Result<Vec<Life>> {
    let lives = rows.iter().map(|row| row.try_get::<String, _>("life"));
    lives
        .filter_map(|json| {
            json.map(|json| serde_json::from_str(&json).ok())
                .transpose()
        })
        .collect()
}

/// When each job of a cluster was submitted first, as far as it was requeued since.
pub async fn first_submitted(pool: &Pool, cluster_id: &str) -> sqlx::Result<HashMap<String, i64>> {
    let rows = sqlx::query(
        "select job_id, min(submitted_at) as first from job_life where cluster_id = $1 group by job_id",
    )
    .bind(cluster_id)
    .fetch_all(pool)
    .await?;
    let pair = |row: &AnyRow| Ok((row.try_get("job_id")?, row.try_get("first")?));
    rows.iter().map(pair).collect()
}

/// The lives go with the cluster.
pub async fn clear(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from job_life where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Forgets lives that ended before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from job_life where ended_at < $1", before)
        .await
}
