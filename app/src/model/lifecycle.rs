//! Scripts that run on a node as it boots (N17): stored and returned, run by a later release.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use serde::{Deserialize, Serialize};

/// The lifecycle actions configured on a compute node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLifecycleActions {
    /// The lifecycle stages where you configure scripts to run.
    pub stages: NodeLifecycleStages,
    /// The caching policy for node lifecycle scripts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_caching_policy: Option<ScriptCachingPolicy>,
}

impl NodeLifecycleActions {
    /// Whether there is anything to run.
    pub fn has_scripts(&self) -> bool {
        let stages = [&self.stages.node_bootstrapped, &self.stages.node_ready];
        stages
            .into_iter()
            .flatten()
            .any(|scripts| !scripts.is_empty())
    }
}

/// The stages of a compute node's lifecycle where you can configure scripts to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLifecycleStages {
    /// The scripts to run after PCS finishes setting up the compute node and before the Slurm daemon ( slurmd)
    /// starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_bootstrapped: Option<Vec<NodeLifecycleScript>>,
    /// The scripts to run after the Slurm daemon ( slurmd) starts and the compute node registers with the Slurm
    /// controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_ready: Option<Vec<NodeLifecycleScript>>,
}

/// A script to run during a compute node lifecycle stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLifecycleScript {
    /// A unique name for the script.
    pub name: String,
    /// The source location and integrity information for the script.
    pub script_source: ScriptSource,
    /// The command-line arguments to pass to the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// The behavior when the script fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// The policy that determines when the script runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_policy: Option<ExecutionPolicy>,
}

/// The source location and integrity information for a node lifecycle script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptSource {
    /// The location of the script.
    pub script_location: String,
    /// The Amazon S3 version ID of the script.
    #[serde(rename = "s3VersionId", skip_serializing_if = "Option::is_none")]
    pub s3_version_id: Option<String>,
    /// The SHA-256 checksum of the script content, as a 64-character hexadecimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// The caching policy for a node lifecycle script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScriptCachingPolicy {
    CacheOnce,
    RefreshOnReboot,
}

/// The behavior when a node lifecycle script fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnError {
    Terminate,
    StopSequence,
    Continue,
}

/// The policy that determines when a node lifecycle script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionPolicy {
    FirstBootOnly,
    EveryBoot,
}
