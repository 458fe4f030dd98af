//! The reconcilers: they make what is so into what is wanted.
//!
//! The constitution, for every reconciler in this folder:
//!
//! - **It takes no input.** What it is told is only *that* something changed, never what: it reads the database and
//!   asks Slurm and the provider. A lost or doubled wake-up is harmless.
//! - **It is idempotent.** The server may be killed at any point; the next run finds what is there and goes on.
//! - **It plans with a pure function**, `plan(desired, observed) -> steps`, which tests call without I/O.
//! - **It does not retry inside.** A failed step is logged and ends the run; the next wake-up is the retry, with
//!   back-off by the driver.
//! - **It writes back with the generation that it read**, so a person's newer change is never overwritten.
//!
//! Each cluster has three loops: [`cluster`] keeps the controller and its configuration, [`node`] keeps the instances,
//! [`job`] looks at the jobs. They are apart so that a job's nodes never wait for a slow reconfiguration of the same or
//! another cluster, nor for a look at thousands of jobs.

pub mod aside;
pub mod cancelled;
pub mod cluster;
pub mod configuration;
pub mod driver;
pub mod gate;
pub mod history;
pub mod hooks;
pub mod job;
mod lives;
pub mod login;
pub mod node;
mod node_act;
pub mod node_plan;
pub mod observed;
pub mod pulse;
pub mod recovery;
pub mod requeue;
pub mod sight;
pub mod signs;
mod stranded;
pub mod sweep;
pub mod wake;

use std::sync::Arc;

use app::explain::What;
use app::model::live::Kind;
use app::model::name::Arns;

use crate::auth::seal::Seal;
use crate::config::PortRange;
use crate::db::{Db, event};
use crate::provider::Provider;
use crate::slurm::client::Client;
use crate::slurm::job_user::JobUser;
use crate::slurm::process::Controllers;
use gate::Gates;
use observed::Observed;
use wake::Wakers;

/// What reconcilers need. Cheap to clone: every part is a handle.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub arns: Arns,
    pub provider: Arc<dyn Provider>,
    pub controllers: Controllers,
    pub seal: Arc<Seal>,
    pub observed: Observed,
    pub wakers: Wakers,
    pub gates: Gates,
    /// Where ports of nodes come from.
    pub ports: PortRange,
    /// Where hooks and instances of this host call, as `unix:PATH`.
    pub endpoint: String,
    pub job_user: JobUser,
}

impl Parts {
    /// Puts what happened to a cluster into its timeline.
    async fn tell(&self, cluster_id: &str, what: &What) -> sqlx::Result<()> {
        let mut write = self.db.write().await?;
        let kind = Kind::Cluster;
        event::insert(&mut write, cluster_id, kind, cluster_id, "reconciler", what).await?;
        write.commit().await
    }

    /// How to ask a cluster's Slurm; none while its controller does not run.
    pub fn client(&self, cluster_id: &str, slurm_version: &str) -> std::io::Result<Option<Client>> {
        let parts = self.controllers.client(cluster_id, slurm_version)?;
        Ok(parts.map(Client::from))
    }
}
