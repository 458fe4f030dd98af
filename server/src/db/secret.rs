//! Sealed secrets in the database. This file never sees a secret in the clear.

use sqlx::Row;

use super::connection::Pool;
use super::{Db, Write};

/// What a cluster's key is sealed for.
pub const PURPOSE: &str = "cluster-secret";

#[derive(Clone)]
pub struct SecretRow {
    pub arn: String,
    pub cluster_id: String,
    pub version: String,
    pub sealed: String,
}

pub async fn insert(write: &mut Write, row: &SecretRow) -> sqlx::Result<()> {
    sqlx::query("insert into secret (arn, cluster_id, version, sealed) values ($1, $2, $3, $4)")
        .bind(&row.arn)
        .bind(&row.cluster_id)
        .bind(&row.version)
        .bind(&row.sealed)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// The secret of a cluster.
pub async fn get(pool: &Pool, cluster_id: &str) -> sqlx::Result<Option<SecretRow>> {
    one(
        pool,
        "select * from secret where cluster_id = $1",
        cluster_id,
    )
    .await
}

/// The secret of that ARN.
pub async fn by_arn(pool: &Pool, arn: &str) -> sqlx::Result<Option<SecretRow>> {
    one(pool, "select * from secret where arn = $1", arn).await
}

async fn one(pool: &Pool, sql: &str, bind: &str) -> sqlx::Result<Option<SecretRow>> {
    let row = sqlx::query(sql).bind(bind).fetch_optional(pool).await?;
    row.map(|row| {
        Ok(SecretRow {
            arn: row.try_get("arn")?,
            cluster_id: row.try_get("cluster_id")?,
            version: row.try_get("version")?,
            sealed: row.try_get("sealed")?,
        })
    })
    .transpose()
}

pub async fn delete(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from secret where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Any cluster's secret, still sealed: whether the data key is the right one shows on one.
pub async fn any(db: &Db) -> sqlx::Result<Option<String>> {
    let row = sqlx::query("select sealed from secret limit 1")
        .fetch_optional(db.pool())
        .await?;
    row.map(|row| row.try_get("sealed")).transpose()
}
