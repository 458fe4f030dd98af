//! Remembered answers: the same client token with the same request gets the same answer.
//!
//! A token whose answer is not known yet can be reserved: after a crash it tells that something may have been done.

use sqlx::Row;

use super::{Db, Write, now};

/// A day, as AWS keeps them at least.
const KEEP_MS: i64 = 24 * 3600 * 1000;

/// Stands in the place of an answer that is not known yet.
const PENDING: &str = "";

#[derive(Clone)]
pub struct Remembered {
    pub request_hash: String,
    /// None: reserved.
    pub response: Option<String>,
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
        let response: String = row.try_get("response")?;
        Ok(Remembered {
            request_hash: row.try_get("request_hash")?,
            response: Some(response).filter(|response| response != PENDING),
        })
    })
    .transpose()
}

/// Remembers an answer, or reserves the token for one.
pub async fn put(
    write: &mut Write,
    principal: &str,
    operation: &str,
    token: &str,
    remembered: &Remembered,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into idempotency (principal, operation, token, request_hash, response, created_at) \
         values ($1, $2, $3, $4, $5, $6) \
         on conflict (principal, operation, token) do update set response = excluded.response",
    )
    .bind(principal)
    .bind(operation)
    .bind(token)
    .bind(&remembered.request_hash)
    .bind(remembered.response.as_deref().unwrap_or(PENDING))
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Another answer from now on.
pub async fn answer(
    write: &mut Write,
    principal: &str,
    operation: &str,
    token: &str,
    response: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update idempotency set response = $1 where principal = $2 and operation = $3 and token = $4",
    )
    .bind(response)
    .bind(principal)
    .bind(operation)
    .bind(token)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// Gives a reserved token back: nothing was done.
pub async fn release(db: &Db, principal: &str, operation: &str, token: &str) -> sqlx::Result<()> {
    sqlx::query(
        "delete from idempotency where principal = $1 and operation = $2 and token = $3 and response = $4",
    )
    .bind(principal)
    .bind(operation)
    .bind(token)
    .bind(PENDING)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

pub async fn prune(db: &Db) -> sqlx::Result<()> {
    db.prune(
        "delete from idempotency where created_at < $1",
        now() - KEEP_MS,
    )
    .await
}
