//! Metrics of groups, queues and instance types in the database: see the migration for how they are kept. They go with those
//! of their clusters: see [`super::metric::prune`].

use std::collections::{BTreeMap, HashMap};

use app::model::metric::{TIERS, Tier};
use app::model::metric_part::By;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::Write;
use super::connection::Pool;
use super::measured::Measured;
use super::resource::{from_json, to_json};

/// What was measured, by the names of the parts.
pub type Parts = BTreeMap<String, Measured>;

/// Adds what was measured of parts of that kind at that time to the rows of each length.
pub async fn add(
    write: &mut Write,
    cluster_id: &str,
    by: By,
    at: i64,
    parts: &Parts,
) -> sqlx::Result<()> {
    for Tier { period, .. } in TIERS {
        let begins = at - at.rem_euclid(period);
        let row = sqlx::query(
            "select measured from metric_part where cluster_id = $1 and part = $2 and period = $3 and at = $4",
        )
        .bind(cluster_id)
        .bind(by.as_str())
        .bind(period)
        .bind(begins)
        .fetch_optional(&mut *write.tx)
        .await?;
        let mut whole: Parts = match row {
            Some(row) => from_json(&row, "measured")?,
            None => Parts::new(),
        };
        for (name, measured) in parts {
            whole.entry(name.clone()).or_default().merge(measured);
        }
        sqlx::query(
            "insert into metric_part (cluster_id, part, period, at, measured) values ($1, $2, $3, $4, $5) \
             on conflict (cluster_id, part, period, at) do update set measured = excluded.measured",
        )
        .bind(cluster_id)
        .bind(by.as_str())
        .bind(period)
        .bind(begins)
        .bind(to_json(&whole)?)
        .execute(&mut *write.tx)
        .await?;
    }
    Ok(())
}

/// What was measured of a cluster's parts of that kind in periods of that length, in their order.
pub async fn between(
    pool: &Pool,
    cluster_id: &str,
    by: By,
    period: i64,
    from: i64,
    to: i64,
) -> sqlx::Result<Vec<(i64, Parts)>> {
    let rows = sqlx::query(
        "select at, measured from metric_part where cluster_id = $1 and part = $2 and period = $3 and at >= $4 and at < $5 \
         order by at",
    )
    .bind(cluster_id)
    .bind(by.as_str())
    .bind(period)
    .bind(from)
    .bind(to)
    .fetch_all(pool)
    .await?;
    let decode = |row: &AnyRow| Ok((row.try_get("at")?, from_json(row, "measured")?));
    rows.iter().map(decode).collect()
}

/// What was measured last of the parts of that kind of each cluster, in periods of that length that begin in that time.
pub async fn last_of_all(
    pool: &Pool,
    by: By,
    period: i64,
    from: i64,
    to: i64,
) -> sqlx::Result<HashMap<String, Parts>> {
    let rows = sqlx::query(
        "select cluster_id, measured from metric_part where part = $1 and period = $2 and at >= $3 and at < $4 order by at",
    )
    .bind(by.as_str())
    .bind(period)
    .bind(from)
    .bind(to)
    .fetch_all(pool)
    .await?;
    let decode = |row: &AnyRow| Ok((row.try_get("cluster_id")?, from_json(row, "measured")?));
    rows.iter().map(decode).collect()
}

#[cfg(test)]
mod tests {
    use app::model::date::{DAY, HOUR, MINUTE};
    use app::model::metric::Metric;

    use super::*;
    use crate::db::{Db, metric};

    fn parts(all: &[(&str, f64)]) -> Parts {
        let part = |(name, hours): &(&str, f64)| {
            let mut measured = Measured::default();
            measured.note(Metric::NodeHours, *hours);
            ((*name).to_owned(), measured)
        };
        all.iter().map(part).collect()
    }

    #[tokio::test]
    async fn each_length_has_the_sum_of_each_part_until_it_is_too_old() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let mut write = db.write().await.unwrap();
        for minute in 0..70 {
            // One of them runs for a while.
            let all = [("c6i.large", 1.0), ("p5.48xlarge", 2.0)];
            let some = if minute < 5 { &all[..] } else { &all[..1] };
            let at = minute * MINUTE;
            let added = add(&mut write, "c", By::InstanceType, at, &parts(some)).await;
            added.unwrap();
        }
        let other = parts(&[("q", 9.0)]);
        add(&mut write, "c", By::Queue, 0, &other).await.unwrap();
        write.commit().await.unwrap();
        for Tier { period, .. } in TIERS {
            let found = between(db.pool(), "c", By::InstanceType, period, 0, DAY).await;
            let found = found.unwrap();
            let sum = |name: &str| -> f64 {
                let stats = found.iter().filter_map(|(_, all)| all.get(name));
                let stats = stats.filter_map(|all| all.stat(Metric::NodeHours));
                stats.map(|stat| stat.sum).sum()
            };
            assert_eq!((sum("c6i.large"), sum("p5.48xlarge")), (70.0, 10.0));
        }
        let last = last_of_all(db.pool(), By::Queue, HOUR, 0, HOUR).await;
        assert_eq!(last.unwrap()["c"], other);
        metric::prune(&db, 20 * DAY, 0).await.unwrap();
        let count = async |period| {
            let rows = between(db.pool(), "c", By::Queue, period, 0, DAY).await;
            rows.unwrap().len()
        };
        assert_eq!((count(MINUTE).await, count(HOUR).await), (0, 1));
    }
}
