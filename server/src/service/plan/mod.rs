//! What an operation would do (X3): its own checks, on a connection without a transaction, and then what follows from
//! the row that it would write. Nothing is written.

mod cluster;
mod compute_node_group;
mod diff;
mod nodes;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use app::model::error::{Error, ErrorKind, Result};
use app::model::plan::{FieldChange, Plan, PlanRequest, Stay, Warning};
use app::model::setting::SlurmCustomSetting;
use app::port::{Ctx, Plans};
use async_trait::async_trait;

pub(super) use self::queue::group_names;
use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::connection::Connection;
use crate::db::now;
use crate::db::resource::Meaning;
use crate::db::server::{self, ServerRow};
use crate::fault::internal;
use crate::live::observed::Snapshot;
use crate::slurm::settings::Scope;

/// A plan waits so long for Slurm at most.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

#[async_trait]
impl Plans for Service {
    async fn plan(&self, ctx: &Ctx, request: PlanRequest) -> Result<Plan> {
        let outcome = match &request {
            PlanRequest::CreateCluster(input) => self.plan_create_cluster(ctx, input).await,
            PlanRequest::UpdateCluster(input) => self.plan_update_cluster(ctx, input).await,
            PlanRequest::DeleteCluster(input) => self.plan_delete_cluster(ctx, input).await,
            PlanRequest::CreateComputeNodeGroup(input) => self.plan_create_group(ctx, input).await,
            PlanRequest::UpdateComputeNodeGroup(input) => self.plan_update_group(ctx, input).await,
            PlanRequest::DeleteComputeNodeGroup(input) => self.plan_delete_group(ctx, input).await,
            PlanRequest::CreateQueue(input) => self.plan_create_queue(ctx, input).await,
            PlanRequest::UpdateQueue(input) => self.plan_update_queue(ctx, input).await,
            PlanRequest::DeleteQueue(input) => self.plan_delete_queue(ctx, input).await,
        };
        match outcome {
            Err(error) if is_of_the_operation(&error) => Ok(Plan::refused(error)),
            outcome => outcome,
        }
    }
}

impl Service {
    /// For checks that read; they get the same kind of connection inside the operation's transaction.
    async fn reader(&self) -> Result<Connection> {
        self.parts.db.pool().acquire().await.map_err(internal)
    }

    /// What Slurm says of the cluster now: a job that started a moment ago is in the plan. What was seen last where
    /// Slurm is busy or silent.
    async fn seen_now(&self, cluster_id: &str) -> Arc<Snapshot> {
        let asked = now();
        let mut looks = self.parts.observed.subscribe(cluster_id);
        if looks.borrow().asked_at == 0 {
            return self.parts.observed.latest(cluster_id);
        }
        self.look_again(cluster_id);
        let fresh = looks.wait_for(|seen| seen.asked_at >= asked && seen.jobs_asked_at >= asked);
        match tokio::time::timeout(LONGEST_LOOK, fresh).await {
            Ok(Ok(seen)) => seen.clone(),
            _ => self.parts.observed.latest(cluster_id),
        }
    }

    /// Whether jobs and nodes are known, said where they are not, with the server that knows them.
    async fn silent(&self, cluster: &ClusterRow) -> Option<Warning> {
        let (owner, own) = (cluster.server(), &self.parts.server.id);
        if !owner.is_empty() && owner != own {
            let other = server::find(self.parts.db.pool(), owner).await;
            if let Ok(Some(ServerRow { host, url, .. })) = other {
                return Some(Warning::Elsewhere { host, url });
            }
        }
        let is_silent = self.parts.observed.latest(&cluster.id).asked_at == 0;
        is_silent.then_some(Warning::SlurmSilent)
    }
}

/// A refusal that belongs into the plan. Who may not do the operation may not see its plan either.
fn is_of_the_operation(error: &Error) -> bool {
    !matches!(
        error.kind,
        ErrorKind::AccessDenied | ErrorKind::Throttling { .. } | ErrorKind::Internal
    )
}

/// What an update leaves alone, and whether it does anything at all: what means the same as before changes nothing,
/// however it is spelled.
fn conclude_update<S: Meaning>(plan: &mut Plan, before: &S, after: &S) {
    if before.means(after) {
        plan.changes.clear();
        plan.warnings.push(Warning::NothingChanges);
        return;
    }
    plan.stays.push(Stay::Submissions);
    let of_slurm = |change: &FieldChange| change.path.contains("CustomSettings");
    if plan.changes.iter().any(of_slurm) {
        plan.stays.push(Stay::SettingsInForce);
    }
}

/// Settings by their names in Slurm's own spelling, so that a diff shows one line for each, and none for another spelling.
fn settings_by_name(scope: Scope, settings: Option<&Vec<SlurmCustomSetting>>) -> serde_json::Value {
    let pairs = settings.into_iter().flatten();
    let name = |given: &SlurmCustomSetting| {
        let known = scope.find(&given.parameter_name).map(|known| known.name);
        known.map_or_else(|| given.parameter_name.clone(), str::to_owned)
    };
    pairs
        .map(|s| (name(s), s.parameter_value.clone().into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests;
