//! Sealed secrets in the database. This file never sees a secret in the clear.

use openpcs_provider::KeyKind;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::connection::Pool;
use super::{Db, Write};

/// What a cluster's keys are sealed for.
pub const PURPOSE: &str = "cluster-secret";

#[derive(Clone)]
pub struct SecretRow {
    pub arn: String,
    pub cluster_id: String,
    pub kind: KeyKind,
    pub version: String,
    pub sealed: String,
}

fn word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Slurm => "slurm",
        KeyKind::Jwt => "jwt",
    }
}

/// In the place of the one before, if there is one.
pub async fn put(write: &mut Write, row: &SecretRow) -> sqlx::Result<()> {
    let sql = "insert into secret (arn, cluster_id, kind, version, sealed) values ($1, $2, $3, $4, $5) \
               on conflict (arn) do update set version = excluded.version, sealed = excluded.sealed";
    sqlx::query(sql)
        .bind(&row.arn)
        .bind(&row.cluster_id)
        .bind(word(row.kind))
        .bind(&row.version)
        .bind(&row.sealed)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// The secret of that kind of a cluster.
pub async fn get(pool: &Pool, cluster_id: &str, kind: KeyKind) -> sqlx::Result<Option<SecretRow>> {
    let sql = "select * from secret where cluster_id = $1 and kind = $2";
    let query = sqlx::query(sql).bind(cluster_id).bind(word(kind));
    query.fetch_optional(pool).await?.map(decode).transpose()
}

/// The secret of that ARN.
pub async fn by_arn(pool: &Pool, arn: &str) -> sqlx::Result<Option<SecretRow>> {
    let query = sqlx::query("select * from secret where arn = $1").bind(arn);
    query.fetch_optional(pool).await?.map(decode).transpose()
}

fn decode(row: AnyRow) -> sqlx::Result<SecretRow> {
    let kind: String = row.try_get("kind")?;
    let known = KeyKind::ALL.into_iter().find(|one| word(*one) == kind);
    Ok(SecretRow {
        arn: row.try_get("arn")?,
        cluster_id: row.try_get("cluster_id")?,
        kind: known.ok_or_else(|| sqlx::Error::ColumnDecode {
            index: "kind".into(),
            source: format!("{kind} is no kind of secret").into(),
        })?,
        version: row.try_get("version")?,
        sealed: row.try_get("sealed")?,
    })
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
