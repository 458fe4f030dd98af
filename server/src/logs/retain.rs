//! Forgets lines that are old, and of too many the oldest.

use app::model::log::{AUDIT_APART_SINCE, Log};

use super::store::{BLOCK_BITS, LogStore};

/// Lines that are removed in one transaction.
const REMOVED_AT_ONCE: i64 = 1_000;
/// Pages of 4 KiB that are given back in one.
const FREED_AT_ONCE: i64 = 1_000;

impl LogStore {
    /// Removes lines older than that, and then the oldest until the file has no more than so many bytes. Answers how many.
    pub async fn retain(&self, before: i64, bytes: i64) -> sqlx::Result<u64> {
        let mut removed = 0;
        loop {
            let oldest: Option<i64> =
                sqlx::query_scalar("SELECT at FROM line ORDER BY seq LIMIT 1")
                    .fetch_optional(&self.pool)
                    .await?;
            let is_old = oldest.is_some_and(|at| at < before);
            if !is_old && self.size().await? <= bytes {
                break;
            }
            let count = self.remove_oldest(is_old.then_some(before)).await?;
            removed += count;
            if count == 0 {
                break;
            }
        }
        if removed > 0 {
            self.recent().forget_all();
        }
        self.shrink().await?;
        Ok(removed)
    }

    /// Gives back to the disk what is free in the file, in portions: each is written beside the file first, and the disk may
    /// have no room for more.
    async fn shrink(&self) -> sqlx::Result<()> {
        let free = "SELECT freelist_count FROM pragma_freelist_count";
        let shrink = format!("PRAGMA incremental_vacuum({FREED_AT_ONCE})");
        loop {
            let before: i64 = sqlx::query_scalar(free).fetch_one(&self.pool).await?;
            if before == 0 {
                return Ok(());
            }
            sqlx::query(&shrink).fetch_all(&self.pool).await?;
            let after: i64 = sqlx::query_scalar(free).fetch_one(&self.pool).await?;
            if after >= before {
                return Ok(());
            }
        }
    }

    /// At most how many lines of a log and its parts behind that number have been removed: of those that were removed together, how
    /// many were behind it is not known any more.
    pub async fn removed_after(&self, log: Log, seq: i64) -> sqlx::Result<i64> {
        sqlx::query_scalar(
            "SELECT COALESCE(sum(min(lines, last_seq - ?2)), 0) FROM gone WHERE daemon = ?1 AND last_seq > ?2",
        )
        .bind(log.as_str())
        .bind(seq)
        .fetch_one(&self.pool)
        .await
    }

    /// In bytes, without what is free in it.
    pub async fn size(&self) -> sqlx::Result<i64> {
        sqlx::query_scalar(
            "SELECT (page_count - freelist_count) * page_size \
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(&self.pool)
        .await
    }

    async fn remove_oldest(&self, before: Option<i64>) -> sqlx::Result<u64> {
        let mut write = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT max(seq) FROM (SELECT seq, at FROM line ORDER BY seq LIMIT ?1) WHERE seq < COALESCE( \
             (SELECT min(seq) FROM (SELECT seq, at FROM line ORDER BY seq LIMIT ?1) WHERE at >= ?2), 1 << 62)",
        )
        .bind(REMOVED_AT_ONCE)
        .bind(before.unwrap_or(i64::MAX))
        .fetch_one(&mut *write)
        .await?;
        let Some(last) = last else {
            return Ok(0);
        };
        // A line of who called what is one of the daemon's too, where those are no log of their own.
        sqlx::query(&format!(
            "WITH old AS (SELECT daemon, version, count(*) AS count FROM line JOIN stream ON stream.id = line.stream \
             WHERE seq <= ?1 GROUP BY daemon, version) \
             INSERT INTO gone (daemon, last_seq, lines) SELECT daemon, ?1, sum(count) FROM (SELECT daemon, count FROM old \
             UNION ALL SELECT replace(daemon, '_audit', ''), count FROM old \
             WHERE daemon LIKE '%_audit' AND version < '{AUDIT_APART_SINCE}') GROUP BY daemon"
        ))
        .bind(last)
        .execute(&mut *write)
        .await?;
        sqlx::query("DELETE FROM word WHERE rowid IN (SELECT seq FROM line WHERE seq <= ?)")
            .bind(last)
            .execute(&mut *write)
            .await?;
        let gone = sqlx::query("DELETE FROM line WHERE seq <= ?")
            .bind(last)
            .execute(&mut *write)
            .await?;
        sqlx::query("DELETE FROM block WHERE block < ?")
            .bind(last >> BLOCK_BITS)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(gone.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use app::model::log::{LogDaemon, LogLevel};

    use super::*;
    use crate::logs::line::Entry;
    use crate::logs::place::Place;
    use crate::logs::recent::Limit;
    use crate::logs::store::Stream;

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

    #[tokio::test]
    async fn old_lines_go_and_of_too_many_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        let long = "x".repeat(1000);
        let lines: Vec<Entry> = (0..20_000).map(|at| entry(at, &long)).collect();
        let store = LogStore::open(dir.path(), "pcs_1").await.unwrap();
        let stream = Stream {
            log: SLURMCTLD,
            version: "25.05".to_owned(),
        };
        store
            .append(&stream, &lines, &[], None, &Place::default())
            .await
            .unwrap();
        assert_eq!(store.retain(100, i64::MAX).await.unwrap(), 100);
        for (log, seq, removed) in [
            (SLURMCTLD, 0, 100),
            (SLURMCTLD, 40, 60),
            (SLURMCTLD, 100, 0),
            (Log::Daemon(LogDaemon::Slurmdbd), 0, 0),
        ] {
            let told = store.removed_after(log, seq).await.unwrap();
            assert_eq!(told, removed, "{log:?} {seq}");
        }
        let before = store.size().await.unwrap();
        assert_eq!(
            store.retain(0, before / 2).await.unwrap() % REMOVED_AT_ONCE as u64,
            0
        );
        assert!(store.size().await.unwrap() <= before / 2);
        let kept = store.after(&[SLURMCTLD], 0, ALL).await.unwrap();
        assert_eq!(kept.last().unwrap().seq, 20_000);
        assert!(kept.len() < 19_900);
        store.retain(i64::MAX, i64::MAX).await.unwrap();
        assert_eq!(store.after(&[SLURMCTLD], 0, ALL).await.unwrap(), []);
        store
            .append(
                &stream,
                &[entry(1, "new")],
                &[Place::default()],
                None,
                &Place::default(),
            )
            .await
            .unwrap();
        assert_eq!(
            store.newest().await.unwrap(),
            20_001,
            "no number is given twice"
        );
        store.retain(i64::MAX, i64::MAX).await.unwrap();
        assert_eq!(store.begin_of(2).await.unwrap(), 20_001);
    }
}
