//! The audit trail in the database.

use app::model::operation::Operation;
use app::port::Ctx;

use super::{Db, Write, now};

/// What was asked for and nobody came back to say what became of it, as when the server ended meanwhile.
pub const ASKED: &str = "asked";
pub const DONE: &str = "done";
/// Rows that are removed at once: whoever writes waits no longer than for these.
const PORTION: i64 = 500;

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

/// Forgets what was asked before that time, the oldest first; how many.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<u64> {
    let mut pruned = 0;
    loop {
        let portion = sqlx::query(
            "delete from audit where id in (select id from audit where at < $1 order by at limit $2)",
        )
        .bind(before)
        .bind(PORTION)
        .execute(&mut *db.writer().await?)
        .await?
        .rows_affected();
        pruned += portion;
        if portion < PORTION as u64 {
            return Ok(pruned);
        }
    }
}

#[cfg(test)]
mod tests {
    use app::port::{Principal, Why};

    use super::*;

    #[tokio::test]
    async fn what_is_older_is_forgotten_in_portions_and_all_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let who = Principal::User {
            name: "admin".into(),
            arn: "arn".into(),
        };
        let ctx = Ctx::new(who, Why::Again, String::new());
        let row = AuditRow {
            ctx: &ctx,
            operation: Operation::CreateCluster,
            resource_arn: "arn",
            request: "{}",
            outcome: DONE,
        };
        let mut write = db.write().await.unwrap();
        for at in 0..2 * PORTION + 7 {
            let id = insert(&mut write, &row).await.unwrap();
            let old = sqlx::query("update audit set at = $1 where id = $2");
            let old = old.bind(at).bind(id).execute(&mut *write.tx);
            old.await.unwrap();
        }
        write.commit().await.unwrap();
        let kept = 3;
        let before = 2 * PORTION + 7 - kept;
        assert_eq!(prune(&db, before).await.unwrap(), before as u64);
        assert_eq!(prune(&db, before).await.unwrap(), 0);
        let left: i64 = sqlx::query_scalar("select count(*) from audit where at >= $1")
            .bind(before)
            .fetch_one(db.pool())
            .await
            .unwrap();
        let all: i64 = sqlx::query_scalar("select count(*) from audit")
            .fetch_one(db.pool())
            .await
            .unwrap();
        assert_eq!((left, all), (kept, kept));
    }
}
