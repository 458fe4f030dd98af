//! Plans of compute node groups (N15, N16).

use std::collections::HashSet;

use app::model::catalogue::Catalogue;
use app::model::compute_node_group::*;
use app::model::error::Result;
use app::model::live::Kind;
use app::model::node_name::node_names;
use app::model::plan::*;
use app::port::Ctx;
use openpcs_provider::{Instance, Profile, State};
use serde_json::{Value, json};

use super::diff::diff;
use super::nodes::{Change, job_effects, put_jobs};
use super::{conclude_update, settings_by_name};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::resource::Meaning;
use crate::db::{instance, now, resource};
use crate::live::observed::Snapshot;
use crate::plan::node::Seen;
use crate::plan::node::in_force;
use crate::service::cluster::there;
use crate::service::compute_node_group::{deletable_group, queues_of};
use crate::service::resource::find_in;
use crate::service::{Service, internal};
use crate::slurm::settings::Scope;

impl Service {
    pub(super) async fn plan_create_group(
        &self,
        ctx: &Ctx,
        input: &CreateComputeNodeGroupRequest,
    ) -> Result<Plan> {
        let (cluster, offers) = self.may_create_group(ctx, input).await?;
        let mut held = self.reader().await?;
        let row = self
            .created_group(ctx.language, &mut held, &cluster, &offers, input)
            .await?;
        drop(held);
        self.plan_group(&cluster, None, Some((&row, &offers))).await
    }

    pub(super) async fn plan_update_group(
        &self,
        ctx: &Ctx,
        input: &UpdateComputeNodeGroupRequest,
    ) -> Result<Plan> {
        let (cluster, found, offers) = self.may_update_group(ctx, input).await?;
        let mut held = self.reader().await?;
        let (before, after) = self
            .updated_group(ctx.language, &mut held, &cluster, &found, &offers, input)
            .await?;
        drop(held);
        let mut plan = self
            .plan_group(&cluster, Some(&before), Some((&after, &offers)))
            .await?;
        conclude_update(&mut plan, &before.spec, &after.spec);
        Ok(plan)
    }

    pub(super) async fn plan_delete_group(
        &self,
        ctx: &Ctx,
        input: &DeleteComputeNodeGroupRequest,
    ) -> Result<Plan> {
        self.may_delete_group(ctx, input).await?;
        let mut held = self.reader().await?;
        let cluster = there(&mut held, &input.cluster_identifier).await?;
        let deletable = deletable_group(ctx.language, &mut held, &cluster, input).await;
        match deletable {
            Ok(row) => {
                drop(held);
                self.plan_group(&cluster, Some(&row), None).await
            }
            Err(refusal) if super::is_of_the_operation(&refusal) => {
                let identifier = &input.compute_node_group_identifier;
                let held = &mut held;
                let row = find_in(&mut *held, &cluster, identifier).await?;
                let queues = queues_of(held, &row).await?;
                let named = |q: &crate::db::queue::QueueRow| Named {
                    kind: Kind::Queue,
                    id: q.id.clone(),
                    name: q.name.clone(),
                };
                Ok(Plan {
                    in_the_way: queues.iter().map(named).collect(),
                    ..Plan::refused(refusal)
                })
            }
            Err(error) => Err(error),
        }
    }

    /// What follows when a group's row changes from one to the other, which names those offers.
    async fn plan_group(
        &self,
        cluster: &ClusterRow,
        before: Option<&ComputeNodeGroupRow>,
        after: Option<(&ComputeNodeGroupRow, &Catalogue)>,
    ) -> Result<Plan> {
        let (after, offers) = after.unzip();
        let mut plan = Plan::default();
        if let Some(after) = after {
            let old = before.map_or(Value::Null, |row| view(&row.spec.settings));
            plan.changes = diff(&old, &view(&after.spec.settings));
        }
        let snapshot = self.seen_now(&cluster.id).await;
        let seen = self.seen(cluster, &snapshot).await?;
        let change = Change {
            before: in_force(&before.cloned().into_iter().collect::<Vec<_>>()),
            after: in_force(&after.map(applied).into_iter().collect::<Vec<_>>()),
            seen,
            jobs: &snapshot.jobs,
        };
        plan.nodes = change.nodes();
        let all = before.map_or_else(HashSet::new, nodes_in_force);
        let running = change.seen.instances.iter();
        let running = running.filter(|i| all.contains(&i.node_name)).count();
        let touched = plan.nodes.ending.len()
            + plan.nodes.replaced_now.len()
            + plan.nodes.replaced_after_jobs.len();
        if running > touched {
            plan.stays.push(Stay::Nodes {
                count: running - touched,
            });
        }
        let gone = match after {
            Some(_) => JobEffect::Requeued,
            None => JobEffect::Cancelled,
        };
        let jobs = job_effects(&snapshot.jobs, &plan.nodes, &all, gone);
        put_jobs(&mut plan, jobs);
        plan.quotas = vec![self.instances(cluster, before, after).await?];
        if let (Some(after), Some(offers)) = (after, offers) {
            put_addresses(&mut plan, offers, before, after, running);
        }
        plan.warnings.extend(self.silent(cluster).await);
        Ok(plan)
    }

    /// Instances as they will be once they have booted, and taken as alive: what happens to those that fail is no
    /// part of a plan.
    async fn seen(&self, cluster: &ClusterRow, snapshot: &Snapshot) -> Result<Seen> {
        let mut instances = instance::live(self.parts.db.pool(), &cluster.id)
            .await
            .map_err(internal)?;
        let now = now();
        for row in &mut instances {
            row.registered_at.get_or_insert(now);
            row.ready_at.get_or_insert(now);
        }
        let alive = |row: &instance::InstanceRow| Instance {
            id: row.id.clone(),
            state: State::Running,
            addresses: vec![],
            health: Default::default(),
        };
        Ok(Seen {
            // What a group owns comes by itself, and so does what an upgrade has left.
            profile: Profile {
                owns_resources: false,
                brings_slurm: false,
                ..self.parts.provider.profile()
            },
            slurm_version: cluster.slurm_version().to_owned(),
            owned: vec![],
            closed: Default::default(),
            looked_at: now,
            missing: Default::default(),
            provider: instances.iter().map(alive).collect(),
            instances,
            ended: vec![],
            set_aside: false,
            nodes: snapshot.nodes.to_vec(),
            told_to_register: Default::default(),
            stranded: Default::default(),
            powering_up: Default::default(),
            rebooting: Default::default(),
            now,
        })
    }

    async fn instances(
        &self,
        cluster: &ClusterRow,
        before: Option<&ComputeNodeGroupRow>,
        after: Option<&ComputeNodeGroupRow>,
    ) -> Result<QuotaUse> {
        let groups: Vec<ComputeNodeGroupRow> =
            resource::list(self.parts.db.pool(), Some(&cluster.id))
                .await
                .map_err(internal)?;
        let max = |row: &ComputeNodeGroupRow| row.spec.most();
        let used: i64 = groups.iter().map(max).sum();
        Ok(QuotaUse {
            quota: Quota::Instances,
            before: used,
            after: used - before.map_or(0, max) + after.map_or(0, max),
            limit: cluster.spec.size.max_instances(),
        })
    }
}

/// As it is once Slurm has taken it.
fn applied(row: &ComputeNodeGroupRow) -> ComputeNodeGroupRow {
    ComputeNodeGroupRow {
        applied_spec: Some(row.spec.clone()),
        ..row.clone()
    }
}

fn nodes_in_force(row: &ComputeNodeGroupRow) -> HashSet<String> {
    let in_force = row.applied_spec.as_ref().unwrap_or(&row.spec);
    node_names(&row.name, in_force.most()).collect()
}

/// The most instances that may start, against what the subnets have left.
fn put_addresses(
    plan: &mut Plan,
    offers: &Catalogue,
    before: Option<&ComputeNodeGroupRow>,
    after: &ComputeNodeGroupRow,
    running: usize,
) {
    let same = before.is_some_and(|row| {
        let (is, to_be) = (&row.spec.settings, &after.spec.settings);
        is.subnet_ids == to_be.subnet_ids && is.scaling_configuration == to_be.scaling_configuration
    });
    if same {
        return;
    }
    let running = i64::try_from(running).unwrap_or(i64::MAX);
    let needed = (after.spec.most() - running).max(0);
    let of_group = |id: &String| offers.subnets.iter().find(|s| s.id == *id);
    let uses = after.spec.settings.subnet_ids.iter().filter_map(of_group);
    plan.addresses = uses
        .map(|subnet| AddressUse {
            subnet_id: subnet.id.clone(),
            free: subnet.free_addresses,
            needed,
        })
        .collect();
    let free = plan.addresses.iter().map(|a| a.free).sum();
    if free < needed {
        plan.warnings.push(Warning::FewAddresses { free, needed });
    }
}

/// A group's settings as a diff shows them: types by name, and Slurm's settings with a line for each.
fn view(settings: &GroupSettings) -> Value {
    let plain = settings.plain();
    let slurm = plain.slurm_configuration.clone().unwrap_or_default();
    let mut view = json!(plain);
    view["instanceConfigs"] = json!(plain.type_names());
    view["slurmConfiguration"] = json!({
        "scaleDownIdleTimeInSeconds": slurm.scale_down_idle_time_in_seconds,
        "slurmCustomSettings": settings_by_name(Scope::NodeGroup, settings.slurm_settings()),
        "gresCustomSettings": slurm.gres_custom_settings,
    });
    view
}
