//! What the provider's account has yet to be told of metrics, and the clusters of which it takes none.

use app::explain::What;
use app::model::date::{DAY, HOUR, MINUTE};
use app::model::live::Kind;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::measured::Measured;
use super::resource::from_json;
use super::{Db, Write, event, now};

/// So far back CloudWatch takes what was measured: two weeks, and not to the second.
pub const TAKEN: i64 = 14 * DAY - HOUR;

/// A minute of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    pub cluster_id: String,
    /// When it begins.
    pub at: i64,
    pub measured: Measured,
}

/// That minute is to be sent.
pub async fn put(write: &mut Write, cluster_id: &str, at: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into metric_outbox (at, cluster_id) values ($1, $2) on conflict (at, cluster_id) do nothing",
    )
    .bind(at)
    .bind(cluster_id)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// The oldest that begin in that time.
pub async fn due(pool: &Pool, from: i64, until: i64, most: i64) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query(
        "select o.cluster_id, o.at, m.measured from metric_outbox o \
         join metric m on m.cluster_id = o.cluster_id and m.period = $1 and m.at = o.at \
         where o.at >= $2 and o.at < $3 order by o.at, o.cluster_id limit $4",
    )
    .bind(MINUTE)
    .bind(from)
    .bind(until)
    .bind(most)
    .fetch_all(pool)
    .await?;
    let decode = |row: &AnyRow| {
        Ok(Due {
            cluster_id: row.try_get("cluster_id")?,
            at: row.try_get("at")?,
            measured: from_json(row, "measured")?,
        })
    };
    rows.iter().map(decode).collect()
}

/// These were taken: nothing stands in the way of their clusters, which the timeline says where something did.
pub async fn sent(db: &Db, taken: &[Due]) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    for Due { cluster_id, at, .. } in taken {
        sqlx::query("delete from metric_outbox where at = $1 and cluster_id = $2")
            .bind(at)
            .bind(cluster_id)
            .execute(&mut *write.tx)
            .await?;
    }
    let sql = "delete from metric_failure where cluster_id = $1";
    for cluster_id in failing(&mut write).await? {
        if taken.iter().any(|due| due.cluster_id == cluster_id) {
            let failed = sqlx::query(sql).bind(&cluster_id);
            failed.execute(&mut *write.tx).await?;
            tell(&mut write, &cluster_id, &What::PublishingWorks {}).await?;
        }
    }
    write.commit().await
}

/// The account takes none: the timeline of each cluster that waits says so, once.
pub async fn failed(db: &Db, why: &str) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    let waiting: Vec<String> = sqlx::query_scalar(
        "select id from cluster where exists (select 1 from metric_outbox o where o.cluster_id = cluster.id) \
         and not exists (select 1 from metric_failure f where f.cluster_id = cluster.id)",
    )
    .fetch_all(&mut *write.tx)
    .await?;
    for cluster_id in waiting {
        sqlx::query("insert into metric_failure (cluster_id, since) values ($1, $2)")
            .bind(&cluster_id)
            .bind(now())
            .execute(&mut *write.tx)
            .await?;
        let words = why.to_owned();
        tell(&mut write, &cluster_id, &What::PublishingFails { words }).await?;
    }
    write.commit().await
}

async fn failing(write: &mut Write) -> sqlx::Result<Vec<String>> {
    let all = sqlx::query_scalar("select cluster_id from metric_failure");
    all.fetch_all(&mut *write.tx).await
}

async fn tell(write: &mut Write, cluster_id: &str, what: &What) -> sqlx::Result<()> {
    let kind = Kind::Cluster;
    event::insert(write, cluster_id, kind, cluster_id, event::RECONCILER, what).await
}

/// Forgets minutes that began before then, of which nobody would take any more, and failures of clusters that are gone. How
/// many minutes.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<u64> {
    let mut writer = db.writer().await?;
    sqlx::query("delete from metric_failure where cluster_id not in (select id from cluster)")
        .execute(&mut *writer)
        .await?;
    let old = sqlx::query("delete from metric_outbox where at < $1").bind(before);
    Ok(old.execute(&mut *writer).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use app::model::metric::Metric;

    use super::*;
    use crate::db::metric;

    async fn database(dir: &tempfile::TempDir) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        Db::connect(&url).await.unwrap()
    }

    async fn measure(db: &Db, cluster: &str, at: i64) {
        let mut measured = Measured::default();
        measured.note(Metric::IdleCapacity, 1.0);
        let mut write = db.write().await.unwrap();
        metric::add(&mut write, cluster, at, &measured)
            .await
            .unwrap();
        let begins = at - at.rem_euclid(MINUTE);
        put(&mut write, cluster, begins).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn left(db: &Db) -> Vec<(String, i64)> {
        let all = due(db.pool(), 0, i64::MAX, 100).await.unwrap();
        all.into_iter()
            .map(|due| (due.cluster_id, due.at))
            .collect()
    }

    #[tokio::test]
    async fn a_minute_waits_until_it_was_taken() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        for (cluster, at) in [
            ("b", 2 * MINUTE),
            ("a", 0),
            ("b", 2 * MINUTE + 1),
            ("a", MINUTE),
        ] {
            measure(&db, cluster, at).await;
        }
        let first = due(db.pool(), 0, 2 * MINUTE, 100).await.unwrap();
        let told: Vec<_> = first.iter().map(|due| (&*due.cluster_id, due.at)).collect();
        assert_eq!(told, [("a", 0), ("a", MINUTE)]);
        sent(&db, &first).await.unwrap();
        assert_eq!(left(&db).await, [("b".to_owned(), 2 * MINUTE)]);
        let last = due(db.pool(), 0, i64::MAX, 1).await.unwrap();
        let stat = last[0].measured.stat(Metric::IdleCapacity).unwrap();
        assert_eq!(stat.count, 2, "a minute is whole");
        assert_eq!(prune(&db, 2 * MINUTE).await.unwrap(), 0);
        assert_eq!(prune(&db, 2 * MINUTE + 1).await.unwrap(), 1);
        assert!(left(&db).await.is_empty());
    }

    #[tokio::test]
    async fn what_stands_in_the_way_is_told_once_and_its_end_too() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        sqlx::query("insert into cluster (id, cluster_id, name, status, generation, spec, error_info, created_at, modified_at) values ('a', 'a', 'a', '', 1, '{}', '[]', 1, 1)")
            .execute(&mut *db.writer().await.unwrap())
            .await
            .unwrap();
        let told = async || -> Vec<String> {
            let codes = sqlx::query_scalar("select code from event order by rowid");
            codes.fetch_all(db.pool()).await.unwrap()
        };
        measure(&db, "a", 0).await;
        measure(&db, "gone", 0).await;
        for _ in 0..2 {
            failed(&db, "no").await.unwrap();
        }
        assert_eq!(told().await, ["publishing-fails"]);
        let all = due(db.pool(), 0, MINUTE, 9).await.unwrap();
        sent(&db, &all).await.unwrap();
        measure(&db, "a", MINUTE).await;
        let all = due(db.pool(), 0, i64::MAX, 9).await.unwrap();
        sent(&db, &all).await.unwrap();
        assert_eq!(told().await, ["publishing-fails", "publishing-works"]);
    }
}
