//! The addresses of each cluster's nodes as they were read last: one look for all nodes that ask meanwhile.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openpcs_agent::protocol::Hosts;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::db::{Db, instance};

/// How often the addresses of a cluster are read at most.
pub const EVERY: Duration = Duration::from_secs(1);
/// Of a version, in bytes.
const VERSION: usize = 12;

#[derive(Clone, Default)]
pub struct Names {
    clusters: Arc<Mutex<HashMap<String, Cluster>>>,
}

type Cluster = Arc<Mutex<Option<Look>>>;

struct Look {
    at: Instant,
    hosts: Arc<Hosts>,
}

impl Names {
    /// Those of the cluster, not older than [`EVERY`], and the controllers' host: slurmd looks up who calls it.
    pub async fn of(
        &self,
        db: &Db,
        cluster_id: &str,
        (host, address): (&str, IpAddr),
    ) -> sqlx::Result<Arc<Hosts>> {
        let cluster = self.cluster(cluster_id).await;
        let mut look = cluster.lock().await;
        if let Some(look) = &*look
            && look.at.elapsed() < EVERY
        {
            return Ok(look.hosts.clone());
        }
        let at = Instant::now();
        let mut nodes = instance::addresses(db.pool(), cluster_id).await?;
        nodes.insert(0, (host.to_owned(), address.to_string()));
        let hosts = Arc::new(hosts(&nodes));
        let fresh = hosts.clone();
        *look = Some(Look { at, hosts });
        Ok(fresh)
    }

    /// Those that nobody asked for lately are forgotten: clusters come and go.
    async fn cluster(&self, id: &str) -> Cluster {
        let mut clusters = self.clusters.lock().await;
        clusters.retain(|_, cluster| {
            let look = cluster.try_lock();
            look.map_or(true, |look| {
                look.as_ref().is_none_or(|look| look.at.elapsed() < EVERY)
            })
        });
        clusters.entry(id.to_owned()).or_default().clone()
    }
}

/// Hosts with their addresses, those of one name one after the other, the newest instance of a node last.
fn hosts(nodes: &[(String, String)]) -> Hosts {
    let mut lines = String::new();
    for (at, (name, address)) in nodes.iter().enumerate() {
        if nodes.get(at + 1).is_none_or(|(next, _)| next != name) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{address} {name}");
        }
    }
    let hash = Sha256::digest(lines.as_bytes());
    let version = hex::encode(&hash[..VERSION]);
    Hosts { version, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_one_line_of_its_newest_instance() {
        let node = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        let two = [node("a-1", "10.0.0.1"), node("a-2", "fd00::2")];
        let three = [
            node("a-1", "10.0.0.9"),
            node("a-1", "10.0.0.1"),
            node("a-2", "fd00::2"),
        ];
        assert_eq!(hosts(&two).lines, "10.0.0.1 a-1\nfd00::2 a-2\n");
        assert_eq!(hosts(&three), hosts(&two));
        assert_ne!(hosts(&two[..1]).version, hosts(&two).version);
    }
}
