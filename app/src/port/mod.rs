//! The port: all that the two doors may ask of the control plane. `app` defines it, `server` implements it.

mod ctx;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::ctx::{Ctx, Principal, Why};
use crate::model::apply::{ApplyOutcome, ApplyRequest, Format};
use crate::model::catalogue::Catalogue;
use crate::model::cluster::*;
use crate::model::compute_node_group::*;
use crate::model::error::{Error, FieldError, Result};
use crate::model::event::{Event, EventsOf};
use crate::model::instance::*;
use crate::model::job::*;
use crate::model::log::ControllerLogOf;
use crate::model::node::*;
use crate::model::plan::{Plan, PlanRequest};
use crate::model::queue::*;
use crate::model::secret::*;
use crate::model::set_aside::AllSetAside;
use crate::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use crate::model::sight::Trouble;
use crate::model::submit::*;
use crate::model::system::System;
use crate::model::tag::*;
use crate::model::user::{Identity, Refusals};

/// Every operation of the service, the model's nineteen and the console's own.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    async fn create_cluster(
        &self,
        ctx: &Ctx,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse>;
    async fn get_cluster(&self, ctx: &Ctx, input: GetClusterRequest) -> Result<GetClusterResponse>;
    async fn list_clusters(
        &self,
        ctx: &Ctx,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse>;
    async fn update_cluster(
        &self,
        ctx: &Ctx,
        input: UpdateClusterRequest,
    ) -> Result<UpdateClusterResponse>;
    async fn delete_cluster(
        &self,
        ctx: &Ctx,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse>;

    async fn create_compute_node_group(
        &self,
        ctx: &Ctx,
        input: CreateComputeNodeGroupRequest,
    ) -> Result<CreateComputeNodeGroupResponse>;
    async fn get_compute_node_group(
        &self,
        ctx: &Ctx,
        input: GetComputeNodeGroupRequest,
    ) -> Result<GetComputeNodeGroupResponse>;
    async fn list_compute_node_groups(
        &self,
        ctx: &Ctx,
        input: ListComputeNodeGroupsRequest,
    ) -> Result<ListComputeNodeGroupsResponse>;
    async fn update_compute_node_group(
        &self,
        ctx: &Ctx,
        input: UpdateComputeNodeGroupRequest,
    ) -> Result<UpdateComputeNodeGroupResponse>;
    async fn delete_compute_node_group(
        &self,
        ctx: &Ctx,
        input: DeleteComputeNodeGroupRequest,
    ) -> Result<DeleteComputeNodeGroupResponse>;

    async fn create_queue(
        &self,
        ctx: &Ctx,
        input: CreateQueueRequest,
    ) -> Result<CreateQueueResponse>;
    async fn get_queue(&self, ctx: &Ctx, input: GetQueueRequest) -> Result<GetQueueResponse>;
    async fn list_queues(&self, ctx: &Ctx, input: ListQueuesRequest) -> Result<ListQueuesResponse>;
    async fn update_queue(
        &self,
        ctx: &Ctx,
        input: UpdateQueueRequest,
    ) -> Result<UpdateQueueResponse>;
    async fn delete_queue(
        &self,
        ctx: &Ctx,
        input: DeleteQueueRequest,
    ) -> Result<DeleteQueueResponse>;

    async fn list_tags_for_resource(
        &self,
        ctx: &Ctx,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse>;
    async fn tag_resource(
        &self,
        ctx: &Ctx,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse>;
    async fn untag_resource(
        &self,
        ctx: &Ctx,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse>;

    /// The key of a cluster. Not of `pcs`: people read it from AWS Secrets Manager.
    async fn get_secret_value(
        &self,
        ctx: &Ctx,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse>;

    async fn register_compute_node_group_instance(
        &self,
        ctx: &Ctx,
        input: RegisterComputeNodeGroupInstanceRequest,
    ) -> Result<RegisterComputeNodeGroupInstanceResponse>;

    /// Who asks and what this server manages.
    async fn identity(&self, ctx: &Ctx) -> Result<Identity>;
    /// What whoever asks may not do to the jobs and nodes of a cluster.
    async fn refusals(&self, ctx: &Ctx, cluster_identifier: String) -> Result<Refusals>;
    /// What cannot be seen of a cluster at the moment; empty when all can.
    async fn troubles(&self, ctx: &Ctx, cluster_identifier: String) -> Result<Vec<Trouble>>;
    /// What is on disk and the database does not know, as after an older backup was restored.
    async fn set_aside(&self, ctx: &Ctx) -> Result<AllSetAside>;
    /// How the server itself is. Nothing is written, and it is answered while the database is away.
    async fn system(&self, ctx: &Ctx) -> Result<System>;
    /// All nodes of a cluster, powered down ones too, in name order.
    async fn list_nodes(&self, ctx: &Ctx, cluster_identifier: String) -> Result<Vec<Node>>;
    /// A node with all of its instances that are still known, and its jobs.
    async fn get_node(
        &self,
        ctx: &Ctx,
        cluster_identifier: String,
        node_name: String,
    ) -> Result<NodeDetail>;
    /// The ends of an instance's logs, also after its own end.
    async fn node_logs(
        &self,
        ctx: &Ctx,
        cluster_identifier: String,
        instance_id: String,
    ) -> Result<Vec<NodeLog>>;
    async fn act_on_nodes(&self, ctx: &Ctx, input: ActOnNodes) -> Result<()>;
    /// The jobs that Slurm knows of and those that ended lately, newest first.
    async fn list_jobs(&self, ctx: &Ctx, cluster_identifier: String) -> Result<Vec<Job>>;
    async fn get_job(
        &self,
        ctx: &Ctx,
        cluster_identifier: String,
        job_id: String,
    ) -> Result<JobDetail>;
    async fn submit_job(&self, ctx: &Ctx, input: SubmitJobRequest) -> Result<SubmitJobResponse>;
    async fn act_on_job(&self, ctx: &Ctx, input: ActOnJob) -> Result<()>;
    /// A bounded piece of what a job wrote.
    async fn job_output(&self, ctx: &Ctx, input: OutputOf) -> Result<JobOutput>;
    async fn controller_log(&self, ctx: &Ctx, input: ControllerLogOf) -> Result<JobOutput>;
    /// The newest events of a cluster and all in it, or of one resource, newest first, 200 at most.
    async fn list_events(&self, ctx: &Ctx, of: EventsOf) -> Result<Vec<Event>>;
    /// What the provider offers.
    async fn catalogue(&self, ctx: &Ctx) -> Result<Catalogue>;

    /// What an operation would do. Nothing is written; a refusal of the operation is part of the plan.
    async fn plan(&self, ctx: &Ctx, request: PlanRequest) -> Result<Plan>;
    /// A cluster with its groups and queues as a document that [`Self::apply`] takes.
    async fn export_cluster(
        &self,
        ctx: &Ctx,
        cluster_identifier: String,
        format: Format,
    ) -> Result<String>;
    /// Does what can be done now to make a cluster be what a document says; see [`ApplyRequest`].
    async fn apply(&self, ctx: &Ctx, request: ApplyRequest) -> Result<ApplyOutcome>;
    /// The settings that a version of Slurm takes there, in the order of their names.
    async fn list_settings(
        &self,
        ctx: &Ctx,
        scope: SettingScope,
        version: String,
    ) -> Result<Vec<KnownSetting>>;
    /// What is wrong with these, by their place in the list: `[2].parameterValue`.
    async fn check_settings(
        &self,
        ctx: &Ctx,
        scope: SettingScope,
        version: String,
        settings: Vec<SlurmCustomSetting>,
    ) -> Result<Vec<FieldError>>;
}

/// What a server function finds in the Leptos context: the plane, and the context of this request if somebody is signed in.
#[derive(Clone)]
pub struct Backend {
    pub plane: Arc<dyn ControlPlane>,
    pub ctx: Option<Ctx>,
}

impl Backend {
    /// The context of whoever is signed in, or the refusal that sends the browser to the sign-in page.
    pub fn ctx(&self) -> Result<&Ctx> {
        self.ctx.as_ref().ok_or_else(Error::not_signed_in)
    }
}
