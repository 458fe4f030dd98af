//! Instances that the database does not know, as after restoring a backup: they are not ours to end, and their jobs go on.

use openpcs_provider::Instance;

use super::Parts;
use crate::db::instance::{self, InstanceRow};
use crate::db::tombstone;

/// A cluster's instances.
pub struct Observed {
    /// Live, or ended by us and not gone yet.
    pub known: Vec<Instance>,
    pub aside: Vec<Instance>,
    /// When the provider was looked at.
    pub looked_at: i64,
}

impl Observed {
    /// Whether there may be jobs on those that are set aside.
    pub fn any_aside_runs(&self) -> bool {
        self.aside.iter().any(Instance::lives)
    }
}

/// What the provider has of the cluster. `live` was read before: for a loop that does not launch itself, an instance that
/// was launched meanwhile looks as if it were set aside.
pub async fn observe(
    parts: &Parts,
    cluster_id: &str,
    live: &[InstanceRow],
) -> anyhow::Result<Observed> {
    let inventory = parts.provider.inventory(cluster_id).await?;
    let mut observed = Observed {
        known: vec![],
        aside: vec![],
        looked_at: inventory.taken_at,
    };
    for one in inventory.instances {
        let is_known = live.iter().any(|row| row.id == one.id)
            || tombstone::has(parts.db.pool(), cluster_id, &one.id).await?;
        match is_known {
            true => observed.known.push(one),
            false => observed.aside.push(one),
        }
    }
    Ok(observed)
}

/// Whether any instance that is set aside runs, for the loop that launches none: those that are in the database by now
/// were launched meanwhile.
pub async fn any_runs(parts: &Parts, cluster_id: &str) -> anyhow::Result<bool> {
    let live = instance::live(parts.db.pool(), cluster_id).await?;
    for one in observe(parts, cluster_id, &live).await?.aside {
        let row = instance::find(parts.db.pool(), cluster_id, &one.id).await?;
        if one.lives() && row.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}
