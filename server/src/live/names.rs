//! The addresses of each cluster's nodes as they were read last: one look for all nodes that ask meanwhile; and what each
//! node knows of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openpcs_agent::protocol::Hosts;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::db::{Db, instance};

/// How often the addresses of a cluster are read at most.
pub const EVERY: Duration = Duration::from_millis(200);
/// Nodes ask again before this; whoever did not is gone.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Versions of which a node may still tell that it has them.
const RECENT: usize = 16;
/// Of a version, in bytes.
const VERSION: usize = 12;

#[derive(Clone, Default)]
pub struct Names {
    clusters: Arc<Mutex<HashMap<String, Cluster>>>,
}

type Cluster = Arc<Mutex<Known>>;

#[derive(Default)]
struct Known {
    looked_at: Option<Instant>,
    /// The last one is in force.
    recent: VecDeque<Arc<Hosts>>,
    /// The version that each node has.
    nodes: HashMap<String, String>,
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
        let mut known = cluster.lock().await;
        if let (Some(at), Some(hosts)) = (known.looked_at, known.recent.back())
            && at.elapsed() < EVERY
        {
            return Ok(hosts.clone());
        }
        let at = Instant::now();
        let mut nodes = instance::addresses(db.pool(), cluster_id).await?;
        nodes.insert(0, (host.to_owned(), address.to_string()));
        let hosts = known.put(hosts(&nodes));
        known.looked_at = Some(at);
        Ok(hosts)
    }

    /// The node has that version.
    pub async fn has(&self, cluster_id: &str, node: &str, version: &str) {
        let cluster = self.cluster(cluster_id).await;
        let mut known = cluster.lock().await;
        known.nodes.insert(node.to_owned(), version.to_owned());
    }

    /// Whether each of these nodes knows where all of them are, as it was read last.
    pub async fn know_each_other(&self, cluster_id: &str, nodes: &[String]) -> bool {
        let cluster = self.cluster(cluster_id).await;
        let known = cluster.lock().await;
        known.know_each_other(nodes)
    }

    /// Those that nobody asked for lately are forgotten: clusters come and go.
    async fn cluster(&self, id: &str) -> Cluster {
        let mut clusters = self.clusters.lock().await;
        let is_recent = |at: Instant| at.elapsed() < FORGOTTEN;
        clusters.retain(|_, cluster| {
            let known = cluster.try_lock();
            known.map_or(true, |known| known.looked_at.is_none_or(is_recent))
        });
        clusters.entry(id.to_owned()).or_default().clone()
    }
}

impl Known {
    /// What is as it was stays the same.
    fn put(&mut self, hosts: Hosts) -> Arc<Hosts> {
        if let Some(last) = self.recent.back()
            && last.version == hosts.version
        {
            return last.clone();
        }
        let hosts = Arc::new(hosts);
        self.recent.push_back(hosts.clone());
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        hosts
    }

    fn know_each_other(&self, nodes: &[String]) -> bool {
        let Some(now) = self.recent.back() else {
            return false;
        };
        let is_of_them = |line: &&str| {
            let name = line.split(' ').nth(1);
            name.is_some_and(|name| nodes.iter().any(|node| node == name))
        };
        let needed: Vec<&str> = now.lines.lines().filter(is_of_them).collect();
        let good = self.recent.iter().filter(|hosts| {
            let lines: HashSet<&str> = hosts.lines.lines().collect();
            needed.iter().all(|line| lines.contains(line))
        });
        let good: Vec<&str> = good.map(|hosts| hosts.version.as_str()).collect();
        let knows = |node: &String| {
            let version = self.nodes.get(node);
            version.is_some_and(|version| good.contains(&version.as_str()))
        };
        needed.len() == nodes.len() && nodes.iter().all(knows)
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

    #[test]
    fn nodes_know_each_other_when_each_has_the_lines_of_all() {
        let mut known = Known::default();
        let both = ["a-1".to_owned(), "a-2".to_owned()];
        let node = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        let one = known.put(hosts(&[node("a-1", "10.0.0.1")]));
        known.nodes.insert("a-1".into(), one.version.clone());
        assert!(known.know_each_other(&both[..1]) && !known.know_each_other(&both));
        let two = [node("a-1", "10.0.0.1"), node("a-2", "10.0.0.2")];
        let two = known.put(hosts(&two));
        known.nodes.insert("a-2".into(), two.version.clone());
        assert!(
            !known.know_each_other(&both),
            "the first has not heard of the second"
        );
        known.nodes.insert("a-1".into(), two.version.clone());
        assert!(known.know_each_other(&both));
        // Others come: that is nothing to these. A new address of one of them is.
        let more = [
            node("a-1", "10.0.0.1"),
            node("a-2", "10.0.0.2"),
            node("b-1", "10.0.0.3"),
        ];
        known.put(hosts(&more));
        assert!(known.know_each_other(&both));
        known.put(hosts(&[node("a-1", "10.0.0.9"), node("a-2", "10.0.0.2")]));
        assert!(!known.know_each_other(&both));
    }
}
