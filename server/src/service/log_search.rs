//! Finds lines that the daemons of a cluster logged, for whoever may read what its controller logs.

use app::model::error::{Error, Result};
use app::model::log::*;
use app::model::operation::Operation;
use app::port::Ctx;

use super::Service;
use crate::fault::internal;
use crate::logs::search::{Page, Search};
use crate::logs::store::{Line, LogStore};

impl Service {
    pub(super) async fn find_lines(&self, ctx: &Ctx, input: LogQuery) -> Result<LogPage> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetControllerLog, &input.cluster_identifier)
            .await?;
        let search = search_of(&input)?;
        let around = input.search.around;
        let store = self.parts.logs.of(&cluster.id).await.map_err(internal)?;
        let found = match around {
            Some(at) => lines_around(&store, &search, at).await,
            None => store
                .search(&search)
                .await
                .map(|found| page_of(&search, found)),
        };
        found.map_err(internal)
    }
}

/// The lines that an answer has at most, of a search that can be answered.
pub(super) fn most_lines(search: &LogSearch) -> Result<usize> {
    let places = [search.before, search.after, search.around];
    if places.iter().flatten().count() > 1 {
        let message = "Lines are asked for before a line, after a line, or around a time. Name one of before, after and around.";
        return Err(Error::field("around", message));
    }
    let lines = search.limit.unwrap_or(LINES);
    if !(1..=MOST_LINES).contains(&lines) {
        let message = format!(
            "An answer has 1 to {MOST_LINES} lines. Ask for the others by older and newer."
        );
        return Err(Error::field("limit", message));
    }
    if search.text.len() > LONGEST_SEARCH {
        let message = format!("At most {LONGEST_SEARCH} bytes are searched for. Take fewer words.");
        return Err(Error::field("text", message));
    }
    Ok(usize::try_from(lines).unwrap_or(1))
}

fn search_of(input: &LogQuery) -> Result<Search> {
    let search = &input.search;
    Ok(Search {
        lines: most_lines(search)?,
        text: search.text.clone(),
        level: search.level.unwrap_or(LogLevel::Debug),
        from: search.from.unwrap_or(0),
        to: search.to.unwrap_or(i64::MAX),
        logs: logs_of(input.daemon),
        version: None,
        before: search.before,
        after: search.after,
    })
}

/// What a daemon says of who called what is in its file, and found there.
fn logs_of(asked: Option<Log>) -> Vec<Log> {
    match asked {
        None => Log::ALL.into(),
        Some(Log::Daemon(daemon)) => vec![Log::Daemon(daemon), Log::Audit(daemon)],
        Some(log) => vec![log],
    }
}

/// Half of the lines up to that time, half of them after it.
async fn lines_around(store: &LogStore, search: &Search, at: i64) -> sqlx::Result<LogPage> {
    let half = search.lines.div_ceil(2);
    let before = Search {
        to: search.to.min(at.saturating_add(1)),
        lines: half,
        ..search.clone()
    };
    let older = store.search(&before).await?;
    let last = match older.lines.first() {
        Some(line) => line.seq,
        None => store.before_time(at).await?,
    };
    let after = Search {
        after: Some(last),
        lines: half,
        ..search.clone()
    };
    let newer = store.search(&after).await?;
    Ok(LogPage {
        lines: entries(newer.lines.into_iter().chain(older.lines)),
        older: older.next,
        newer: newer.next,
    })
}

fn page_of(search: &Search, found: Page) -> LogPage {
    let (older, newer) = match (search.before, search.after) {
        (_, Some(after)) => (Some(after.saturating_add(1)), found.next),
        (Some(before), None) => (found.next, Some(before.saturating_sub(1))),
        (None, None) => (found.next, None),
    };
    LogPage {
        lines: entries(found.lines.into_iter()),
        older,
        newer,
    }
}

fn entries(lines: impl Iterator<Item = Line>) -> Vec<LogEntry> {
    let entry = |line: Line| LogEntry {
        seq: line.seq,
        log: line.stream.log.as_str().to_owned(),
        at: line.at,
        level: line.level,
        text: line.text,
    };
    lines.map(entry).collect()
}
