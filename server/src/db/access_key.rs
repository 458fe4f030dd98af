//! Access keys in the database; their secrets only sealed.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Db, Write};

#[derive(Clone)]
pub struct AccessKeyRow {
    pub id: String,
    pub user_name: String,
    pub sealed_secret: String,
    pub created_at: i64,
}

fn decode(row: &AnyRow) -> sqlx::Result<AccessKeyRow> {
    Ok(AccessKeyRow {
        id: row.try_get("id")?,
        user_name: row.try_get("user_name")?,
        sealed_secret: row.try_get("sealed_secret")?,
        created_at: row.try_get("created_at")?,
    })
}

pub async fn access_key_create(write: &mut Write, row: &AccessKeyRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into access_key (id, user_name, sealed_secret, created_at) values ($1, $2, $3, $4)",
    )
    .bind(&row.id)
    .bind(&row.user_name)
    .bind(&row.sealed_secret)
    .bind(row.created_at)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

pub async fn access_key_get(db: &Db, id: &str) -> sqlx::Result<Option<AccessKeyRow>> {
    let row = sqlx::query("select * from access_key where id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?;
    row.as_ref().map(decode).transpose()
}

/// All keys, or those of one user.
pub async fn access_key_list(db: &Db, user_name: Option<&str>) -> sqlx::Result<Vec<AccessKeyRow>> {
    let rows = sqlx::query(
        "select * from access_key where $1 = '' or user_name = $1 order by created_at, id",
    )
    .bind(user_name.unwrap_or_default())
    .fetch_all(db.pool())
    .await?;
    rows.iter().map(decode).collect()
}

/// False if there was none.
pub async fn access_key_delete(write: &mut Write, id: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from access_key where id = $1")
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
