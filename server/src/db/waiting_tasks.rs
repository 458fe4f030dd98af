//! The tasks of arrays that waited when Slurm was asked last, for the process that asks next.

use sqlx::Row as _;

use super::connection::Pool;

use super::Write;
use super::resource::to_json;

/// What waited then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Milliseconds since 1970.
    pub seen_at: i64,
    /// As `12_[4-9]`, in order.
    pub tasks: Vec<String>,
}

pub async fn put(write: &mut Write, cluster_id: &str, waiting: &Waiting) -> sqlx::Result<()> {
    sqlx::query(
        "insert into waiting_tasks (cluster_id, seen_at, tasks) values ($1, $2, $3) \
         on conflict (cluster_id) do update set seen_at = excluded.seen_at, tasks = excluded.tasks",
    )
    .bind(cluster_id)
    .bind(waiting.seen_at)
    .bind(to_json(&waiting.tasks)?)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Nothing where nothing was noted, or nothing that this server can read.
pub async fn find(pool: &Pool, cluster_id: &str) -> sqlx::Result<Waiting> {
    let row = sqlx::query("select seen_at, tasks from waiting_tasks where cluster_id = $1")
        .bind(cluster_id)
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else {
        return Ok(Waiting::default());
    };
    let tasks: String = row.try_get("tasks")?;
    Ok(Waiting {
        seen_at: row.try_get("seen_at")?,
        tasks: serde_json::from_str(&tasks).unwrap_or_default(),
    })
}

pub async fn clear(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from waiting_tasks where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
