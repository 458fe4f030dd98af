//! From rows to a document: what a person chose, and nothing that the service made.

use std::collections::BTreeMap;

use app::model::blueprint::*;
use app::model::cluster::ClusterSlurmConfigurationRequest;
use app::model::error::Result;
use app::model::status::Status;

use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::{resource, tag};
use crate::service::plan::group_names;
use crate::service::{Service, internal};

impl Service {
    /// Resources that are being deleted are left out. Groups and queues in the order of their names: the same cluster
    /// gives the same document.
    pub(super) async fn blueprint(&self, cluster: &ClusterRow) -> Result<Blueprint> {
        let pool = self.parts.db.pool();
        let mut groups: Vec<ComputeNodeGroupRow> = resource::list(pool, Some(&cluster.id))
            .await
            .map_err(internal)?;
        let mut queues: Vec<QueueRow> = resource::list(pool, Some(&cluster.id))
            .await
            .map_err(internal)?;
        groups.retain(|g| g.status != Status::Deleting);
        queues.retain(|q| q.status != Status::Deleting);
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        queues.sort_by(|a, b| a.name.cmp(&b.name));
        let mut blueprint = Blueprint {
            api_version: API_VERSION.into(),
            cluster: cluster_blueprint(
                cluster,
                self.tags(&self.parts.arns.cluster(&cluster.id)).await?,
            ),
            compute_node_groups: vec![],
            queues: vec![],
        };
        for row in &groups {
            let arn = self.parts.arns.compute_node_group(&cluster.id, &row.id);
            let tags = self.tags(&arn).await?;
            blueprint
                .compute_node_groups
                .push(group_blueprint(row, tags));
        }
        for row in &queues {
            let tags = self
                .tags(&self.parts.arns.queue(&cluster.id, &row.id))
                .await?;
            blueprint.queues.push(QueueBlueprint {
                name: row.name.clone(),
                compute_node_groups: group_names(&row.spec, &groups),
                slurm_configuration: row.spec.slurm.clone(),
                tags,
            });
        }
        Ok(blueprint)
    }

    /// The tags of a resource, if it has any.
    pub(super) async fn tags(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
        let tags = tag::list(self.parts.db.pool(), arn)
            .await
            .map_err(internal)?;
        Ok((!tags.is_empty()).then_some(tags))
    }
}

fn cluster_blueprint(row: &ClusterRow, tags: Option<BTreeMap<String, String>>) -> ClusterBlueprint {
    let slurm = row.spec.slurm.clone();
    ClusterBlueprint {
        name: row.name.clone(),
        scheduler: row.spec.scheduler.clone(),
        size: row.spec.size,
        networking: row.spec.networking.clone(),
        slurm_configuration: Some(ClusterSlurmConfigurationRequest {
            scale_down_idle_time_in_seconds: slurm.scale_down_idle_time_in_seconds,
            slurm_custom_settings: slurm.slurm_custom_settings,
            slurmdbd_custom_settings: slurm.slurmdbd_custom_settings,
            cgroup_custom_settings: slurm.cgroup_custom_settings,
            job_submit_plugins: slurm.job_submit_plugins,
            accounting: slurm.accounting,
            slurm_rest: slurm.slurm_rest,
        }),
        tags,
    }
}

fn group_blueprint(
    row: &ComputeNodeGroupRow,
    tags: Option<BTreeMap<String, String>>,
) -> GroupBlueprint {
    GroupBlueprint {
        name: row.name.clone(),
        settings: row.spec.settings.clone(),
        tags,
    }
}
