//! The handles of a running server: made once, by `plane`, and held by the service and by every reconciler.

use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::model::name::Arns;
use openpcs_agent::protocol::{HookFile, SLURMCTLD_DAEMON};
use openpcs_provider::lease::Lease;
use openpcs_provider::{Leased, Provider};
use zeroize::Zeroizing;

use crate::auth::seal::Seal;
use crate::db::Db;
use crate::db::notification_channel::PURPOSE;
use crate::db::server::ServerRow;
use crate::live::gate::Gates;
use crate::live::homes::Homes;
use crate::live::observed::Observed;
use crate::live::status::Statuses;
use crate::live::wake::Wakers;
use crate::logs::stores::Stores;
use crate::notify::guard::Guard;
use crate::provider::delivery::OneWire;
use crate::provider::ports::PortRange;
use crate::provider::script::Scripts;
use crate::sink::courier::Memory;
use crate::slurm::client::Client;
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::database::Database;
use crate::slurm::job_user::JobUser;
use crate::slurm::log::DaemonLog;

/// Cheap to clone: every part is a handle.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub arns: Arns,
    pub provider: Arc<dyn Provider>,
    /// The clusters' controllers: jobs are Slurm's, and are asked of it.
    pub controllers: ControllerHost,
    /// What their daemons logged.
    pub logs: Stores,
    /// How those are delivered elsewhere.
    pub delivering: Delivering,
    /// Where accounts are kept of those that have accounting.
    pub database: Database,
    pub seal: Arc<Seal>,
    /// What was seen last of nodes and jobs.
    pub observed: Observed,
    pub wakers: Wakers,
    pub gates: Gates,
    pub statuses: Statuses,
    pub homes: Homes,
    /// Where nodes reach this host: what daemons of its clusters listen on.
    pub address: IpAddr,
    /// Where ports of clusters and nodes of this host come from.
    pub ports: PortRange,
    /// How long the audit trail is kept; 0: for ever.
    pub audit_days: u32,
    /// How long a time of metrics is measured at once.
    pub metrics_every: Duration,
    /// This server, as others of the database see it.
    pub server: ServerRow,
    /// Where hooks and instances of this host call, as `unix:PATH`.
    pub endpoint: String,
    /// Who runs what is submitted here.
    pub job_user: JobUser,
    /// Where messages to people may go.
    pub guard: Guard,
    /// Directories of which nodes that are other hosts see the same files.
    pub shared_dirs: Vec<PathBuf>,
    /// What nodes run in their lives.
    pub scripts: Scripts,
}

/// What all deliveries of logs share.
#[derive(Clone, Default)]
pub struct Delivering {
    pub wire: OneWire,
    pub memory: Memory,
    /// Under which lines are brought; none where no other process can have the cluster.
    pub lease: Option<Lease>,
}

impl Parts {
    /// For the loops of a cluster that another process may take over: what they write and do fails once it has.
    pub fn under(&self, lease: Lease) -> Parts {
        Parts {
            db: self.db.under(lease.clone()),
            provider: Arc::new(Leased::new(self.provider.clone(), lease.clone())),
            controllers: self.controllers.under(lease.clone()),
            delivering: Delivering {
                lease: Some(lease),
                ..self.delivering.clone()
            },
            ..self.clone()
        }
    }

    /// The secret of a channel of notifications; empty: it has none.
    pub fn channel_secret(&self, sealed: &str) -> anyhow::Result<Zeroizing<String>> {
        if sealed.is_empty() {
            return Ok(Zeroizing::default());
        }
        let opened = self.seal.open(PURPOSE, sealed)?;
        Ok(Zeroizing::new(String::from_utf8(opened.to_vec())?))
    }

    /// Whether that path means the same file here and on the nodes.
    pub fn shares(&self, path: &Path) -> bool {
        let is_below = |dir: &PathBuf| path.starts_with(dir);
        let goes_up = path.components().any(|part| part == Component::ParentDir);
        let is_shared = !goes_up && self.shared_dirs.iter().any(is_below);
        is_shared || self.provider.profile().shares_files
    }

    /// What a cluster's slurmctld logs.
    pub fn controller_log(&self, cluster_id: &str) -> DaemonLog {
        self.controllers.log(cluster_id, SLURMCTLD_DAEMON)
    }

    /// How to ask a cluster's Slurm; none while its controller does not run.
    pub fn client(&self, cluster_id: &str, slurm_version: &str) -> std::io::Result<Option<Client>> {
        self.controllers.client(cluster_id, slurm_version)
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
