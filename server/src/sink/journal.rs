//! How far each delivery is in each log, in the SQLite file of the cluster's logs: what is decided is on the disk before it
//! is sent. A number is moved in the same transaction that forgets the decision.

use sqlx::sqlite::SqlitePool;

use super::Failure;

/// Where a delivery stands in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// All lines up to this number have arrived.
    pub after: i64,
    /// What was decided to be sent next.
    pub intent: Option<Intent>,
}

/// A batch: the lines behind the cursor, up to one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    pub until: i64,
    /// Of Slurm, then: it is in each record.
    pub version: String,
    /// Of the sink: see [`super::Attempt`].
    pub mark: String,
}

/// Of one delivery and log. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    pool: SqlitePool,
    delivery_id: String,
    log: String,
}

impl Journal {
    /// Makes the table if there is none. The file must be one whose commits outlive a loss of power
    /// (`synchronous = FULL`).
    pub async fn open(pool: SqlitePool, delivery_id: &str, log: &str) -> Result<Journal, Failure> {
        make(&pool).await?;
        Ok(Journal {
            pool,
            delivery_id: delivery_id.to_owned(),
            log: log.to_owned(),
        })
    }

    /// None: the delivery has not begun with this log.
    pub async fn read(&self) -> Result<Option<Cursor>, Failure> {
        let sql = "SELECT after_seq, until_seq, version, mark FROM delivery_cursor WHERE delivery_id = ? AND log = ?";
        let row: Option<(i64, Option<i64>, String, String)> = sqlx::query_as(sql)
            .bind(&self.delivery_id)
            .bind(&self.log)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(after, until, version, mark)| Cursor {
            after,
            intent: until.map(|until| Intent {
                until,
                version,
                mark,
            }),
        }))
    }

    pub async fn write(&self, cursor: &Cursor) -> Result<(), Failure> {
        let sql = "INSERT INTO delivery_cursor (delivery_id, log, after_seq, until_seq, version, mark) VALUES \
                   (?, ?, ?, ?, ?, ?) ON CONFLICT (delivery_id, log) DO UPDATE SET after_seq = excluded.after_seq, \
                   until_seq = excluded.until_seq, version = excluded.version, mark = excluded.mark";
        let intent = cursor.intent.clone();
        let until = intent.as_ref().map(|intent| intent.until);
        let Intent { version, mark, .. } = intent.unwrap_or_default();
        sqlx::query(sql)
            .bind(&self.delivery_id)
            .bind(&self.log)
            .bind(cursor.after)
            .bind(until)
            .bind(version)
            .bind(mark)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What is known of all other deliveries: they are gone.
    pub async fn forget_all_but(pool: &SqlitePool, deliveries: &[&str]) -> Result<(), Failure> {
        make(pool).await?;
        let kept = serde_json::json!(deliveries).to_string();
        sqlx::query(
            "DELETE FROM delivery_cursor WHERE delivery_id NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(kept)
        .execute(pool)
        .await?;
        Ok(())
    }
}

async fn make(pool: &SqlitePool) -> Result<(), Failure> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS delivery_cursor (delivery_id TEXT NOT NULL, log TEXT NOT NULL, \
         after_seq INTEGER NOT NULL, until_seq INTEGER, version TEXT NOT NULL, mark TEXT NOT NULL, \
         PRIMARY KEY (delivery_id, log))",
    )
    .execute(pool)
    .await?;
    Ok(())
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        let message = format!(
            "The file of the cluster's logs cannot be used: {error}. Check that the disk has room; it is tried again."
        );
        Failure::new("SinkJournal", message)
    }
}
