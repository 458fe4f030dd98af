//! What the wizard shows beside its draft.

use leptos::prelude::*;

use crate::components::Offers;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::rules::cluster::IDLE_TIME;
use crate::rules::network::vpc_of;

/// What the steps show beside the draft.
#[derive(Clone, Copy)]
pub struct Lists {
    pub cluster: Signal<Cluster>,
    pub offers: Offers,
    /// The cluster's other groups.
    pub others: Signal<Vec<ComputeNodeGroup>>,
}

impl Lists {
    /// The VPC that the cluster is in.
    pub fn vpc(self) -> String {
        let (known, cluster) = (self.offers.known.read(), self.cluster.read());
        vpc_of(&known, &cluster.networking)
            .unwrap_or_default()
            .to_owned()
    }

    /// Seconds, of groups without an idle time of their own.
    pub fn cluster_idle(self) -> i64 {
        let cluster = self.cluster.read();
        let slurm = cluster.slurm_configuration.as_ref();
        let own = slurm.and_then(|slurm| slurm.scale_down_idle_time_in_seconds);
        own.unwrap_or(IDLE_TIME)
    }

    /// The instances that the cluster has room for (C5).
    pub fn free(self) -> i64 {
        let max = |g: &ComputeNodeGroup| g.settings.scaling_configuration.max_instance_count;
        let used: i64 = self.others.with(|others| others.iter().map(max).sum());
        (self.cluster.with(|c| c.size.max_instances()) - used).max(0)
    }
}
