//! Clusters in the database.

use std::net::SocketAddr;
use std::sync::Arc;

use app::model::cluster::{ClusterSlurmConfiguration, Networking, Scheduler, Size};
use app::model::live::Kind;
use app::model::status::Status;
use serde::{Deserialize, Serialize};

use super::Db;
use super::resource::{self, Noun, Row};

/// The places of a cluster's daemons in its list of ports.
pub const SLURMCTLD: usize = 0;
pub const SLURMDBD: usize = 1;
pub const SLURMRESTD: usize = 2;

/// How many ports a cluster has that keeps accounts, or has the REST API. With the latter slurmdbd's is kept for it.
pub fn ports(has_accounting: bool, has_rest: bool) -> usize {
    let last = match (has_accounting, has_rest) {
        (_, true) => SLURMRESTD,
        (true, false) => SLURMDBD,
        (false, false) => SLURMCTLD,
    };
    last + 1
}

/// What is wanted of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterSpec {
    pub scheduler: Scheduler,
    pub size: Size,
    pub networking: Networking,
    /// As asked for; the key's ARN is derived from the cluster's id.
    pub slurm: ClusterSlurmConfiguration,
    /// The text of the script that `jobSubmitPlugins` names, as it was when that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_submit_script: Option<String>,
}

impl ClusterSpec {
    pub fn has_accounting(&self) -> bool {
        self.slurm.has_accounting()
    }

    pub fn has_rest(&self) -> bool {
        self.slurm.has_rest()
    }
}

pub type ClusterRow = Row<ClusterSpec>;

/// Where its slurmrestd listens, or would.
pub fn rest_address(cluster: &ClusterRow) -> Option<SocketAddr> {
    let place = cluster.placement.as_ref()?;
    Some(SocketAddr::new(
        place.address,
        *place.ports.get(SLURMRESTD)?,
    ))
}

/// Whether accounts of it are kept: also while they are being switched off, as long as slurmctld tells of its jobs.
pub fn keeps_accounts(cluster: &ClusterRow) -> bool {
    cluster.spec.has_accounting() || has_accounts(cluster)
}

/// Whether the controller that runs keeps accounts: a switch takes its time.
pub fn has_accounts(cluster: &ClusterRow) -> bool {
    let in_force = cluster.applied_spec.as_ref();
    in_force.is_some_and(ClusterSpec::has_accounting)
}

/// Whether it has the REST API: also while that is being switched off, as long as slurmctld takes tokens.
pub fn keeps_rest(cluster: &ClusterRow) -> bool {
    let in_force = cluster.applied_spec.as_ref();
    cluster.spec.has_rest() || in_force.is_some_and(|spec| spec.has_rest())
}

impl Row<ClusterSpec> {
    /// The version of Slurm that is in force, as `24.11`; of a new cluster the one that it is to have.
    pub fn slurm_version(&self) -> &str {
        let spec = self.applied_spec.as_ref().unwrap_or(&self.spec);
        &spec.scheduler.version
    }

    /// The version that a running or suspended cluster is to have instead.
    pub fn upgrade(&self) -> Option<&str> {
        let wanted = self.spec.scheduler.version.as_str();
        let changes = matches!(self.status, Status::Updating | Status::Resuming);
        let is_wanted = changes && wanted != self.slurm_version();
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
            job_submit_script: None,
        };
        Row::new("pcs_a".into(), "pcs_a".into(), "get-started".into(), spec)
    }
}
