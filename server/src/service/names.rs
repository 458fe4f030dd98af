//! The names of a cluster's nodes that are hosts of their own, for the `/etc/hosts` of each: people's programs look each
//! other up by the names that Slurm gives them.

use std::sync::Arc;
use std::time::Duration;

use app::model::error::Result;
use app::model::live::{Change, Kind};
use openpcs_agent::protocol::Hosts;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, timeout_at};

use super::Service;
use crate::fault::internal;
use crate::live::host::short_name;
use crate::live::names::EVERY;

/// How long a node waits for a change before it is answered without one.
const LONGEST: Duration = Duration::from_secs(25);
/// How long a job waits for its nodes to know each other, and how often it is looked whether they do.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);
/// While many nodes boot, each of them is told of all others: fewer times the more there are.
const PER_BYTE: Duration = Duration::from_micros(30);

impl Service {
    /// The names when they are not those of `after` any more, or after a while; the bearer is a bootstrap id.
    pub(super) async fn node_hosts(&self, bearer: &str, after: Option<&str>) -> Result<Hosts> {
        let row = self.instance_of(bearer).await?;
        let cluster_id = &row.cluster_id;
        if let Some(version) = after {
            self.names.has(cluster_id, &row.node_name, version).await;
        }
        let mut changes = self.parts.db.changes().subscribe();
        let until = Instant::now() + LONGEST;
        loop {
            let hosts = self.hosts_of(cluster_id).await?;
            if after != Some(hosts.version.as_str()) {
                return Ok((*hosts).clone());
            }
            let changed = changed(&mut changes, cluster_id);
            if timeout_at(until, changed).await.is_err() {
                return Ok((*hosts).clone());
            }
            // A look of before the change is too old by then.
            sleep(EVERY + PER_BYTE * hosts.lines.len() as u32).await;
        }
    }

    async fn hosts_of(&self, cluster_id: &str) -> Result<Arc<Hosts>> {
        let host = short_name();
        let own = (host.as_str(), self.parts.address);
        let hosts = self.names.of(&self.parts.db, cluster_id, own).await;
        hosts.map_err(internal)
    }

    /// Waits until a job's nodes know each other's names: its programs may call each other at once. Not for ever: a node
    /// that does not hear of the others any more must not hold the job.
    pub(super) async fn wait_for_names(&self, cluster_id: &str, nodes: &[String]) {
        if nodes.len() < 2 || !self.parts.provider.profile().own_addresses {
            return;
        }
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let hosts = self.hosts_of(cluster_id).await;
            if hosts.is_err() || self.names.know_each_other(cluster_id, nodes).await {
                return;
            }
            sleep(LOOK).await;
        }
        tracing::warn!(
            cluster_id,
            ?nodes,
            "a job starts on nodes that may not know each other's names"
        );
    }
}

/// Waits until a node of the cluster may have changed.
async fn changed(changes: &mut Receiver<Change>, cluster_id: &str) {
    loop {
        match changes.recv().await {
            Ok(change) if change.kind == Kind::Node && change.cluster_id == cluster_id => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            // The server ends.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
