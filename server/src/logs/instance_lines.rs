//! Lines of an instance's logs, found in the texts themselves: they are the ends of logs, of which one answer has room.

use std::collections::HashSet;

use app::model::log::{LogEntry, LogLevel, LogPage, LogSearch};
use app::model::node::NodeLog;

use super::line::{self, time_of};
use crate::slurm::log::stamped;

/// The lines of all these logs in the order of their times, numbered. What a log begins with before any time is said was
/// written at `since`, in milliseconds since 1970, or later.
pub fn merged(logs: &[NodeLog], since: i64) -> Vec<LogEntry> {
    let mut lines: Vec<LogEntry> = logs.iter().flat_map(|log| lines_of(log, since)).collect();
    drop_echoes(&mut lines);
    // Lines of one log stay in their order.
    lines.sort_by_key(|line| line.at);
    for (seq, line) in (1..).zip(&mut lines) {
        line.seq = seq;
    }
    lines
}

/// What slurmd writes into its log it also tells the agent, who keeps it without a time: of both, one is enough.
fn drop_echoes(lines: &mut Vec<LogEntry>) {
    let words = |line: &LogEntry| stamped(&line.text).map(|(_, words)| words.to_owned());
    let of_slurmd = lines.iter().filter(|line| line.log == "slurmd.log");
    let told: HashSet<String> = of_slurmd.filter_map(words).collect();
    let is_echo = |line: &LogEntry| {
        let words = line.text.strip_prefix("slurmd: ");
        words.is_some_and(|words| told.contains(words))
    };
    lines.retain(|line| !is_echo(line));
}

fn lines_of(log: &NodeLog, since: i64) -> Vec<LogEntry> {
    let mut before = (since, LogLevel::Info);
    let lines = log.text.lines().filter(|line| !line.trim().is_empty());
    let entry = |text: &str| {
        let parsed = line::parse(text.as_bytes(), before);
        // The agent says its times without brackets.
        let first = text.split(' ').next().and_then(time_of);
        before = match first {
            Some(at) => (at, LogLevel::Info),
            None => (parsed.at, parsed.level),
        };
        LogEntry {
            seq: 0,
            log: log.name.clone(),
            at: before.0,
            level: before.1,
            text: parsed.text,
        }
    };
    lines.map(entry).collect()
}

/// Those of the lines, oldest first, that are looked for, the newest first.
pub fn page(lines: Vec<LogEntry>, search: &LogSearch, most: usize) -> LogPage {
    let words: Vec<String> = search
        .text
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let is_meant = |line: &LogEntry| {
        let is_in_time = search.from.is_none_or(|from| line.at >= from)
            && search.to.is_none_or(|to| line.at < to);
        let is_grave = search.level.is_none_or(|level| line.level <= level);
        is_in_time && is_grave && has_all(&line.text, &words)
    };
    let meant: Vec<LogEntry> = lines.into_iter().filter(is_meant).collect();
    let (first, end) = bounds(&meant, search, most);
    let older = (first > 0).then(|| meant[first..].first().map_or(i64::MAX, |line| line.seq));
    let newer = (end < meant.len()).then(|| meant[..end].last().map_or(0, |line| line.seq));
    let mut lines: Vec<LogEntry> = meant.into_iter().skip(first).take(end - first).collect();
    lines.reverse();
    LogPage {
        lines,
        older,
        newer,
    }
}

fn has_all(text: &str, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// Where the page begins and ends among the lines.
fn bounds(lines: &[LogEntry], search: &LogSearch, most: usize) -> (usize, usize) {
    let up_to = |end: usize| (end.saturating_sub(most), end);
    let from = |first: usize| (first, lines.len().min(first.saturating_add(most)));
    match (search.before, search.after, search.around) {
        (Some(before), ..) => up_to(lines.partition_point(|line| line.seq < before)),
        (None, Some(after), _) => from(lines.partition_point(|line| line.seq <= after)),
        (None, None, Some(at)) => {
            let middle = lines.partition_point(|line| line.at <= at);
            from(middle.saturating_sub(most.div_ceil(2)))
        }
        (None, None, None) => up_to(lines.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: i64 = 1_721_230_970_000;

    fn log(name: &str, text: &str) -> NodeLog {
        NodeLog {
            name: name.into(),
            text: text.into(),
            is_cut: false,
        }
    }

    fn logs() -> Vec<LogEntry> {
        let slurmd = "[2024-07-17T15:42:58.614+00:00] slurmd version 24.11 started\n\
                      [2024-07-17T15:43:01.000+00:00] error: Node configuration differs\n\
                      \tgoes on\n\n";
        let agent = "2024-07-17T15:42:57.000Z openpcs-agent: starts\n\
                     slurmd: slurmd version 24.11 started\n\
                     2024-07-17T15:43:00.000Z openpcs-agent: runs\n";
        let all = [
            log("slurmd.log", slurmd),
            log("agent.log", agent),
            log("script-a.log", "it is the disk\n"),
        ];
        merged(&all, SINCE)
    }

    fn texts(page: &LogPage) -> Vec<&str> {
        let word = |line: &'_ LogEntry| line.text.split_whitespace().last().map(str::len);
        let lines = page.lines.iter();
        lines
            .map(|line| {
                let last = word(line).unwrap_or_default();
                &line.text[line.text.len() - last..]
            })
            .collect()
    }

    #[test]
    fn lines_of_all_logs_stand_in_the_order_of_their_times() {
        let lines = logs();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.seq, line.log.as_str(), line.at - SINCE, line.level))
            .collect();
        assert_eq!(
            told,
            [
                (1, "script-a.log", 0, LogLevel::Info),
                (2, "agent.log", 7_000, LogLevel::Info),
                (3, "slurmd.log", 8_614, LogLevel::Info),
                (4, "agent.log", 10_000, LogLevel::Info),
                (5, "slurmd.log", 11_000, LogLevel::Error),
                (6, "slurmd.log", 11_000, LogLevel::Error),
            ]
        );
    }

    #[test]
    fn lines_are_found_by_words_level_and_time() {
        let none = LogSearch::default();
        for (search, found) in [
            (
                none.clone(),
                &["on", "differs", "runs", "started", "starts", "disk"][..],
            ),
            (
                LogSearch {
                    text: "SLURMD started".into(),
                    ..none.clone()
                },
                &["started"],
            ),
            (
                LogSearch {
                    text: "slurmd nothing".into(),
                    ..none.clone()
                },
                &[],
            ),
            (
                LogSearch {
                    level: Some(LogLevel::Warning),
                    ..none.clone()
                },
                &["on", "differs"],
            ),
            (
                LogSearch {
                    from: Some(SINCE + 8_614),
                    to: Some(SINCE + 11_000),
                    ..none
                },
                &["runs", "started"],
            ),
        ] {
            let page = page(logs(), &search, 10);
            assert_eq!(texts(&page), found, "{search:?}");
            assert_eq!((page.older, page.newer), (None, None), "{search:?}");
        }
    }

    #[test]
    fn each_line_is_on_one_page_on_the_way_back_and_on_the_way_forth() {
        let at = |search: LogSearch| page(logs(), &search, 4);
        let newest = at(LogSearch::default());
        assert_eq!(texts(&newest), ["on", "differs", "runs", "started"]);
        assert_eq!((newest.older, newest.newer), (Some(3), None));
        let oldest = at(LogSearch {
            before: newest.older,
            ..LogSearch::default()
        });
        assert_eq!(texts(&oldest), ["starts", "disk"]);
        assert_eq!((oldest.older, oldest.newer), (None, Some(2)));
        let again = at(LogSearch {
            after: oldest.newer,
            ..LogSearch::default()
        });
        assert_eq!(again, newest);
        let around = at(LogSearch {
            around: Some(SINCE + 8_614),
            ..LogSearch::default()
        });
        assert_eq!(texts(&around), ["differs", "runs", "started", "starts"]);
        assert_eq!((around.older, around.newer), (Some(2), Some(5)));
    }

    #[test]
    fn a_place_that_is_not_there_is_an_empty_page_or_the_next_one() {
        for (before, after, around) in [
            (Some(i64::MIN), None, None),
            (None, Some(i64::MAX), None),
            (Some(i64::MAX), None, None),
            (None, Some(i64::MIN), None),
            (None, None, Some(i64::MIN)),
            (None, None, Some(i64::MAX)),
        ] {
            let search = LogSearch {
                before,
                after,
                around,
                ..LogSearch::default()
            };
            for most in [1, 3, 100] {
                assert!(page(logs(), &search, most).lines.len() <= most);
                assert_eq!(page(vec![], &search, most), LogPage::default());
            }
        }
    }
}
