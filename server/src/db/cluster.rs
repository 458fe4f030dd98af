//! Clusters in the database.

use std::sync::Arc;

use app::model::cluster::{ClusterSlurmConfiguration, Networking, Scheduler, Size};
use app::model::live::Kind;
use serde::{Deserialize, Serialize};

use super::Db;
use super::resource::{self, Noun, Row};

/// What is wanted of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterSpec {
    pub scheduler: Scheduler,
    pub size: Size,
    pub networking: Networking,
    /// As asked for; the key's ARN is derived from the cluster's id.
    pub slurm: ClusterSlurmConfiguration,
    pub ports: Ports,
}

/// The TCP ports of a cluster whose nodes share this host. Each node's own is in its group's spec: nodes are told apart
/// by port because slurmd cannot be given an address of its own without root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub controller: u16,
    /// A cluster of before has a block of its own, from which its groups have theirs; `nodes` is 0 where there is none.
    pub first_node: u16,
    pub nodes: u16,
}

pub type ClusterRow = Row<ClusterSpec>;

impl Noun for ClusterSpec {
    const TABLE: &'static str = "cluster";
    const KIND: Kind = Kind::Cluster;
}

/// The cluster of that name or id.
pub async fn find(db: &Db, identifier: &str) -> sqlx::Result<Option<Arc<ClusterRow>>> {
    let Some(cache) = &db.clusters else {
        let row = resource::find(db.pool(), None, identifier).await?;
        return Ok(row.map(Arc::new));
    };
    let version = match cache.get(identifier) {
        Ok(row) => return Ok(Some(row)),
        Err(version) => version,
    };
    let row = resource::find(db.pool(), None, identifier)
        .await?
        .map(Arc::new);
    if let Some(row) = &row {
        cache.put(identifier, row, version);
    }
    Ok(row)
}

#[cfg(test)]
pub(super) mod tests {
    use app::model::cluster::SchedulerType;

    use super::*;

    pub fn row() -> ClusterRow {
        let spec = ClusterSpec {
            scheduler: Scheduler {
                r#type: SchedulerType::Slurm,
                version: "24.11".into(),
            },
            size: Size::Small,
            networking: Networking::default(),
            slurm: ClusterSlurmConfiguration::default(),
            ports: Ports {
                controller: 20000,
                first_node: 20001,
                nodes: 32,
            },
        };
        Row::new("pcs_a".into(), "pcs_a".into(), "get-started".into(), spec)
    }
}
