//! What is asked of a provider at once: instances for nodes of one group, and what became of each.

use std::fmt;

use app::model::attempt::{Pool, PoolError, RestingPool, listed};
use app::model::group_settings::GroupSettings;

use crate::lease::Lease;

/// Instances to start together. Asked again under the same token, a provider starts none twice: after a lost answer or a
/// crash the reconcilers simply ask again, perhaps for fewer of them, as the others came or are not wanted any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub token: String,
    pub cluster_id: String,
    pub compute_node_group_id: String,
    pub instance_type: String,
    /// The group's, as far as each launch depends on them: types, subnets, how instances are bought.
    pub settings: GroupSettings,
    /// Slurm's major version, as `24.11`.
    pub slurm_version: String,
    /// What [`Provider::ensure`](crate::Provider::ensure) named when they were asked for first.
    pub owned: Option<String>,
    pub nodes: Vec<NodeLaunch>,
    /// Pools to leave out; the same ones each time that it is asked under its token, as else it would not be the same.
    pub resting: Vec<RestingPool>,
    /// To be checked before each start, where those of a batch start one after the other: see [`crate::Leased`].
    pub lease: Option<Lease>,
}

/// The instance of one node. Its id is chosen by us and written to the database first, so that a crash between the two
/// neither loses nor doubles an instance.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeLaunch {
    pub instance_id: String,
    pub node_name: String,
    /// What the node registers with, once, and shows from then on. Never logged.
    pub bootstrap_id: String,
    /// What the server proves itself with to the node. Never logged either.
    pub proof_key: String,
    /// Where its slurmd listens: what slurm.conf says of the node.
    pub slurmd_port: u16,
}

impl fmt::Debug for NodeLaunch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.instance_id, self.node_name)
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// An answer for each node.
    pub launched: Vec<Launched>,
    pub asked: Asked,
}

/// Where a batch was asked for, and what the pools said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Without those that were to be left out. None: nothing was asked for, or it is not known what became of it.
    pub pools: Vec<Pool>,
    /// By which the provider chose among them.
    pub strategy: Option<String>,
    /// From which something came.
    pub gave: Vec<Pool>,
    /// Also beside as many instances as were wanted.
    pub errors: Vec<PoolError>,
}

impl From<Vec<Launched>> for Outcome {
    /// Of which no pool said anything.
    fn from(launched: Vec<Launched>) -> Outcome {
        Outcome {
            launched,
            asked: Asked::default(),
        }
    }
}

/// What became of one instance of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launched {
    pub instance_id: String,
    /// The provider's own id of it.
    pub result: Result<String, LaunchError>,
}

/// Why an instance was not started. The message is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// There is none to be had now; another pool or a later time may have one.
    #[error("There is no capacity in {pool}: {message}")]
    Capacity { pool: String, message: String },
    /// Too many requests: asked again after that many milliseconds.
    #[error("The provider wants to be asked later: {message}")]
    Throttled { after_ms: i64, message: String },
    /// The account may not have more.
    #[error("A quota is reached: {message}")]
    Quota { message: String },
    /// What was asked for is wrong, and stays wrong.
    #[error("The provider refuses: {message}")]
    Refused { message: String },
    /// No answer came: it may have been started or not.
    #[error("No answer came: {message}")]
    Unknown { message: String },
}

/// After a lost answer the provider is asked again this soon.
const ASK_AGAIN_MS: i64 = 1_000;

impl LaunchError {
    /// Of a batch that was asked for nowhere, as all pools that it might come from are left alone.
    pub fn all_rest(resting: &[RestingPool]) -> LaunchError {
        let mut said: Vec<String> = vec![];
        for one in resting {
            let code = one.code.as_deref().unwrap_or("no code");
            let words = format!("{code}: {}", one.message);
            if !said.contains(&words) {
                said.push(words);
            }
        }
        LaunchError::Capacity {
            pool: listed(resting.iter().map(|one| &one.pool)),
            message: format!(
                "each is left alone for a while after its last answer, and then tried again by itself. {}",
                said.join(" ")
            ),
        }
    }

    /// In how many milliseconds the same is asked again; none: this attempt has failed.
    pub fn ask_again_after_ms(&self) -> Option<i64> {
        match self {
            LaunchError::Throttled { after_ms, .. } => Some(*after_ms),
            LaunchError::Unknown { .. } => Some(ASK_AGAIN_MS),
            LaunchError::Capacity { .. }
            | LaunchError::Quota { .. }
            | LaunchError::Refused { .. } => None,
        }
    }
}
