//! The audit trail in the database.

use super::{Write, now};

/// One accepted change, written in the transaction that makes it.
pub struct AuditRow<'a> {
    pub request_id: &'a str,
    pub principal: &'a str,
    pub operation: &'a str,
    pub resource_arn: &'a str,
    pub request: &'a str,
}

pub async fn insert(write: &mut Write, row: &AuditRow<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into audit (id, at, request_id, principal, operation, resource_arn, request) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(crate::random::random_hex(16))
    .bind(now())
    .bind(row.request_id)
    .bind(row.principal)
    .bind(row.operation)
    .bind(row.resource_arn)
    .bind(row.request)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}
