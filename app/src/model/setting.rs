//! Small shapes that several nouns use.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use serde::{Deserialize, Serialize};

/// Additional settings that directly map to Slurm settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlurmCustomSetting {
    /// PCS supports custom Slurm settings for clusters, compute node groups, and queues.
    pub parameter_name: String,
    /// The values for the configured Slurm settings.
    pub parameter_value: String,
}

/// An error that occurred during resource creation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorInfo {
    /// The short-form error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The detailed error information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What holds settings, and with that which ones there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingScope {
    Cluster,
    ComputeNodeGroup,
    Queue,
    /// Of a cluster with accounting.
    Slurmdbd,
    /// Of a cluster whose nodes are machines: for processes of one host nothing is known.
    Cgroup,
}

/// A setting that may be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSetting {
    /// Slurm's own spelling.
    pub name: String,
    /// What it does, in one line.
    pub help: String,
}
