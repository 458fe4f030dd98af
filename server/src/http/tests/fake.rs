//! A plane that answers without doing anything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::model::apply::{ApplyOutcome, ApplyRequest, Format};
use app::model::catalogue::Catalogue;
use app::model::cluster::*;
use app::model::compute_node_group::*;
use app::model::error::{Error, FieldError, Result};
use app::model::event::{Event, EventsOf};
use app::model::instance::*;
use app::model::job::*;
use app::model::log::ControllerLogOf;
use app::model::node::*;
use app::model::operation::Operation;
use app::model::plan::{Plan, PlanRequest};
use app::model::queue::*;
use app::model::secret::*;
use app::model::set_aside::AllSetAside;
use app::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use app::model::sight::Trouble;
use app::model::submit::*;
use app::model::system::System;
use app::model::tag::*;
use app::model::user::{Identity, Refusals};
use app::port::{ControlPlane, Ctx, Principal};
use async_trait::async_trait;
use openpcs_agent::protocol::{HookAnswer, HookCall, StepReport};
use zeroize::Zeroizing;

use super::{ID, SECRET};
use crate::auth::credentials::{Key, KeyStore};
use crate::auth::policy::Authorize as _;
use crate::service::doors::{Hooks, LoginTarget, Logins, Metrics, Readiness};

/// Says who asked for what; counts the mutations that ran to their end.
#[derive(Default)]
pub struct Fake {
    pub finished: AtomicUsize,
}

fn answer<T>(ctx: &Ctx, operation: Operation) -> Result<T> {
    ctx.authorize(operation, "arn")?;
    Err(Error::not_found(
        "CLUSTER",
        operation.name(),
        "There is nothing here.",
    ))
}

macro_rules! fake {
    ($($name:ident($input:ty) -> $output:ty, $operation:ident;)*) => {
        #[async_trait]
        impl ControlPlane for Fake {
            $(async fn $name(&self, ctx: &Ctx, _input: $input) -> Result<$output> {
                answer(ctx, Operation::$operation)
            })*

            async fn list_clusters(&self, _: &Ctx, _: ListClustersRequest) -> Result<ListClustersResponse> {
                Ok(ListClustersResponse { clusters: vec![], next_token: None })
            }
            async fn get_cluster(&self, _: &Ctx, input: GetClusterRequest) -> Result<GetClusterResponse> {
                assert_ne!(input.cluster_identifier, "panic", "as asked for");
                Err(Error::internal())
            }
            async fn tag_resource(&self, _: &Ctx, _: TagResourceRequest) -> Result<TagResourceResponse> {
                tokio::time::sleep(Duration::from_millis(50)).await;
                self.finished.fetch_add(1, Ordering::SeqCst);
                Ok(TagResourceResponse {})
            }
            async fn identity(&self, _: &Ctx) -> Result<Identity> { Err(Error::internal()) }
            async fn refusals(&self, _: &Ctx, _: String) -> Result<Refusals> { Ok(Refusals::default()) }
            async fn troubles(&self, _: &Ctx, _: String) -> Result<Vec<Trouble>> { Ok(vec![]) }
            async fn set_aside(&self, _: &Ctx) -> Result<AllSetAside> { Ok(AllSetAside::default()) }
            async fn system(&self, _: &Ctx) -> Result<System> { Ok(System::default()) }
            async fn list_nodes(&self, _: &Ctx, _: String) -> Result<Vec<Node>> { Ok(vec![]) }
            async fn get_node(&self, _: &Ctx, _: String, _: String) -> Result<NodeDetail> { Err(Error::internal()) }
            async fn node_logs(&self, _: &Ctx, _: String, _: String) -> Result<Vec<NodeLog>> { Ok(vec![]) }
            async fn act_on_nodes(&self, _: &Ctx, _: ActOnNodes) -> Result<()> { Ok(()) }
            async fn list_jobs(&self, _: &Ctx, _: String) -> Result<Vec<Job>> { Ok(vec![]) }
            async fn get_job(&self, _: &Ctx, _: String, _: String) -> Result<JobDetail> { Err(Error::internal()) }
            async fn submit_job(&self, _: &Ctx, _: SubmitJobRequest) -> Result<SubmitJobResponse> { Err(Error::internal()) }
            async fn act_on_job(&self, _: &Ctx, _: ActOnJob) -> Result<()> { Ok(()) }
            async fn job_output(&self, _: &Ctx, _: OutputOf) -> Result<JobOutput> { Ok(JobOutput::default()) }
            async fn controller_log(&self, _: &Ctx, _: ControllerLogOf) -> Result<JobOutput> { Ok(JobOutput::default()) }
            async fn list_events(&self, _: &Ctx, _: EventsOf) -> Result<Vec<Event>> { Ok(vec![]) }
            async fn catalogue(&self, _: &Ctx) -> Result<Catalogue> { Ok(Catalogue::default()) }
            async fn plan(&self, _: &Ctx, _: PlanRequest) -> Result<Plan> { Err(Error::internal()) }
            async fn export_cluster(&self, _: &Ctx, _: String, _: Format) -> Result<String> { Err(Error::internal()) }
            async fn apply(&self, _: &Ctx, _: ApplyRequest) -> Result<ApplyOutcome> { Err(Error::internal()) }
            async fn list_settings(&self, _: &Ctx, _: SettingScope, _: String) -> Result<Vec<KnownSetting>> { Ok(vec![]) }
            async fn check_settings(&self, _: &Ctx, _: SettingScope, _: String, _: Vec<SlurmCustomSetting>) -> Result<Vec<FieldError>> { Ok(vec![]) }
        }
    };
}

fake! {
    create_cluster(CreateClusterRequest) -> CreateClusterResponse, CreateCluster;
    update_cluster(UpdateClusterRequest) -> UpdateClusterResponse, UpdateCluster;
    delete_cluster(DeleteClusterRequest) -> DeleteClusterResponse, DeleteCluster;
    create_compute_node_group(CreateComputeNodeGroupRequest) -> CreateComputeNodeGroupResponse, CreateComputeNodeGroup;
    get_compute_node_group(GetComputeNodeGroupRequest) -> GetComputeNodeGroupResponse, GetComputeNodeGroup;
    list_compute_node_groups(ListComputeNodeGroupsRequest) -> ListComputeNodeGroupsResponse, ListComputeNodeGroups;
    update_compute_node_group(UpdateComputeNodeGroupRequest) -> UpdateComputeNodeGroupResponse, UpdateComputeNodeGroup;
    delete_compute_node_group(DeleteComputeNodeGroupRequest) -> DeleteComputeNodeGroupResponse, DeleteComputeNodeGroup;
    create_queue(CreateQueueRequest) -> CreateQueueResponse, CreateQueue;
    get_queue(GetQueueRequest) -> GetQueueResponse, GetQueue;
    list_queues(ListQueuesRequest) -> ListQueuesResponse, ListQueues;
    update_queue(UpdateQueueRequest) -> UpdateQueueResponse, UpdateQueue;
    delete_queue(DeleteQueueRequest) -> DeleteQueueResponse, DeleteQueue;
    list_tags_for_resource(ListTagsForResourceRequest) -> ListTagsForResourceResponse, ListTagsForResource;
    untag_resource(UntagResourceRequest) -> UntagResourceResponse, UntagResource;
    get_secret_value(GetSecretValueRequest) -> GetSecretValueResponse, GetSecretValue;
    register_compute_node_group_instance(RegisterComputeNodeGroupInstanceRequest)
        -> RegisterComputeNodeGroupInstanceResponse, RegisterComputeNodeGroupInstance;
}

#[async_trait]
impl Hooks for Fake {
    async fn step(&self, bearer: &str, _: StepReport) -> Result<()> {
        if bearer == "right" {
            Ok(())
        } else {
            Err(Error::access_denied("no"))
        }
    }
    async fn hook(&self, _: &str, _: HookCall) -> Result<HookAnswer> {
        Ok(HookAnswer { go_on: true })
    }
}

#[async_trait]
impl Logins for Fake {
    async fn login_target(&self, ctx: &Ctx, cluster: &str) -> Result<LoginTarget> {
        assert!(matches!(ctx.who, Principal::User { .. }));
        Ok(LoginTarget {
            sandbox_dir: cluster.into(),
            slurm_prefix: "/opt/slurm".into(),
            slurm_conf: None,
            job_user: None,
        })
    }
}

#[async_trait]
impl Readiness for Fake {
    async fn ready(&self) -> std::result::Result<(), String> {
        Err("the database is silent".into())
    }
}

#[async_trait]
impl Metrics for Fake {
    async fn metrics(&self, bearer: Option<&str>) -> Result<String> {
        match bearer {
            None | Some("right") => Ok("# none\n".into()),
            Some(_) => Err(Error::access_denied("Show another one.")),
        }
    }
}

#[async_trait]
impl KeyStore for Fake {
    async fn key(&self, id: &str) -> Result<Option<Key>> {
        Ok((id == ID).then(|| Key {
            secret: Zeroizing::new(SECRET.into()),
            user_name: "admin".into(),
            user_arn: "arn:aws:iam::111122223333:user/admin".into(),
        }))
    }
}
