//! Finds lines, the newest first, page by page.
//!
//! Words are found by SQLite's own index of full text ([`super::word`]). A page looks at no more than [`CANDIDATES`] lines
//! that have the words: one that had to stop there may have few lines, or none, and still says where the next one begins.

use app::model::log::{Log, LogLevel};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::store::{BLOCK_BITS, Line, LogStore, any_of, line_of};

/// How many lines a page looks at.
const CANDIDATES: i64 = 50_000;

/// What to look for.
#[derive(Clone, Debug)]
pub struct Search {
    /// Each of these words, or a word that begins so, in any order; none: all lines.
    pub text: String,
    /// At least as grave.
    pub level: LogLevel,
    /// Milliseconds since 1970, the first and the one after the last.
    pub from: i64,
    pub to: i64,
    /// With their parts.
    pub logs: Vec<Log>,
    /// Of Slurm, as `25.05`; none: any.
    pub version: Option<String>,
    /// Lines before that number: where the last page said that the next one begins.
    pub before: Option<i64>,
    /// The oldest lines after that number, instead of the newest.
    pub after: Option<i64>,
    pub lines: usize,
}

/// Lines, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub lines: Vec<Line>,
    /// Where the next page begins, the same way; none: there is no more.
    pub next: Option<i64>,
}

impl LogStore {
    pub async fn search(&self, search: &Search) -> sqlx::Result<Page> {
        let Some((first, last)) = self.bounds(search).await? else {
            return Ok(Page::default());
        };
        let words = self.words(&search.text).await?;
        let (index, and_grave) = match words {
            Some(_) => Default::default(),
            None => grave(search.level),
        };
        let mut query = QueryBuilder::<Sqlite>::new(format!(
            "SELECT seq, daemon, version, at, level, text FROM line{index} \
             JOIN stream ON stream.id = line.stream WHERE "
        ));
        let order = match search.after {
            Some(_) => "ASC",
            None => "DESC",
        };
        let (edge, candidates) = match &words {
            Some(words) => self.candidates(words, first, last, order).await?,
            None => (self.scan_edge(search, first, last, order).await?, None),
        };
        match candidates {
            Some(candidates) => query
                .push("seq IN (SELECT value FROM json_each(")
                .push_bind(candidates)
                .push("))"),
            None => {
                let (first, last) = match search.after {
                    Some(_) => (first, edge.unwrap_or(last)),
                    None => (edge.unwrap_or(first), last),
                };
                query.push("seq BETWEEN ").push_bind(first);
                query.push(" AND ").push_bind(last).push(and_grave)
            }
        };
        push_conditions(search, &mut query);
        let most = i64::try_from(search.lines).unwrap_or(i64::MAX);
        query
            .push(format!(" ORDER BY seq {order} LIMIT "))
            .push_bind(most);
        let rows = query.build().fetch_all(&self.pool).await?;
        let mut lines = rows
            .iter()
            .map(line_of)
            .collect::<sqlx::Result<Vec<Line>>>()?;
        let next = match lines.len() >= search.lines {
            true => lines.last().map(|line| line.seq),
            false => edge,
        };
        if search.after.is_some() {
            lines.reverse();
        }
        Ok(Page { lines, next })
    }

    /// The first and the last number that lines of that time can have.
    async fn bounds(&self, search: &Search) -> sqlx::Result<Option<(i64, i64)>> {
        let row: SqliteRow = sqlx::query(
            "SELECT min(block) AS first, max(block) AS last FROM block WHERE last_at >= ? AND first_at < ?",
        )
        .bind(search.from)
        .bind(search.to)
        .fetch_one(&self.pool)
        .await?;
        let (first, last): (Option<i64>, Option<i64>) =
            (row.try_get("first")?, row.try_get("last")?);
        let bounds = first.zip(last).map(|(first, last)| {
            let (first, last) = (first << BLOCK_BITS, ((last + 1) << BLOCK_BITS) - 1);
            let after = search.after.map_or(first, |after| after.saturating_add(1));
            let before = search
                .before
                .map_or(last, |before| before.saturating_sub(1));
            (first.max(after), last.min(before))
        });
        Ok(bounds.filter(|(first, last)| first <= last))
    }

    /// Of the lines that have the words, the last that a page looks at (none: it looks at all), and the numbers of all that it
    /// looks at, in JSON: the index is asked once.
    async fn candidates(
        &self,
        words: &str,
        first: i64,
        last: i64,
        order: &str,
    ) -> sqlx::Result<(Option<i64>, Option<String>)> {
        let found: SqliteRow = sqlx::query(&format!(
            "SELECT count(*) AS count, min(rowid) AS least, max(rowid) AS most, json_group_array(rowid) AS numbers FROM \
             (SELECT rowid FROM word WHERE word MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid {order} LIMIT ?)"
        ))
        .bind(words)
        .bind(first)
        .bind(last)
        .bind(CANDIDATES + 1)
        .fetch_one(&self.pool)
        .await?;
        let count: i64 = found.try_get("count")?;
        let edge: Option<i64> = match order {
            "ASC" => found.try_get("most")?,
            _ => found.try_get("least")?,
        };
        Ok((
            edge.filter(|_| count > CANDIDATES),
            found.try_get("numbers")?,
        ))
    }

    /// The last that a page looks at of all lines; the grave ones have an index.
    async fn scan_edge(
        &self,
        search: &Search,
        first: i64,
        last: i64,
        order: &str,
    ) -> sqlx::Result<Option<i64>> {
        let (index, grave) = grave(search.level);
        sqlx::query_scalar(&format!(
            "SELECT seq FROM line{index} WHERE seq BETWEEN ? AND ?{grave} ORDER BY seq {order} LIMIT 1 OFFSET ?"
        ))
        .bind(first)
        .bind(last)
        .bind(CANDIDATES)
        .fetch_optional(&self.pool)
        .await
    }
}

/// Whatever else a line must be.
fn push_conditions(search: &Search, query: &mut QueryBuilder<'_, Sqlite>) {
    query.push(" AND at >= ").push_bind(search.from);
    query.push(" AND at < ").push_bind(search.to);
    query.push(format!(
        " AND level <= {} AND {}",
        search.level as i64,
        any_of(&search.logs)
    ));
    if let Some(version) = &search.version {
        query.push(" AND version = ").push_bind(version.clone());
    }
}

/// The index of grave lines, and its condition: left to itself, SQLite reads all lines instead.
fn grave(level: LogLevel) -> (&'static str, &'static str) {
    match level {
        LogLevel::Fatal | LogLevel::Error => (" INDEXED BY line_error", " AND level <= 1"),
        LogLevel::Warning => (" INDEXED BY line_warning", " AND level <= 2"),
        LogLevel::Info | LogLevel::Debug => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use app::model::log::LogDaemon;

    use super::*;
    use crate::logs::line::Entry;
    use crate::logs::place::Place;
    use crate::logs::store::Stream;

    async fn found(store: &LogStore, change: impl FnOnce(&mut Search)) -> Vec<i64> {
        let mut search = Search {
            text: String::new(),
            level: LogLevel::Debug,
            from: 0,
            to: i64::MAX,
            logs: Log::ALL.to_vec(),
            version: None,
            before: None,
            after: None,
            lines: 3,
        };
        change(&mut search);
        let mut all = vec![];
        loop {
            let page = store.search(&search).await.unwrap();
            assert!(page.lines.len() <= 3);
            all.extend(page.lines.iter().map(|line| line.seq));
            match page.next {
                Some(next) if search.after.is_some() => search.after = Some(next),
                Some(next) => search.before = Some(next),
                None => return all,
            }
        }
    }

    #[tokio::test]
    async fn lines_are_found_by_words_level_time_and_daemon() {
        let dir = tempfile::tempdir().unwrap();
        let store = LogStore::open(dir.path(), "pcs_1").await.unwrap();
        let entries: Vec<Entry> = (1..=9_000)
            .map(|at| Entry {
                at,
                level: if at % 3_000 == 0 {
                    LogLevel::Error
                } else {
                    LogLevel::Info
                },
                is_audit: false,
                text: format!("sched: Allocate JobId={at} NodeList=compute-{}", at % 2),
            })
            .collect();
        let stream = Stream {
            log: Log::Daemon(LogDaemon::Slurmctld),
            version: "25.05".to_owned(),
        };
        store
            .append(&stream, &entries, &[], None, &Place::default())
            .await
            .unwrap();
        assert_eq!(
            found(&store, |s| s.text = "jobid=4711".into()).await,
            [4711]
        );
        assert_eq!(
            found(&store, |s| s.text = "JobId=471 compute-1".into()).await,
            [4719, 4717, 4715, 4713, 4711, 471]
        );
        assert_eq!(
            found(&store, |s| s.level = LogLevel::Error).await,
            [9000, 6000, 3000]
        );
        assert_eq!(
            found(&store, |s| (s.from, s.to) = (10, 15)).await,
            [14, 13, 12, 11, 10]
        );
        // The other way: each page the newest first.
        assert_eq!(
            found(&store, |s| (s.after, s.to) = (Some(9), 15)).await,
            [12, 11, 10, 14, 13]
        );
        assert_eq!(
            found(&store, |s| (s.after, s.level) =
                (Some(3000), LogLevel::Error))
            .await,
            [9000, 6000]
        );
        let words = "JobId=471 compute-1";
        assert_eq!(
            found(&store, |s| (s.after, s.text) = (Some(471), words.into())).await,
            [4715, 4713, 4711, 4719, 4717]
        );
        let none = found(&store, |s| {
            s.logs = vec![Log::Daemon(LogDaemon::Slurmdbd)];
        })
        .await;
        assert!(none.is_empty());
        for hostile in ["\" OR 1", "NEAR(", "a* NOT b", "';--", "\\", "\0"] {
            found(&store, |s| (s.text, s.from) = (hostile.into(), 8_998)).await;
        }
    }
}
