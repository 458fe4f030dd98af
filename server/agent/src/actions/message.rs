//! What a node is to do beside running slurmd, as the server tells it: the scripts of its group. Members and words are those
//! of the API's `nodeLifecycleActions`.

use serde::{Deserialize, Serialize};

use crate::health::message::Health;

/// `POST /instance/v1/duties`, bearer the bootstrap id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DutiesCall {
    pub instance_id: String,
}

/// `POST /instance/v1/script`, bearer the bootstrap id: the server fetches a script of the instance's group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptCall {
    pub instance_id: String,
    pub script_source: Source,
}

/// The answer to both: arguments and scripts may hold secrets, and the network is not private.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedAnswer {
    /// [`Duties`] or [`Content`], sealed with the instance's key for [`purpose`].
    pub sealed: String,
}

/// The purpose of such an answer to that instance: of its duties, or of a script.
pub fn purpose(instance_id: &str, of: Option<&Source>) -> String {
    match of {
        None => format!("duties\n{instance_id}"),
        Some(source) => {
            let version = source.s3_version_id.as_deref().unwrap_or_default();
            let checksum = source.checksum.as_deref().unwrap_or_default();
            let location = &source.script_location;
            format!("script\n{instance_id}\n{location}\n{version}\n{checksum}")
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Duties {
    #[serde(default)]
    pub actions: Actions,
    /// How long a script may take before slurmd starts: after that the node would count as one that does not boot.
    pub boot_script_seconds: u64,
    /// None: nobody asked for its health to be looked after.
    #[serde(default)]
    pub health: Option<Health>,
}

/// A script as it was fetched, in base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    pub content: String,
}

/// More than that is no script.
pub const MOST_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    #[serde(default)]
    pub stages: Stages,
    #[serde(default)]
    pub script_caching_policy: Caching,
}

impl Actions {
    pub fn of(&self, stage: Stage) -> &[Script] {
        match stage {
            Stage::NodeBootstrapped => &self.stages.node_bootstrapped,
            Stage::NodeReady => &self.stages.node_ready,
        }
    }
}

/// In each the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stages {
    #[serde(default)]
    pub node_bootstrapped: Vec<Script>,
    #[serde(default)]
    pub node_ready: Vec<Script>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Before slurmd starts.
    NodeBootstrapped,
    /// When Slurm has taken the node as up.
    NodeReady,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::NodeBootstrapped => "nodeBootstrapped",
            Stage::NodeReady => "nodeReady",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// Once in its stage.
    pub name: String,
    pub script_source: Source,
    #[serde(default)]
    pub arguments: Vec<String>,
    #[serde(default)]
    pub on_error: OnError,
    #[serde(default)]
    pub execution_policy: When,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    pub script_location: String,
    #[serde(rename = "s3VersionId", default)]
    pub s3_version_id: Option<String>,
    /// SHA-256 in small hexadecimal digits.
    #[serde(default)]
    pub checksum: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Caching {
    #[default]
    CacheOnce,
    RefreshOnReboot,
}

/// What follows when a script fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnError {
    /// The node ends, and another takes its place.
    #[default]
    Terminate,
    /// The rest of the stage is left out.
    StopSequence,
    Continue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum When {
    #[default]
    FirstBootOnly,
    EveryBoot,
}

/// A script that ran, or could not. It goes with a step's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptRun {
    pub stage: Stage,
    pub name: String,
    /// Milliseconds since 1970, by the node's clock.
    pub started_at: i64,
    pub ended_at: i64,
    /// Why it failed, as `exit status 3`; none: it did not.
    pub failure: Option<String>,
    pub on_error: OnError,
    /// The end of what it wrote.
    pub log: String,
}
