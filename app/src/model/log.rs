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
}

impl LogDaemon {
    /// None of any other word.
    pub fn parse(word: &str) -> Option<LogDaemon> {
        let mut all = [LogDaemon::Slurmctld, LogDaemon::Slurmdbd].into_iter();
        all.find(|daemon| daemon.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            LogDaemon::Slurmctld => "slurmctld",
            LogDaemon::Slurmdbd => "slurmdbd",
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
