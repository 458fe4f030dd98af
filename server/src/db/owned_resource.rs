//! What groups own at their provider beside their instances: one row for a group that may own something.

use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::connection::Pool;

use super::{Write, now};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedRow {
    pub compute_node_group_id: String,
    pub cluster_id: String,
    /// For which launch generation of the group the provider was asked last, or is about to be.
    pub asked_generation: i64,
    /// For which it is there.
    pub ready_generation: Option<i64>,
    /// How the provider names what is there.
    pub made: Option<String>,
    /// It is to go: the provider was asked for that, or is about to be.
    pub releasing: bool,
    /// Not before then the provider is to be asked again.
    pub ask_again_at: Option<i64>,
    /// How often in a row it could not.
    pub failures: i64,
    /// What it said then.
    pub error: Option<String>,
}

/// How far the provider is with what a group owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'a> {
    Ready,
    UnderWay,
    /// It says that it cannot; it is asked again.
    Failed(&'a str),
}

impl OwnedRow {
    /// For instances of that launch generation.
    pub fn stage(&self, generation: i64) -> Stage<'_> {
        match &self.error {
            _ if self.releasing => Stage::UnderWay,
            _ if self.ready_generation == Some(generation) => Stage::Ready,
            Some(error) if self.asked_generation == generation => Stage::Failed(error),
            _ => Stage::UnderWay,
        }
    }

    /// Whether the provider is to be asked to make it for instances of that launch generation. Of another one it has not
    /// said anything yet.
    pub fn ensure_is_due(&self, generation: i64, now: i64) -> bool {
        self.stage(generation) != Stage::Ready
            && !self.releasing
            && (self.asked_generation != generation || self.is_due(now))
    }

    /// Whether it is to be asked to remove it.
    pub fn release_is_due(&self, now: i64) -> bool {
        !self.releasing || self.is_due(now)
    }

    fn is_due(&self, now: i64) -> bool {
        self.ask_again_at.is_none_or(|at| at <= now)
    }
}

fn decode(row: &AnyRow) -> sqlx::Result<OwnedRow> {
    let releasing: i64 = row.try_get("releasing")?;
    Ok(OwnedRow {
        compute_node_group_id: row.try_get("compute_node_group_id")?,
        cluster_id: row.try_get("cluster_id")?,
        asked_generation: row.try_get("asked_generation")?,
        ready_generation: row.try_get("ready_generation")?,
        made: row.try_get("made")?,
        releasing: releasing != 0,
        ask_again_at: row.try_get("ask_again_at")?,
        failures: row.try_get("failures")?,
        error: row.try_get("error")?,
    })
}

pub async fn of_cluster(pool: &Pool, cluster_id: &str) -> sqlx::Result<Vec<OwnedRow>> {
    sqlx::query("select * from owned_resource where cluster_id = $1 order by compute_node_group_id")
        .bind(cluster_id)
        .fetch_all(pool)
        .await?
        .iter()
        .map(decode)
        .collect()
}

pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    group_id: &str,
) -> sqlx::Result<Option<OwnedRow>> {
    let row = sqlx::query("select * from owned_resource where compute_node_group_id = $1")
        .bind(group_id)
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// The provider is about to be asked to make it for instances of that launch generation; what it said of another one
/// counts no more.
pub async fn intend(
    write: &mut Write,
    cluster_id: &str,
    group_id: &str,
    generation: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into owned_resource (compute_node_group_id, cluster_id, asked_generation) values ($1, $2, $3) \
         on conflict (compute_node_group_id) do update set asked_generation = excluded.asked_generation, \
         ask_again_at = null, failures = 0, error = null \
         where owned_resource.asked_generation <> excluded.asked_generation",
    )
    .bind(group_id)
    .bind(cluster_id)
    .bind(generation)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// It is about to be asked to remove it; what it said of making it counts no more.
pub async fn intend_release(write: &mut Write, group_id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update owned_resource set releasing = 1, ask_again_at = null, failures = 0, error = null \
         where compute_node_group_id = $1 and releasing = 0",
    )
    .bind(group_id)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// It is there for instances of that generation.
pub async fn set_ready(
    write: &mut Write,
    group_id: &str,
    generation: i64,
    made: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update owned_resource set ready_generation = $1, made = $2, ask_again_at = null, failures = 0, error = null \
         where compute_node_group_id = $3",
    )
    .bind(generation)
    .bind(made)
    .bind(group_id)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// The provider goes on with it, and is to be asked again then.
pub async fn set_under_way(write: &mut Write, group_id: &str, after_ms: i64) -> sqlx::Result<()> {
    set_answer(write, group_id, now() + after_ms, 0, None).await
}

/// The provider could not, so many times in a row, and is to be asked again then.
pub async fn set_failed(
    write: &mut Write,
    group_id: &str,
    after_ms: i64,
    failures: i64,
    error: &str,
) -> sqlx::Result<()> {
    set_answer(write, group_id, now() + after_ms, failures, Some(error)).await
}

async fn set_answer(
    write: &mut Write,
    group_id: &str,
    ask_again_at: i64,
    failures: i64,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update owned_resource set ask_again_at = $1, failures = $2, error = $3 where compute_node_group_id = $4",
    )
    .bind(ask_again_at)
    .bind(failures)
    .bind(error)
    .bind(group_id)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Nothing is left of it.
pub async fn delete(write: &mut Write, group_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from owned_resource where compute_node_group_id = $1")
        .bind(group_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
