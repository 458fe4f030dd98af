//! What nodes that are hosts of their own find here, and whether the network lets them come.

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use app::model::error::Result;
use app::model::system::{self, Network};
use app::rules::ports::Ports;
use openpcs_agent::protocol::Package;
use tokio::sync::Mutex;

use super::Service;
use crate::db::instance;
use crate::fault::internal;

/// So long what the account said of its network is told again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long it may take to say it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What nodes of other hosts find here.
#[derive(Clone, Debug)]
pub struct ForNodes {
    /// Where they call, as `http://ADDR:PORT`.
    pub endpoint: String,
    pub port: u16,
    /// The agents that they can fetch there: architecture and SHA-256.
    pub agents: Vec<(&'static str, String)>,
    /// The Slurm that they can fetch there: version, architecture and SHA-256.
    pub packages: Vec<(String, &'static str, String)>,
}

impl ForNodes {
    /// Of that version; `root` is where it was built to be.
    pub fn packages_of(&self, version: &str, root: &Path) -> Vec<Package> {
        let of_it = self.packages.iter().filter(|(of, ..)| of == version);
        let package = |(_, architecture, sha256): &(String, &str, String)| Package {
            architecture: (*architecture).into(),
            sha256: sha256.clone(),
            root: root.display().to_string(),
        };
        of_it.map(package).collect()
    }
}

/// What the account said of the network last, and when.
#[derive(Default)]
pub struct LastNetwork(Mutex<Option<(Instant, Network)>>);

impl Service {
    pub(super) async fn for_nodes(&self) -> Result<Option<system::ForNodes>> {
        let Some(found) = &self.itself.for_nodes else {
            return Ok(None);
        };
        let registered_at = instance::registered_last(self.parts.db.pool()).await;
        let (agents, packages) = (found.agents.iter(), found.packages.iter());
        let ports = self.parts.ports;
        Ok(Some(system::ForNodes {
            endpoint: found.endpoint.clone(),
            agents: agents.map(|(name, _)| (*name).to_owned()).collect(),
            packages: packages
                .map(|(version, name, _)| format!("{version} {name}"))
                .collect(),
            controller_ports: format!("{}-{}", ports.first, ports.last),
            registered_at: registered_at.map_err(internal)?,
            network: self.network(found.port).await,
        }))
    }

    /// Asked again after a while only: the page looks every other second.
    async fn network(&self, port: u16) -> Network {
        let mut last = self.itself.network.0.lock().await;
        let fresh = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH);
        if let Some((_, network)) = fresh {
            return network.clone();
        }
        let network = self.ask_network(self.parts.address, port).await;
        *last = Some((Instant::now(), network.clone()));
        network
    }

    async fn ask_network(&self, at: IpAddr, port: u16) -> Network {
        let ports = self.parts.ports;
        let needed: [Ports; 2] = [(port, port), (ports.first, ports.last)];
        let asked = self.parts.provider.network(at, &needed);
        let words = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(network)) => return network,
            Ok(Err(error)) => error.message,
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        Network::Unknown { words }
    }

    /// Says in the log, once, what would let no node register.
    pub async fn warn_of_network(self) {
        let Some(found) = &self.itself.for_nodes else {
            return;
        };
        match self.network(found.port).await {
            Network::SameHost => {}
            Network::Stranger => tracing::warn!(
                address = %self.parts.address,
                "the account has no running instance with this address: whether nodes reach it cannot be told"
            ),
            Network::Unknown { words } => {
                tracing::warn!(words, "whether nodes reach this host could not be asked");
            }
            Network::Host { closed, .. } if closed.is_empty() => {}
            Network::Host {
                instance,
                closed,
                remedies,
                ..
            } => tracing::warn!(
                instance,
                ports = closed,
                remedy = remedies.join("; "),
                "no security group of this host lets anybody reach these ports: nodes cannot register"
            ),
        }
    }
}
