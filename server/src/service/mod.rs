//! The one service layer behind both doors: rules, authorization, quotas, idempotency, audit.
//!
//! Nothing happens here but writing down what is wanted; side effects belong to `reconcile`. To add an operation: give
//! `app::port::ControlPlane` a method, write it in the file of its noun, let the doors call it.

mod alternate;
mod audit;
mod blueprint;
mod boot;
mod causes;
pub(crate) mod cluster;
mod compute_node_group;
mod console;
pub mod doors;
mod event;
pub mod follow;
mod gauges;
mod home;
pub mod hooks;
pub mod instance;
mod intent;
mod job;
mod job_find;
mod job_target;
mod job_timeline;
pub mod login;
pub mod metrics;
mod node;
mod node_phase;
pub mod once;
pub mod output;
mod page;
mod placement;
mod plan;
mod queue;
mod secret;
pub mod set_aside;
pub mod settings;
pub mod shape;
pub mod submit;
pub mod system;
mod tag;
mod version;
mod write;

use std::sync::Arc;

use app::i18n::Language;
use app::model::apply::{ApplyOutcome, ApplyRequest, Format};
use app::model::catalogue::Catalogue;
use app::model::cluster::*;
use app::model::compute_node_group::*;
use app::model::error::{Error, ErrorKind, FieldError, Result};
use app::model::event::{Event, EventsOf};
use app::model::instance::*;
use app::model::job::*;
use app::model::log::ControllerLogOf;
use app::model::name::Arns;
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
use app::port::{Caller, ControlPlane};
use async_trait::async_trait;

use crate::auth::policy;
use crate::auth::seal::Seal;
use crate::db::Db;
use crate::db::cluster::ClusterRow;
use crate::fault::internal;
use crate::live::observed::Observed;
use crate::live::wake::Wakers;
use crate::provider::{Provider, ProviderError};
use crate::slurm::client::Client;
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::job_user::JobUser;
use page::{cut, page};

/// What the operations need. Cheap to clone: every part is a handle.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    pub arns: Arns,
    pub provider: Arc<dyn Provider>,
    pub seal: Arc<Seal>,
    /// Where the ports of local clusters are taken from.
    pub ports: crate::provider::ports::PortRange,
    /// This server: see [`crate::db::server`].
    pub server_id: String,
    /// What the reconcilers saw last of nodes and jobs.
    pub observed: Observed,
    /// The clusters' controllers: jobs are Slurm's, and are asked of it.
    pub controllers: ControllerHost,
    pub wakers: Wakers,
    /// Submissions under way, by their token.
    pub submissions: once::Once,
    /// Who runs what is submitted here.
    pub job_user: JobUser,
    /// What the server knows of itself.
    pub itself: Arc<system::Itself>,
}

/// For `map_err` on the provider: its message is for people.
fn provider_error(error: ProviderError) -> Error {
    tracing::error!(
        code = error.code,
        cause = error.message,
        "the provider refused"
    );
    Error::new(
        ErrorKind::Internal,
        format!("{} ({})", error.message, error.code),
    )
}

/// Runs work to its end even if whoever asked for it is gone: what was done to Slurm is then also written down.
async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    use tracing::Instrument as _;
    let done = tokio::spawn(work.in_current_span()).await;
    done.map_err(internal)?
}

impl Service {
    /// Refuses callers who may not do that to that resource.
    fn authorize(&self, caller: &Caller, operation: Operation, arn: &str) -> Result<()> {
        policy::authorize(caller, operation, arn)
    }

    /// How to ask the cluster's Slurm now.
    async fn slurm(&self, cluster: &ClusterRow) -> Result<Client> {
        home::check(&self.db, &self.server_id, cluster).await?;
        let version = &cluster.spec.scheduler.version;
        let client = self
            .controllers
            .client(&cluster.id, version)
            .map_err(internal)?;
        client.ok_or_else(|| {
            let message = format!(
                "Cluster {} is {}: its controller does not run. Wait until it does, and try again.",
                cluster.name, cluster.status
            );
            Error::conflict(cluster::RESOURCE_TYPE, &cluster.id, message)
        })
    }

    /// For the console's own reads: they are allowed to whoever may read the cluster.
    async fn readable_cluster(&self, caller: &Caller, identifier: &str) -> Result<Arc<ClusterRow>> {
        let row = self.find_cluster(identifier).await?;
        self.authorize(caller, Operation::GetCluster, &self.arns.cluster(&row.id))?;
        Ok(row)
    }

    /// As [`Self::readable_cluster`], for what only the server knows on whose host the cluster runs.
    async fn observed_cluster(&self, caller: &Caller, identifier: &str) -> Result<Arc<ClusterRow>> {
        let row = self.readable_cluster(caller, identifier).await?;
        home::check(&self.db, &self.server_id, &row).await?;
        Ok(row)
    }
}

/// Checks an input as the API's door does: a form of the console comes by another door.
fn well_formed(operation: Operation, input: &impl serde::Serialize) -> Result<()> {
    shape::check(operation, &serde_json::to_value(input).map_err(internal)?)
}

/// Milliseconds since 1970 as the model's ISO 8601 timestamp.
fn timestamp(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

macro_rules! delegate {
    ($($name:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait]
        impl ControlPlane for Service {
            $(async fn $name(&self, caller: &Caller, input: $input) -> Result<$output> {
                Service::$name(self, caller, input).await
            })*

            async fn identity(&self, caller: &Caller) -> Result<Identity> {
                Service::identity(self, caller)
            }
            async fn refusals(&self, caller: &Caller, cluster: String) -> Result<Refusals> {
                Service::refusals(self, caller, cluster).await
            }
            async fn troubles(&self, caller: &Caller, cluster: String) -> Result<Vec<Trouble>> {
                Service::troubles(self, caller, cluster).await
            }
            async fn set_aside(&self, caller: &Caller) -> Result<AllSetAside> {
                Service::set_aside(self, caller).await
            }
            async fn system(&self, caller: &Caller) -> Result<System> {
                Service::system(self, caller).await
            }
            async fn list_nodes(&self, caller: &Caller, cluster: String) -> Result<Vec<Node>> {
                Service::list_nodes(self, caller, cluster).await
            }
            async fn get_node(
                &self,
                caller: &Caller,
                cluster: String,
                node: String,
                language: Language,
            ) -> Result<NodeDetail> {
                Service::get_node(self, caller, cluster, node, language).await
            }
            async fn node_logs(
                &self,
                caller: &Caller,
                cluster: String,
                instance: String,
            ) -> Result<Vec<NodeLog>> {
                Service::node_logs(self, caller, cluster, instance).await
            }
            async fn list_jobs(
                &self,
                caller: &Caller,
                cluster: String,
                language: Language,
            ) -> Result<Vec<Job>> {
                Service::list_jobs(self, caller, cluster, language).await
            }
            async fn get_job(
                &self,
                caller: &Caller,
                cluster: String,
                job: String,
                language: Language,
            ) -> Result<JobDetail> {
                Service::get_job(self, caller, cluster, job, language).await
            }
            async fn catalogue(&self, caller: &Caller) -> Result<Catalogue> {
                Service::catalogue(self, caller).await
            }
            async fn plan(&self, caller: &Caller, request: PlanRequest) -> Result<Plan> {
                Service::plan(self, caller, request).await
            }
            async fn export_cluster(&self, caller: &Caller, cluster: String, format: Format) -> Result<String> {
                Service::export_cluster(self, caller, cluster, format).await
            }
            async fn apply(&self, caller: &Caller, request: ApplyRequest) -> Result<ApplyOutcome> {
                Service::apply(self, caller, request).await
            }
            async fn list_settings(
                &self,
                caller: &Caller,
                scope: SettingScope,
                version: String,
            ) -> Result<Vec<KnownSetting>> {
                Service::list_settings(self, caller, scope, version)
            }
            async fn check_settings(
                &self,
                caller: &Caller,
                scope: SettingScope,
                version: String,
                settings: Vec<SlurmCustomSetting>,
            ) -> Result<Vec<FieldError>> {
                Service::check_settings(self, caller, scope, version, settings)
            }
        }
    };
}

delegate! {
    create_cluster(CreateClusterRequest) -> CreateClusterResponse;
    get_cluster(GetClusterRequest) -> GetClusterResponse;
    list_clusters(ListClustersRequest) -> ListClustersResponse;
    update_cluster(UpdateClusterRequest) -> UpdateClusterResponse;
    delete_cluster(DeleteClusterRequest) -> DeleteClusterResponse;
    create_compute_node_group(CreateComputeNodeGroupRequest) -> CreateComputeNodeGroupResponse;
    get_compute_node_group(GetComputeNodeGroupRequest) -> GetComputeNodeGroupResponse;
    list_compute_node_groups(ListComputeNodeGroupsRequest) -> ListComputeNodeGroupsResponse;
    update_compute_node_group(UpdateComputeNodeGroupRequest) -> UpdateComputeNodeGroupResponse;
    delete_compute_node_group(DeleteComputeNodeGroupRequest) -> DeleteComputeNodeGroupResponse;
    create_queue(CreateQueueRequest) -> CreateQueueResponse;
    get_queue(GetQueueRequest) -> GetQueueResponse;
    list_queues(ListQueuesRequest) -> ListQueuesResponse;
    update_queue(UpdateQueueRequest) -> UpdateQueueResponse;
    delete_queue(DeleteQueueRequest) -> DeleteQueueResponse;
    list_tags_for_resource(ListTagsForResourceRequest) -> ListTagsForResourceResponse;
    tag_resource(TagResourceRequest) -> TagResourceResponse;
    untag_resource(UntagResourceRequest) -> UntagResourceResponse;
    get_secret_value(GetSecretValueRequest) -> GetSecretValueResponse;
    register_compute_node_group_instance(RegisterComputeNodeGroupInstanceRequest) -> RegisterComputeNodeGroupInstanceResponse;
    act_on_nodes(ActOnNodes) -> ();
    submit_job(SubmitJobRequest) -> SubmitJobResponse;
    act_on_job(ActOnJob) -> ();
    job_output(OutputOf) -> JobOutput;
    controller_log(ControllerLogOf) -> JobOutput;
    list_events(EventsOf) -> Vec<Event>;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_iso_8601_in_utc() {
        assert_eq!(timestamp(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
