//! Metrics over time in the database: see the migration for how they are kept.

use std::collections::HashMap;

use app::explain::Cause;
use app::model::date::{DAY, HOUR};
use app::model::live::Kind;
use app::model::metric::{TIERS, Tier};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::measured::Measured;
use super::resource::{from_json, to_json};
use super::{Db, Write};

/// What is kept by periods.
const TABLES: [&str; 2] = ["metric", "metric_part"];
/// Rows that are forgotten at once: others wait meanwhile.
const PRUNED: i64 = 5_000;
/// What was asked for earlier is no start any more that somebody waits for.
const LONGEST_START: i64 = DAY;

/// Adds what was measured at that time to the rows of each length.
pub async fn add(
    write: &mut Write,
    cluster_id: &str,
    at: i64,
    measured: &Measured,
) -> sqlx::Result<()> {
    for Tier { period, .. } in TIERS {
        let begins = at - at.rem_euclid(period);
        let row = sqlx::query(
            "select at, measured from metric where cluster_id = $1 and period = $2 and at = $3",
        )
        .bind(cluster_id)
        .bind(period)
        .bind(begins)
        .fetch_optional(&mut *write.tx)
        .await?;
        let mut whole =
            row.map_or_else(|| Ok(Measured::default()), |row| decode(&row).map(|r| r.1))?;
        whole.merge(measured);
        sqlx::query(
            "insert into metric (cluster_id, period, at, measured) values ($1, $2, $3, $4) \
             on conflict (cluster_id, period, at) do update set measured = excluded.measured",
        )
        .bind(cluster_id)
        .bind(period)
        .bind(begins)
        .bind(to_json(&whole)?)
        .execute(&mut *write.tx)
        .await?;
    }
    write.changed(Kind::Metric, cluster_id, "").await
}

/// When each period begins, and what was measured in it.
fn decode(row: &AnyRow) -> sqlx::Result<(i64, Measured)> {
    Ok((row.try_get("at")?, from_json(row, "measured")?))
}

/// What was measured last of each cluster in periods of that length that begin in that time.
pub async fn last_of_all(
    pool: &Pool,
    period: i64,
    from: i64,
    to: i64,
) -> sqlx::Result<HashMap<String, Measured>> {
    let sql = "select cluster_id, measured from metric where period = $1 and at >= $2 and at < $3 order by at";
    let rows = sqlx::query(sql)
        .bind(period)
        .bind(from)
        .bind(to)
        .fetch_all(pool)
        .await?;
    let decode = |row: &AnyRow| Ok((row.try_get("cluster_id")?, from_json(row, "measured")?));
    rows.iter().map(decode).collect()
}

/// What was measured of a cluster in periods of that length, in their order.
pub async fn between(
    pool: &Pool,
    cluster_id: &str,
    period: i64,
    from: i64,
    to: i64,
) -> sqlx::Result<Vec<(i64, Measured)>> {
    sqlx::query(
        "select at, measured from metric where cluster_id = $1 and period = $2 and at >= $3 and at < $4 order by at",
    )
    .bind(cluster_id)
    .bind(period)
    .bind(from)
    .bind(to)
    .fetch_all(pool)
    .await?
    .iter()
    .map(decode)
    .collect()
}

/// The clusters of which something was measured since then, deleted ones too, by their ids in their order.
pub async fn measured_since(pool: &Pool, since: i64) -> sqlx::Result<Vec<String>> {
    // The rows of hours are few, and tell three hours apart.
    sqlx::query_scalar(
        "select distinct cluster_id from metric where period = $1 and at > $2 order by cluster_id",
    )
    .bind(HOUR)
    .bind(since - HOUR)
    .fetch_all(pool)
    .await
}

/// How the start of an instance went so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    pub cluster_id: String,
    pub node_name: String,
    pub instance_type: String,
    pub launched_at: i64,
    pub ready_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub cause: Option<Cause>,
}

/// The instances of all clusters that were asked for, became ready or ended since then.
pub async fn starts_since(pool: &Pool, since: i64) -> sqlx::Result<Vec<Start>> {
    let rows = sqlx::query(
        "select cluster_id, node_name, instance_type, launched_at, ready_at, ended_at, cause from instance where launched_at >= $1 \
         and (launched_at >= $2 or ready_at >= $3 or ended_at >= $4)",
    )
    .bind(since - LONGEST_START)
    .bind(since)
    .bind(since)
    .bind(since)
    .fetch_all(pool)
    .await?;
    rows.iter().map(start).collect()
}

fn start(row: &AnyRow) -> sqlx::Result<Start> {
    let cause: Option<String> = row.try_get("cause")?;
    Ok(Start {
        cluster_id: row.try_get("cluster_id")?,
        node_name: row.try_get("node_name")?,
        instance_type: row.try_get("instance_type")?,
        launched_at: row.try_get("launched_at")?,
        ready_at: row.try_get("ready_at")?,
        ended_at: row.try_get("ended_at")?,
        // As in `db::instance`.
        cause: cause.and_then(|json| serde_json::from_str(&json).ok()),
    })
}

/// Of what type the instances are that are there, by their clusters and nodes.
pub async fn types(pool: &Pool) -> sqlx::Result<HashMap<String, HashMap<String, String>>> {
    let rows = sqlx::query(
        "select cluster_id, node_name, instance_type from instance where ended_at is null",
    )
    .fetch_all(pool)
    .await?;
    let mut types = HashMap::<String, HashMap<String, String>>::new();
    for row in rows {
        let of_cluster = types.entry(row.try_get("cluster_id")?).or_default();
        of_cluster.insert(row.try_get("node_name")?, row.try_get("instance_type")?);
    }
    Ok(types)
}

/// Forgets what is older than its length is kept, and clusters that were deleted before that time.
pub async fn prune(db: &Db, now: i64, deleted_before: i64) -> sqlx::Result<()> {
    for table in TABLES {
        for Tier { period, kept } in TIERS {
            let old = format!("period = {period} and at < $1");
            while delete(db, table, &old, now - kept).await? >= PRUNED as u64 {}
        }
        let gone = "cluster_id in (select cluster_id from past_cluster where deleted_at < $1)";
        while delete(db, table, gone, deleted_before).await? >= PRUNED as u64 {}
    }
    Ok(())
}

/// Some of them; how many. Each step lets others write before the next.
async fn delete(db: &Db, table: &str, which: &str, before: i64) -> sqlx::Result<u64> {
    let statement = format!(
        "delete from {table} where (cluster_id, period, at) in \
         (select cluster_id, period, at from {table} where {which} limit {PRUNED})"
    );
    let mut writer = db.writer().await?;
    let done = sqlx::query(&statement)
        .bind(before)
        .execute(&mut *writer)
        .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use app::model::date::{HOUR, MINUTE};
    use app::model::metric::Metric;

    use super::*;
    use crate::db::past_cluster;

    async fn database(dir: &tempfile::TempDir) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        Db::connect(&url).await.unwrap()
    }

    async fn put(db: &Db, cluster: &str, at: i64, idle: f64) {
        let mut measured = Measured::default();
        measured.note(Metric::IdleCapacity, idle);
        let mut write = db.write().await.unwrap();
        add(&mut write, cluster, at, &measured).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn rows(db: &Db, cluster: &str) -> Vec<usize> {
        let mut counts = vec![];
        for Tier { period, .. } in TIERS {
            let found = between(db.pool(), cluster, period, 0, i64::MAX).await;
            counts.push(found.unwrap().len());
        }
        counts
    }

    #[tokio::test]
    async fn each_length_has_the_sum_of_its_minutes() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        for minute in 0..90 {
            put(&db, "c", minute * MINUTE, minute as f64).await;
        }
        put(&db, "other", 0, 7.0).await;
        assert_eq!(rows(&db, "c").await, [90, 18, 2, 1]);
        for Tier { period, .. } in TIERS {
            let found = between(db.pool(), "c", period, 0, DAY).await.unwrap();
            let stats = found.iter().map(|(_, all)| all.stat(Metric::IdleCapacity));
            let stats: Vec<_> = stats.map(Option::unwrap).collect();
            let count: i64 = stats.iter().map(|stat| stat.count).sum();
            let sum: f64 = stats.iter().map(|stat| stat.sum).sum();
            assert_eq!((count, sum), (90, 4005.0), "{period}");
        }
        let hours = between(db.pool(), "c", HOUR, HOUR, 2 * HOUR).await.unwrap();
        let hour = hours[0].1.stat(Metric::IdleCapacity).unwrap();
        assert_eq!((hours[0].0, hour.minimum, hour.maximum), (HOUR, 60.0, 89.0));
    }

    #[tokio::test]
    async fn what_is_too_old_goes_length_by_length() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        let now = 600 * DAY;
        for days in [1, 20, 100, 500] {
            put(&db, "c", now - days * DAY, 1.0).await;
        }
        prune(&db, now, 0).await.unwrap();
        assert_eq!(rows(&db, "c").await, [1, 2, 3, 3]);
        let mut write = db.write().await.unwrap();
        past_cluster::close(&mut write, "c", "one").await.unwrap();
        write.commit().await.unwrap();
        let deleted = crate::db::now();
        past_cluster::prune(&db, deleted + 1).await.unwrap();
        let known = past_cluster::find(db.pool(), "c").await.unwrap();
        assert!(known.is_some(), "while something is kept of it");
        prune(&db, now, deleted + 1).await.unwrap();
        assert_eq!(rows(&db, "c").await, [0; 4]);
        past_cluster::prune(&db, deleted + 1).await.unwrap();
        assert_eq!(past_cluster::find(db.pool(), "c").await.unwrap(), None);
    }
}
