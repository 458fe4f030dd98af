//! Jobs that ended, in the database: Slurm itself forgets them after minutes.

use app::model::job::JobRecord;
use app::model::live::Kind;
use sqlx::Row as _;

use super::connection::Pool;
use super::resource::to_json;
use super::{Db, Write};

/// Notes a job that ended. A job that ran again and ended again is noted anew; its script stays.
pub async fn put(
    write: &mut Write,
    cluster_id: &str,
    record: &JobRecord,
    script: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job (cluster_id, id, ended_at, record, script) values ($1, $2, $3, $4, $5) \
         on conflict (cluster_id, id) do update set ended_at = excluded.ended_at, record = excluded.record, \
         script = coalesce(excluded.script, job.script)",
    )
    .bind(cluster_id)
    .bind(&record.job.id)
    .bind(record.job.ended_at)
    .bind(to_json(record)?)
    .bind(script)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Job, cluster_id, &record.job.id).await
}

/// The jobs of a cluster that ended last, newest first. A row that this server cannot read is left out.
pub async fn list(pool: &Pool, cluster_id: &str, limit: i64) -> sqlx::Result<Vec<JobRecord>> {
    let rows = sqlx::query(
        "select record from job where cluster_id = $1 order by ended_at desc, id limit $2",
    )
    .bind(cluster_id)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let records = rows.iter().map(|row| row.try_get::<String, _>("record"));
    records
        .filter_map(|json| {
            json.map(|json| serde_json::from_str(&json).ok())
                .transpose()
        })
        .collect()
}

/// The jobs of a cluster that ended since that time, each with whether its script is known.
pub async fn ended_since(
    pool: &Pool,
    cluster_id: &str,
    since: i64,
) -> sqlx::Result<Vec<(JobRecord, bool)>> {
    let rows = sqlx::query(
        "select record, case when script is null then 0 else 1 end as has_script from job \
         where cluster_id = $1 and ended_at >= $2",
    )
    .bind(cluster_id)
    .bind(since)
    .fetch_all(pool)
    .await?;
    let mut ended = vec![];
    for row in rows {
        let record: String = row.try_get("record")?;
        if let Ok(record) = serde_json::from_str(&record) {
            ended.push((record, row.try_get::<i32, _>("has_script")? == 1));
        }
    }
    Ok(ended)
}

/// One job that ended, and its script if it is known.
pub async fn find(
    pool: &Pool,
    cluster_id: &str,
    id: &str,
) -> sqlx::Result<Option<(JobRecord, Option<String>)>> {
    let row = sqlx::query("select record, script from job where cluster_id = $1 and id = $2")
        .bind(cluster_id)
        .bind(id)
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let record: String = row.try_get("record")?;
    let script: Option<String> = row.try_get("script")?;
    Ok(serde_json::from_str(&record)
        .ok()
        .map(|record| (record, script)))
}

/// What has ended of an array or of a heterogeneous job, by the number that its parts share, each with its script.
pub async fn family(
    pool: &Pool,
    cluster_id: &str,
    number: u32,
) -> sqlx::Result<Vec<(JobRecord, Option<String>)>> {
    let rows = sqlx::query(
        "select record, script from job where cluster_id = $1 \
         and (id = $2 or id like $3 escape '!' or id like $4 escape '!')",
    )
    .bind(cluster_id)
    .bind(number.to_string())
    .bind(format!("{number}!_%"))
    .bind(format!("{number}+%"))
    .fetch_all(pool)
    .await?;
    let mut family = vec![];
    for row in rows {
        let record: String = row.try_get("record")?;
        if let Ok(record) = serde_json::from_str(&record) {
            family.push((record, row.try_get("script")?));
        }
    }
    Ok(family)
}

/// The id of the job that ended and bears that mark; a mark is letters, digits and hyphens, which mean themselves.
pub async fn marked(pool: &Pool, cluster_id: &str, mark: &str) -> sqlx::Result<Option<String>> {
    let row = sqlx::query("select id from job where cluster_id = $1 and record like $2 limit 1")
        .bind(cluster_id)
        .bind(format!("%\"mark\":\"{mark}\"%"))
        .fetch_optional(pool)
        .await?;
    row.map(|row| row.try_get("id")).transpose()
}

/// The id of the task or component that ended and had this number of its own, the last one if there were several.
pub async fn numbered(pool: &Pool, cluster_id: &str, number: u32) -> sqlx::Result<Option<String>> {
    let row = sqlx::query(
        "select id from job where cluster_id = $1 and record like $2 order by ended_at desc limit 1",
    )
    .bind(cluster_id)
    .bind(format!("%\"ownNumber\":{number},%"))
    .fetch_optional(pool)
    .await?;
    row.map(|row| row.try_get("id")).transpose()
}

/// All that is known of a cluster's jobs goes with the cluster.
pub async fn clear(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from job where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Forgets jobs that ended before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from job where ended_at < $1", before)
        .await
}
