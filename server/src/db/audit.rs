//! The audit trail in the database.

use app::model::operation::Operation;
use app::port::Ctx;

use super::{Write, now};

/// What was asked for and nobody came back to say what became of it, as when the server ended meanwhile.
pub const ASKED: &str = "asked";
pub const DONE: &str = "done";

/// One change, written in the transaction that makes it, or before what is done outside the database.
pub struct AuditRow<'a> {
    pub ctx: &'a Ctx,
    pub operation: Operation,
    pub resource_arn: &'a str,
    pub request: &'a str,
    /// [`DONE`], [`ASKED`], or the words with which it failed.
    pub outcome: &'a str,
}

/// The new row's id.
pub async fn insert(write: &mut Write, row: &AuditRow<'_>) -> sqlx::Result<String> {
    let id = crate::random::random_hex(16);
    sqlx::query(
        "insert into audit (id, at, request_id, principal, why, operation, resource_arn, request, outcome) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&id)
    .bind(now())
    .bind(&row.ctx.request_id)
    .bind(row.ctx.who.arn())
    .bind(row.ctx.why.as_str())
    .bind(row.operation.name())
    .bind(row.resource_arn)
    .bind(row.request)
    .bind(row.outcome)
    .execute(&mut *write.tx)
    .await?;
    Ok(id)
}

/// Notes what became of it.
pub async fn close(write: &mut Write, id: &str, outcome: &str) -> sqlx::Result<()> {
    sqlx::query("update audit set outcome = $1 where id = $2")
        .bind(outcome)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
