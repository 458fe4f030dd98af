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
use super::{Db, Write};

/// Rows that are forgotten at once: others wait meanwhile.
const PRUNED: i64 = 20_000;
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
    insert(write, cluster_id, job, steps, newer).await
}

/// As OpenPCS saw it end: accounting knows more of the same end, and may say that it was a moment earlier.
pub async fn saw(write: &mut Write, cluster_id: &str, record: &JobRecord) -> sqlx::Result<()> {
    let newer = "excluded.ended_at > past_job.ended_at + 60000 or past_job.accounted = 0";
    insert(write, cluster_id, &seen(record), &[], newer).await
}

async fn insert(
    write: &mut Write,
    cluster_id: &str,
    job: &PastJob,
    steps: &[PastStep],
    newer: &str,
) -> sqlx::Result<()> {
    let statement = format!(
        "insert into past_job (cluster_id, id, ended_at, name, user_name, account, queue, state, accounted, record, steps) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (cluster_id, id) do update set \
         ended_at = excluded.ended_at, name = excluded.name, user_name = excluded.user_name, \
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
    sql.text += " order by ended_at desc, cluster_id desc, id desc limit ";
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
    sql.text += " order by ended_at desc, cluster_id desc, id desc limit ";
    sql.number(most);
    sql.text += ") as counted";
    sql.query().fetch_one(pool).await?.try_get("found")
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
mod tests {
    use super::*;
    use crate::db::{now, past_cluster};

    fn job(id: &str, ended_at: i64, is_accounted: bool) -> PastJob {
        PastJob {
            id: id.into(),
            name: format!("job_{id} 100%"),
            user: "Ann".into(),
            state: "COMPLETED".into(),
            ended_at,
            is_accounted,
            ..PastJob::default()
        }
    }

    fn record(id: &str, ended_at: i64) -> JobRecord {
        let mut record = JobRecord::default();
        (record.job.id, record.job.ended_at) = (id.into(), ended_at);
        record.job.state = "FAILED".into();
        record
    }

    async fn database(dir: &tempfile::TempDir) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        Db::connect(&url).await.unwrap()
    }

    async fn fill(db: &Db, cluster_id: &str, jobs: &[PastJob]) {
        let mut write = db.write().await.unwrap();
        for job in jobs {
            put(&mut write, cluster_id, job, &[PastStep::default()])
                .await
                .unwrap();
        }
        write.commit().await.unwrap();
    }

    async fn see(db: &Db, id: &str, ended_at: i64) {
        let mut write = db.write().await.unwrap();
        saw(&mut write, "c", &record(id, ended_at)).await.unwrap();
        write.commit().await.unwrap();
    }

    fn of(clusters: &[&str], tests: &[Test]) -> Wanted {
        Wanted {
            clusters: clusters.iter().map(|id| (*id).to_owned()).collect(),
            tests: tests.to_vec(),
            ..Wanted::default()
        }
    }

    async fn ids(db: &Db, wanted: &Wanted) -> String {
        let found = list(db.pool(), wanted, 0, 100).await.unwrap();
        let counted = async |most| count_to(db.pool(), wanted, most).await.unwrap();
        assert_eq!(counted(100).await, found.len() as i64);
        assert_eq!(counted(1).await, found.len().min(1) as i64);
        let ids: Vec<String> = found.into_iter().map(|found| found.id).collect();
        ids.join(" ")
    }

    #[tokio::test]
    async fn accounting_knows_better_and_the_last_end_counts() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        let told = async || {
            let (job, steps) = find(db.pool(), "c", "7").await.unwrap().unwrap();
            (job.ended_at, job.is_accounted, steps.len())
        };
        see(&db, "7", 1_000_500).await;
        assert_eq!(told().await, (1_000_500, false, 0));
        fill(&db, "c", &[job("7", 1_000_000, true)]).await;
        assert_eq!(told().await, (1_000_000, true, 1));
        see(&db, "7", 1_000_500).await;
        assert_eq!(told().await, (1_000_000, true, 1), "the same end");
        see(&db, "7", 9_000_000).await;
        assert_eq!(told().await, (9_000_000, false, 0), "it ran again");
        fill(&db, "c", &[job("7", 9_000_000, true)]).await;
        fill(&db, "c", &[job("7", 1_000_000, true)]).await;
        assert_eq!(
            told().await,
            (9_000_000, true, 1),
            "a late record of before"
        );
    }

    #[tokio::test]
    async fn a_list_is_found_by_all_that_it_can_be_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        fill(&db, "c", &[job("1", 10, true), job("2", 30, true)]).await;
        fill(&db, "d", &[job("1", 20, true), job("12_3", 30, false)]).await;
        fill(&db, "e", &[job("5", 30, true)]).await;
        let both = of(&["c", "d"], &[]);
        assert_eq!(ids(&db, &both).await, "12_3 2 1 1");
        assert_eq!(ids(&db, &of(&[], &[])).await, "");
        let ann = vec!["ANN".to_owned()];
        for (test, found) in [
            (Test::Is(Column::User, ann.clone()), "12_3 2 1 1"),
            (Test::IsNot(Column::User, ann), ""),
            (Test::Is(Column::User, vec![]), ""),
            (Test::IsNot(Column::User, vec![]), "12_3 2 1 1"),
            (Test::Contains(Column::Name, "JOB_1".into()), "12_3 1 1"),
            (Test::Contains(Column::Name, "job%1".into()), ""),
            (Test::Contains(Column::Name, "100%".into()), "12_3 2 1 1"),
            (Test::Any(vec![]), ""),
            (
                Test::Any(vec![
                    Test::Is(Column::Id, vec!["2".into()]),
                    Test::Contains(Column::Id, "_".into()),
                ]),
                "12_3 2",
            ),
        ] {
            let wanted = of(&["c", "d"], std::slice::from_ref(&test));
            assert_eq!(ids(&db, &wanted).await, found, "{test:?}");
        }
        let mut later = both.clone();
        (later.from, later.to) = (Some(20), Some(30));
        assert_eq!(ids(&db, &later).await, "1");
        let users = values(db.pool(), &both, Column::User, 5).await.unwrap();
        assert_eq!(users, ["Ann"]);

        let first = list(db.pool(), &both, 0, 2).await.unwrap();
        let rest = Wanted {
            after: first.last().map(Found::place),
            ..both
        };
        fill(&db, "c", &[job("9", 99, true)]).await;
        assert_eq!(ids(&db, &rest).await, "1 1");
    }

    #[tokio::test]
    async fn a_deleted_cluster_is_remembered_for_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        fill(&db, "c", &[job("1", 10, true), job("2", 30, false)]).await;
        let long = format!("12_[{}]", "1,3,".repeat(2000));
        fill(&db, "d", &[job(&long, 10, true)]).await;
        assert!(find(db.pool(), "d", &long).await.unwrap().is_some());
        forget(&db, "c", true, 20).await.unwrap();
        assert_eq!(ids(&db, &of(&["c"], &[])).await, "2");
        let mut write = db.write().await.unwrap();
        past_cluster::close(&mut write, "c", "demo").await.unwrap();
        write.commit().await.unwrap();
        let names = async || {
            let all = past_cluster::deleted(db.pool()).await.unwrap();
            all.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        for (before, left) in [(0, vec!["demo"]), (now() + 1, vec![])] {
            prune(&db, before).await.unwrap();
            past_cluster::prune(&db, before).await.unwrap();
            assert_eq!(names().await, left);
        }
        assert_eq!(ids(&db, &of(&["c", "d"], &[])).await.len(), LONGEST_KEY);
    }
}
