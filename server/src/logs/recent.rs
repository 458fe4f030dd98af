//! The newest lines of a store, as they were put there: who follows them need not have them read back, which would be a
//! fifth of the work of a line that is delivered.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use app::model::log::LogLevel;

use super::line::Entry;

/// Of their texts together, and for how long: whoever is further behind reads the store.
const BYTES: usize = 4 << 20;
const KEPT: Duration = Duration::from_secs(10);

/// A line for whoever has asked for one log: see [`super::store::LogStore::after`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub level: LogLevel,
    pub text: String,
}

/// The most that one read answers; at least one line if there is any.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub lines: usize,
    /// Of the texts together, with `overhead` for each.
    pub bytes: usize,
    pub overhead: usize,
}

/// Lines with numbers that follow each other.
#[derive(Debug, Default)]
pub(super) struct Recent {
    lines: VecDeque<Line>,
    /// Of the texts.
    bytes: usize,
}

#[derive(Debug)]
struct Line {
    stream: i64,
    put_at: Instant,
    written: Written,
}

impl Recent {
    /// What was put into the store, each into its stream, under the numbers after that one. If these do not follow what is
    /// known here, another process had the store meanwhile.
    pub fn put<'a>(&mut self, after: i64, lines: impl Iterator<Item = (i64, &'a Entry)>) {
        if self.last() != Some(after) {
            self.forget_all();
        }
        let put_at = Instant::now();
        for (seq, (stream, entry)) in (after + 1..).zip(lines) {
            self.bytes += entry.text.len();
            let written = Written {
                seq,
                at: entry.at,
                level: entry.level,
                text: entry.text.clone(),
            };
            self.lines.push_back(Line {
                stream,
                put_at,
                written,
            });
            while self.bytes > BYTES {
                self.forget_first();
            }
        }
    }

    /// The lines of these streams behind that number, as [`super::store::LogStore::after`] answers; none where the store must
    /// be asked: lines up to its newest are missing here, or nobody knows of any.
    pub fn after(
        &self,
        streams: &[i64],
        seq: i64,
        newest: i64,
        limit: Limit,
    ) -> Option<Vec<Written>> {
        let first = self.lines.front()?.written.seq;
        // Another process has put lines there.
        if self.last()? < newest {
            return None;
        }
        let known = usize::try_from(seq.saturating_add(1).saturating_sub(first)).ok()?;
        let mut left = limit.bytes;
        let mut found = vec![];
        let lines = self.lines.iter().skip(known);
        for line in lines.filter(|line| streams.contains(&line.stream)) {
            let bytes = line.written.text.len().saturating_add(limit.overhead);
            if found.len() == limit.lines || bytes > left && !found.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes);
            found.push(line.written.clone());
        }
        (!found.is_empty()).then_some(found)
    }

    pub fn forget_old(&mut self) {
        let is_old = |line: &Line| line.put_at.elapsed() > KEPT;
        while self.lines.front().is_some_and(is_old) {
            self.forget_first();
        }
        if self.lines.is_empty() {
            self.forget_all();
        }
    }

    /// With the room that they took.
    pub fn forget_all(&mut self) {
        *self = Recent::default();
    }

    fn forget_first(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.bytes -= line.written.text.len();
        }
    }

    fn last(&self) -> Option<i64> {
        self.lines.back().map(|line| line.written.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Limit = Limit {
        lines: usize::MAX,
        bytes: usize::MAX,
        overhead: 0,
    };

    fn put(recent: &mut Recent, after: i64, texts: &[(i64, &str)]) {
        let entries: Vec<Entry> = texts
            .iter()
            .map(|(_, text)| Entry {
                at: 1,
                level: LogLevel::Info,
                is_audit: false,
                text: (*text).to_owned(),
            })
            .collect();
        let streams = texts.iter().map(|(stream, _)| *stream);
        recent.put(after, streams.zip(&entries));
    }

    fn seqs(recent: &Recent, streams: &[i64], after: i64, limit: Limit) -> Option<Vec<i64>> {
        let newest = recent.last().unwrap_or_default();
        let found = recent.after(streams, after, newest, limit)?;
        Some(found.iter().map(|line| line.seq).collect())
    }

    #[test]
    fn what_is_not_known_whole_is_asked_for() {
        let mut recent = Recent::default();
        assert_eq!(seqs(&recent, &[1], 0, ALL), None);
        put(
            &mut recent,
            10,
            &[(1, "eleven"), (2, "twelve"), (1, "thirteen")],
        );
        assert_eq!(seqs(&recent, &[1], 10, ALL), Some(vec![11, 13]));
        assert_eq!(seqs(&recent, &[1, 2], 11, ALL), Some(vec![12, 13]));
        assert_eq!(seqs(&recent, &[1], 9, ALL), None);
        assert_eq!(seqs(&recent, &[1], 13, ALL), None);
        assert_eq!(seqs(&recent, &[3], 10, ALL), None);
        put(&mut recent, 13, &[(1, "fourteen")]);
        assert_eq!(seqs(&recent, &[1], 10, ALL), Some(vec![11, 13, 14]));
        let two = Limit { lines: 2, ..ALL };
        assert_eq!(seqs(&recent, &[1], 10, two), Some(vec![11, 13]));
        let bytes = Limit { bytes: 13, ..ALL };
        assert_eq!(seqs(&recent, &[1], 10, bytes), Some(vec![11]));
        let few = Limit { bytes: 1, ..ALL };
        assert_eq!(seqs(&recent, &[1], 10, few), Some(vec![11]));
        // Another process has put 15 and 16 there.
        put(&mut recent, 16, &[(1, "seventeen")]);
        assert_eq!(seqs(&recent, &[1], 14, ALL), None);
        assert_eq!(seqs(&recent, &[1], 16, ALL), Some(vec![17]));
        assert!(recent.after(&[1], 16, 18, ALL).is_none());
    }

    #[test]
    fn it_is_bounded() {
        let mut recent = Recent::default();
        let long = "x".repeat(BYTES / 4);
        for after in 0..9 {
            put(&mut recent, after, &[(1, &long)]);
        }
        assert_eq!(seqs(&recent, &[1], 5, ALL), Some(vec![6, 7, 8, 9]));
        assert_eq!(seqs(&recent, &[1], 4, ALL), None);
        recent.forget_old();
        assert!(!recent.lines.is_empty());
        recent.forget_all();
        assert_eq!((recent.lines.len(), recent.bytes), (0, 0));
    }
}
