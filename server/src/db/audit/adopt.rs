//! Rows of before there was a chain, and of a server of before that shares the database: they become records, so that they are
//! listed, exported and pruned as all others are. The chain has them from then on; what became of them before it cannot tell.

use app::model::operation::Operation;
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::record::Record;
use super::{ASKED, DONE, FORGOTTEN, OUTCOME_UNKNOWN, PORTION, chain, forgotten_before};
use crate::db::{Db, Write};

/// What an exception is called whose name nobody wrote down.
const FAILED: &str = "Failed";

/// Takes all of them in, the oldest first, a portion at a time; how many.
pub async fn adopt(db: &Db) -> sqlx::Result<u64> {
    let mut adopted = 0;
    loop {
        let mut write = db.write().await?;
        let portion = adopt_some(&mut write).await?;
        write.commit().await?;
        adopted += portion;
        if portion < PORTION as u64 {
            return Ok(adopted);
        }
    }
}

async fn adopt_some(write: &mut Write) -> sqlx::Result<u64> {
    // What is asked may still be answered by the server that asked.
    let rows = sqlx::query(
        "select * from audit where number is null and record = '' and (outcome <> $1 or at < $2) order by at limit $3",
    )
    .bind(ASKED)
    .bind(forgotten_before())
    .bind(PORTION)
    .fetch_all(&mut *write.tx)
    .await?;
    for row in &rows {
        let record = record(row)?;
        sqlx::query(
            "update audit set event_source = $1, user_name = $2, read_only = $3 where id = $4",
        )
        .bind(&record.event_source)
        .bind(&record.user_name)
        .bind(i64::from(record.read_only))
        .bind(&record.id)
        .execute(&mut *write.tx)
        .await?;
        let code = record.refusal.as_ref().map_or("", |(code, _)| code);
        chain::close(write, &record.id, &record.text(), code).await?;
        if row.try_get::<String, _>("outcome")? == ASKED {
            super::set_outcome(write, &record.id, FORGOTTEN).await?;
        }
    }
    Ok(rows.len() as u64)
}

fn record(row: &AnyRow) -> sqlx::Result<Record> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let (name, principal) = (text("operation")?, text("principal")?);
    let operation = Operation::all().find(|operation| operation.name() == name);
    let record = Record {
        id: text("id")?,
        at: row.try_get("at")?,
        request_id: text("request_id")?,
        why: text("why")?,
        resource_arn: text("resource_arn")?,
        read_only: operation.is_some_and(Operation::is_read_only),
        event_source: operation.map_or_else(|| "openpcs".into(), Operation::source),
        operation: name,
        ..Record::of_principal(
            &principal,
            serde_json::from_str(&text("request")?).unwrap_or(Value::Null),
        )
    };
    let outcome = text("outcome")?;
    Ok(match outcome.as_str() {
        DONE => record,
        ASKED => record.failed(OUTCOME_UNKNOWN.0, OUTCOME_UNKNOWN.1),
        message => record.failed(FAILED, message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::audit::search::{Wanted, newest};

    #[tokio::test]
    async fn rows_of_before_are_records_and_in_the_chain() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        for (id, at, outcome) in [
            ("b", 20, "It is busy."),
            ("a", 10, DONE),
            ("c", 30, ASKED),
            ("d", crate::db::now(), ASKED),
        ] {
            sqlx::query(
                "insert into audit (id, at, request_id, principal, why, operation, resource_arn, request, outcome) \
                 values ($1, $2, 'r', 'arn:aws:iam::1:user/ann', 'api', 'DeleteQueue', 'arn', '{\"password\":\"CANARY\"}', $3)",
            )
            .bind(id)
            .bind(at)
            .bind(outcome)
            .execute(&mut *db.writer().await.unwrap())
            .await
            .unwrap();
        }
        assert_eq!(adopt(&db).await.unwrap(), 3);
        assert_eq!(adopt(&db).await.unwrap(), 0);
        let rows = newest(db.pool(), &Wanted::default(), 10).await.unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.id.as_str(), row.error_code.as_str()))
            .collect();
        assert_eq!(found, [("c", "OutcomeUnknown"), ("b", "Failed"), ("a", "")]);
        let is_ann = |row: &&crate::db::audit::search::Kept| row.user_name == "ann";
        assert!(rows.iter().all(|row| is_ann(&row)));
        assert!(rows.iter().all(|row| !row.record.contains("CANARY")));
        let (check, _) = chain::verify(&db).await.unwrap();
        assert_eq!((check.records, check.broken_at), (3, None));
    }
}
