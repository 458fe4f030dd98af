//! Scripts that run on a node as it boots (N17).
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
        Stage::ALL.iter().any(|stage| !self.of(*stage).is_empty())
    }

    /// The scripts of a stage, in their order.
    pub fn of(&self, stage: Stage) -> &[NodeLifecycleScript] {
        let scripts = match stage {
            Stage::NodeBootstrapped => &self.stages.node_bootstrapped,
            Stage::NodeReady => &self.stages.node_ready,
        };
        scripts.as_deref().unwrap_or_default()
    }

    /// CACHE_ONCE where nothing is said.
    pub fn caching(&self) -> ScriptCachingPolicy {
        let policy = self.script_caching_policy;
        policy.unwrap_or(ScriptCachingPolicy::CacheOnce)
    }

    /// The same with all defaults spelled out and in one spelling, so that two that are equal mean the same; none when there
    /// is nothing to run.
    pub fn plain(&self) -> Option<NodeLifecycleActions> {
        let stage = |stage| {
            let scripts = self.of(stage).iter().map(NodeLifecycleScript::plain);
            let scripts: Vec<NodeLifecycleScript> = scripts.collect();
            (!scripts.is_empty()).then_some(scripts)
        };
        self.has_scripts().then(|| NodeLifecycleActions {
            stages: NodeLifecycleStages {
                node_bootstrapped: stage(Stage::NodeBootstrapped),
                node_ready: stage(Stage::NodeReady),
            },
            script_caching_policy: Some(self.caching()),
        })
    }
}

/// When in a node's life scripts run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    NodeBootstrapped,
    NodeReady,
}

impl Stage {
    pub const ALL: [Stage; 2] = [Stage::NodeBootstrapped, Stage::NodeReady];

    /// As a member of [`NodeLifecycleStages`].
    pub fn member(self) -> &'static str {
        match self {
            Stage::NodeBootstrapped => "nodeBootstrapped",
            Stage::NodeReady => "nodeReady",
        }
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

/// A script that ran on a node, or could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptRun {
    pub stage: Stage,
    pub name: String,
    /// Milliseconds since 1970, by the node's clock.
    pub started_at: i64,
    pub ended_at: i64,
    /// Why it failed, in the words of the node's agent, as `exit status 3`; none: it did not.
    pub failure: Option<String>,
    /// What followed if it failed.
    pub on_error: OnError,
    /// The end of what it wrote.
    pub log: String,
}

/// The same with the instance on which it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceScriptRun {
    pub instance_id: String,
    pub run: ScriptRun,
}

impl NodeLifecycleScript {
    /// TERMINATE where nothing is said.
    pub fn error_policy(&self) -> OnError {
        self.on_error.unwrap_or(OnError::Terminate)
    }

    /// FIRST_BOOT_ONLY where nothing is said.
    pub fn when(&self) -> ExecutionPolicy {
        self.execution_policy
            .unwrap_or(ExecutionPolicy::FirstBootOnly)
    }

    fn plain(&self) -> NodeLifecycleScript {
        let arguments = self.arguments.clone().unwrap_or_default();
        NodeLifecycleScript {
            name: self.name.clone(),
            script_source: self.script_source.plain(),
            arguments: Some(arguments),
            on_error: Some(self.error_policy()),
            execution_policy: Some(self.when()),
        }
    }
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

impl ScriptSource {
    /// What an S3 address begins with.
    pub const S3: &str = "s3://";

    pub fn is_s3(&self) -> bool {
        self.script_location.starts_with(Self::S3)
    }

    /// An empty version is none, and a checksum is the same in small and capital letters.
    pub fn plain(&self) -> ScriptSource {
        let version = self.s3_version_id.clone();
        ScriptSource {
            script_location: self.script_location.clone(),
            s3_version_id: version.filter(|version| !version.is_empty()),
            checksum: self.checksum.as_deref().map(str::to_ascii_lowercase),
        }
    }
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
