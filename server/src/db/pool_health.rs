//! Pools of instances that had nothing when they were asked last, for all servers of the database. What follows of it is
//! [`crate::plan::pool`]'s to say.

use app::model::attempt::Pool;
use app::model::group_settings::PurchaseOption;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::{Db, Write};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRow {
    pub pool: Pool,
    /// How often in a row it had nothing.
    pub failures: i64,
    /// Until then it is left alone.
    pub open_until: i64,
    /// Since when a batch tries it.
    pub probed_at: Option<i64>,
    pub code: Option<String>,
    pub message: String,
}

/// As in the service model.
fn name_of(purchase: PurchaseOption) -> &'static str {
    match purchase {
        PurchaseOption::Ondemand => "ONDEMAND",
        PurchaseOption::Spot => "SPOT",
        PurchaseOption::CapacityBlock => "CAPACITY_BLOCK",
        PurchaseOption::InterruptibleCapacityReservation => "INTERRUPTIBLE_CAPACITY_RESERVATION",
    }
}

const PURCHASES: [PurchaseOption; 4] = [
    PurchaseOption::Ondemand,
    PurchaseOption::Spot,
    PurchaseOption::CapacityBlock,
    PurchaseOption::InterruptibleCapacityReservation,
];

/// None of one that is bought in a way of a newer server.
fn decode(row: &AnyRow) -> sqlx::Result<Option<PoolRow>> {
    let (place, purchase): (String, String) = (row.try_get("place")?, row.try_get("purchase")?);
    let purchase = PURCHASES.into_iter().find(|it| name_of(*it) == purchase);
    let Some(purchase) = purchase else {
        return Ok(None);
    };
    Ok(Some(PoolRow {
        pool: Pool {
            instance_type: row.try_get("instance_type")?,
            place: Some(place).filter(|place| !place.is_empty()),
            purchase,
        },
        failures: row.try_get("failures")?,
        open_until: row.try_get("open_until")?,
        probed_at: row.try_get("probed_at")?,
        code: row.try_get("code")?,
        message: row.try_get("message")?,
    }))
}

/// All of them: few, as those that have some are not here.
pub async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> sqlx::Result<Vec<PoolRow>> {
    let rows = sqlx::query("select * from pool_health order by instance_type, place, purchase")
        .fetch_all(executor)
        .await?;
    rows.iter()
        .filter_map(|row| decode(row).transpose())
        .collect()
}

pub async fn put(write: &mut Write, row: &PoolRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into pool_health (instance_type, place, purchase, failures, open_until, probed_at, code, message) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (instance_type, place, purchase) do update \
         set failures = excluded.failures, open_until = excluded.open_until, probed_at = excluded.probed_at, \
         code = excluded.code, message = excluded.message",
    )
    .bind(&row.pool.instance_type)
    .bind(row.pool.place.as_deref().unwrap_or_default())
    .bind(name_of(row.pool.purchase))
    .bind(row.failures)
    .bind(row.open_until)
    .bind(row.probed_at)
    .bind(&row.code)
    .bind(&row.message)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// It has some.
pub async fn delete(write: &mut Write, pool: &Pool) -> sqlx::Result<()> {
    sqlx::query(
        "delete from pool_health where instance_type = $1 and place = $2 and purchase = $3",
    )
    .bind(&pool.instance_type)
    .bind(pool.place.as_deref().unwrap_or_default())
    .bind(name_of(pool.purchase))
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Forgets what nobody asked for since it could be had again, before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from pool_health where open_until < $1", before)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pool_is_known_by_all_of_its_parts() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let mut rows: Vec<PoolRow> = vec![];
        for place in [None, Some("subnet-1".to_owned())] {
            rows.extend(PURCHASES.map(|purchase| PoolRow {
                pool: Pool {
                    instance_type: "c6i.large".into(),
                    place: place.clone(),
                    purchase,
                },
                failures: 1,
                open_until: 10,
                probed_at: None,
                code: None,
                message: "none".into(),
            }));
        }
        let mut write = db.write().await.unwrap();
        for row in &mut rows {
            put(&mut write, row).await.unwrap();
            row.failures = 2;
            row.probed_at = Some(3);
            put(&mut write, row).await.unwrap();
        }
        write.commit().await.unwrap();
        let found = all(db.pool()).await.unwrap();
        assert_eq!(found.len(), rows.len());
        assert!(rows.iter().all(|row| found.contains(row)), "{found:?}");

        let mut write = db.write().await.unwrap();
        delete(&mut write, &rows[0].pool).await.unwrap();
        write.commit().await.unwrap();
        let found = all(db.pool()).await.unwrap();
        assert_eq!(found.len(), rows.len() - 1);
        assert!(!found.contains(&rows[0]));
        prune(&db, 10).await.unwrap();
        assert_eq!(all(db.pool()).await.unwrap().len(), rows.len() - 1);
        prune(&db, 11).await.unwrap();
        assert_eq!(all(db.pool()).await.unwrap(), []);
    }
}
