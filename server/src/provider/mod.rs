//! Where instances come from. One trait, two providers: `local` (processes of this host) and, later, `aws` (EC2).

use std::time::SystemTime;

use app::model::catalogue::Catalogue;
use app::model::node::NodeLog;
use async_trait::async_trait;

pub mod local;
pub mod ports;

/// What an instance needs to start. The id is chosen by us and written to the database first, so that a crash
/// between the two neither loses nor doubles an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchRequest {
    pub instance_id: String,
    pub cluster_id: String,
    pub compute_node_group_id: String,
    pub node_name: String,
    pub instance_type: String,
    /// Never logged: see [`openpcs_agent::protocol::InstanceFile`].
    pub bootstrap_id: String,
    /// Never logged either.
    pub proof_key: String,
    /// Slurm's major version, as `24.11`.
    pub slurm_version: String,
    /// Where its slurmd listens: what slurm.conf says of the node.
    pub slurmd_port: u16,
}

/// An instance as the provider sees it, whether or not the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedInstance {
    pub instance_id: String,
    pub running: bool,
    /// Why it ended, as far as the provider can tell.
    pub reason: Option<String>,
}

/// Why a provider could not do it. `code` is stable (`InsufficientInstanceCapacity`, `LocalIo`), the message is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub code: String,
    pub message: String,
}

/// A source of instances. Every call is idempotent: the reconcilers call again after a crash.
#[async_trait]
pub trait Provider: Send + Sync {
    /// `local` or `aws`.
    fn name(&self) -> &'static str;
    async fn catalogue(&self) -> Result<Catalogue, ProviderError>;
    /// Starts the instance unless it is there already.
    async fn launch(&self, request: &LaunchRequest) -> Result<(), ProviderError>;
    /// The node's instance is lost. Where the next one gets the same address, what Slurm still sends to the lost one
    /// must not reach it: until the next launch of the node somebody else takes it.
    async fn stand_in(&self, cluster_id: &str, node: &str, port: u16);
    /// Ends the instance with every process it ever started and removes what it left. Unknown ids are no error.
    async fn terminate(&self, cluster_id: &str, instance_id: &str) -> Result<(), ProviderError>;
    /// The ends of an instance's logs, also after its own end; none when nothing was kept.
    async fn logs(
        &self,
        cluster_id: &str,
        instance_id: &str,
    ) -> Result<Vec<NodeLog>, ProviderError>;
    /// Removes the logs of instances that ended before then.
    async fn prune_logs(&self, before: SystemTime) -> Result<(), ProviderError>;
    /// Whether paths on the nodes mean the same files on the server's host.
    fn shares_files(&self) -> bool;
    /// Every instance of the cluster that is there, also those the database does not know (orphans).
    async fn observe(&self, cluster_id: &str) -> Result<Vec<ObservedInstance>, ProviderError>;
}
