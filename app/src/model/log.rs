//! Logs of a cluster that people read in the console.

use serde::{Deserialize, Serialize};

use super::metric::Range;

/// A daemon of a cluster's controller that keeps a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogDaemon {
    #[default]
    Slurmctld,
    /// Only with accounting.
    Slurmdbd,
    /// Only with the REST API.
    Slurmrestd,
}

impl LogDaemon {
    pub const ALL: [LogDaemon; 3] = [
        LogDaemon::Slurmctld,
        LogDaemon::Slurmdbd,
        LogDaemon::Slurmrestd,
    ];

    /// None of any other word.
    pub fn parse(word: &str) -> Option<LogDaemon> {
        let mut all = LogDaemon::ALL.into_iter();
        all.find(|daemon| daemon.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            LogDaemon::Slurmctld => "slurmctld",
            LogDaemon::Slurmdbd => "slurmdbd",
            LogDaemon::Slurmrestd => "slurmrestd",
        }
    }
}

/// Of Slurm: before this version, no daemon says who called what.
pub const AUDIT_SINCE: &str = "24.05";
/// Of Slurm: from this version on, the lines that say who called what are a log of their own, and no part of the daemon's.
pub const AUDIT_APART_SINCE: &str = "25.11";

/// A log of a cluster's controller, as it is kept, searched and delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Log {
    /// What a daemon says that happened.
    Daemon(LogDaemon),
    /// What it says of who called what. slurmrestd says nothing of the kind: it asks slurmctld, which does.
    Audit(LogDaemon),
    /// A line for each job that has ended.
    JobCompletion,
}

impl Log {
    pub const ALL: [Log; 6] = [
        Log::Daemon(LogDaemon::Slurmctld),
        Log::Daemon(LogDaemon::Slurmdbd),
        Log::Daemon(LogDaemon::Slurmrestd),
        Log::Audit(LogDaemon::Slurmctld),
        Log::Audit(LogDaemon::Slurmdbd),
        Log::JobCompletion,
    ];

    /// None of any other word.
    pub fn parse(word: &str) -> Option<Log> {
        Log::ALL.into_iter().find(|log| log.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Log::Daemon(daemon) => daemon.as_str(),
            Log::Audit(LogDaemon::Slurmctld) => "slurmctld_audit",
            Log::Audit(LogDaemon::Slurmdbd) => "slurmdbd_audit",
            Log::Audit(LogDaemon::Slurmrestd) => "slurmrestd_audit",
            Log::JobCompletion => "jobcomp",
        }
    }

    /// Itself, and what else is part of it in that version of Slurm, as `25.05`.
    pub fn with_parts(self, version: &str) -> Vec<Log> {
        match self {
            Log::Daemon(daemon) if version < AUDIT_APART_SINCE => vec![self, Log::Audit(daemon)],
            _ => vec![self],
        }
    }
}

impl From<Log> for &'static str {
    fn from(log: Log) -> &'static str {
        log.as_str()
    }
}

impl TryFrom<String> for Log {
    type Error = String;

    fn try_from(word: String) -> Result<Log, String> {
        Log::parse(&word).ok_or_else(|| format!("There is no log {word}."))
    }
}

/// Which part of a controller's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerLogOf {
    pub cluster_identifier: String,
    #[serde(default)]
    pub daemon: LogDaemon,
    /// In bytes; none: the end of it.
    pub from: Option<i64>,
    /// The piece that ends at this byte, instead of one that begins somewhere.
    pub before: Option<i64>,
}

/// How grave a line is, the gravest first, as Slurm's daemons begin their lines.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    Fatal,
    Error,
    Warning,
    #[default]
    Info,
    Debug,
}

impl LogLevel {
    pub const ALL: [LogLevel; 5] = [
        LogLevel::Fatal,
        LogLevel::Error,
        LogLevel::Warning,
        LogLevel::Info,
        LogLevel::Debug,
    ];

    /// None of any other word.
    pub fn parse(word: &str) -> Option<LogLevel> {
        let mut all = LogLevel::ALL.into_iter();
        all.find(|level| level.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Fatal => "fatal",
            LogLevel::Error => "error",
            LogLevel::Warning => "warning",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
        }
    }
}

/// Lines of one answer at most, and so many unless it is said.
pub const MOST_LINES: i64 = 1_000;
pub const LINES: i64 = 200;
/// Of what is searched for, in bytes.
pub const LONGEST_SEARCH: usize = 256;

/// What to look for in the lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogSearch {
    /// Each of these words, or a word that begins so, whatever the case; empty: all lines.
    pub text: String,
    /// At least as grave; none: all.
    pub level: Option<LogLevel>,
    /// Milliseconds since 1970, the first and the one after the last; none: all that is kept.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Lines before the one of that number. One of these three at most; without, the newest.
    pub before: Option<i64>,
    /// The oldest of the lines after that number.
    pub after: Option<i64>,
    /// What was logged before and after that time, in milliseconds since 1970.
    pub around: Option<i64>,
    /// 1 to [`MOST_LINES`]; none: [`LINES`].
    pub limit: Option<i64>,
}

/// What to look for in the lines that a cluster's daemons logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogQuery {
    pub cluster_identifier: String,
    /// None: of all.
    pub daemon: Option<Log>,
    pub search: LogSearch,
}

/// What to look for in the logs of one of a node's instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeLogQuery {
    pub cluster_identifier: String,
    pub node_name: String,
    /// None: the one that there was at the time around which is searched, else the newest.
    pub instance_id: Option<String>,
    /// `slurmd.log`; none: of all.
    pub log: Option<String>,
    pub search: LogSearch,
}

/// Lines, the newest first. A page looks at so many lines only: it may have few, or none, though there are more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPage {
    pub lines: Vec<LogEntry>,
    /// What `before` is to be for the next older ones; none: there are none.
    pub older: Option<i64>,
    /// What `after` is to be for the next newer ones; none: these are the newest.
    pub newer: Option<i64>,
}

/// A line that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Unique in the answer to the same question, ascending in the order in which lines were read.
    pub seq: i64,
    /// The log that it stands in: of a controller as [`Log`], of a node by its file, `slurmd.log`.
    pub log: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub level: LogLevel,
    /// All of the line, bounded, without control characters.
    pub text: String,
}

/// From when to when a node had an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLife {
    pub instance_id: String,
    /// The provider's id of it.
    pub known_as: String,
    /// Milliseconds since 1970; the end 0 while it goes on.
    pub launched_at: i64,
    pub ended_at: i64,
}

/// Lines of one of a node's instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLogPage {
    /// Every instance that is still known, newest first.
    pub lives: Vec<NodeLife>,
    /// The one whose logs these are; empty where the node never had one.
    pub instance_id: String,
    /// The logs that there are of it, by name.
    pub logs: Vec<String>,
    /// Of those, the ones of which only the end is kept.
    pub cut: Vec<String>,
    /// When its host sent them last, in milliseconds since 1970; none where the server reads the files themselves.
    pub sent_at: Option<i64>,
    pub page: LogPage,
}

impl NodeLogPage {
    /// Whether nothing more is written to these logs.
    pub fn has_ended(&self) -> bool {
        let is_meant = |life: &&NodeLife| life.instance_id == self.instance_id;
        let meant = self.lives.iter().find(is_meant);
        meant.is_some_and(|life| life.ended_at != 0)
    }
}

/// What a page shows of a log, in the words of its address; a word that means nothing stands for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogView {
    /// Only where the page is not a cluster's own.
    pub cluster: String,
    /// Of a node: the id of one that it had.
    pub instance: String,
    pub text: String,
    pub level: String,
    /// As [`Log`]; of a node a log's name.
    pub daemon: String,
    /// As [`Range`]; none: all that is kept.
    pub range: String,
    pub before: String,
    pub after: String,
    pub around: String,
    /// [`LIVE`], or none: search.
    pub mode: String,
}

/// The mode in which lines come by themselves.
pub const LIVE: &str = "live";

impl LogView {
    /// Each word by that name.
    pub fn read(word: impl Fn(&str) -> Option<String>) -> LogView {
        let word = |name| word(name).unwrap_or_default();
        LogView {
            cluster: word("cluster"),
            instance: word("instance"),
            text: word("text"),
            level: word("level"),
            daemon: word("daemon"),
            range: word("range"),
            before: word("before"),
            after: word("after"),
            around: word("around"),
            mode: word("mode"),
        }
    }

    /// Each word with its name, in the order in which addresses have them.
    pub fn words(&self) -> [(&'static str, &str); 10] {
        [
            ("cluster", &self.cluster),
            ("instance", &self.instance),
            ("mode", &self.mode),
            ("text", &self.text),
            ("level", &self.level),
            ("daemon", &self.daemon),
            ("range", &self.range),
            ("before", &self.before),
            ("after", &self.after),
            ("around", &self.around),
        ]
    }

    /// The same without a place in it: its newest lines.
    pub fn newest(&self) -> LogView {
        LogView {
            before: String::new(),
            after: String::new(),
            around: String::new(),
            ..self.clone()
        }
    }

    /// What it asks of a cluster at that time.
    pub fn question(&self, cluster_identifier: String, now: i64) -> LogQuery {
        LogQuery {
            cluster_identifier,
            daemon: Log::parse(&self.daemon),
            search: self.search(now),
        }
    }

    /// What it asks of a node at that time.
    pub fn node_question(
        &self,
        cluster_identifier: String,
        node_name: String,
        now: i64,
    ) -> NodeLogQuery {
        let word = |word: &String| (!word.is_empty()).then(|| word.clone());
        NodeLogQuery {
            cluster_identifier,
            node_name,
            instance_id: word(&self.instance),
            log: word(&self.daemon),
            search: self.search(now),
        }
    }

    fn search(&self, now: i64) -> LogSearch {
        LogSearch {
            text: self.text.clone(),
            level: LogLevel::parse(&self.level),
            from: Range::named(&self.range).map(|range| now - range.length()),
            to: None,
            before: self.before.parse().ok(),
            after: self.after.parse().ok(),
            around: self.around.parse().ok(),
            limit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written_and_what_means_nothing_asks_for_nothing() {
        let view = LogView {
            text: "node 1".into(),
            level: "error".into(),
            daemon: "slurmdbd".into(),
            range: "1d".into(),
            before: "17".into(),
            ..LogView::default()
        };
        let words = view.words();
        let word = |name: &str| {
            let found = words.iter().find(|(known, _)| *known == name);
            found.map(|(_, word)| (*word).to_owned())
        };
        assert_eq!(LogView::read(word), view);
        let asked = view.question("c".into(), 86_400_001);
        assert_eq!(asked.daemon, Some(Log::Daemon(LogDaemon::Slurmdbd)));
        let search = asked.search;
        assert_eq!(
            (search.level, search.from, search.before),
            (Some(LogLevel::Error), Some(1), Some(17))
        );
        let of_node = view.node_question("c".into(), "n-1".into(), 86_400_001);
        assert_eq!(
            (of_node.instance_id, of_node.log.as_deref()),
            (None, Some("slurmdbd"))
        );
        assert_eq!(of_node.search, search);
        let odd = LogView::read(|_| Some("\u{202e}'".to_owned())).question("c".into(), 0);
        let wanted = LogQuery {
            cluster_identifier: "c".into(),
            search: LogSearch {
                text: "\u{202e}'".into(),
                ..LogSearch::default()
            },
            ..LogQuery::default()
        };
        assert_eq!(odd, wanted);
    }
}
