//! What a node is told of looking after its health, and what it tells of a fault.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a node of a group with health monitoring is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub repair: Repair,
    /// What its instance type promises, where nodes are hosts of their own.
    pub memory_mib: Option<u64>,
    pub gpus: Option<u64>,
    /// Directories of which all nodes see the same files.
    pub shared_dirs: Vec<PathBuf>,
    /// The server's clock as it answered, in milliseconds since 1970.
    pub server_time_ms: i64,
}

/// What a group asks for when a fault is found. In a [`Fault`] it is never `Auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Repair {
    Auto,
    Replace,
    Isolate,
    None,
}

/// It goes with a step's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// As `root-filesystem`.
    pub check: String,
    /// What was found.
    pub words: String,
    /// What is to be done about it.
    pub action: Repair,
}
