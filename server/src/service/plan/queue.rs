//! Plans of queues (Q3, Q4).

use app::model::error::{Error, Result};
use app::model::job::Job;
use app::model::live::Kind;
use app::model::plan::*;
use app::model::queue::*;
use app::model::setting::SlurmCustomSetting;
use app::port::Ctx;
use serde_json::{Value, json};

use super::diff::diff;
use super::nodes::{impact, put_jobs};
use super::{conclude_update, settings_by_name};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::{self, InstanceRow};
use crate::db::queue::{QueueRow, QueueSpec, groups_of_its_own};
use crate::db::resource;
use crate::db::resource::Meaning;
use crate::service::cluster::there;
use crate::service::queue::deletable_queue;
use crate::service::resource::{all_of, find_in};
use crate::service::{Service, alternate, internal};
use crate::slurm::settings::{Scope, superseded_by};

impl Service {
    pub(super) async fn plan_create_queue(
        &self,
        ctx: &Ctx,
        input: &CreateQueueRequest,
    ) -> Result<Plan> {
        let cluster = self.may_create_queue(ctx, input).await?;
        let mut held = self.reader().await?;
        let row = self
            .created_queue(ctx.language, &mut held, &cluster, input)
            .await?;
        drop(held);
        let groups = self.groups(&cluster).await?;
        Ok(Plan {
            changes: diff(&Value::Null, &view(&row.spec, &groups)),
            warnings: superseded(&cluster, &row.spec),
            ..Plan::default()
        })
    }

    pub(super) async fn plan_update_queue(
        &self,
        ctx: &Ctx,
        input: &UpdateQueueRequest,
    ) -> Result<Plan> {
        let (cluster, found) = self.may_update_queue(ctx, input).await?;
        let mut held = self.reader().await?;
        let (before, after) = self
            .updated_queue(ctx.language, &mut held, &cluster, &found, input)
            .await?;
        drop(held);
        let groups = self.groups(&cluster).await?;
        let mut plan = Plan {
            changes: diff(&view(&before.spec, &groups), &view(&after.spec, &groups)),
            warnings: superseded(&cluster, &after.spec),
            ..Plan::default()
        };
        self.put_queue_jobs(&mut plan, &cluster, &before, JobEffect::Untouched)
            .await;
        conclude_update(&mut plan, &before.spec, &after.spec);
        Ok(plan)
    }

    pub(super) async fn plan_delete_queue(
        &self,
        ctx: &Ctx,
        input: &DeleteQueueRequest,
    ) -> Result<Plan> {
        self.may_delete_queue(ctx, input).await?;
        let mut held = self.reader().await?;
        let cluster = there(&mut held, &input.cluster_identifier).await?;
        let deletable = deletable_queue(ctx.language, &mut held, &cluster, input).await;
        drop(held);
        let row = match deletable {
            Ok(row) => row,
            Err(refusal) if super::is_of_the_operation(&refusal) => {
                return self.undeletable_queue(&cluster, input, refusal).await;
            }
            Err(error) => return Err(error),
        };
        let mut plan = Plan::default();
        plan.nodes.ending = self.nodes_of_no_other_queue(&cluster, &row).await?;
        self.put_queue_jobs(&mut plan, &cluster, &row, JobEffect::Cancelled)
            .await;
        Ok(plan)
    }

    /// With the queues that stand in the way.
    async fn undeletable_queue(
        &self,
        cluster: &ClusterRow,
        input: &DeleteQueueRequest,
        refusal: Error,
    ) -> Result<Plan> {
        let mut held = self.reader().await?;
        let held = &mut held;
        let row = find_in(&mut *held, cluster, &input.queue_identifier).await?;
        let queues = all_of(held, &cluster.id).await?;
        let named = |q: &QueueRow| Named {
            kind: Kind::Queue,
            id: q.id.clone(),
            name: q.name.clone(),
        };
        let naming = alternate::naming(&queues, &row);
        Ok(Plan {
            in_the_way: naming.into_iter().map(named).collect(),
            ..Plan::refused(refusal)
        })
    }

    /// Nodes with an instance that the queue's end leaves without a use.
    async fn nodes_of_no_other_queue(
        &self,
        cluster: &ClusterRow,
        queue: &QueueRow,
    ) -> Result<Vec<String>> {
        let queues: Vec<QueueRow> = resource::list(self.parts.db.pool(), Some(&cluster.id))
            .await
            .map_err(internal)?;
        let groups = self.groups(cluster).await?;
        let own = groups_of_its_own(queue, &queues, &groups);
        let live = instance::live(self.parts.db.pool(), &cluster.id)
            .await
            .map_err(internal)?;
        let of_own = |row: &InstanceRow| own.iter().any(|g| g.id == row.compute_node_group_id);
        Ok(live
            .into_iter()
            .filter(of_own)
            .map(|row| row.node_name)
            .collect())
    }

    async fn put_queue_jobs(
        &self,
        plan: &mut Plan,
        cluster: &ClusterRow,
        queue: &QueueRow,
        effect: JobEffect,
    ) {
        let snapshot = self.seen_now(&cluster.id).await;
        // A job may wait in several queues.
        let of_queue =
            |job: &&Job| job.ended_at == 0 && job.queue.split(',').any(|name| name == queue.name);
        let jobs = snapshot.jobs.iter().filter(of_queue);
        put_jobs(plan, jobs.map(|job| impact(job, effect)).collect());
        plan.warnings.extend(self.silent(cluster).await);
    }

    pub(in crate::service) async fn groups(
        &self,
        cluster: &ClusterRow,
    ) -> Result<Vec<ComputeNodeGroupRow>> {
        resource::list(self.parts.db.pool(), Some(&cluster.id))
            .await
            .map_err(internal)
    }
}

/// A queue's spec as its diff shows it: groups by name.
pub(in crate::service) fn view(spec: &QueueSpec, groups: &[ComputeNodeGroupRow]) -> Value {
    let slurm = spec.slurm.clone().unwrap_or_default();
    json!({
        "computeNodeGroupConfigurations": group_names(&spec.plain(), groups),
        "slurmConfiguration": {
            "slurmCustomSettings": settings_by_name(Scope::Queue, slurm.slurm_custom_settings.as_ref()),
        },
    })
}

/// The names of a queue's groups; a group that is gone keeps its id.
pub(in crate::service) fn group_names(
    spec: &QueueSpec,
    groups: &[ComputeNodeGroupRow],
) -> Vec<String> {
    let ids = spec.groups.iter();
    ids.filter_map(|g| g.compute_node_group_id.clone())
        .map(|id| {
            let group = groups.iter().find(|g| g.id == id);
            group.map_or(id, |g| g.name.clone())
        })
        .collect()
}

/// The settings that a later Slurm has another one for.
fn superseded(cluster: &ClusterRow, queue: &QueueSpec) -> Vec<Warning> {
    let settings = queue.slurm.as_ref();
    let settings = settings.and_then(|slurm| slurm.slurm_custom_settings.as_ref());
    let version = &cluster.spec.scheduler.version;
    let warning = |given: &SlurmCustomSetting| {
        let by = superseded_by(version, &given.parameter_name)?;
        Some(Warning::Superseded {
            setting: given.parameter_name.clone(),
            by: by.to_owned(),
        })
    };
    settings.into_iter().flatten().filter_map(warning).collect()
}
