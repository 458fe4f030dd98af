//! The one connection of this server that writes.
//!
//! SQLite lets one write at a time, and on PostgreSQL the change counter does the same: writers that wait in the database
//! would each hold a connection, and readers would find none. So they queue here, on one permit.
//!
//! A transaction whose begin or commit failed, or that was dropped on the way, leaves a connection in a state that nobody
//! knows: it is closed, never used again. Closing rolls back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the database may be held by another program, in milliseconds. With [`PATIENCE`] less than a door waits.
pub const LOCK_TIMEOUT_MS: u32 = 8_000;

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
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Turns {
    /// Waits for the turn and for a connection.
    pub async fn take(&self, pool: &AnyPool) -> sqlx::Result<Writer> {
        let turn = tokio::time::timeout(PATIENCE, self.0.clone().acquire_owned()).await;
        // It is never closed.
        let Ok(Ok(turn)) = turn else {
            return Err(sqlx::Error::AnyDriverError(Box::new(Busy)));
        };
        Ok(Writer {
            connection: pool.acquire().await?,
            is_open: false,
            _turn: turn,
        })
    }
}

/// A connection, and the turn to write on it.
pub struct Writer {
    connection: PoolConnection<Any>,
    /// A transaction was begun and has not ended.
    is_open: bool,
    _turn: OwnedSemaphorePermit,
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
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut AnyConnection {
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
