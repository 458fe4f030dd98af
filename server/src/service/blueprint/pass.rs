//! One pass over a document: cluster, then groups, then queues, then deliveries of logs, then what is to go.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::model::apply::{ApplyAction, ApplyOutcome, ApplyRequest, ApplyState, ApplyStep};
use app::model::blueprint::{Blueprint, GroupBlueprint, QueueBlueprint};
use app::model::compute_node_group::DeleteComputeNodeGroupRequest;
use app::model::error::{Error, ErrorKind, Result};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::plan::{FieldChange, Plan, PlanRequest};
use app::model::queue::DeleteQueueRequest;
use app::model::status::Status;
use app::model::tag::{TagResourceRequest, UntagResourceRequest};
use app::port::{Clusters, ComputeNodeGroups, Ctx, Plans, Queues, Tags};

use super::compare::{cluster_is_as, group_is_as, queue_is_as};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::resource::{self, Row};
use crate::service::resource::{Resource, refused};
use crate::service::{Service, alternate, internal};

pub struct Pass<'a> {
    pub service: &'a Service,
    pub ctx: &'a Ctx,
    pub blueprint: &'a Blueprint,
    pub request: &'a ApplyRequest,
}

/// What is there.
pub(super) struct There {
    pub(super) cluster: Arc<ClusterRow>,
    groups: Vec<ComputeNodeGroupRow>,
    queues: Vec<QueueRow>,
}

impl Pass<'_> {
    pub async fn run(&self) -> Result<ApplyOutcome> {
        let there = self.look().await?;
        let mut steps = vec![self.cluster(there.as_ref()).await?];
        for (i, group) in self.blueprint.compute_node_groups.iter().enumerate() {
            steps.push(self.group(there.as_ref(), i, group).await?);
        }
        for (i, queue) in self.blueprint.queues.iter().enumerate() {
            steps.push(self.queue(there.as_ref(), i, queue).await?);
        }
        steps.extend(self.deliveries(there.as_ref()).await?);
        if let (true, Some(there)) = (self.request.prune, &there) {
            steps.extend(self.superfluous(there).await?);
        }
        Ok(ApplyOutcome {
            cluster_name: self.blueprint.cluster.name.clone(),
            cluster_id: self.look().await?.map(|there| there.cluster.id.clone()),
            steps,
        })
    }

    async fn look(&self) -> Result<Option<There>> {
        let name = &self.blueprint.cluster.name;
        let cluster = match self
            .service
            .cluster_for(self.ctx, Operation::GetCluster, name)
            .await
        {
            Ok(cluster) => cluster,
            Err(e) if matches!(e.kind, ErrorKind::ResourceNotFound { .. }) => return Ok(None),
            Err(e) => return Err(e),
        };
        let pool = self.service.parts.db.pool();
        let groups = resource::list(pool, Some(&cluster.id)).await;
        let queues = resource::list(pool, Some(&cluster.id)).await;
        Ok(Some(There {
            groups: groups.map_err(internal)?,
            queues: queues.map_err(internal)?,
            cluster,
        }))
    }

    async fn cluster(&self, there: Option<&There>) -> Result<ApplyStep> {
        let wanted = &self.blueprint.cluster;
        let step = |action, state| step(Kind::Cluster, &wanted.name, action, state);
        let Some(There { cluster: row, .. }) = there else {
            let request = PlanRequest::CreateCluster(wanted.create());
            return self
                .act(step(ApplyAction::Create, ApplyState::Planned), request)
                .await;
        };
        let arn = self.service.parts.arns.cluster(&row.id);
        let same = match cluster_is_as(wanted, row) {
            Ok(same) => same,
            Err(error) => return Ok(step(ApplyAction::Update, ApplyState::Refused { error })),
        };
        let request = PlanRequest::UpdateCluster(wanted.update(&row.id));
        self.update(step, row, same, request, &arn, wanted.tags.as_ref())
            .await
    }

    async fn group(
        &self,
        there: Option<&There>,
        index: usize,
        wanted: &GroupBlueprint,
    ) -> Result<ApplyStep> {
        let step = |action, state| step(Kind::ComputeNodeGroup, &wanted.name, action, state);
        let Some(there) = there.filter(|t| t.cluster.status.can_be_used()) else {
            return Ok(step(ApplyAction::Create, self.waiting_for_cluster()));
        };
        let cluster = &there.cluster;
        let Some(row) = there.groups.iter().find(|g| g.name == wanted.name) else {
            let request = PlanRequest::CreateComputeNodeGroup(wanted.create(&cluster.id));
            return self
                .act(step(ApplyAction::Create, ApplyState::Planned), request)
                .await;
        };
        let arn = self
            .service
            .parts
            .arns
            .compute_node_group(&cluster.id, &row.id);
        let same = match group_is_as(wanted, row) {
            Ok(same) => same,
            Err(error) => {
                let error = at(error, &format!("computeNodeGroups[{index}]"));
                return Ok(step(ApplyAction::Update, ApplyState::Refused { error }));
            }
        };
        let request = PlanRequest::UpdateComputeNodeGroup(wanted.update(&cluster.id, &row.id));
        self.update(step, row, same, request, &arn, wanted.tags.as_ref())
            .await
    }

    async fn queue(
        &self,
        there: Option<&There>,
        index: usize,
        wanted: &QueueBlueprint,
    ) -> Result<ApplyStep> {
        let step = |action, state| step(Kind::Queue, &wanted.name, action, state);
        let usable = there.filter(|t| t.cluster.status.can_be_used());
        let groups = usable.map_or(&[][..], |t| &t.groups);
        if let Some(unknown) = self.unknown_group(wanted, groups) {
            let message =
                format!("Neither the document nor the cluster has a compute node group {unknown}.");
            let error = Error::field(format!("queues[{index}].computeNodeGroups"), message);
            return Ok(step(ApplyAction::Create, ApplyState::Refused { error }));
        }
        let Some(there) = usable else {
            return Ok(step(ApplyAction::Create, self.waiting_for_cluster()));
        };
        let row = there.queues.iter().find(|q| q.name == wanted.name);
        let action = row.map_or(ApplyAction::Create, |_| ApplyAction::Update);
        let found = |name: &String| groups.iter().find(|g| g.name == *name);
        let is_ready = |name: &&String| found(name).is_some_and(|g| g.status.can_be_used());
        let names = wanted.compute_node_groups.iter();
        let (ready, missing): (Vec<&String>, Vec<&String>) = names.partition(is_ready);
        let hopeless = missing.iter().find_map(|name| kept_in_vain(found(name)?));
        if let Some(error) = hopeless {
            return Ok(step(action, ApplyState::Refused { error }));
        }
        if !missing.is_empty() {
            let on = missing.into_iter().cloned().collect();
            return Ok(step(action, self.waiting(on)));
        }
        if let Some(alternate) = self.alternate_to_come(wanted, &there.queues) {
            return Ok(step(action, self.waiting(vec![alternate.into()])));
        }
        let ids: Vec<String> = ready
            .into_iter()
            .filter_map(|n| Some(found(n)?.id.clone()))
            .collect();
        let cluster = &there.cluster;
        let Some(row) = row else {
            let request = PlanRequest::CreateQueue(wanted.create(&cluster.id, &ids));
            return self.act(step(action, ApplyState::Planned), request).await;
        };
        let arn = self.service.parts.arns.queue(&cluster.id, &row.id);
        let same = queue_is_as(wanted, row, &ids);
        let request = PlanRequest::UpdateQueue(wanted.update(&cluster.id, &row.id, &ids));
        self.update(step, row, same, request, &arn, wanted.tags.as_ref())
            .await
    }

    fn unknown_group<'q>(
        &self,
        queue: &'q QueueBlueprint,
        groups: &[ComputeNodeGroupRow],
    ) -> Option<&'q String> {
        let of_document = &self.blueprint.compute_node_groups;
        queue.compute_node_groups.iter().find(|name| {
            !of_document.iter().any(|g| g.name == **name)
                && !groups.iter().any(|g| g.name == **name)
        })
    }

    /// The alternate that the queue names, while it is only in the document. Where queues wait for each other in a circle
    /// nobody waits: the service says what is wrong.
    fn alternate_to_come<'q>(
        &'q self,
        queue: &'q QueueBlueprint,
        there: &[QueueRow],
    ) -> Option<&'q str> {
        let to_come = |queue: &'q QueueBlueprint| {
            let slurm = queue.slurm_configuration.as_ref()?;
            let (_, name) = slurm.alternate()?;
            let of_document = self.blueprint.queues.iter().find(|q| q.name == name);
            of_document.filter(|_| !there.iter().any(|row| row.name == name))
        };
        let first = to_come(queue)?;
        let mut chain = vec![queue.name.as_str()];
        let mut next = Some(first);
        while let Some(one) = next {
            if chain.contains(&one.name.as_str()) {
                return None;
            }
            chain.push(&one.name);
            next = to_come(one);
        }
        Some(&first.name)
    }

    /// Groups and queues that the document does not name: first the queues, then the groups that no queue uses.
    async fn superfluous(&self, there: &There) -> Result<Vec<ApplyStep>> {
        let mut steps = vec![];
        let cluster_id = &there.cluster.id;
        let queues = &self.blueprint.queues;
        let superfluous = |row: &&QueueRow| !queues.iter().any(|q| q.name == row.name);
        for row in there.queues.iter().filter(superfluous) {
            let request = PlanRequest::DeleteQueue(DeleteQueueRequest {
                cluster_identifier: cluster_id.clone(),
                queue_identifier: row.id.clone(),
                client_token: None,
            });
            let step = step(
                Kind::Queue,
                &row.name,
                ApplyAction::Delete,
                ApplyState::Planned,
            );
            // Those that name it and go too have to be gone. What stays and names it is the service's to refuse, as is a
            // circle, which would wait for ever.
            let mut going = vec![];
            if !alternate::is_in_a_circle(&there.queues, row) {
                let naming = alternate::naming(&there.queues, row).into_iter();
                going.extend(naming.filter(superfluous).map(|q| q.name.clone()));
            }
            steps.push(self.delete(step, row, going, request).await?);
        }
        let groups = &self.blueprint.compute_node_groups;
        let superfluous = |row: &&ComputeNodeGroupRow| !groups.iter().any(|g| g.name == row.name);
        for row in there.groups.iter().filter(superfluous) {
            let users = there.queues.iter().filter(|q| q.spec.uses(&row.id));
            let users = users.map(|q| q.name.clone()).collect();
            let request = PlanRequest::DeleteComputeNodeGroup(DeleteComputeNodeGroupRequest {
                cluster_identifier: cluster_id.clone(),
                compute_node_group_identifier: row.id.clone(),
                client_token: None,
            });
            let kind = Kind::ComputeNodeGroup;
            let step = step(kind, &row.name, ApplyAction::Delete, ApplyState::Planned);
            steps.push(self.delete(step, row, users, request).await?);
        }
        Ok(steps)
    }

    async fn delete<S: Resource>(
        &self,
        mut step: ApplyStep,
        row: &Row<S>,
        users: Vec<String>,
        request: PlanRequest,
    ) -> Result<ApplyStep> {
        if let Some(error) = self.failed_since(row) {
            step.state = ApplyState::Refused { error };
        } else if row.status == Status::Deleting {
            step.state = self.waiting(vec![step.name.clone()]);
        } else if !users.is_empty() {
            step.state = self.waiting(users);
        } else {
            step = self.act(step, request).await?;
            // A delete has come to its end when the next pass does not find the resource.
            if step.state == ApplyState::Begun {
                step.state = self.waiting(vec![step.name.clone()]);
            }
        }
        Ok(step)
    }

    /// A resource that is there: nothing to do, something to wait for, or an update.
    async fn update<S: Resource>(
        &self,
        step: impl Fn(ApplyAction, ApplyState) -> ApplyStep,
        row: &Row<S>,
        same: bool,
        request: PlanRequest,
        arn: &str,
        wanted_tags: Option<&BTreeMap<String, String>>,
    ) -> Result<ApplyStep> {
        let tags = self.service.tags(arn).await?;
        let same_tags = wanted_tags.is_none_or(|wanted| *wanted == tags);
        if same && same_tags {
            return Ok(step(ApplyAction::Keep, kept(row)));
        }
        if !same {
            let hopeless = self.failed_since(row).or_else(|| kept_in_vain(row));
            if let Some(error) = hopeless {
                return Ok(step(ApplyAction::Update, ApplyState::Refused { error }));
            }
            if !row.status.can_update() {
                let state = self.waiting(vec![row.name.clone()]);
                return Ok(step(ApplyAction::Update, state));
            }
        }
        let mut step = step(ApplyAction::Update, ApplyState::Planned);
        if !same {
            step = self.act(step, request).await?;
        }
        let Some(wanted) = wanted_tags.filter(|_| !same_tags) else {
            return Ok(step);
        };
        if self.request.dry_run {
            let plan = step.plan.get_or_insert_with(Plan::default);
            plan.changes.extend(tag_changes(&tags, wanted));
        } else if !matches!(step.state, ApplyState::Refused { .. }) {
            step.state = match self.put_tags(arn, &tags, wanted).await {
                Ok(()) => ApplyState::Begun,
                Err(error) => ApplyState::Refused { error },
            };
        }
        Ok(step)
    }

    async fn put_tags(
        &self,
        arn: &str,
        are: &BTreeMap<String, String>,
        wanted: &BTreeMap<String, String>,
    ) -> Result<()> {
        let gone: Vec<String> = are
            .keys()
            .filter(|k| !wanted.contains_key(*k))
            .cloned()
            .collect();
        if !gone.is_empty() {
            let untag = UntagResourceRequest {
                resource_arn: arn.into(),
                tag_keys: gone,
            };
            self.service.untag_resource(self.ctx, untag).await?;
        }
        if !wanted.is_empty() {
            let put = TagResourceRequest {
                resource_arn: arn.into(),
                tags: wanted.clone(),
            };
            self.service.tag_resource(self.ctx, put).await?;
        }
        Ok(())
    }

    /// Does it, or plans it. What the service refuses is the step's, not the pass's: others may go on.
    async fn act(&self, mut step: ApplyStep, request: PlanRequest) -> Result<ApplyStep> {
        if self.request.dry_run {
            step.plan = Some(self.service.plan(self.ctx, request).await?);
            return Ok(step);
        }
        let done = match request {
            PlanRequest::CreateCluster(r) => {
                self.service.create_cluster(self.ctx, r).await.map(drop)
            }
            PlanRequest::UpdateCluster(r) => {
                self.service.update_cluster(self.ctx, r).await.map(drop)
            }
            PlanRequest::DeleteCluster(r) => {
                self.service.delete_cluster(self.ctx, r).await.map(drop)
            }
            PlanRequest::CreateComputeNodeGroup(r) => self
                .service
                .create_compute_node_group(self.ctx, r)
                .await
                .map(drop),
            PlanRequest::UpdateComputeNodeGroup(r) => self
                .service
                .update_compute_node_group(self.ctx, r)
                .await
                .map(drop),
            PlanRequest::DeleteComputeNodeGroup(r) => self
                .service
                .delete_compute_node_group(self.ctx, r)
                .await
                .map(drop),
            PlanRequest::CreateQueue(r) => self.service.create_queue(self.ctx, r).await.map(drop),
            PlanRequest::UpdateQueue(r) => self.service.update_queue(self.ctx, r).await.map(drop),
            PlanRequest::DeleteQueue(r) => self.service.delete_queue(self.ctx, r).await.map(drop),
        };
        step.state = match done {
            Ok(()) => ApplyState::Begun,
            Err(error) => ApplyState::Refused { error },
        };
        Ok(step)
    }

    /// What came of a change that an earlier pass has begun, where it has failed: what is wanted is still not there, and
    /// to ask for the same once more would end the same way.
    fn failed_since<S: Resource>(&self, row: &Row<S>) -> Option<Error> {
        let has_failed = matches!(row.status, Status::UpdateFailed | Status::DeleteFailed);
        (has_failed && self.request.has_begun(S::KIND, &row.name))
            .then(|| failed(row, "Mend what it says, and apply the document again."))
    }

    pub(super) fn waiting_for_cluster(&self) -> ApplyState {
        self.waiting(vec![self.blueprint.cluster.name.clone()])
    }

    /// A preview has no order in time.
    fn waiting(&self, on: Vec<String>) -> ApplyState {
        if self.request.dry_run {
            ApplyState::Planned
        } else {
            ApplyState::Waiting { on }
        }
    }
}

pub(super) fn step(kind: Kind, name: &str, action: ApplyAction, state: ApplyState) -> ApplyStep {
    ApplyStep {
        kind,
        name: name.into(),
        action,
        state,
        plan: None,
    }
}

/// The state of a resource that is as it should be.
fn kept<S: Resource>(row: &Row<S>) -> ApplyState {
    match (row.status, kept_in_vain(row)) {
        (Status::Active | Status::UpdateFailed, _) => ApplyState::Done,
        (_, Some(error)) => ApplyState::Refused { error },
        _ => ApplyState::UnderWay,
    }
}

/// Why a resource will never be ACTIVE, whatever is waited for.
fn kept_in_vain<S: Resource>(row: &Row<S>) -> Option<Error> {
    use Status::{CreateFailed, DeleteFailed, Suspended, Suspending};
    matches!(
        row.status,
        CreateFailed | DeleteFailed | Suspending | Suspended
    )
    .then(|| failed(row, remedy(row)))
}

fn remedy<S: Resource>(row: &Row<S>) -> &'static str {
    match row.status {
        Status::Suspending | Status::Suspended if !row.is_given_up() => {
            "Update the cluster to a newer Slurm version by UpdateCluster, and apply the document again."
        }
        _ => "Delete it and apply the document again.",
    }
}

fn failed<S: Resource>(row: &Row<S>, remedy: &str) -> Error {
    let why = row.error_info.iter().filter_map(|e| e.message.as_deref());
    let why: Vec<&str> = why.collect();
    let message = format!("{} is {}. {remedy} {}", row.name, row.status, why.join(" "));
    refused(row, message.trim_end())
}

/// The error's fields as paths of the document.
fn at(mut error: Error, place: &str) -> Error {
    if let ErrorKind::Validation { fields, .. } = &mut error.kind {
        for field in fields {
            field.name = field.name.replacen("computeNodeGroups", place, 1);
        }
    }
    error
}

fn tag_changes(
    are: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Vec<FieldChange> {
    let keys: std::collections::BTreeSet<&String> = are.keys().chain(wanted.keys()).collect();
    let change = |key: &String| FieldChange {
        path: format!("tags.{key}"),
        before: are.get(key).cloned(),
        after: wanted.get(key).cloned(),
    };
    let changes = keys.into_iter().map(change);
    changes.filter(|c| c.before != c.after).collect()
}
