//! What nodes that are hosts of their own find here, and whether the network lets them come.

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use app::model::error::Result;
use app::model::system::{self, KeyStore, Network};
use app::rules::ports::Ports;
use openpcs_agent::protocol::Package;
use tokio::sync::Mutex;

use super::Service;
use crate::db::cluster::{ClusterRow, rest_address};
use crate::db::{instance, resource};
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

/// What the account said last, and when.
#[derive(Default)]
pub struct LastSaid(Mutex<Option<(Instant, Said)>>);

/// Of the network, and of keys in its store of secrets.
#[derive(Clone)]
struct Said {
    network: Network,
    keys: KeyStore,
}

impl Service {
    pub(super) async fn for_nodes(&self) -> Result<Option<system::ForNodes>> {
        let Some(found) = &self.itself.for_nodes else {
            return Ok(None);
        };
        let registered_at = instance::registered_last(self.parts.db.pool()).await;
        let (agents, packages) = (found.agents.iter(), found.packages.iter());
        let ports = self.parts.ports;
        let said = self.said(found.port).await;
        Ok(Some(system::ForNodes {
            endpoint: found.endpoint.clone(),
            agents: agents.map(|(name, _)| (*name).to_owned()).collect(),
            packages: packages
                .map(|(version, name, _)| format!("{version} {name}"))
                .collect(),
            controller_ports: format!("{}-{}", ports.first, ports.last),
            registered_at: registered_at.map_err(internal)?,
            network: said.network,
            keys: said.keys,
            plain_rest: self.plain_rest().await?,
        }))
    }

    /// The clusters of this server whose REST API more than this host reaches.
    async fn plain_rest(&self) -> Result<Vec<String>> {
        let clusters: Vec<ClusterRow> = resource::list(self.parts.db.pool(), None)
            .await
            .map_err(internal)?;
        let is_open = |row: &ClusterRow| {
            let in_force = row.applied_spec.as_ref();
            let has_rest = in_force.is_some_and(|spec| spec.has_rest());
            let address = rest_address(row).filter(|_| has_rest);
            address.is_some_and(|address| !address.ip().is_loopback())
        };
        let ours = clusters
            .into_iter()
            .filter(|row| row.server() == self.parts.server.id);
        Ok(ours.filter(is_open).map(|row| row.name).collect())
    }

    /// Asked again after a while only: the page looks every other second.
    async fn said(&self, port: u16) -> Said {
        let mut last = self.itself.account.0.lock().await;
        let fresh = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH);
        if let Some((_, said)) = fresh {
            return said.clone();
        }
        let (network, keys) = tokio::join!(
            self.ask_network(self.parts.address, port),
            self.ask_of_keys()
        );
        let said = Said { network, keys };
        *last = Some((Instant::now(), said.clone()));
        said
    }

    async fn ask_of_keys(&self) -> KeyStore {
        let asked = self.parts.provider.keeps_keys();
        let words = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(true)) => return KeyStore::Kept,
            Ok(Ok(false)) => return KeyStore::Off,
            Ok(Err(error)) => error.message,
            Err(_) => no_answer(),
        };
        KeyStore::Refused { words }
    }

    async fn ask_network(&self, at: IpAddr, port: u16) -> Network {
        let ports = self.parts.ports;
        let needed: [Ports; 2] = [(port, port), (ports.first, ports.last)];
        let asked = self.parts.provider.network(at, &needed);
        let words = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(network)) => return network,
            Ok(Err(error)) => error.message,
            Err(_) => no_answer(),
        };
        Network::Unknown { words }
    }

    /// Says in the log, once, what would let no node register, and where keys are.
    pub async fn warn_of_account(self) {
        let Some(found) = &self.itself.for_nodes else {
            return;
        };
        let said = self.said(found.port).await;
        match said.keys {
            KeyStore::Kept => tracing::info!("keys of clusters are put into Secrets Manager"),
            KeyStore::Off => tracing::info!("keys of clusters are not put into Secrets Manager"),
            KeyStore::Refused { words } => tracing::warn!(
                words,
                "keys of clusters cannot be put into Secrets Manager: this server goes on answering for them; \
                 --no-secrets-manager does not try"
            ),
        }
        self.warn_of_network(said.network);
    }

    fn warn_of_network(&self, network: Network) {
        match network {
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

fn no_answer() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}
