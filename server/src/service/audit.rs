//! Every answer of the control plane becomes a record of the audit trail, whichever door asked: what a change's own
//! transaction has not written is written behind, in batches, so that no answer waits for it.
//!
//! A page of the console asks the same again and again, as what it shows changes: of the reads of one user with the same
//! parameters one in ten minutes is recorded. All else is: reads of the API and of commands, changes, and what is refused.
//!
//! What waits to be written is bounded, and is tried until the database takes it. What finds no room is in the server's log,
//! and a record says how many those were.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::Error;
use app::model::operation::Operation;
use app::port::{Ctx, Watcher, Why};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::db::Db;
use crate::db::audit::chain;
use crate::db::audit::record::Record;

/// Records that wait at most: some ten megabytes.
const WAITING: usize = 10_000;
/// Records of one transaction.
const BATCH: usize = 500;
/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_secs(1);
/// Within this, a page that asks the same again is not recorded again.
const REPEATED: Duration = Duration::from_secs(600);
/// Questions of pages that are remembered.
const REMEMBERED: usize = 4_096;
/// Of requests that nobody is known to have sent: so many at once, and then so many a second.
const STRANGERS: f64 = 100.0;
const STRANGERS_A_SECOND: f64 = 5.0;

enum Task {
    Write(Box<Record>),
    /// Answered when all before it is written.
    Flush(oneshot::Sender<()>),
}

/// Writes records behind. Cheap to clone; the default one keeps none, for tests of doors.
#[derive(Clone, Default)]
pub struct Recorder {
    queue: Option<mpsc::Sender<Task>>,
    lost: Arc<AtomicU64>,
    asked: Arc<Mutex<HashMap<u64, Instant>>>,
    strangers: Arc<Mutex<Option<(Instant, f64)>>>,
}

impl Recorder {
    /// One that writes to that database, and its task.
    pub fn start(db: Db) -> (Recorder, JoinHandle<()>) {
        let (queue, tasks) = mpsc::channel(WAITING);
        let recorder = Recorder {
            queue: Some(queue),
            ..Recorder::default()
        };
        let writer = tokio::spawn(write(db, tasks, recorder.lost.clone()));
        (recorder, writer)
    }

    /// Takes a record to write.
    pub fn record(&self, record: Record) {
        let Some(queue) = &self.queue else { return };
        if let Err(error) = queue.try_send(Task::Write(Box::new(record)))
            && let Task::Write(record) = error.into_inner()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
            let text = record.text();
            tracing::error!(
                record = text,
                "the audit trail has no room for this, only this line"
            );
        }
    }

    /// The same of somebody who proved nothing: a flood of these must not fill the disk. Those that are left out are counted.
    pub fn record_stranger(&self, record: Record) {
        let now = Instant::now();
        let mut strangers = self
            .strangers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (since, left) = strangers.unwrap_or((now, STRANGERS));
        let left = left + now.duration_since(since).as_secs_f64() * STRANGERS_A_SECOND;
        let left = left.min(STRANGERS);
        let is_let_in = left >= 1.0;
        *strangers = Some((now, if is_let_in { left - 1.0 } else { left }));
        drop(strangers);
        match is_let_in {
            true => self.record(record),
            false => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until all that was taken before is written.
    pub async fn flush(&self) {
        let Some(queue) = &self.queue else { return };
        let (done, written) = oneshot::channel();
        if queue.send(Task::Flush(done)).await.is_ok() {
            // An error is the writer's end: nothing more will be written.
            let _ = written.await;
        }
    }

    /// Whether the same was asked within [`REPEATED`]; it is from now on.
    fn is_repeated(&self, of: u64) -> bool {
        let now = Instant::now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= REMEMBERED {
            asked.retain(|_, at| now.duration_since(*at) < REPEATED);
        }
        if asked.len() >= REMEMBERED {
            asked.clear();
        }
        match asked.get(&of) {
            Some(at) if now.duration_since(*at) < REPEATED => true,
            _ => {
                asked.insert(of, now);
                false
            }
        }
    }
}

impl Watcher for Recorder {
    fn answered(
        &self,
        ctx: &Ctx,
        operations: &'static [Operation],
        parameters: Value,
        refusal: Option<&Error>,
    ) {
        let noted = ctx.notes.read();
        let asked = noted.operation.filter(|asked| operations.contains(asked));
        let Some(operation) = asked.or(operations.last().copied()) else {
            return;
        };
        if noted.is_recorded || self.queue.is_none() {
            return;
        }
        if refusal.is_none() && ctx.why == Why::Console && operation.is_read_only() {
            let mut hash = DefaultHasher::new();
            (ctx.who.arn(), operation, parameters.to_string()).hash(&mut hash);
            if self.is_repeated(hash.finish()) {
                return;
            }
        }
        let record = Record::of_call(ctx, operation, &noted.resource_arn, parameters);
        self.record(match refusal {
            Some(refusal) => record.refused(refusal),
            None => record,
        });
    }
}

async fn write(db: Db, mut tasks: mpsc::Receiver<Task>, lost: Arc<AtomicU64>) {
    while let Some(first) = tasks.recv().await {
        let mut batch = vec![first];
        let until = Instant::now() + GATHER;
        while batch.len() < BATCH && !matches!(batch.last(), Some(Task::Flush(_))) {
            match tokio::time::timeout_at(until, tasks.recv()).await {
                Ok(Some(task)) => batch.push(task),
                _ => break,
            }
        }
        let (mut records, mut waiting) = (vec![], vec![]);
        for task in batch {
            match task {
                Task::Write(record) => records.push(*record),
                Task::Flush(done) => waiting.push(done),
            }
        }
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let details = json!({"count": missing});
            records.push(Record::of_service("RecordsLost".into(), "", details));
        }
        while let Err(error) = append(&db, &records).await {
            tracing::error!(%error, records = records.len(), "the audit trail cannot be written; trying again");
            tokio::time::sleep(RETRY).await;
        }
        for done in waiting {
            // Nobody waits any more: fine.
            let _ = done.send(());
        }
    }
}

async fn append(db: &Db, records: &[Record]) -> sqlx::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut write = db.write().await?;
    chain::append(&mut write, records).await?;
    write.commit().await
}

#[cfg(test)]
mod tests {
    use app::port::Principal;

    use super::*;

    async fn database(dir: &tempfile::TempDir) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        Db::connect(&url).await.unwrap()
    }

    async fn operations(db: &Db) -> Vec<String> {
        let query = "select operation from audit order by number";
        sqlx::query_scalar(query)
            .fetch_all(db.pool())
            .await
            .unwrap()
    }

    fn ctx(why: Why) -> Ctx {
        Ctx::new(Principal::Anonymous, why, "r".into())
    }

    #[tokio::test]
    async fn a_page_that_asks_again_is_recorded_once_and_all_else_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        let (recorder, _writer) = Recorder::start(db.clone());
        const GET: &[Operation] = &[Operation::GetCluster];
        const DELETE: &[Operation] = &[Operation::DeleteCluster];
        let refusal = Error::access_denied("no");
        for _ in 0..3 {
            recorder.answered(&ctx(Why::Console), GET, json!({}), None);
            recorder.answered(&ctx(Why::Console), GET, json!({"a": 1}), None);
            recorder.answered(&ctx(Why::Console), GET, json!({}), Some(&refusal));
            recorder.answered(&ctx(Why::Api), GET, json!({}), None);
            recorder.answered(&ctx(Why::Console), DELETE, json!({}), None);
        }
        let written = ctx(Why::Console);
        written.notes.recorded();
        recorder.answered(&written, DELETE, json!({}), None);
        recorder.flush().await;
        let all = operations(&db).await;
        let count = |name: &str| all.iter().filter(|one| *one == name).count();
        assert_eq!((count("GetCluster"), count("DeleteCluster")), (8, 3));
    }

    #[tokio::test]
    async fn a_flood_of_strangers_is_counted_and_does_not_fill_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        let (recorder, _writer) = Recorder::start(db.clone());
        for _ in 0..1_000 {
            let record = Record::of_stranger("pcs.amazonaws.com", "x", "r", Default::default());
            recorder.record_stranger(record);
        }
        recorder.flush().await;
        let all = operations(&db).await;
        assert!((100..120).contains(&all.len()), "{}", all.len());
        assert_eq!(all.last().map(String::as_str), Some("RecordsLost"));
    }
}
