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
//! Each cluster has five loops: [`cluster`] keeps the controller and its configuration, [`node`] keeps the instances,
//! [`job`] looks at the jobs, `past` copies those that ended from accounting,
//! `log` keeps what the daemons log and has it delivered. They are apart so that a job's nodes never
//! wait for a slow reconfiguration of the same or another cluster, nor for a look at thousands of jobs.

pub mod aside;
mod asked;
pub mod beat;
pub mod beside;
mod boot_log;
pub mod cluster;
mod comments;
pub mod configuration;
pub mod delivery;
pub mod driver;
mod ending;
mod forecast;
mod forgotten;
pub mod history;
mod home;
mod interruption;
pub mod job;
mod job_log;
mod key;
mod launches;
mod lives;
mod log;
mod metric;
pub mod network;
mod node;
mod node_act;
mod notification;
mod outage;
mod owned;
mod pace;
mod past;
mod placement;
mod planned;
mod publish;
mod reason;
pub mod recovery;
mod removal;
pub mod requeue;
pub mod sight;
pub mod signs;
mod sole;
pub mod sweep;
mod waiting_tasks;
mod work;

use std::time::Duration;

use app::explain::What;
use app::model::live::Kind;
use app::model::system::ReconcilerKind;

use crate::db::{event, instance};
use crate::live::gate::SETTLE;
use crate::live::status::Done;
use crate::parts::Parts;
use crate::slurm::client::NodeInfo;

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

impl Parts {
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
}
