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
    use std::path::Path;

    use app::model::setting::ErrorInfo;
    use app::model::status::Status;
    use app::port::Clusters as _;
    use serde_json::json;

    use super::super::fixture::{admin, fill, of, service};
    use super::*;
    use crate::db::instance::InstanceRow;
    use crate::db::resource::{GIVEN_UP, Noun, Row};
    use crate::slurm::client::NodeInfo;

    /// A service whose host has a newer version, too.
    async fn filled(dir: &Path) -> Service {
        let service = service(dir).await;
        fill(&service).await;
        let sbin = catalogue::prefix(dir, "25.11").join("sbin");
        std::fs::create_dir_all(&sbin).unwrap();
        std::fs::write(sbin.join("slurmctld"), "").unwrap();
        service
    }

    async fn upgrade(service: &Service, to: &str) -> Result<Status> {
        let input = json!({"clusterIdentifier": "abc", "scheduler": {"version": to}});
        let updated = service.update_cluster(&admin(service), of(input)).await;
        updated.map(|answer| answer.cluster.status)
    }

    async fn group(service: &Service) -> ComputeNodeGroupRow {
        let cluster = service.find_cluster("abc").await.unwrap();
        let mut groups = service.groups_of(&cluster).await.unwrap();
        groups.pop().unwrap()
    }

    async fn put<S: Noun>(service: &Service, row: &Row<S>, status: Status, code: &str) {
        let row = Row {
            status,
            error_info: vec![ErrorInfo {
                code: Some(code.into()),
                message: None,
            }],
            ..row.clone()
        };
        let mut write = service.parts.db.write().await.unwrap();
        resource::update(&mut write, &row, false).await.unwrap();
        write.commit().await.unwrap();
    }

    #[tokio::test]
    async fn nodes_that_the_new_controller_would_not_understand_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let service = filled(dir.path()).await;
        let group = group(&service).await;
        let row = InstanceRow {
            cluster_id: group.cluster_id.clone(),
            compute_node_group_id: group.id.clone(),
            ..InstanceRow::ready("group-1")
        };
        let mut write = service.parts.db.write().await.unwrap();
        instance::insert(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();
        let says = |version: &str| {
            let node = NodeInfo {
                name: "group-1".into(),
                version: version.into(),
                ..NodeInfo::default()
            };
            let observed = &service.parts.observed;
            observed.nodes(&group.cluster_id, 1, vec![node]);
        };
        says("23.11.4");
        let refused = upgrade(&service, "25.11").await.unwrap_err();
        let words = refused.message;
        assert!(words.contains("group-1 (23.11)"), "{words}");
        says("24.11.5");
        assert_eq!(upgrade(&service, "25.11").await, Ok(Status::Updating));
    }

    #[tokio::test]
    async fn only_a_newer_version_is_a_suspended_clusters_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let service = filled(dir.path()).await;
        let (cluster, own) = (
            service.find_cluster("abc").await.unwrap(),
            group(&service).await,
        );
        put(&service, &own, Status::Suspended, "VersionEnded").await;
        put(&service, &*cluster, Status::Suspended, GIVEN_UP).await;
        let words = upgrade(&service, "25.11").await.unwrap_err().message;
        assert!(words.contains("can only be deleted"), "{words}");
        put(&service, &*cluster, Status::Suspended, "VersionEnded").await;
        let words = upgrade(&service, "24.11").await.unwrap_err().message;
        assert!(words.contains("to a newer Slurm version"), "{words}");
        assert_eq!(upgrade(&service, "25.11").await, Ok(Status::Resuming));
        let resumes = group(&service).await;
        assert_eq!(resumes.status, Status::Resuming);
        assert_eq!(resumes.error_info, []);
    }

    #[test]
    fn an_image_lacks_what_its_name_denies() {
        for (has, expected) in [("", false), ("25.11", false), ("24.11", true)] {
            assert_eq!(lacks(has, "25.11"), expected, "{has}");
        }
    }
}
