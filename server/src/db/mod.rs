//! The database: SQLite or PostgreSQL behind one portable dialect. One file per noun; see `migrations/README.md`.
//!
//! Every writing transaction goes through [`Db::write`]: it takes the next number of the change counter first, so
//! writers queue up behind each other on both databases, and what it changed wakes reconcilers and browsers.

pub mod access_key;
pub mod audit;
mod cache;
pub mod change;
pub mod cluster;
pub mod compute_node_group;
pub mod event;
pub mod idempotency;
pub mod instance;
pub mod job;
pub mod lease;
pub mod queue;
pub mod resource;
pub mod secret;
pub mod session;
pub mod tag;
pub mod user;

use std::sync::Arc;
use std::time::Duration;

use app::model::live::{Change, Kind};
use cache::ClusterCache;
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool, Executor, Transaction};
use tokio::sync::broadcast;

/// How long a request waits for a connection before it is told that the database is gone.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 8;
/// Changes that a slow listener may fall behind before it is told to look at everything again.
const CHANGE_BACKLOG: usize = 1024;

/// The pool and the channel on which committed changes are announced.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    begin: &'static str,
    changes: broadcast::Sender<Change>,
    /// None where another server may change the rows.
    clusters: Option<Arc<ClusterCache>>,
}

/// A writing transaction. Dropped without [`Write::commit`] it leaves nothing behind.
pub struct Write {
    pub tx: Transaction<'static, Any>,
    seq: i64,
    changed: Vec<Change>,
    changes: broadcast::Sender<Change>,
    clusters: Option<Arc<ClusterCache>>,
}

impl Db {
    /// Connects and brings the schema up to date.
    pub async fn connect(url: &str) -> anyhow::Result<Db> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        // WAL lets readers go on while one writes; NORMAL survives a crash of the program.
                        connection.execute("pragma journal_mode = wal").await?;
                        connection.execute("pragma synchronous = normal").await?;
                        connection.execute("pragma busy_timeout = 10000").await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        sqlx::migrate!("../migrations").run(&pool).await?;
        // A deferred transaction of SQLite that reads before it writes can fail although it could have waited.
        let begin = if sqlite { "begin immediate" } else { "begin" };
        Ok(Db {
            pool,
            begin,
            changes: broadcast::channel(CHANGE_BACKLOG).0,
            clusters: sqlite.then(Arc::default),
        })
    }

    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Committed changes of this server, and of others once [`change::tail`] has seen them.
    pub fn changes(&self) -> broadcast::Sender<Change> {
        self.changes.clone()
    }

    /// Begins a writing transaction; others wait until it ends.
    pub async fn write(&self) -> sqlx::Result<Write> {
        let mut tx = self.pool.begin_with(self.begin).await?;
        let (seq,): (i64,) = sqlx::query_as(
            "update counter set value = value + 1 where name = 'change' returning value",
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Write {
            tx,
            seq,
            changed: vec![],
            changes: self.changes.clone(),
            clusters: self.clusters.clone(),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        self.pool.execute("select 1").await?;
        Ok(())
    }
}

impl Write {
    /// Notes that something changed; written with the transaction, announced after its commit.
    pub async fn changed(
        &mut self,
        kind: Kind,
        cluster_id: &str,
        resource_id: &str,
    ) -> sqlx::Result<()> {
        let change = Change {
            kind,
            cluster_id: cluster_id.into(),
            resource_id: resource_id.into(),
        };
        if !self.changed.contains(&change) {
            change::insert(&mut self.tx, self.seq, &change).await?;
            self.changed.push(change);
        }
        Ok(())
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        let touched = self
            .changed
            .iter()
            .any(|change| change.kind == Kind::Cluster);
        // Also when the commit's outcome is never learned: what may have changed is read again.
        let forget = touched.then_some(Forget(self.clusters));
        self.tx.commit().await?;
        // Before anyone is told to read again.
        drop(forget);
        for change in self.changed {
            // Nobody listening is fine: whoever comes later reads the database first.
            let _ = self.changes.send(change);
        }
        Ok(())
    }
}

/// Forgets the clusters that were read, at the end of a commit that may have changed one.
struct Forget(Option<Arc<ClusterCache>>);

impl Drop for Forget {
    fn drop(&mut self) {
        if let Some(clusters) = &self.0 {
            clusters.clear();
        }
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
