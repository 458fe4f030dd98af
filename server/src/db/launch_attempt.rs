//! Asks for instances in the database: one row for a batch. Its nodes' instances have its token.

use app::model::attempt::{Pool, PoolError, RestingPool};
use openpcs_provider::Asked;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::connection::Pool as Connections;
use super::resource::{from_json, to_json};
use super::{Db, Write, now};

/// Of what the provider says of pools so much is kept: more of them nobody reads.
const ERRORS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptRow {
    pub token: String,
    pub cluster_id: String,
    pub compute_node_group_id: String,
    /// When it was asked for first, or was about to be.
    pub at: i64,
    /// For how many nodes.
    pub wanted: i64,
    /// Pools that were to be left out.
    pub resting: Vec<RestingPool>,
    pub asks: i64,
    pub answered_at: Option<i64>,
    /// How many instances the provider named.
    pub came: i64,
    pub pools: Vec<Pool>,
    pub strategy: Option<String>,
    pub errors: Vec<PoolError>,
}

fn decode(row: &AnyRow) -> sqlx::Result<AttemptRow> {
    Ok(AttemptRow {
        token: row.try_get("token")?,
        cluster_id: row.try_get("cluster_id")?,
        compute_node_group_id: row.try_get("compute_node_group_id")?,
        at: row.try_get("at")?,
        wanted: row.try_get("wanted")?,
        resting: from_json(row, "resting")?,
        asks: row.try_get("asks")?,
        answered_at: row.try_get("answered_at")?,
        came: row.try_get("came")?,
        pools: from_json(row, "pools")?,
        strategy: row.try_get("strategy")?,
        errors: from_json(row, "errors")?,
    })
}

/// It is about to be asked for.
pub async fn insert(write: &mut Write, row: &AttemptRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into launch_attempt (token, cluster_id, compute_node_group_id, at, wanted, resting) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.token)
    .bind(&row.cluster_id)
    .bind(&row.compute_node_group_id)
    .bind(row.at)
    .bind(row.wanted)
    .bind(to_json(&row.resting)?)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// An answer came, with so many instances. One that says nothing of pools leaves what the last one said.
pub async fn set_answered(
    write: &mut Write,
    token: &str,
    came: usize,
    asked: &Asked,
) -> sqlx::Result<()> {
    sqlx::query(
        "update launch_attempt set asks = asks + 1, answered_at = $1, came = came + $2 where token = $3",
    )
    .bind(now())
    .bind(came as i64)
    .bind(token)
    .execute(&mut *write.tx)
    .await?;
    if asked.pools.is_empty() {
        return Ok(());
    }
    let errors = asked.errors.get(..ERRORS).unwrap_or(&asked.errors);
    sqlx::query(
        "update launch_attempt set pools = $1, strategy = $2, errors = $3 where token = $4",
    )
    .bind(to_json(&asked.pools)?)
    .bind(&asked.strategy)
    .bind(to_json(&errors)?)
    .bind(token)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Those of these batches that are known, in no order.
pub async fn with_tokens(pool: &Connections, tokens: &[&str]) -> sqlx::Result<Vec<AttemptRow>> {
    if tokens.is_empty() {
        return Ok(vec![]);
    }
    let numbers: Vec<String> = (1..=tokens.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "select * from launch_attempt where token in ({})",
        numbers.join(", ")
    );
    let query = sqlx::query(&sql);
    let query = tokens.iter().fold(query, |query, token| query.bind(*token));
    query.fetch_all(pool).await?.iter().map(decode).collect()
}

/// Forgets what was asked for before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from launch_attempt where at < $1", before)
        .await
}

#[cfg(test)]
mod tests {
    use app::model::attempt::PoolTrouble;
    use app::model::group_settings::PurchaseOption;

    use super::*;

    #[tokio::test]
    async fn an_attempt_is_kept_with_what_pools_said_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let pool = Pool {
            instance_type: "c6i.large".into(),
            place: Some("subnet-1".into()),
            purchase: PurchaseOption::Spot,
        };
        let row = AttemptRow {
            token: "t".into(),
            cluster_id: "c".into(),
            compute_node_group_id: "g".into(),
            at: 5,
            wanted: 2,
            resting: vec![RestingPool {
                pool: pool.clone(),
                code: None,
                message: "none".into(),
                until: 9,
            }],
            ..AttemptRow::default()
        };
        let mut write = db.write().await.unwrap();
        insert(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();
        let found = with_tokens(db.pool(), &["t", "u"]).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&row));

        let error = PoolError {
            pools: vec![pool.clone()],
            trouble: PoolTrouble::Capacity,
            code: Some("InsufficientInstanceCapacity".into()),
            message: "none".into(),
        };
        let asked = Asked {
            pools: vec![pool],
            strategy: Some("lowest-price".into()),
            gave: vec![],
            errors: vec![error; ERRORS + 1],
        };
        let mut write = db.write().await.unwrap();
        set_answered(&mut write, "t", 1, &asked).await.unwrap();
        // Lost: what is known of the pools stays.
        let lost = Asked::default();
        set_answered(&mut write, "t", 0, &lost).await.unwrap();
        write.commit().await.unwrap();
        let found = with_tokens(db.pool(), &["t"]).await.unwrap();
        assert_eq!((found[0].asks, found[0].came), (2, 1));
        assert_eq!(found[0].pools, asked.pools);
        assert_eq!(found[0].errors.len(), ERRORS);
        assert_eq!(found[0].resting, row.resting);

        prune(&db, 5).await.unwrap();
        assert_eq!(with_tokens(db.pool(), &["t"]).await.unwrap().len(), 1);
        prune(&db, 6).await.unwrap();
        assert_eq!(with_tokens(db.pool(), &["t"]).await.unwrap(), []);
        assert_eq!(with_tokens(db.pool(), &[]).await.unwrap(), []);
    }
}
