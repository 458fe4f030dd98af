//! The reconcilers: they make what is so into what is wanted.
//!
//! The constitution, for every reconciler in this folder:
//!
//! - **It takes no input.** What it is told is only *that* something changed, never what: it reads the database and
//!   asks Slurm and the provider. A lost or doubled wake-up is harmless.
//! - **It is idempotent.** The server may be killed at any point; the next run finds what is there and goes on.
//! - **It plans with a pure function**, `plan(desired, observed) -> steps`, which tests call without I/O.
//! - **It does not retry inside.** A failed step is logged and ends the run; the next wake-up is the retry, with
//!   back-off by the driver, which also notes how each run went.
//! - **It writes back with the generation that it read**, so a person's newer change is never overwritten.
//! - **It writes and acts through its parts.** They know its lease (`Parts::under`): of several processes one has a cluster.
//!
//! Each cluster has three loops: [`cluster`] keeps the controller and its configuration, [`node`] keeps the instances,
//! [`job`] looks at the jobs. They are apart so that a job's nodes never wait for a slow reconfiguration of the same or
//! another cluster, nor for a look at thousands of jobs.

pub mod aside;
mod asked;
pub mod beat;
pub mod cluster;
pub mod configuration;
pub mod driver;
mod ending;
mod forgotten;
pub mod history;
mod home;
pub mod job;
mod job_log;
mod lives;
pub mod node;
mod node_act;
mod outage;
mod placement;
pub mod recovery;
mod removal;
pub mod requeue;
pub mod sight;
pub mod signs;
pub mod sweep;
mod work;

use std::sync::Arc;
use std::time::Duration;

use app::explain::What;
use app::model::live::Kind;
use app::model::name::Arns;
use app::model::system::ReconcilerKind;
use openpcs_agent::protocol::{HookFile, SLURMCTLD_DAEMON};

use crate::auth::seal::Seal;
use crate::db::server::ServerRow;
use crate::db::{Db, event, instance};
use crate::lease::Lease;
use crate::live::gate::{Gates, SETTLE};
use crate::live::homes::Homes;
use crate::live::observed::Observed;
use crate::live::status::{Done, Statuses};
use crate::live::wake::Wakers;
use crate::provider::Provider;
use crate::provider::leased::Leased;
use crate::provider::ports::PortRange;
use crate::slurm::client::{Client, NodeInfo};
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::job_user::JobUser;
use crate::slurm::log::DaemonLog;

/// One reconciler of one cluster.
pub trait Reconciler: Send + 'static {
    const KIND: ReconcilerKind;
    /// One run: look, plan, act, write back. What it does it notes as done.
    fn run(&mut self, done: &mut Done) -> impl Future<Output = anyhow::Result<Next>> + Send;
}

/// When a loop wants to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At the latest after that time, or when woken.
    After(Duration),
    /// The object is gone: the loop ends.
    Never,
}

/// What reconcilers need. Cheap to clone: every part is a handle.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub arns: Arns,
    pub provider: Arc<dyn Provider>,
    pub controllers: ControllerHost,
    pub seal: Arc<Seal>,
    pub observed: Observed,
    pub wakers: Wakers,
    pub gates: Gates,
    pub statuses: Statuses,
    pub homes: Homes,
    /// Where ports of nodes come from.
    pub ports: PortRange,
    /// How long the audit trail is kept; 0: for ever.
    pub audit_days: u32,
    /// This server, as others of the database see it.
    pub server: ServerRow,
    /// Where hooks and instances of this host call, as `unix:PATH`.
    pub endpoint: String,
    pub job_user: JobUser,
}

impl Parts {
    /// For the loops of a cluster that another process may take over: what they write and do fails once it has.
    fn under(&self, lease: Lease) -> Parts {
        Parts {
            db: self.db.under(lease.clone()),
            provider: Arc::new(Leased::new(self.provider.clone(), lease.clone())),
            controllers: self.controllers.under(lease),
            ..self.clone()
        }
    }

    /// What a cluster's slurmctld logs.
    fn controller_log(&self, cluster_id: &str) -> DaemonLog {
        self.controllers.log(cluster_id, SLURMCTLD_DAEMON)
    }

    /// Puts what happened to a cluster into its timeline.
    async fn tell(&self, cluster_id: &str, what: &What) -> sqlx::Result<()> {
        let mut write = self.db.write().await?;
        let kind = Kind::Cluster;
        event::insert(
            &mut write,
            cluster_id,
            kind,
            cluster_id,
            event::RECONCILER,
            what,
        )
        .await?;
        write.commit().await
    }

    /// How to ask a cluster's Slurm; none while its controller does not run.
    pub fn client(&self, cluster_id: &str, slurm_version: &str) -> std::io::Result<Option<Client>> {
        self.controllers.client(cluster_id, slurm_version)
    }

    /// Runs a reconfiguration while no job of the cluster is being launched.
    async fn while_no_job_starts<T>(
        &self,
        cluster_id: &str,
        reconfigure: impl Future<Output = T>,
    ) -> anyhow::Result<T> {
        let closed = async {
            let gate = self.controllers.close_gate(cluster_id)?;
            // Jobs on nodes that are up passed by themselves until now.
            if self.may_have_nodes_up(cluster_id).await? {
                tokio::time::sleep(SETTLE).await;
            }
            anyhow::Ok((reconfigure.await, gate))
        };
        // The gate opens when the nodes have settled, too.
        let (result, _gate) = self.gates.closed(cluster_id, closed).await?;
        Ok(result)
    }

    async fn may_have_nodes_up(&self, cluster_id: &str) -> sqlx::Result<bool> {
        let seen = self.observed.latest(cluster_id);
        Ok(seen.nodes.iter().any(NodeInfo::is_up)
            || !instance::live(self.db.pool(), cluster_id).await?.is_empty())
    }

    /// What a cluster's hooks show to be let in: derived, so nothing has to be stored.
    pub fn hook_token(&self, cluster_id: &str) -> String {
        hex::encode(self.seal.derive(&format!("hook:{cluster_id}")))
    }

    /// How Slurm's programs of a cluster reach this server.
    pub fn hook_file(&self, cluster_id: &str) -> HookFile {
        HookFile {
            endpoint: self.endpoint.clone(),
            proof_key: self.seal.agent_key(cluster_id),
            cluster_id: cluster_id.into(),
            token: self.hook_token(cluster_id),
        }
    }
}
