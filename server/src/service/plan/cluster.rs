//! Plans of clusters (C11, C12).

use app::model::cluster::*;
use app::model::error::Result;
use app::model::limits;
use app::model::live::Kind;
use app::model::plan::*;
use app::port::Ctx;
use app::rules::ports;
use serde_json::{Value, json};

use super::diff::diff;
use super::nodes::{impact, put_jobs};
use super::{conclude_update, settings_by_name};
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::resource;
use crate::db::resource::Meaning;
use crate::service::cluster::{contents, deletable_cluster, there, updated_cluster};
use crate::service::{Service, internal};
use crate::slurm::settings::Scope;

impl Service {
    pub(super) async fn plan_create_cluster(
        &self,
        ctx: &Ctx,
        input: &CreateClusterRequest,
    ) -> Result<Plan> {
        let may = self.may_create_cluster(ctx, input).await?;
        let offers = &may.offers;
        let mut held = self.reader().await?;
        let row = self
            .created_cluster(ctx.language, &mut held, &may, input)
            .await?;
        drop(held);
        let groups = row.spec.networking.security_group_ids.iter().flatten();
        let groups: Vec<String> = groups.cloned().collect();
        let (accounting, rest) = (row.spec.slurm.has_accounting(), row.spec.slurm.has_rest());
        let lack = ports::lack(&groups, &offers.security_groups, accounting, rest);
        let subnets = row.spec.networking.subnet_ids.iter().flatten();
        let known = subnets.filter_map(|id| offers.subnets.iter().find(|s| s.id == *id));
        Ok(Plan {
            changes: diff(&Value::Null, &view(&row.spec)),
            quotas: vec![self.clusters(1).await?],
            // The controller's network interface.
            addresses: known
                .map(|subnet| AddressUse {
                    subnet_id: subnet.id.clone(),
                    free: subnet.free_addresses,
                    needed: 1,
                })
                .collect(),
            warnings: lack.map(closed_ports).into_iter().collect(),
            ..Plan::default()
        })
    }

    pub(super) async fn plan_update_cluster(
        &self,
        ctx: &Ctx,
        input: &UpdateClusterRequest,
    ) -> Result<Plan> {
        let may = self.may_update_cluster(ctx, input).await?;
        let found = &may.found;
        let mut held = self.reader().await?;
        let (before, after) = updated_cluster(ctx.language, &mut held, &may, input).await?;
        let mut plan = Plan {
            changes: diff(&view(&before.spec), &view(&after.spec)),
            ..Plan::default()
        };
        drop(held);
        let snapshot = self.seen_now(&found.id).await;
        let alive = snapshot.jobs.iter().filter(|job| job.ended_at == 0);
        let jobs = alive.map(|job| impact(job, JobEffect::Untouched)).collect();
        put_jobs(&mut plan, jobs);
        plan.warnings.extend(self.silent(found).await);
        let to = &after.spec.scheduler.version;
        if *to != before.spec.scheduler.version {
            plan.warnings.extend(self.images_without(found, to).await?);
        }
        conclude_update(&mut plan, &before.spec, &after.spec);
        Ok(plan)
    }

    pub(super) async fn plan_delete_cluster(
        &self,
        ctx: &Ctx,
        input: &DeleteClusterRequest,
    ) -> Result<Plan> {
        self.may_delete_cluster(ctx, &input.cluster_identifier)
            .await?;
        let mut held = self.reader().await?;
        match deletable_cluster(ctx.language, &mut held, input).await {
            Ok(_) => {
                drop(held);
                Ok(Plan {
                    quotas: vec![self.clusters(-1).await?],
                    ..Plan::default()
                })
            }
            Err(refusal) if super::is_of_the_operation(&refusal) => {
                let row = there(&mut held, &input.cluster_identifier).await?;
                let (groups, queues) = contents(&mut held, &row).await?;
                let queues = queues.into_iter().map(|q| (Kind::Queue, q.id, q.name));
                let groups = groups.into_iter();
                let groups = groups.map(|g| (Kind::ComputeNodeGroup, g.id, g.name));
                let named = |(kind, id, name)| Named { kind, id, name };
                Ok(Plan {
                    in_the_way: queues.chain(groups).map(named).collect(),
                    ..Plan::refused(refusal)
                })
            }
            Err(error) => Err(error),
        }
    }

    /// So many clusters more.
    async fn clusters(&self, more: i64) -> Result<QuotaUse> {
        let all: Vec<ClusterRow> = resource::list(self.parts.db.pool(), None)
            .await
            .map_err(internal)?;
        let before = i64::try_from(all.len()).map_err(internal)?;
        Ok(QuotaUse {
            quota: Quota::Clusters,
            before,
            after: before + more,
            limit: limits::CLUSTERS,
        })
    }
}

fn closed_ports(lack: ports::Lack) -> Warning {
    Warning::ClosedPorts {
        ports: lack.ports,
        remedy: lack.remedy,
    }
}

/// A cluster's spec as its diff shows it, without what the service made.
pub(in crate::service) fn view(spec: &ClusterSpec) -> Value {
    let settings = settings_by_name(Scope::Cluster, spec.slurm.slurm_custom_settings.as_ref());
    let spec = spec.plain();
    let slurm = &spec.slurm;
    json!({
        "scheduler": spec.scheduler,
        "size": spec.size,
        "networking": spec.networking,
        "slurmConfiguration": {
            "scaleDownIdleTimeInSeconds": slurm.scale_down_idle_time_in_seconds,
            "slurmCustomSettings": settings,
            "slurmdbdCustomSettings": slurm.slurmdbd_custom_settings,
            "cgroupCustomSettings": slurm.cgroup_custom_settings,
            "jobSubmitPlugins": slurm.job_submit_plugins,
            "accounting": slurm.accounting,
            "slurmRest": slurm.slurm_rest,
        },
    })
}
