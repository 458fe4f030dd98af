//! Logs of a cluster that people read in the console.

use serde::{Deserialize, Serialize};

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
