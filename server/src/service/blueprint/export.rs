//! From rows to a document: what a person chose, and nothing that the service made. Every member is there, defaults
//! spelled out: a member that is left out of a document stays as it is, and an older document could not bring it back.

use std::collections::BTreeMap;

use app::model::blueprint::*;
use app::model::cluster::*;
use app::model::compute_node_group::*;
use app::model::error::Result;
use app::model::health::*;
use app::model::queue::QueueSlurmConfiguration;
use app::model::status::Status;
use app::port::Ctx;
use app::rules::cluster::IDLE_TIME;

use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::meaning::spot_options;
use crate::db::queue::QueueRow;
use crate::db::{resource, tag};
use crate::service::plan::group_names;
use crate::service::{Service, internal};

impl Service {
    /// Resources that are being deleted are left out. Groups and queues in the order of their names: the same cluster
    /// gives the same document.
    pub(super) async fn blueprint(&self, ctx: &Ctx, cluster: &ClusterRow) -> Result<Blueprint> {
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
            log_deliveries: self.log_deliveries(ctx, cluster).await?,
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
                slurm_configuration: Some(queue_slurm(row)),
                tags: Some(tags),
            });
        }
        Ok(blueprint)
    }

    /// The tags of a resource.
    pub(super) async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        tag::list(self.parts.db.pool(), arn).await.map_err(internal)
    }
}

fn cluster_blueprint(row: &ClusterRow, tags: BTreeMap<String, String>) -> ClusterBlueprint {
    let slurm = row.spec.slurm.clone();
    let idle = slurm.scale_down_idle_time_in_seconds.unwrap_or(IDLE_TIME);
    let no_rest = SlurmRest {
        mode: SlurmRestMode::None,
    };
    ClusterBlueprint {
        name: row.name.clone(),
        scheduler: row.spec.scheduler.clone(),
        size: row.spec.size,
        networking: row.spec.networking.clone(),
        slurm_configuration: Some(ClusterSlurmConfigurationRequest {
            scale_down_idle_time_in_seconds: Some(idle),
            slurm_custom_settings: said(slurm.slurm_custom_settings),
            slurmdbd_custom_settings: said(slurm.slurmdbd_custom_settings),
            cgroup_custom_settings: said(slurm.cgroup_custom_settings),
            job_submit_plugins: said(slurm.job_submit_plugins),
            accounting: Some(slurm.accounting.unwrap_or_default()),
            slurm_rest: Some(slurm.slurm_rest.unwrap_or(no_rest)),
        }),
        tags: Some(tags),
    }
}

fn group_blueprint(row: &ComputeNodeGroupRow, tags: BTreeMap<String, String>) -> GroupBlueprint {
    GroupBlueprint {
        name: row.name.clone(),
        settings: group_settings(row.spec.settings.clone()),
        tags: Some(tags),
    }
}

fn group_settings(is: GroupSettings) -> GroupSettings {
    let slurm = is.slurm_configuration.clone().unwrap_or_default();
    let idle = slurm.scale_down_idle_time_in_seconds;
    GroupSettings {
        launch_template_mode: Some(is.template_mode()),
        purchase_option: Some(is.purchase()),
        spot_options: said(spot_options(is.purchase(), is.spot_options.as_ref())),
        instance_configs: is.instance_configs,
        scaling_configuration: is.scaling_configuration,
        subnet_ids: is.subnet_ids,
        iam_instance_profile_arn: is.iam_instance_profile_arn,
        ami_id: said(is.ami_id),
        // There is one, or the mode says that there is none.
        custom_launch_template: is.custom_launch_template,
        security_group_ids: said(is.security_group_ids),
        ssh_key_name: said(is.ssh_key_name),
        slurm_configuration: Some(ComputeNodeGroupSlurmConfiguration {
            scale_down_idle_time_in_seconds: Some(idle.unwrap_or(IDLE_TIME_OF_CLUSTER)),
            slurm_custom_settings: said(slurm.slurm_custom_settings),
            gres_custom_settings: said(slurm.gres_custom_settings),
        }),
        node_lifecycle_actions: said(is.node_lifecycle_actions),
        instance_health_checks: Some(
            is.instance_health_checks
                .unwrap_or_else(InstanceHealthChecks::none),
        ),
    }
}

fn queue_slurm(row: &QueueRow) -> QueueSlurmConfiguration {
    let slurm = row.spec.slurm.clone().unwrap_or_default();
    QueueSlurmConfiguration {
        slurm_custom_settings: said(slurm.slurm_custom_settings),
    }
}

/// An empty one instead of none.
fn said<T: Default>(member: Option<T>) -> Option<T> {
    Some(member.unwrap_or_default())
}
