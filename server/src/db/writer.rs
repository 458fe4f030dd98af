//! The one connection of this server that writes.
//!
//! SQLite lets one write at a time, and on PostgreSQL the change counter does the same: writers that wait in the database
//! would each hold a connection, and readers would find none. So they queue here, on one permit.
//!
//! A transaction whose begin or commit failed, or that was dropped on the way, leaves a connection in a state that nobody
//! knows: it is closed, never used again. Closing rolls back. The turn ends in time in any case: of one that keeps it for
//! longer nothing can be committed any more, and the next one begins.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::Histogram;
use sqlx::Executor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::connection::{Connection, Pool};

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the database may be held by another program, in milliseconds. With [`PATIENCE`] less than a door waits.
pub const LOCK_TIMEOUT_MS: u32 = 8_000;

/// In seconds: from a turn that is free to one that was given up.
const WAITS: [f64; 7] = [0.001, 0.01, 0.05, 0.25, 1.0, 5.0, 10.0];

/// Somebody else writes for longer than one can wait.
#[derive(Debug, thiserror::Error)]
#[error("other changes of the database did not end in time")]
struct Busy;

/// Whether the same may succeed a moment later: nothing was written.
pub fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::AnyDriverError(cause) => cause.is::<Busy>(),
        // SQLITE_BUSY with its extended codes, SQLITE_LOCKED; lock_not_available of PostgreSQL.
        sqlx::Error::Database(error) => matches!(
            error.code().as_deref(),
            Some("5" | "6" | "261" | "262" | "517" | "773" | "55P03")
        ),
        _ => false,
    }
}

/// The turns of the writers.
#[derive(Clone)]
pub struct Turns {
    turn: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    waits: Histogram,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
            waits: Histogram::new(WAITS),
        }
    }
}

/// One who waits for a turn, as long as it lives.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    waits: &'a Histogram,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.waits.observe(self.since.elapsed().as_secs_f64());
    }
}

impl Turns {
    /// How many wait now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How long they waited, in seconds.
    pub fn waits(&self) -> Histogram {
        self.waits.clone()
    }

    fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting {
            count: &self.waiting,
            waits: &self.waits,
            since: Instant::now(),
        }
    }

    /// Waits for the turn and for a connection.
    pub async fn take(&self, pool: &Pool) -> sqlx::Result<Writer> {
        let waiting = self.wait();
        let turn = timeout(PATIENCE, self.turn.clone().acquire_owned()).await;
        drop(waiting);
        // It is never closed.
        let Ok(Ok(turn)) = turn else {
            return Err(sqlx::Error::AnyDriverError(Box::new(Busy)));
        };
        let mut connection = pool.acquire().await?;
        let time = pool.limits().turn;
        connection.limit(time);
        Ok(Writer {
            connection,
            is_open: false,
            _turn: Turn::begin(turn, time),
        })
    }
}

/// Ends when it is dropped, and by itself after its time.
struct Turn {
    _held: oneshot::Sender<()>,
}

impl Turn {
    fn begin(permit: OwnedSemaphorePermit, time: Duration) -> Turn {
        let (held, ended) = oneshot::channel();
        tokio::spawn(async move {
            if timeout(time, ended).await.is_err() {
                tracing::warn!(
                    seconds = time.as_secs(),
                    "a change of the database took too long: it is given up"
                );
            }
            drop(permit);
        });
        Turn { _held: held }
    }
}

/// A connection, and the turn to write on it.
pub struct Writer {
    connection: Connection,
    /// A transaction was begun and has not ended.
    is_open: bool,
    _turn: Turn,
}

impl Writer {
    pub(super) async fn begin(&mut self, statement: &'static str) -> sqlx::Result<()> {
        self.is_open = true;
        self.connection.execute(statement).await.map(drop)
    }

    pub(super) async fn commit(mut self) -> sqlx::Result<()> {
        self.connection.execute("commit").await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Writer {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}
