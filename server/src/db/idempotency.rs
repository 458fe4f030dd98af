//! Remembered answers: the same client token with the same request gets the same answer.

use sqlx::Row;

use super::{Db, Write, now};

/// A day, as AWS keeps them at least.
const KEEP_MS: i64 = 24 * 3600 * 1000;

#[derive(Clone)]
pub struct Remembered {
    pub request_hash: String,
    pub response: String,
}

pub async fn get(
    write: &mut Write,
    principal: &str,
    operation: &str,
    token: &str,
) -> sqlx::Result<Option<Remembered>> {
    let row = sqlx::query(
        "select request_hash, response from idempotency where principal = $1 and operation = $2 and token = $3",
    )
    .bind(principal)
    .bind(operation)
    .bind(token)
    .fetch_optional(&mut *write.tx)
    .await?;
    row.map(|row| {
        Ok(Remembered {
            request_hash: row.try_get("request_hash")?,
            response: row.try_get("response")?,
        })
    })
    .transpose()
}

pub async fn put(
    write: &mut Write,
    principal: &str,
    operation: &str,
    token: &str,
    remembered: &Remembered,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into idempotency (principal, operation, token, request_hash, response, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(principal)
    .bind(operation)
    .bind(token)
    .bind(&remembered.request_hash)
    .bind(&remembered.response)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

pub async fn prune(db: &Db) -> sqlx::Result<()> {
    sqlx::query("delete from idempotency where created_at < $1")
        .bind(now() - KEEP_MS)
        .execute(db.pool())
        .await?;
    Ok(())
}
