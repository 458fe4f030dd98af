//! The local provider: instances are [sandboxes](crate::sandbox) of this host, what can be chosen is a fixed catalogue.
//!
//! `DATA/clusters/CLUSTER_ID/instances/INSTANCE_ID/` is all there is to an instance while it lives;
//! `DATA/logs/instances/INSTANCE_ID/` keeps what it logged.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use app::model::catalogue::{Catalogue, SlurmVersion};
use app::model::node::NodeLog;
use app::model::offer::{OfferPage, OfferQuery};
use app::model::refs::Refs;
use app::model::system::Network;
use app::rules::ports::Ports;
use async_trait::async_trait;
use openpcs_agent::ENDED;
use openpcs_agent::actions::SCRIPT_LOG;
use openpcs_agent::files;
use openpcs_agent::layout::instances_dir;
use openpcs_agent::protocol::InstanceFile;
use openpcs_agent::tail::{end_of, last_lines};
use openpcs_provider::lease::{self, Lost};
use openpcs_provider::{
    Batch, Instance, Inventory, LaunchError, Launched, NodeLaunch, Outcome, Owner, Profile,
    Progress, Provider, ProviderError, State,
};

use futures::StreamExt;
use nix::sys::signal::Signal;
use tokio::sync::Semaphore;

use crate::db::now;
use crate::logs::instances;
use crate::sandbox::{AGENT_LOG, Role, Sandbox};
use crate::slurm;

pub mod catalogue;
mod offer;
mod stand_in;

use stand_in::StandIns;

/// What an instance logs, the most telling first.
const LOGS: [&str; 2] = ["slurmd.log", AGENT_LOG];
/// So much of the log is looked at for the reason of an end.
const REASON_LINES: usize = 5;
/// Processes that are started or ended at the same time.
const PARALLEL: usize = 8;

/// Processes of this host come and go at once, and a look finds them all.
pub const PROFILE: Profile = Profile {
    name: "local",
    shares_files: true,
    register_ms: 60_000,
    step_ms: 60_000,
    boot_ms: 60_000,
    missing_grace_ms: 3_000,
    absence_ms: 0,
    stop_ms: 60_000,
    // Slurm may use a node again a second after it was suspended.
    suspend_seconds: 1,
    // A host has room or has not: its instances are of no pools. Faults may say so all the same, and pass soon.
    pool_rest_ms: 1_000,
    longest_pool_rest_ms: 60_000,
    batch_max: 256,
    own_addresses: false,
    brings_slurm: true,
    owns_resources: false,
    takes_metrics: false,
};

/// Instances as processes of this host.
pub struct Local {
    data_dir: PathBuf,
    scheduler_root: PathBuf,
    agent: PathBuf,
    endpoint: String,
    catalogue: Catalogue,
    stand_ins: StandIns,
    starts: Semaphore,
}

impl Local {
    /// `endpoint` is where instances reach the server: see [`InstanceFile::endpoint`].
    pub fn new(
        data_dir: impl Into<PathBuf>,
        scheduler_root: impl Into<PathBuf>,
        agent: impl Into<PathBuf>,
        endpoint: impl Into<String>,
        slurm_versions: Vec<SlurmVersion>,
    ) -> Result<Self, ProviderError> {
        Ok(Self {
            data_dir: data_dir.into(),
            scheduler_root: scheduler_root.into(),
            agent: agent.into(),
            endpoint: endpoint.into(),
            catalogue: catalogue::catalogue(slurm_versions)?,
            stand_ins: StandIns::default(),
            starts: Semaphore::new(PARALLEL),
        })
    }

    /// Where the logs of an instance are kept after its end.
    pub fn kept_logs(&self, instance_id: &str) -> PathBuf {
        instances::of(&self.data_dir, instance_id)
    }

    fn sandbox(&self, cluster_id: &str, instance_id: &str) -> Sandbox {
        Sandbox::new(instances_dir(&self.data_dir, cluster_id).join(instance_id))
    }

    async fn launched(&self, batch: &Batch, node: &NodeLaunch) -> Launched {
        let id = &node.instance_id;
        let refused = |error: io::Error| {
            let message = local_io("start", id, &error).message;
            match error.get_ref().is_some_and(|cause| cause.is::<Lost>()) {
                true => LaunchError::Unknown { message },
                false => LaunchError::Refused { message },
            }
        };
        let started = self.start(batch, node).await;
        Launched {
            instance_id: id.clone(),
            result: started.map(|()| id.clone()).map_err(refused),
        }
    }

    async fn start(&self, batch: &Batch, node: &NodeLaunch) -> io::Result<()> {
        // Never closed.
        let _permit = self.starts.acquire().await;
        let sandbox = self.sandbox(&batch.cluster_id, &node.instance_id);
        if sandbox.holder()?.is_some() {
            return Ok(());
        }
        self.stand_ins.end(&batch.cluster_id, &node.node_name).await;
        sandbox.prepare()?;
        self.write_instance(sandbox.dir(), batch, node)?;
        lease::check(batch.lease.as_ref()).map_err(io::Error::other)?;
        sandbox
            .spawn(&self.agent, Role::Instance, &self.data_dir)
            .await
    }

    fn write_instance(&self, dir: &Path, batch: &Batch, node: &NodeLaunch) -> io::Result<()> {
        let prefix = slurm::catalogue::prefix(&self.scheduler_root, &batch.slurm_version);
        let file = serde_json::to_vec(&InstanceFile {
            endpoint: self.endpoint.clone(),
            proof_key: node.proof_key.clone(),
            cluster_id: batch.cluster_id.clone(),
            instance_id: node.instance_id.clone(),
            bootstrap_id: node.bootstrap_id.clone(),
            slurm_prefix: prefix.display().to_string(),
            slurmd_port: node.slurmd_port,
        })?;
        files::write(&dir.join("instance.json"), &file, files::SECRET)
    }

    async fn end(&self, cluster_id: &str, instance_id: &str) -> Result<(), ProviderError> {
        let sandbox = self.sandbox(cluster_id, instance_id);
        let logs = self.kept_logs(instance_id);
        let ended = tokio::task::spawn_blocking(move || {
            // Nothing to keep of an instance that was never there.
            let logs = sandbox.dir().exists().then_some(logs);
            sandbox.end(logs.as_deref())
        });
        ended
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| local_io("end", instance_id, &error))
    }
}

#[async_trait]
impl Provider for Local {
    fn profile(&self) -> Profile {
        PROFILE
    }

    async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
        offer::page(&self.catalogue, query)
    }

    async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError> {
        Ok(offer::resolved(&self.catalogue, refs))
    }

    async fn network(&self, _at: IpAddr, _ports: &[Ports]) -> Result<Network, ProviderError> {
        Ok(Network::SameHost)
    }

    async fn ensure(&self, _owner: &Owner) -> Result<Progress<String>, ProviderError> {
        Ok(Progress::Done(String::new()))
    }

    async fn release(&self, _cluster: &str, _group: &str) -> Result<Progress<()>, ProviderError> {
        Ok(Progress::Done(()))
    }

    async fn launch(&self, batch: &Batch) -> Outcome {
        let each: Vec<_> = batch
            .nodes
            .iter()
            .map(|node| self.launched(batch, node))
            .collect();
        futures::future::join_all(each).await.into()
    }

    async fn stand_in(&self, cluster_id: &str, node: &str, port: u16) {
        self.stand_ins.begin(cluster_id, node, port).await;
    }

    async fn register_again(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<(), ProviderError> {
        for id in instance_ids {
            let sandbox = self.sandbox(cluster_id, id);
            sandbox
                .signal("slurmd", Signal::SIGHUP)
                .map_err(|error| local_io("reach slurmd of", id, &error))?;
        }
        Ok(())
    }

    async fn terminate(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Vec<Result<(), ProviderError>> {
        let ends: Vec<_> = instance_ids
            .iter()
            .map(|id| self.end(cluster_id, id))
            .collect();
        futures::stream::iter(ends)
            .buffered(PARALLEL)
            .collect()
            .await
    }

    async fn inventory(&self, cluster_id: &str) -> Result<Inventory, ProviderError> {
        let failed = |error| local_io("look for", "instances", &error);
        let taken_at = now();
        let names = files::dir_names(&instances_dir(&self.data_dir, cluster_id)).map_err(failed)?;
        let instance = |id: String| {
            let sandbox = self.sandbox(cluster_id, &id);
            let state = match sandbox.holder()? {
                Some(_) => State::Running,
                None => State::Stopped {
                    cause: reason(sandbox.dir()),
                },
            };
            Ok(Instance {
                id,
                state,
                addresses: vec![],
                health: Default::default(),
            })
        };
        let instances: io::Result<Vec<Instance>> = names.into_iter().map(instance).collect();
        Ok(Inventory {
            taken_at,
            instances: instances.map_err(failed)?,
        })
    }

    async fn logs(
        &self,
        cluster_id: &str,
        instance_id: &str,
    ) -> Result<Vec<NodeLog>, ProviderError> {
        let live = instances_dir(&self.data_dir, cluster_id).join(instance_id);
        let kept = self.kept_logs(instance_id);
        let dir = if live.is_dir() { live } else { kept };
        let read = tokio::task::spawn_blocking(move || {
            let log = |name: &str| {
                let (text, is_cut) = end_of(&dir.join(name)).ok()?;
                let name = name.to_owned();
                Some(NodeLog { name, text, is_cut })
            };
            let scripts = files::names(&dir).unwrap_or_default();
            let is_log = |name: &&String| name.starts_with(SCRIPT_LOG) && name.ends_with(".log");
            let scripts = scripts.iter().filter(is_log).map(String::as_str);
            LOGS.into_iter().chain(scripts).filter_map(log).collect()
        });
        read.await
            .map_err(|error| local_io("read the logs of", instance_id, &io::Error::other(error)))
    }
}

/// What the agent gave as the reason of its end.
fn reason(dir: &Path) -> String {
    let log = last_lines(&dir.join(AGENT_LOG), REASON_LINES);
    match log.rsplit_once(ENDED) {
        Some((_, reason)) => reason.into(),
        None => format!("The instance was killed from outside. The end of its log:\n{log}"),
    }
}

fn local_io(verb: &str, what: &str, error: &io::Error) -> ProviderError {
    ProviderError {
        code: "LocalIo".into(),
        message: format!("Cannot {verb} {what}: {error}."),
    }
}
