//! Clusters in the database.

use app::model::cluster::{ClusterSlurmConfiguration, Networking, Scheduler, Size};
use app::model::live::Kind;
use serde::{Deserialize, Serialize};

use super::resource::{Noun, Row};

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

/// The TCP ports of a cluster whose nodes share this host: one for slurmctld, then one for each possible node.
/// Nodes are told apart by port because slurmd cannot be given an address of its own without root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub controller: u16,
    pub first_node: u16,
    pub nodes: u16,
}

pub type ClusterRow = Row<ClusterSpec>;

impl Noun for ClusterSpec {
    const TABLE: &'static str = "cluster";
    const KIND: Kind = Kind::Cluster;
}
