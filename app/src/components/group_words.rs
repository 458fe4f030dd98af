//! How a compute node group scales, in words: lists, pages and reviews say it alike.

use crate::i18n::Text;
use crate::model::compute_node_group::{PurchaseOption, ScalingConfiguration};
use crate::rules::cluster::IDLE_FOREVER;

/// Static, dynamic or parked (N2).
pub fn scaling_words(t: &'static Text, bounds: &ScalingConfiguration) -> String {
    match (bounds.min_instance_count, bounds.max_instance_count) {
        (_, 0) => t.groups.scaling_parked.to_owned(),
        (0, max) => t.groups.scaling_dynamic(max),
        (_, max) => t.groups.scaling_static(max),
    }
}

/// How long a node of the group may idle, in seconds; none: as the cluster has it (N9).
pub fn idle_words(t: &'static Text, seconds: Option<i64>) -> String {
    match seconds {
        None => t.groups.idle_of_cluster.to_owned(),
        Some(IDLE_FOREVER..) => t.groups.idle_forever.to_owned(),
        Some(seconds) => t.time.seconds(seconds),
    }
}

/// How instances are bought (N8).
pub fn purchase_words(t: &'static Text, purchase: PurchaseOption) -> &'static str {
    match purchase {
        PurchaseOption::Ondemand => t.groups.ondemand,
        PurchaseOption::Spot => t.groups.spot,
        PurchaseOption::CapacityBlock => t.groups.capacity_block,
        PurchaseOption::InterruptibleCapacityReservation => t.groups.interruptible,
    }
}
