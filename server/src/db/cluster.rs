//! Clusters in the database.

use std::sync::Arc;

use app::model::cluster::{ClusterSlurmConfiguration, Networking, Scheduler, Size};
use app::model::live::Kind;
use app::model::status::Status;
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
}

impl ClusterSpec {
    pub fn has_accounting(&self) -> bool {
        self.slurm.has_accounting()
    }
}

pub type ClusterRow = Row<ClusterSpec>;

impl Row<ClusterSpec> {
    /// The version of Slurm that is in force, as `24.11`; of a new cluster the one that it is to have.
    pub fn slurm_version(&self) -> &str {
        let spec = self.applied_spec.as_ref().unwrap_or(&self.spec);
        &spec.scheduler.version
    }

    /// The version that a running cluster is to have instead.
    pub fn upgrade(&self) -> Option<&str> {
        let wanted = self.spec.scheduler.version.as_str();
        let is_wanted = self.status == Status::Updating && wanted != self.slurm_version();
        is_wanted.then_some(wanted)
    }
}

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
pub mod tests {
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
        };
        Row::new("pcs_a".into(), "pcs_a".into(), "get-started".into(), spec)
    }
}
