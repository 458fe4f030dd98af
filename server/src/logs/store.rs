//! The lines of one cluster: `DATA_DIR/logs/CLUSTER_ID.db`.
//!
//! A sequence number is given once and never again, also after its line has gone. Lines and the place in the file that they
//! came from are written in one transaction ([`LogStore::append`]), so that whatever interrupts it, each is there once. A
//! process that stood still while another one read on finds that the places are not those that it knew.

use std::collections::BTreeMap;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use app::model::log::{AUDIT_APART_SINCE, Log, LogDaemon, LogLevel};
use futures::TryStreamExt as _;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{QueryBuilder, Row as _, SqliteExecutor, SqlitePool};

use super::line::{Entry, level_at};
use super::place::Place;
use super::recent::{Limit, Recent, Written};

/// Sequence numbers with the same block are bounded in time together.
pub(super) const BLOCK_BITS: u32 = 12;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS stream (id INTEGER PRIMARY KEY, daemon TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (daemon, version));
CREATE TABLE IF NOT EXISTS line (seq INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, at INTEGER NOT NULL,
    level INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS line_stream ON line (stream, seq);
CREATE INDEX IF NOT EXISTS line_error ON line (seq) WHERE level <= 1;
CREATE INDEX IF NOT EXISTS line_warning ON line (seq) WHERE level <= 2;
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5(text, content='', contentless_delete=1);
CREATE VIRTUAL TABLE IF NOT EXISTS term USING fts5vocab(word, instance);
CREATE TABLE IF NOT EXISTS block (block INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS place (daemon TEXT NOT NULL, head BLOB NOT NULL, tail BLOB NOT NULL, device INTEGER NOT NULL,
    inode INTEGER NOT NULL, offset INTEGER NOT NULL, skips INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
    PRIMARY KEY (daemon, device, inode));
CREATE TABLE IF NOT EXISTS gone (daemon TEXT NOT NULL, last_seq INTEGER NOT NULL, lines INTEGER NOT NULL,
    PRIMARY KEY (daemon, last_seq));
";

/// How the index of words is kept: what one append brings is one piece of it, and eight pieces of a size are put together,
/// not four. A line takes a fifth less work so, and a search asks few pieces either way.
const MERGING: [(&str, i64); 2] = [("hashsize", 16 << 20), ("automerge", 8)];

/// Lines of one statement. Each binds four values; SQLite takes 32,766.
const AT_ONCE: usize = 500;

/// So many rows are read ahead of whoever takes them: with few, two threads wake each other all the time.
const ROWS: usize = 200;

/// Whose lines: a log of one version of Slurm. The tables call its word `daemon`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    pub log: Log,
    /// As `25.05`.
    pub version: String,
}

/// A line that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Ascending in the order in which lines were read; unique in the cluster.
    pub seq: i64,
    pub stream: Stream,
    /// Milliseconds since 1970.
    pub at: i64,
    pub level: LogLevel,
    /// Bounded and without control characters, with the time in brackets that Slurm wrote.
    pub text: String,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct LogStore {
    pub(super) pool: SqlitePool,
    /// Of each log, in their order, the last line that was put here since it was opened.
    appended: Arc<[AtomicI64; Log::ALL.len()]>,
    read_at: Arc<AtomicI64>,
    recent: Arc<Mutex<Recent>>,
}

impl LogStore {
    /// Opens it, or makes it, for this user only.
    pub async fn open(dir: &Path, cluster_id: &str) -> anyhow::Result<LogStore> {
        let path = dir.join(format!("{cluster_id}.db"));
        std::fs::create_dir_all(dir)?;
        let mut file = std::fs::OpenOptions::new();
        // SQLite gives its other files the mode of this one.
        file.create(true).append(true).mode(0o600).open(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .journal_mode(SqliteJournalMode::Wal)
            // What was delivered must not be forgotten by a loss of power: it would be delivered twice.
            .synchronous(SqliteSynchronous::Full)
            .row_buffer_size(ROWS)
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(0)
            .idle_timeout(Duration::from_secs(60))
            .connect_with(options)
            .await
            .with_context(|| format!("cannot open {}", path.display()))?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        for (word, number) in MERGING {
            sqlx::query(
                "INSERT INTO word (word, rank) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM word_config WHERE k = ?1 AND v = ?2)",
            )
            .bind(word)
            .bind(number)
            .execute(&pool)
            .await?;
        }
        Ok(LogStore {
            pool,
            appended: Arc::default(),
            read_at: Arc::default(),
            recent: Arc::default(),
        })
    }

    /// The file, for what is kept beside the lines.
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The number of the last line of that log and its parts that was put here since it was opened; 0: none.
    pub fn last_appended(&self, log: Log) -> i64 {
        let parts = log.with_parts("");
        let all = Log::ALL.iter().zip(self.appended.iter());
        let own = all.filter(|(one, _)| parts.contains(one));
        let seqs = own.map(|(_, seq)| seq.load(Ordering::Acquire));
        seqs.max().unwrap_or(0)
    }

    /// All that was in the files at that time, in milliseconds since 1970, has been put here.
    pub fn has_read(&self, at: i64) {
        self.read_at.fetch_max(at, Ordering::Release);
        self.recent().forget_old();
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last such time since it was opened; 0: there was none.
    pub fn read_at(&self) -> i64 {
        self.read_at.load(Ordering::Acquire)
    }

    fn has_appended(&self, log: Log, last: i64) {
        let all = Log::ALL.iter().zip(self.appended.iter());
        for (_, seq) in all.filter(|(one, _)| **one == log) {
            seq.fetch_max(last, Ordering::Release);
        }
    }

    /// The lines after that one of any of these logs and their parts, in the order of their numbers.
    pub async fn after(
        &self,
        logs: &[Log],
        after_seq: i64,
        limit: Limit,
    ) -> sqlx::Result<Vec<Written>> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(&format!(
            "SELECT id, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'line'), 0) FROM stream WHERE {}",
            any_of(logs)
        ))
        .fetch_all(&self.pool)
        .await?;
        let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
        let Some((_, newest)) = rows.first() else {
            return Ok(vec![]);
        };
        if let Some(known) = self.recent().after(&ids, after_seq, *newest, limit) {
            return Ok(known);
        }
        // Each stream by its index, put together line by line: neither how many the others have nor how many there are costs
        // anything.
        let each = ids.iter().map(|id| {
            format!(
                "SELECT seq, at, level, text FROM line INDEXED BY line_stream WHERE stream = {id} AND seq > ?1"
            )
        });
        let all = each.collect::<Vec<_>>().join(" UNION ALL ");
        let query = format!("{all} ORDER BY seq LIMIT ?2");
        let mut rows = sqlx::query(&query)
            .bind(after_seq)
            .bind(i64::try_from(limit.lines).unwrap_or(i64::MAX))
            .fetch(&self.pool);
        let mut left = limit.bytes;
        let mut lines = vec![];
        while let Some(row) = rows.try_next().await? {
            let line = written(&row)?;
            let bytes = line.text.len().saturating_add(limit.overhead);
            if bytes > left && !lines.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes);
            lines.push(line);
        }
        Ok(lines)
    }

    /// How many lines of the log and its parts are behind that one.
    pub async fn count_after(&self, log: Log, seq: i64) -> sqlx::Result<u64> {
        let of = any_of(&[log]);
        let query = format!(
            "SELECT count(*) FROM line WHERE stream IN (SELECT id FROM stream WHERE {of}) AND seq > ?"
        );
        let count: i64 = sqlx::query_scalar(&query)
            .bind(seq)
            .fetch_one(&self.pool)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// The streams that have lines, each with the times of its first and its last.
    pub async fn streams(&self) -> sqlx::Result<Vec<(Stream, i64, i64)>> {
        let rows = sqlx::query(
            "SELECT daemon, version, \
             (SELECT at FROM line WHERE stream = stream.id ORDER BY seq LIMIT 1) AS first_at, \
             (SELECT at FROM line WHERE stream = stream.id ORDER BY seq DESC LIMIT 1) AS last_at \
             FROM stream WHERE first_at IS NOT NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        let each = rows.iter().map(|row| {
            let stream = stream_of(row)?;
            Ok((stream, row.try_get("first_at")?, row.try_get("last_at")?))
        });
        each.collect()
    }

    /// A number before which all lines are older than that.
    pub async fn before_time(&self, at: i64) -> sqlx::Result<i64> {
        let block: Option<i64> =
            sqlx::query_scalar("SELECT min(block) FROM block WHERE last_at >= ?")
                .bind(at)
                .fetch_one(&self.pool)
                .await?;
        match block {
            Some(block) => Ok((block << BLOCK_BITS) - 1),
            None => self.newest().await,
        }
    }

    /// The number behind which the first line of that time or later is; where there is none, the last that was given.
    pub async fn begin_of(&self, at: i64) -> sqlx::Result<i64> {
        let before = self.before_time(at).await?;
        sqlx::query_scalar(
            "SELECT COALESCE((SELECT seq - 1 FROM line WHERE seq > ? AND at >= ? ORDER BY seq LIMIT 1), \
             (SELECT seq FROM sqlite_sequence WHERE name = 'line'), 0)",
        )
        .bind(before)
        .bind(at)
        .fetch_one(&self.pool)
        .await
    }

    /// The number of the newest line; 0: there was none.
    pub async fn newest(&self) -> sqlx::Result<i64> {
        sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM line")
            .fetch_one(&self.pool)
            .await
    }

    /// What has been read of that log's files.
    pub async fn places(&self, log: Log) -> sqlx::Result<Vec<Place>> {
        places(&self.pool, log).await
    }

    /// Forgets a file that is gone, unless it has been read on since: another one may be in its place.
    pub async fn forget(&self, log: Log, place: &Place) -> sqlx::Result<()> {
        sqlx::query(
            "DELETE FROM place WHERE daemon = ? AND device = ? AND inode = ? AND offset = ? AND tail = ?",
        )
        .bind(log.as_str())
        .bind(place.device)
        .bind(place.inode)
        .bind(place.offset)
        .bind(place.tail())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Lines of a file and how far it has been read then: both, or neither. `known` is what was known of the log's files as
    /// they were read, `before` of this one. Fails where something else is known by now.
    pub async fn append(
        &self,
        stream: &Stream,
        lines: &[Entry],
        known: &[Place],
        before: Option<&Place>,
        place: &Place,
    ) -> anyhow::Result<()> {
        let mut write = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let there = places(&mut *write, stream.log).await?;
        if there.len() != known.len() || !known.iter().all(|place| there.contains(place)) {
            bail!(
                "Another process has kept lines of {} meanwhile: these are read anew, from where that one is.",
                stream.log.as_str()
            );
        }
        let file = stream.log.as_str();
        let own = stream_id(&mut write, stream.log, &stream.version).await?;
        let is_audited = lines.iter().any(|line| line.is_audit);
        let audited = match stream.log {
            Log::Daemon(daemon) if is_audited && daemon != LogDaemon::Slurmrestd => {
                Log::Audit(daemon)
            }
            log => log,
        };
        let audit = stream_id(&mut write, audited, &stream.version).await?;
        let streams = [own, audit];
        let before_them = put_lines(&mut write, streams, lines).await?;
        if let Some(before) = before {
            sqlx::query("DELETE FROM place WHERE daemon = ? AND device = ? AND inode = ?")
                .bind(file)
                .bind(before.device)
                .bind(before.inode)
                .execute(&mut *write)
                .await?;
        }
        place.put(file, &mut write).await?;
        write.commit().await?;
        let each = lines.iter().map(|line| (stream_for(line, streams), line));
        self.recent().put(before_them, each);
        let last = before_them.saturating_add(i64::try_from(lines.len()).unwrap_or(i64::MAX));
        self.has_appended(stream.log, last);
        self.has_appended(audited, last);
        Ok(())
    }
}

async fn places<'e>(executor: impl SqliteExecutor<'e>, log: Log) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query("SELECT * FROM place WHERE daemon = ?")
        .bind(log.as_str())
        .fetch_all(executor)
        .await?;
    rows.iter().map(Place::of_row).collect()
}

/// The number of that stream, which is made if it is not there.
async fn stream_id(write: &mut SqliteConnection, log: Log, version: &str) -> sqlx::Result<i64> {
    sqlx::query("INSERT INTO stream (daemon, version) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(log.as_str())
        .bind(version)
        .execute(&mut *write)
        .await?;
    sqlx::query_scalar("SELECT id FROM stream WHERE daemon = ? AND version = ?")
        .bind(log.as_str())
        .bind(version)
        .fetch_one(&mut *write)
        .await
}

fn stream_for(line: &Entry, [own, audit]: [i64; 2]) -> i64 {
    if line.is_audit { audit } else { own }
}

/// Many at once: a statement for each would be most of the work. Into the first stream, or the second if they say who called
/// what. Answers the last number that was given before.
async fn put_lines(
    write: &mut SqliteConnection,
    streams: [i64; 2],
    lines: &[Entry],
) -> sqlx::Result<i64> {
    let last: i64 = sqlx::query_scalar(
        "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'line'), 0)",
    )
    .fetch_one(&mut *write)
    .await?;
    for some in lines.chunks(AT_ONCE) {
        let mut query = QueryBuilder::new("INSERT INTO line (stream, at, level, text) ");
        query.push_values(some, |mut row, line| {
            row.push_bind(stream_for(line, streams))
                .push_bind(line.at)
                .push_bind(line.level as i64)
                .push_bind(&line.text);
        });
        // Not kept prepared: there would be one for each number of lines.
        query
            .build()
            .persistent(some.len() == AT_ONCE)
            .execute(&mut *write)
            .await?;
    }
    sqlx::query("INSERT INTO word (rowid, text) SELECT seq, text FROM line WHERE seq > ?")
        .bind(last)
        .execute(&mut *write)
        .await?;
    for (block, [first, last]) in blocks(last, lines) {
        sqlx::query(
            "INSERT INTO block VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE SET \
             first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
        )
        .bind(block)
        .bind(first)
        .bind(last)
        .execute(&mut *write)
        .await?;
    }
    Ok(last)
}

/// The blocks that lines get whose numbers follow that one, each with their first and last time.
fn blocks(last: i64, lines: &[Entry]) -> BTreeMap<i64, [i64; 2]> {
    let mut blocks = BTreeMap::new();
    for (seq, line) in (last + 1..).zip(lines) {
        let [first, last] = blocks.entry(seq >> BLOCK_BITS).or_insert([line.at; 2]);
        *first = line.at.min(*first);
        *last = line.at.max(*last);
    }
    blocks
}

/// Whether a stream is one of these logs, or a part of one, as a condition of SQL: words of ours only.
pub(super) fn any_of(logs: &[Log]) -> String {
    let listed = |logs: &[Log]| {
        let quoted = logs.iter().map(|one| format!("'{}'", one.as_str()));
        quoted.collect::<Vec<_>>().join(", ")
    };
    let parts = logs.iter().filter_map(|log| match log {
        Log::Daemon(daemon) => Some(Log::Audit(*daemon)),
        Log::Audit(_) | Log::JobCompletion => None,
    });
    let parts: Vec<Log> = parts.collect();
    format!(
        "(daemon IN ({}) OR daemon IN ({}) AND version < '{AUDIT_APART_SINCE}')",
        listed(logs),
        listed(&parts)
    )
}

pub(super) fn line_of(row: &SqliteRow) -> sqlx::Result<Line> {
    let Written {
        seq,
        at,
        level,
        text,
    } = written(row)?;
    let stream = stream_of(row)?;
    Ok(Line {
        seq,
        stream,
        at,
        level,
        text,
    })
}

fn written(row: &SqliteRow) -> sqlx::Result<Written> {
    let level: i64 = row.try_get("level")?;
    Ok(Written {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        level: level_at(level),
        text: row.try_get("text")?,
    })
}

fn stream_of(row: &SqliteRow) -> sqlx::Result<Stream> {
    let daemon: String = row.try_get("daemon")?;
    Ok(Stream {
        log: Log::parse(&daemon)
            .ok_or_else(|| sqlx::Error::Decode(format!("unknown log {daemon}").into()))?,
        version: row.try_get("version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLURMCTLD: Log = Log::Daemon(LogDaemon::Slurmctld);
    const ALL: Limit = Limit {
        lines: usize::MAX,
        bytes: usize::MAX,
        overhead: 0,
    };

    fn entry(at: i64, text: &str) -> Entry {
        Entry {
            at,
            level: LogLevel::Info,
            is_audit: false,
            text: text.to_owned(),
        }
    }

    async fn store(dir: &Path, lines: &[Entry]) -> LogStore {
        let store = LogStore::open(dir, "pcs_1").await.unwrap();
        let stream = Stream {
            log: SLURMCTLD,
            version: "25.05".to_owned(),
        };
        store
            .append(&stream, lines, &[], None, &Place::default())
            .await
            .unwrap();
        store
    }

    #[tokio::test]
    async fn lines_are_read_in_order_and_within_limits() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(
            dir.path(),
            &[entry(1, "one"), entry(2, "two"), entry(3, "three")],
        )
        .await;
        // One that has just put them there, and one that has not.
        let other = LogStore::open(dir.path(), "pcs_1").await.unwrap();
        let texts = async |after, limit| {
            let lines = store.after(&[SLURMCTLD], after, limit).await.unwrap();
            let read = other.after(&[SLURMCTLD], after, limit).await.unwrap();
            assert_eq!(lines, read);
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(0, ALL).await, ["one", "two", "three"]);
        assert_eq!(texts(1, Limit { lines: 1, ..ALL }).await, ["two"]);
        assert_eq!(texts(0, Limit { bytes: 6, ..ALL }).await, ["one", "two"]);
        assert_eq!(texts(0, Limit { bytes: 1, ..ALL }).await, ["one"]);
        let framed = Limit {
            bytes: 12,
            overhead: 3,
            ..ALL
        };
        assert_eq!(texts(0, framed).await, ["one", "two"]);
        assert_eq!(store.newest().await.unwrap(), 3);
        for (at, begin) in [(0, 0), (2, 1), (3, 2), (4, 3)] {
            assert_eq!(store.begin_of(at).await.unwrap(), begin, "{at}");
        }
        let audit = Entry {
            is_audit: true,
            ..entry(4, "who")
        };
        let place = Place::default();
        for (version, store) in [("25.05", &store), ("25.11", &store), ("25.11", &other)] {
            let stream = Stream {
                log: SLURMCTLD,
                version: version.to_owned(),
            };
            let lines = [audit.clone(), entry(4, "what")];
            let kept = store.append(&stream, &lines, std::slice::from_ref(&place), None, &place);
            kept.await.unwrap();
        }
        // Since 25.11 they are no part of the daemon's log.
        assert_eq!(texts(3, ALL).await, ["who", "what", "what", "what"]);
        let own = Log::Audit(LogDaemon::Slurmctld);
        for store in [&store, &other] {
            let own = store.after(&[own], 0, ALL).await.unwrap();
            assert_eq!(
                own.iter().map(|line| line.seq).collect::<Vec<_>>(),
                [4, 6, 8]
            );
        }
        let other = store
            .after(&[Log::Daemon(LogDaemon::Slurmdbd)], 0, ALL)
            .await
            .unwrap();
        assert!(other.is_empty());
        use std::os::unix::fs::PermissionsExt as _;
        let mode = dir
            .path()
            .join("pcs_1.db")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
