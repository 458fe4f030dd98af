//! Where instances come from: the trait that every provider implements, and all that it speaks of.
//!
//! A crate of its own, so that a provider can be one as well (`server/provider-aws`): whoever works on the server's rules
//! links no SDK of a cloud, and a provider neither database nor Slurm. The server has the `local` one, whose instances are
//! its sandboxes. A provider acts for a cluster under its [lease], which is here for that reason.
//!
//! A provider is asked and looked at, never waited for: an instance that was asked for shows in the [`Inventory`], and
//! one whose end was asked for leaves it. An inventory is of one cluster: to look at a cluster's directory is exact and
//! next to free for the local provider, and one that can only look at the whole account keeps its last look.

use std::net::IpAddr;

use app::model::catalogue::Catalogue;
use app::model::node::NodeLog;
use app::model::offer::{OfferPage, OfferQuery};
use app::model::refs::Refs;
use app::model::system::Network;
use app::rules::ports::Ports;
use async_trait::async_trait;

mod batch;
pub mod calls;
mod inventory;
pub mod key;
pub mod lease;
mod leased;
pub mod metric;
pub mod names;
mod network_place;
mod owned;
pub mod script;

pub use batch::{Asked, Batch, LaunchError, Launched, NodeLaunch, Outcome};
pub use inventory::{Health, Impaired, Instance, Inventory, State, has_left};
pub use key::{ClusterKey, KeyKind};
pub use leased::Leased;
pub use metric::Datum;
pub use network_place::NetworkPlace;
pub use owned::{Owner, Progress};

/// How a provider's instances behave: what the plan of nodes and Slurm's configuration reckon with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// `local` or `aws`.
    pub name: &'static str,
    /// Whether paths on the nodes mean the same files on the server's host.
    pub shares_files: bool,
    /// How long an instance may take from its launch to its registration with us, in milliseconds. Too low and a slow
    /// machine never boots; too high and a job waits for a node that will not come.
    pub register_ms: i64,
    /// How long its boot may make no step from then on, until Slurm takes the node as up.
    pub step_ms: i64,
    /// How long all of that may take, however it goes on.
    pub boot_ms: i64,
    /// A launched instance is not missed in the inventory before this: it needs a moment to show.
    pub missing_grace_ms: i64,
    /// One that has shown may be missing for so long before it is taken for gone: a look may be into an old mirror.
    pub absence_ms: i64,
    /// How long an instance may take to end before it is asked for once more.
    pub stop_ms: i64,
    /// How long Slurm keeps a suspended node unusable, in seconds: its SuspendTimeout.
    pub suspend_seconds: u16,
    /// How long a pool is left alone after it had nothing for the first time, in milliseconds; each time in a row twice as
    /// long, up to the longest.
    pub pool_rest_ms: i64,
    pub longest_pool_rest_ms: i64,
    /// The most instances in one batch.
    pub batch_max: usize,
    /// Whether each instance has an address of its own, told when it registers, where all slurmd listen on the same port.
    /// Else they are told apart by port.
    pub own_addresses: bool,
    /// Whether an instance has the Slurm that its cluster has as it is launched. Else its image says which.
    pub brings_slurm: bool,
    /// Whether groups own something beside their instances, without which none is launched: see [`Provider::ensure`].
    pub owns_resources: bool,
    /// Whether what is measured of clusters is put there too: see [`Provider::put_metrics`].
    pub takes_metrics: bool,
}

/// Why a provider could not do it. `code` is stable (`UnauthorizedOperation`, `LocalIo`), the message is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub code: String,
    pub message: String,
}

impl ProviderError {
    pub fn no_such_page() -> Self {
        ProviderError {
            code: NO_SUCH_PAGE.into(),
            message: "No page begins there. Ask for the first one, without it.".into(),
        }
    }
}

/// The code of the error for a page that begins nowhere.
pub const NO_SUCH_PAGE: &str = "InvalidNextToken";

/// A source of instances. Every call is idempotent: the reconcilers call again after a crash.
#[async_trait]
pub trait Provider: Send + Sync {
    fn profile(&self) -> Profile;
    /// A page of what there is of a kind, for lists to choose from. The code of an `after` that no page gave is
    /// [`NO_SUCH_PAGE`].
    async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError>;
    /// What is there of what these name, and no more of the account. Every Slurm version comes with it: those are of the
    /// server's host.
    async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError>;
    /// Whether nodes that are hosts of their own reach this host at that address and these ports, as far as the network's
    /// rules tell.
    async fn network(&self, at: IpAddr, ports: &[Ports]) -> Result<Network, ProviderError>;
    /// Makes what a group owns, or changes it to what the group's settings say now: step by step, those that were taken
    /// before are found. What the answer names is given back with each batch of the group; how a provider whose groups
    /// own nothing answers does not matter, for it is not asked.
    async fn ensure(&self, owner: &Owner) -> Result<Progress<String>, ProviderError>;
    /// Removes what a group owned, with what was half made or never known to us. Nothing to remove is no error. Asked when
    /// none of its instances is left, and never again for `ensure`.
    async fn release(
        &self,
        cluster_id: &str,
        compute_node_group_id: &str,
    ) -> Result<Progress<()>, ProviderError>;
    /// Starts those of the batch that are not there already, from other pools than those that rest.
    async fn launch(&self, batch: &Batch) -> Outcome;
    /// The node's instance is lost. Where the next one gets the same address, what Slurm still sends to the lost one
    /// must not reach it: until the next launch of the node somebody else takes it.
    async fn stand_in(&self, cluster_id: &str, node: &str, port: u16);
    /// Has the slurmd of each of these instances register with slurmctld once more. Unknown ids are no error.
    async fn register_again(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<(), ProviderError>;
    /// Asks for the end of these instances with all that they ever started. When one has left the inventory, nothing of
    /// it is left but its logs. An answer for each; unknown ids are no error.
    async fn terminate(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Vec<Result<(), ProviderError>>;
    /// Every instance of the cluster that is there, also those the database does not know (orphans).
    async fn inventory(&self, cluster_id: &str) -> Result<Inventory, ProviderError>;
    /// Where in its network these instances are, by their ids: of as many as it was asked for now. The others are asked for
    /// again; a provider that tells nothing of its network knows none.
    async fn network_places(
        &self,
        _cluster_id: &str,
        _instance_ids: &[String],
    ) -> Result<Vec<(String, NetworkPlace)>, ProviderError> {
        Ok(vec![])
    }
    /// The ends of an instance's logs, as far as the provider has them, also after its own end.
    async fn logs(
        &self,
        cluster_id: &str,
        instance_id: &str,
    ) -> Result<Vec<NodeLog>, ProviderError>;
    /// Whether keys of clusters are put into a store of secrets of the account's: an error says why they cannot be.
    async fn keeps_keys(&self) -> Result<bool, ProviderError> {
        Ok(false)
    }
    /// Puts a cluster's key there; the ARN that it has there, or none where none is kept.
    async fn keep_key(&self, _key: ClusterKey<'_>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }
    /// Removes a cluster's key from there. Nothing to remove is no error.
    async fn forget_key(&self, _cluster_id: &str) -> Result<(), ProviderError> {
        Ok(())
    }
    /// Puts these into the account's metrics, of any clusters and at most [`metric::MOST_DATA`]: all of them, or none. Those
    /// that are there already count twice. How a provider that takes none answers does not matter, for it is not asked.
    async fn put_metrics(&self, _data: &[Datum]) -> Result<(), ProviderError> {
        Ok(())
    }
}
