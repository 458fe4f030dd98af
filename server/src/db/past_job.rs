//! Jobs that ended, over all time, in the database: see `past_query` for how they are found.

use app::model::job::JobRecord;
use app::model::live::Kind;
use app::model::past_job::{PastJob, PastStep};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::past_query::Sql;
pub use super::past_query::{Column, Place, Test, Wanted};
use super::resource::{from_json, to_json};
use super::{Db, Write, now};

/// Rows that are forgotten at once: others wait meanwhile.
const PRUNED: i64 = 20_000;
/// Of a heterogeneous job (`MAX_HET_JOB_COMPS`).
const MOST_COMPONENTS: u32 = 128;
/// Bytes of what is part of a key or an index: databases bound those.
const LONGEST_KEY: usize = 200;

/// A job of one of the clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub cluster_id: String,
    /// As the key has it: cut where the job's own is too long.
    pub id: String,
    pub job: PastJob,
}

impl Found {
    pub fn place(&self) -> Place {
        Place {
            ended_at: self.job.ended_at,
            cluster_id: self.cluster_id.clone(),
            id: self.id.clone(),
        }
    }
}

/// As Slurm's accounting tells of it. What is known of a later end of the same job stays.
pub async fn put(
    write: &mut Write,
    cluster_id: &str,
    job: &PastJob,
    steps: &[PastStep],
) -> sqlx::Result<()> {
    let newer = "excluded.ended_at >= past_job.ended_at or past_job.accounted = 0";
    match component(write, cluster_id, job).await? {
        None => insert(write, cluster_id, job, steps, newer).await,
        Some(id) => {
            let job = PastJob { id, ..job.clone() };
            insert(write, cluster_id, &job, steps, newer).await
        }
    }
}

/// As OpenPCS saw it end: accounting knows more of the same end, and may say that it was a moment earlier.
pub async fn saw(write: &mut Write, cluster_id: &str, record: &JobRecord) -> sqlx::Result<()> {
    let newer = "excluded.ended_at > past_job.ended_at + 60000 or past_job.accounted = 0";
    insert(write, cluster_id, &seen(record), &[], newer).await?;
    match own_number(&record.job.id) {
        Some(number) if record.job.started_at == 0 => forget_one(write, cluster_id, number).await,
        _ => Ok(()),
    }
}

/// Accounting learns only at its start that a job is a component of a heterogeneous one (`13+1`), and tells of those that
/// never started by the numbers that they have for themselves: under which id such a one is known here already.
async fn component(
    write: &mut Write,
    cluster_id: &str,
    job: &PastJob,
) -> sqlx::Result<Option<String>> {
    let number: Option<u32> = job.id.parse().ok();
    let Some(number) = number.filter(|_| job.started_at == 0) else {
        return Ok(None);
    };
    let offsets = 0..MOST_COMPONENTS.min(number);
    let ids: Vec<String> = offsets.map(|at| format!("{}+{at}", number - at)).collect();
    let mut sql = Sql::default();
    sql.text += "select id from past_job where cluster_id = ";
    sql.string(cluster_id);
    sql.text += " and id in (";
    sql.strings(&ids);
    sql.text += ")";
    let row = sql.query().fetch_optional(&mut *write.tx).await?;
    row.map(|row| row.try_get("id")).transpose()
}

/// Of `13+1`: components are numbered one by one.
fn own_number(id: &str) -> Option<u32> {
    let (first, offset) = id.split_once('+')?;
    let (first, offset): (u32, u32) = (first.parse().ok()?, offset.parse().ok()?);
    first.checked_add(offset)
}

/// The same job, as accounting told of it before it was seen.
async fn forget_one(write: &mut Write, cluster_id: &str, number: u32) -> sqlx::Result<()> {
    sqlx::query("delete from past_job where cluster_id = $1 and id = $2")
        .bind(cluster_id)
        .bind(number.to_string())
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

async fn insert(
    write: &mut Write,
    cluster_id: &str,
    job: &PastJob,
    steps: &[PastStep],
    newer: &str,
) -> sqlx::Result<()> {
    let statement = format!(
        "insert into past_job (cluster_id, id, ended_at, name, user_name, account, queue, state, accounted, record, steps, \
         found_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (cluster_id, id) do update set \
         found_at = case when excluded.ended_at = past_job.ended_at and excluded.state = past_job.state \
         then past_job.found_at else excluded.found_at end, ended_at = excluded.ended_at, name = excluded.name, user_name = excluded.user_name, \
         account = excluded.account, queue = excluded.queue, state = excluded.state, \
         accounted = excluded.accounted, record = excluded.record, steps = excluded.steps where {newer}"
    );
    sqlx::query(&statement)
        .bind(cluster_id)
        .bind(key(&job.id))
        .bind(job.ended_at)
        .bind(key(&job.name))
        .bind(key(&job.user))
        .bind(key(&job.account))
        .bind(key(&job.queue))
        .bind(key(&job.state))
        .bind(i64::from(job.is_accounted))
        .bind(to_json(job)?)
        .bind(to_json(&steps)?)
        .bind(now())
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Lists are asked for anew.
pub async fn announce(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    write.changed(Kind::Job, cluster_id, "").await
}

/// As much of the text as a key can have.
fn key(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_KEY)]
}

/// What OpenPCS knows of it.
fn seen(record: &JobRecord) -> PastJob {
    let job = &record.job;
    let ran_ms = match job.started_at {
        0 => 0,
        at => job.ended_at.saturating_sub(at).max(0),
    };
    let has_run = job.started_at > 0;
    PastJob {
        id: job.id.clone(),
        name: job.name.clone(),
        user: job.user.clone(),
        account: record.account.clone(),
        queue: job.queue.clone(),
        quality_of_service: record.quality_of_service.clone(),
        state: job.state.clone(),
        exit_code: record.exit_code,
        signal: record.signal,
        submitted_at: job.submitted_at,
        started_at: job.started_at,
        ended_at: job.ended_at,
        elapsed_seconds: ran_ms / 1000,
        time_limit_minutes: record.time_limit_minutes,
        asked_nodes: job.node_count,
        asked_cpus: record.cpus,
        asked_memory_mib: record.memory.saturating_mul(job.node_count.max(1)),
        node_count: if has_run { job.node_count } else { 0 },
        cpus: if has_run { record.cpus } else { 0 },
        nodes: job.nodes.clone(),
        working_directory: record.working_directory.clone(),
        command: record.command.clone(),
        restarts: record.restarts,
        ..PastJob::default()
    }
}

/// So many of them, the last that ended first, without those that stand before.
pub async fn list(
    pool: &Pool,
    wanted: &Wanted,
    before: i64,
    most: i64,
) -> sqlx::Result<Vec<Found>> {
    let mut sql = Sql::default();
    sql.text += "select past_job.cluster_id, past_job.id, record from past_job join (select cluster_id, id from past_job where ";
    sql.condition(wanted);
    sql.order(wanted);
    sql.number(most);
    sql.text += " offset ";
    sql.number(before);
    sql.text += ") as found on past_job.cluster_id = found.cluster_id and past_job.id = found.id \
                 order by ended_at desc, past_job.cluster_id desc, past_job.id desc";
    let rows = sql.query().fetch_all(pool).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(Found {
            cluster_id: row.try_get("cluster_id")?,
            id: row.try_get("id")?,
            job: from_json(row, "record")?,
        });
    }
    Ok(found)
}

/// How many there are of their clusters.
pub async fn count(pool: &Pool, wanted: &Wanted) -> sqlx::Result<i64> {
    let mut sql = Sql::default();
    sql.text += "select count(*) as found from past_job where ";
    sql.clusters(wanted);
    sql.query().fetch_one(pool).await?.try_get("found")
}

/// How many there are, no more than `most`.
pub async fn count_to(pool: &Pool, wanted: &Wanted, most: i64) -> sqlx::Result<i64> {
    let mut sql = Sql::default();
    sql.text += "select count(*) as found from (select 1 as one from past_job where ";
    sql.condition(wanted);
    sql.order(wanted);
    sql.number(most);
    sql.text += ") as counted";
    sql.query().fetch_one(pool).await?.try_get("found")
}

/// The last of the first so many jobs of that part of the list, also of other clusters; none where there are fewer.
pub async fn place_of(pool: &Pool, wanted: &Wanted, jobs: i64) -> sqlx::Result<Option<Place>> {
    let mut sql = Sql::default();
    sql.text += "select ended_at, cluster_id, id from past_job where 1 = 1";
    sql.stretch(wanted);
    sql.text += " order by ended_at desc, cluster_id desc, id desc limit 1 offset ";
    sql.number(jobs.max(1) - 1);
    let row = sql.query().fetch_optional(pool).await?;
    let place = |row: AnyRow| {
        Ok(Place {
            ended_at: row.try_get("ended_at")?,
            cluster_id: row.try_get("cluster_id")?,
            id: row.try_get("id")?,
        })
    };
    row.map(place).transpose()
}

/// Some of what occurs there in that column.
pub async fn values(
    pool: &Pool,
    wanted: &Wanted,
    column: Column,
    most: i64,
) -> sqlx::Result<Vec<String>> {
    let column = column.name();
    let mut sql = Sql::default();
    sql.text +=
        &format!("select distinct {column} as found from past_job where {column} <> '' and ");
    sql.condition(wanted);
    sql.text += " order by found limit ";
    sql.number(most);
    let rows = sql.query().fetch_all(pool).await?;
    rows.iter().map(|row| row.try_get("found")).collect()
}

/// One, with its steps.
pub async fn find(
    pool: &Pool,
    cluster_id: &str,
    id: &str,
) -> sqlx::Result<Option<(PastJob, Vec<PastStep>)>> {
    let row = sqlx::query("select record, steps from past_job where cluster_id = $1 and id = $2")
        .bind(cluster_id)
        .bind(key(id))
        .fetch_optional(pool)
        .await?;
    let both = |row: AnyRow| Ok((from_json(&row, "record")?, from_json(&row, "steps")?));
    row.map(both).transpose()
}

/// Forgets some of a cluster's jobs that ended before that time, of those that accounting told of or of the others.
pub async fn forget(
    db: &Db,
    cluster_id: &str,
    is_accounted: bool,
    before: i64,
) -> sqlx::Result<()> {
    let mut writer = db.writer().await?;
    sqlx::query(
        "delete from past_job where cluster_id = $1 and id in (select id from past_job where cluster_id = $1 \
         and accounted = $2 and ended_at < $3 limit $4)",
    )
    .bind(cluster_id)
    .bind(i64::from(is_accounted))
    .bind(before)
    .bind(PRUNED)
    .execute(&mut *writer)
    .await?;
    Ok(())
}

/// Forgets jobs of clusters that were deleted before that time, some at each call.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    let mut writer = db.writer().await?;
    sqlx::query(
        "delete from past_job where (cluster_id, id) in (select cluster_id, id from past_job where cluster_id in \
         (select cluster_id from past_cluster where deleted_at < $1) limit $2)",
    )
    .bind(before)
    .bind(PRUNED)
    .execute(&mut *writer)
    .await?;
    Ok(())
}

#[cfg(test)]
#[path = "past_job_tests.rs"]
mod tests;
