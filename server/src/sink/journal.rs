//! How far each delivery is in each log, in the SQLite file of the cluster's logs: what is decided is on the disk before it
//! is sent. A number is moved in the same transaction that forgets the decision, and only from where it was read: a process
//! that stood still while another one went on finds that out.

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

    /// Where the delivery begins, unless it has.
    pub async fn begin(&self, after: i64) -> Result<(), Failure> {
        sqlx::query(
            "INSERT INTO delivery_cursor (delivery_id, log, after_seq, version, mark) VALUES (?, ?, ?, '', '') \
             ON CONFLICT DO NOTHING",
        )
        .bind(&self.delivery_id)
        .bind(&self.log)
        .bind(after)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Moves from where it was read. Fails, and changes nothing, where it is not there any more: another process has gone on.
    pub async fn advance(&self, from: &Cursor, to: &Cursor) -> Result<(), Failure> {
        let (until, decided) = to.columns();
        let (known_until, known) = from.columns();
        let moved = sqlx::query(
            "UPDATE delivery_cursor SET after_seq = ?, until_seq = ?, version = ?, mark = ? \
             WHERE delivery_id = ? AND log = ? AND after_seq = ? AND until_seq IS ? AND version = ? AND mark = ?",
        )
        .bind(to.after)
        .bind(until)
        .bind(decided.version)
        .bind(decided.mark)
        .bind(&self.delivery_id)
        .bind(&self.log)
        .bind(from.after)
        .bind(known_until)
        .bind(known.version)
        .bind(known.mark)
        .execute(&self.pool)
        .await?;
        match moved.rows_affected() {
            0 => Err(elsewhere()),
            _ => Ok(()),
        }
    }

    /// The deliveries that have begun.
    pub async fn deliveries(pool: &SqlitePool) -> Result<Vec<String>, Failure> {
        make(pool).await?;
        let all = sqlx::query_scalar("SELECT DISTINCT delivery_id FROM delivery_cursor");
        Ok(all.fetch_all(pool).await?)
    }

    /// What is known of those deliveries: they are gone.
    pub async fn forget(pool: &SqlitePool, deliveries: &[String]) -> Result<(), Failure> {
        let gone = serde_json::json!(deliveries).to_string();
        sqlx::query(
            "DELETE FROM delivery_cursor WHERE delivery_id IN (SELECT value FROM json_each(?))",
        )
        .bind(gone)
        .execute(pool)
        .await?;
        Ok(())
    }
}

impl Cursor {
    /// The decision as the table has it; where there is none, words that are empty.
    fn columns(&self) -> (Option<i64>, Intent) {
        let until = self.intent.as_ref().map(|intent| intent.until);
        (until, self.intent.clone().unwrap_or_default())
    }
}

fn elsewhere() -> Failure {
    let message = "Another process has gone on with the delivery, or it was deleted: this one begins anew from where that \
                   one is.";
    Failure::new("SinkJournal", message)
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
