//! Where in the provider's network nodes are, for the tree of those clusters that have one (C18).
//!
//! Only of groups that keep a number of nodes up: theirs stay where they are. Nodes that come and go with jobs would have
//! Slurm read another tree with each of them, and those yet to be launched are chosen before anybody knows where they
//! will be.

use std::time::{Duration, Instant};

use super::Parts;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::network_place;
use crate::plan::configuration::rows::Rows;
use crate::slurm::conf;

/// How often it is looked whether there is a node of which it is not known.
const EVERY: Duration = Duration::from_secs(15);
/// Of a group; the provider asks for as many as it can.
const MOST: i64 = 100;

/// Of one cluster.
#[derive(Default)]
pub struct Network {
    asked: Option<Instant>,
    is_refused: bool,
}

impl Network {
    /// Puts into the rows what is known, and asks for what is not.
    pub async fn look(&mut self, parts: &Parts, rows: &mut Rows) -> anyhow::Result<()> {
        if !has_tree(rows) {
            return Ok(());
        }
        let is_static = |group: &&ComputeNodeGroupRow| {
            let spec = group.applied_spec.as_ref();
            spec.is_some_and(|spec| spec.is_static())
        };
        let groups = rows.groups.iter().filter(is_static);
        let groups: Vec<String> = groups.map(|group| group.id.clone()).collect();
        let (pool, cluster_id) = (parts.db.pool(), rows.cluster.id.clone());
        if self.asked.is_none_or(|at| at.elapsed() >= EVERY) {
            self.asked = Some(Instant::now());
            let mut unknown = vec![];
            for group in &groups {
                unknown.extend(network_place::unknown(pool, &cluster_id, group, MOST).await?);
            }
            self.ask(parts, &cluster_id, &unknown).await?;
        }
        for group in &groups {
            let known = network_place::known(pool, &cluster_id, group).await?;
            rows.places.extend(known);
        }
        Ok(())
    }

    /// Without an answer the tree says less, and all else goes on.
    async fn ask(&mut self, parts: &Parts, cluster_id: &str, ids: &[String]) -> sqlx::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let told = parts.provider.network_places(cluster_id, ids).await;
        let was_refused = std::mem::replace(&mut self.is_refused, told.is_err());
        match told {
            Ok(places) if places.is_empty() => Ok(()),
            Ok(places) => network_place::put(&parts.db, &places).await,
            Err(error) => {
                if !was_refused {
                    tracing::warn!(cluster_id, %error, "it is not told where nodes are");
                }
                Ok(())
            }
        }
    }
}

fn has_tree(rows: &Rows) -> bool {
    let specs = rows.in_force();
    let cluster = specs.cluster.1.slurm.slurm_custom_settings.as_deref();
    let queues = specs.queues.iter();
    let queues = queues.filter_map(|(_, spec)| {
        let slurm = spec.slurm.as_ref()?;
        slurm.slurm_custom_settings.as_deref()
    });
    conf::has_topology(cluster.unwrap_or_default(), queues)
}
