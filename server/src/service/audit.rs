//! Every answer of the control plane becomes a record of the audit trail, whichever door asked: what a change's own
//! transaction has not written is written behind, in batches, so that no answer waits for it.
//!
//! A page of the console asks the same again and again, as what it shows changes: of the reads of one user with the same
//! parameters one in ten minutes is recorded. All else is: reads of the API and of commands, changes, and what is refused.
//!
//! What waits to be written is bounded, and is tried until the database takes it: a full disk or another writer delays it.
//! What finds no room, or is left when the server stops, is in the server's log, and a record says how many those were. A server
//! that is killed loses what it had not written yet; the trail then has its `ServerStarts` without a `ServerStops` after it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::{Ctx, Watcher, Why};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
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
/// How long a reader waits for what is on its way into the trail; what comes later it finds later.
const PATIENCE: Duration = Duration::from_secs(2);
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
    /// Set when nobody waits any longer for the database to take what is left.
    given_up: Arc<watch::Sender<bool>>,
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
        let writer = Writer {
            db,
            lost: recorder.lost.clone(),
            given_up: recorder.given_up.subscribe(),
        };
        (recorder, tokio::spawn(writer.run(tasks)))
    }

    /// Takes a record to write.
    pub fn record(&self, record: Record) {
        let Some(queue) = &self.queue else { return };
        if let Err(error) = queue.try_send(Task::Write(Box::new(record)))
            && let Task::Write(record) = error.into_inner()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
            say(&record);
        }
    }

    /// What a door answered that asked no method of the port.
    pub fn heard<T>(&self, ctx: &Ctx, parameters: Value, answer: &Result<T>) {
        self.answered(ctx, &[], parameters, answer.as_ref().err());
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

    /// Waits until all that was taken before is written, within reason.
    pub async fn flush(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.written()).await;
    }

    /// The same as the server stops: what the database does not take within that time is in the log.
    pub async fn stop(&self, within: Duration) {
        if tokio::time::timeout(within, self.written()).await.is_err() {
            self.given_up.send_replace(true);
            self.written().await;
        }
    }

    async fn written(&self) {
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
        let is_its = |asked: &Operation| operations.is_empty() || operations.contains(asked);
        let asked = noted.operation.filter(is_its);
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

/// Only the log has it.
fn say(record: &Record) {
    let record = record.text();
    tracing::error!(
        record,
        "the audit trail has no room for this, only this line"
    );
}

struct Writer {
    db: Db,
    lost: Arc<AtomicU64>,
    given_up: watch::Receiver<bool>,
}

impl Writer {
    async fn run(mut self, mut tasks: mpsc::Receiver<Task>) {
        while let Some(first) = tasks.recv().await {
            let (mut records, waiting) = gather(first, &mut tasks).await;
            let missing = self.lost.swap(0, Ordering::Relaxed);
            if missing > 0 {
                let details = json!({"count": missing});
                records.push(Record::of_service("RecordsLost".into(), "", details));
            }
            self.keep(&records).await;
            for done in waiting {
                // Nobody waits any more: fine.
                let _ = done.send(());
            }
        }
    }

    /// Until the database has them, or nobody waits any longer.
    async fn keep(&mut self, records: &[Record]) {
        let Writer { db, given_up, .. } = self;
        let write = async {
            while let Err(error) = append(db, records).await {
                tracing::error!(%error, records = records.len(), "the audit trail cannot be written; trying again");
                tokio::time::sleep(RETRY).await;
            }
        };
        // An error is the end of all recorders, which wait for nothing.
        let given_up = async { given_up.wait_for(|given_up| *given_up).await.is_ok() };
        tokio::select! {
            () = write => {}
            true = given_up => records.iter().for_each(say),
        }
    }
}

/// What comes within a moment, and who waits for it.
async fn gather(
    first: Task,
    tasks: &mut mpsc::Receiver<Task>,
) -> (Vec<Record>, Vec<oneshot::Sender<()>>) {
    let until = Instant::now() + GATHER;
    let (mut records, mut waiting) = (vec![], vec![]);
    let mut next = Some(first);
    while let Some(task) = next {
        match task {
            Task::Write(record) => records.push(*record),
            Task::Flush(done) => waiting.push(done),
        }
        if records.len() == BATCH || !waiting.is_empty() {
            break;
        }
        let more = tokio::time::timeout_at(until, tasks.recv()).await;
        next = more.ok().flatten();
    }
    (records, waiting)
}

async fn append(db: &Db, records: &[Record]) -> sqlx::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut write = db.write().await?;
    for record in records {
        chain::append(&mut write, record.clone()).await?;
    }
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

    #[tokio::test]
    async fn what_the_database_does_not_take_is_in_the_log_and_stops_nobody() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || Log(writer.clone()))
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir).await;
        let (recorder, _writer) = Recorder::start(db.clone());
        // Somebody has the turn to write and keeps it.
        let busy = db.write().await.unwrap();
        recorder.heard(&ctx(Why::Api), json!({}), &Ok(()));
        let asked = ctx(Why::Api);
        asked.notes.asked(Operation::GetCluster, "arn");
        recorder.heard(&asked, json!({}), &Ok(()));
        recorder.stop(Duration::from_millis(50)).await;
        drop(busy);
        assert_eq!(operations(&db).await, [""; 0]);
        let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
        assert!(log.contains("GetCluster"), "{log}");
    }

    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
