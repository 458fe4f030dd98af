//! What an upgrade would leave behind, looked at before it begins (C12): nodes that the new controller would not understand
//! are a refusal, images from which no new node could start a warning of the plan.

use std::collections::HashMap;

use app::i18n::Text;
use app::model::error::{Error, Result};
use app::model::plan::Warning;
use app::model::refs::Refs;
use app::rules::slurmd::{GroupSlurm, window_problem};

use super::Service;
use super::node::major;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::{instance, resource};
use crate::fault::internal;
use crate::slurm::catalogue;

impl Service {
    /// Refuses a version whose controller would lose nodes that run.
    pub(super) async fn check_window(
        &self,
        t: &'static Text,
        cluster: &ClusterRow,
        to: &str,
    ) -> Result<()> {
        let versions = catalogue::versions(&self.itself.scheduler_root);
        let groups = self.slurm_of_groups(cluster).await?;
        match window_problem(t, &versions, &groups, to) {
            Some(why) => Err(Error::field("scheduler.version", why)),
            None => Ok(()),
        }
    }

    async fn groups_of(&self, cluster: &ClusterRow) -> Result<Vec<ComputeNodeGroupRow>> {
        let rows = resource::list(self.parts.db.pool(), Some(&cluster.id)).await;
        rows.map_err(internal)
    }

    /// Which Slurm the nodes of each group run, as they have said when they registered.
    async fn slurm_of_groups(&self, cluster: &ClusterRow) -> Result<Vec<GroupSlurm>> {
        let seen = self.parts.observed.latest(&cluster.id);
        let nodes = seen.nodes.iter().filter(|node| !node.version.is_empty());
        let versions: HashMap<&str, &str> = nodes
            .map(|node| (node.name.as_str(), node.version.as_str()))
            .collect();
        let live = instance::live(self.parts.db.pool(), &cluster.id).await;
        let live = live.map_err(internal)?;
        let of_group = |group: &ComputeNodeGroupRow| {
            let own = live
                .iter()
                .filter(|row| row.compute_node_group_id == group.id);
            own.filter_map(|row| {
                let version = versions.get(row.node_name.as_str())?;
                Some((row.node_name.clone(), major(version)))
            })
            .collect()
        };
        let groups = self.groups_of(cluster).await?;
        let groups = groups.into_iter().map(|group| GroupSlurm {
            nodes: of_group(&group),
            group: group.name,
        });
        Ok(groups.collect())
    }

    /// Groups whose images have another version than that, where new nodes could not fetch it from this server either.
    pub(super) async fn images_without(
        &self,
        cluster: &ClusterRow,
        to: &str,
    ) -> Result<Vec<Warning>> {
        let root = &self.itself.scheduler_root;
        let Some(for_nodes) = &self.itself.for_nodes else {
            return Ok(vec![]);
        };
        if !for_nodes.packages_of(to, root).is_empty() {
            return Ok(vec![]);
        }
        let groups = self.groups_of(cluster).await?;
        let images = groups.iter().filter_map(image_of).map(str::to_owned);
        let offers = self
            .resolve(&Refs {
                images: images.collect(),
                ..Refs::default()
            })
            .await?;
        let lacking = groups.iter().filter_map(|group| {
            let image = image_of(group)?;
            let known = offers.images.iter().find(|known| known.id == image)?;
            lacks(&known.slurm_version, to).then(|| Warning::ImageLacksSlurm {
                group: group.name.clone(),
                image: image.to_owned(),
                has: known.slurm_version.clone(),
                wants: to.to_owned(),
            })
        });
        Ok(lacking.collect())
    }
}

fn image_of(group: &ComputeNodeGroupRow) -> Option<&str> {
    group.spec.settings.ami_id.as_deref()
}

/// Of an image whose name says nothing, nothing is known.
fn lacks(has: &str, wants: &str) -> bool {
    !has.is_empty() && has != wants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_lacks_what_its_name_denies() {
        for (has, expected) in [("", false), ("25.11", false), ("24.11", true)] {
            assert_eq!(lacks(has, "25.11"), expected, "{has}");
        }
    }
}
