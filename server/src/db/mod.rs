//! The database: SQLite or PostgreSQL behind one portable dialect. One file per noun; see `migrations/README.md`.
//!
//! Every writing transaction goes through [`Db::write`]: it takes its turn among the [`writer`]s and the next number of
//! the change counter, and what it changed wakes reconcilers and browsers. Whoever holds one reads through it: to ask the
//! pool for a second connection meanwhile could wait for ever.

pub mod access_key;
pub mod audit;
mod cache;
pub mod change;
pub mod cluster;
pub mod compute_node_group;
pub mod connection;
pub mod delivery;
pub mod delivery_state;
pub mod done_once;
pub mod event;
pub mod forgotten;
pub mod happening;
pub mod idempotency;
pub mod instance;
pub mod interruption;
pub mod job;
pub mod job_life;
pub mod launch_attempt;
pub mod lease;
pub mod meaning;
pub mod measured;
pub mod metric;
pub mod metric_outbox;
pub mod metric_part;
pub mod names;
pub mod network_place;
pub mod notification;
pub mod notification_channel;
pub mod notification_rule;
pub mod open;
pub mod owned_resource;
pub mod past_cluster;
pub mod past_job;
mod past_query;
pub mod placement;
pub mod pool_health;
pub mod queue;
pub mod resource;
pub mod script_run;
pub mod secret;
pub mod server;
pub mod session;
pub mod set_back;
pub mod submission;
pub mod suspension;
pub mod tag;
pub mod tombstone;
pub mod user;
pub mod user_notice;
pub mod waiting_tasks;
pub mod writer;

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::model::live::{Change, Kind};
use cache::ClusterCache;
use connection::{Limits, Pool, look_before_use};
use openpcs_provider::lease::Lease;
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, Executor};
use tokio::sync::broadcast;

use open::Address;
use writer::{LOCK_TIMEOUT_MS, Turns, Writer};

/// How long a request waits for a connection before it is told that the database is gone.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 8;
/// Changes that a slow listener may fall behind before it is told to look at everything again.
const CHANGE_BACKLOG: usize = 1024;

/// How long the last writing of a server that ends may take.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long PostgreSQL works on one statement, in milliseconds: less than this server waits for it.
const STATEMENT_MS: u32 = 18_000;
/// After how many milliseconds without a sign of this server PostgreSQL lets go of what it locked.
const GONE_MS: u32 = 20_000;
/// How long PostgreSQL lets a transaction stand still, in milliseconds: one of a process that was stopped would keep all
/// others from writing. Less than those wait.
const STANDSTILL_MS: u32 = 6_000;

/// The pool and the channel on which committed changes are announced.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    begin: &'static str,
    turns: Turns,
    id: Arc<str>,
    file: Option<Arc<DatabaseFile>>,
    changes: broadcast::Sender<Change>,
    /// None where another server may change the rows.
    clusters: Option<Arc<ClusterCache>>,
    /// What is written through this handle is for a cluster that this process must still have.
    lease: Option<Lease>,
}

/// A writing transaction. Dropped without [`Write::commit`] it leaves nothing behind.
pub struct Write {
    pub tx: Writer,
    seq: i64,
    changed: Vec<Change>,
    /// What this has added to the audit trail.
    trail: audit::chain::Added,
    changes: broadcast::Sender<Change>,
    clusters: Option<Arc<ClusterCache>>,
}

impl Db {
    /// Whether no other server can be on this database: its file is open to one.
    pub fn has_one_server(&self) -> bool {
        self.clusters.is_some()
    }

    /// Connects and brings the schema up to date. Whether this is the database of the data directory is the caller's to
    /// know before.
    pub async fn connect(url: &str) -> anyhow::Result<Db> {
        Self::connect_within(url, Limits::default()).await
    }

    /// The same, with other limits of time.
    pub async fn connect_within(url: &str, limits: Limits) -> anyhow::Result<Db> {
        let address: Address = url.parse()?;
        let id = address.prepare().await?;
        Self::at(address, id, limits).await
    }

    /// Connects and leaves the schema as it is.
    pub async fn open(url: &str) -> anyhow::Result<Db> {
        let address: Address = url.parse()?;
        let id = address.id().await?;
        Self::at(address, id, Limits::default()).await
    }

    async fn at(address: Address, id: String, limits: Limits) -> anyhow::Result<Db> {
        let id: Arc<str> = id.into();
        let sqlite = address.file.is_some();
        let expected = id.clone();
        let pool = look_before_use(AnyPoolOptions::new())
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                let expected = expected.clone();
                Box::pin(async move {
                    for statement in settings(sqlite) {
                        connection.execute(statement.as_str()).await?;
                    }
                    same_database(&mut *connection, &expected).await
                })
            })
            .connect(&address.of_existing())
            .await?;
        // A deferred transaction of SQLite that reads before it writes can fail although it could have waited.
        let begin = if sqlite { "begin immediate" } else { "begin" };
        let file = address.file.map(DatabaseFile::watch).transpose()?;
        Ok(Db {
            pool: Pool::new(pool, limits),
            begin,
            turns: Turns::default(),
            id,
            file: file.map(Arc::new),
            changes: broadcast::channel(CHANGE_BACKLOG).0,
            clusters: sqlite.then(Arc::default),
            lease: None,
        })
    }

    /// A handle whose writing transactions fail once another process has the cluster.
    pub fn under(&self, lease: Lease) -> Db {
        Db {
            lease: Some(lease),
            ..self.clone()
        }
    }

    /// See [`open::clock`].
    pub fn clock(&self) -> &'static str {
        open::clock(self.file.is_some())
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The database's own id: the data directory carries the same.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this is still the database that was opened: its file may have been removed or exchanged.
    pub async fn is_the_same(&self) -> sqlx::Result<()> {
        self.check_file()?;
        same_database(&self.pool, &self.id).await
    }

    fn check_file(&self) -> sqlx::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.check())
    }

    /// Committed changes of this server, and of others once [`change::tail`] has seen them.
    pub fn changes(&self) -> broadcast::Sender<Change> {
        self.changes.clone()
    }

    /// Those who wait to write.
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// A connection for one statement that writes and that nobody needs to hear of.
    pub async fn writer(&self) -> sqlx::Result<Writer> {
        self.check_file()?;
        self.turns.take(&self.pool).await
    }

    /// Forgets rows: `delete` is a statement with a time as its only parameter.
    async fn prune(&self, delete: &'static str, before: i64) -> sqlx::Result<()> {
        let mut writer = self.writer().await?;
        sqlx::query(delete)
            .bind(before)
            .execute(&mut *writer)
            .await?;
        Ok(())
    }

    /// Begins a writing transaction; others wait until it ends.
    pub async fn write(&self) -> sqlx::Result<Write> {
        let mut tx = self.writer().await?;
        tx.begin(self.begin).await?;
        let (seq,): (i64,) = sqlx::query_as(
            "update counter set value = value + 1 where name = 'change' returning value",
        )
        .fetch_one(&mut *tx)
        .await?;
        if let Some(lease) = &self.lease {
            lease::confirm(&mut tx, lease).await?;
        }
        Ok(Write {
            tx,
            seq,
            changed: vec![],
            trail: Default::default(),
            changes: self.changes.clone(),
            clusters: self.clusters.clone(),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        self.pool.execute("select 1").await?;
        Ok(())
    }

    /// Closes every connection; an SQLite database is then whole in its one file.
    pub async fn close(&self) {
        let last = async {
            if self.file.is_some()
                && let Ok(mut writer) = self.writer().await
                && let Err(error) = writer.execute("pragma wal_checkpoint(truncate)").await
            {
                tracing::warn!(%error, "the database keeps its write-ahead log");
            }
            self.pool.close().await;
        };
        if tokio::time::timeout(CHECKPOINT_TIMEOUT, last)
            .await
            .is_err()
        {
            tracing::warn!("the database is busy; its write-ahead log stays beside it");
        }
    }
}

/// What each connection is told first.
fn settings(sqlite: bool) -> Vec<String> {
    if !sqlite {
        return vec![
            format!("set lock_timeout = {LOCK_TIMEOUT_MS}"),
            format!("set idle_in_transaction_session_timeout = {STANDSTILL_MS}"),
            format!("set statement_timeout = {STATEMENT_MS}"),
            format!("set tcp_user_timeout = {GONE_MS}"),
            "set tcp_keepalives_idle = 10".into(),
            "set tcp_keepalives_interval = 5".into(),
            "set tcp_keepalives_count = 2".into(),
        ];
    }
    vec![
        // WAL lets readers go on while one writes; NORMAL survives a crash of the program.
        "pragma journal_mode = wal".into(),
        "pragma synchronous = normal".into(),
        format!("pragma busy_timeout = {LOCK_TIMEOUT_MS}"),
    ]
}

/// Another database at the same address is refused, connection by connection.
async fn same_database<'e>(
    executor: impl Executor<'e, Database = Any>,
    expected: &str,
) -> sqlx::Result<()> {
    match open::id(executor).await? {
        Some(id) if id == expected => Ok(()),
        _ => Err(exchanged()),
    }
}

fn exchanged() -> sqlx::Error {
    sqlx::Error::Configuration(
        "the database was removed or exchanged while the server ran; put it back, or restart the server".into(),
    )
}

/// Connections that are open go on in a file that was removed, and all that they write is lost.
struct DatabaseFile {
    path: PathBuf,
    device: u64,
    number: u64,
}

impl DatabaseFile {
    fn watch(path: PathBuf) -> anyhow::Result<Self> {
        let found = std::fs::metadata(&path);
        let found = found.with_context(|| format!("cannot look at {}", path.display()))?;
        Ok(Self {
            device: found.dev(),
            number: found.ino(),
            path,
        })
    }

    fn check(&self) -> sqlx::Result<()> {
        match std::fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.number) => Ok(()),
            _ => Err(exchanged()),
        }
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

    pub async fn commit(mut self) -> sqlx::Result<()> {
        audit::chain::finish(&mut self).await?;
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

#[cfg(test)]
mod tests;
