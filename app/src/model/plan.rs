//! What an operation would do, told before it does it (X3): the same checks as the operation's own, and nothing is
//! written.

use serde::{Deserialize, Serialize};

use super::cluster::{CreateClusterRequest, DeleteClusterRequest, UpdateClusterRequest};
use super::compute_node_group::{
    CreateComputeNodeGroupRequest, DeleteComputeNodeGroupRequest, UpdateComputeNodeGroupRequest,
};
use super::error::Error;
use super::job_id::JobId;
use super::live::Kind;
use super::operation::Operation;
use super::queue::{CreateQueueRequest, DeleteQueueRequest, UpdateQueueRequest};

/// The operations that can be planned, each with its own input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", content = "input")]
pub enum PlanRequest {
    CreateCluster(CreateClusterRequest),
    UpdateCluster(UpdateClusterRequest),
    DeleteCluster(DeleteClusterRequest),
    CreateComputeNodeGroup(CreateComputeNodeGroupRequest),
    UpdateComputeNodeGroup(UpdateComputeNodeGroupRequest),
    DeleteComputeNodeGroup(DeleteComputeNodeGroupRequest),
    CreateQueue(CreateQueueRequest),
    UpdateQueue(UpdateQueueRequest),
    DeleteQueue(DeleteQueueRequest),
}

impl PlanRequest {
    pub fn operation(&self) -> Operation {
        match self {
            PlanRequest::CreateCluster(_) => Operation::CreateCluster,
            PlanRequest::UpdateCluster(_) => Operation::UpdateCluster,
            PlanRequest::DeleteCluster(_) => Operation::DeleteCluster,
            PlanRequest::CreateComputeNodeGroup(_) => Operation::CreateComputeNodeGroup,
            PlanRequest::UpdateComputeNodeGroup(_) => Operation::UpdateComputeNodeGroup,
            PlanRequest::DeleteComputeNodeGroup(_) => Operation::DeleteComputeNodeGroup,
            PlanRequest::CreateQueue(_) => Operation::CreateQueue,
            PlanRequest::UpdateQueue(_) => Operation::UpdateQueue,
            PlanRequest::DeleteQueue(_) => Operation::DeleteQueue,
        }
    }
}

/// All that would follow. Lists are empty where nothing would.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Why the service would refuse; then nothing else is known but what stands in the way.
    pub refusal: Option<Error>,
    /// The resources that would have to go first.
    pub in_the_way: Vec<Named>,
    pub changes: Vec<FieldChange>,
    pub nodes: NodeChanges,
    /// The jobs that the resource runs or holds, touched ones first, [`JOBS_MAX`] at most.
    pub jobs: Vec<JobImpact>,
    /// Of all jobs, listed or not.
    pub job_counts: JobCounts,
    pub quotas: Vec<QuotaUse>,
    pub addresses: Vec<AddressUse>,
    pub stays: Vec<Stay>,
    pub warnings: Vec<Warning>,
}

/// The most jobs that a plan lists; the counts are of all.
pub const JOBS_MAX: usize = 200;

impl Plan {
    pub fn refused(error: Error) -> Plan {
        Plan {
            refusal: Some(error),
            ..Plan::default()
        }
    }
}

/// A resource, for a link to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    pub kind: Kind,
    pub id: String,
    pub name: String,
}

/// One member that gets another value; none stands for "not there".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// As `scalingConfiguration.maxInstanceCount`.
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Nodes by name (N10, N15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeChanges {
    /// Names that are new.
    pub created: Vec<String>,
    /// Of the new names, those that start at once; the others start when a job wants them.
    pub starting: Vec<String>,
    /// They idle: a new instance takes over at once.
    pub replaced_now: Vec<String>,
    /// They are busy: a new instance takes over when their jobs have ended.
    pub replaced_after_jobs: Vec<String>,
    /// Names that go.
    pub removed: Vec<String>,
    /// Those whose instance ends: their names go, or no queue uses them any more.
    pub ending: Vec<String>,
}

impl NodeChanges {
    pub fn is_empty(&self) -> bool {
        *self == NodeChanges::default()
    }
}

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobEffect {
    /// It ends, or never starts.
    Cancelled,
    /// It starts again on another node.
    Requeued,
    /// Its node waits for its end.
    FinishesFirst,
    Untouched,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobImpact {
    pub id: String,
    pub name: String,
    pub user: String,
    pub effect: JobEffect,
}

impl JobImpact {
    /// How many it stands for: tasks of an array that wait together are one line.
    pub fn count(&self) -> usize {
        self.id.parse().map_or(1, |id: JobId| id.count())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobCounts {
    pub cancelled: usize,
    pub requeued: usize,
    pub finishes_first: usize,
    pub untouched: usize,
}

impl JobCounts {
    pub fn of_mut(&mut self, effect: JobEffect) -> &mut usize {
        match effect {
            JobEffect::Cancelled => &mut self.cancelled,
            JobEffect::Requeued => &mut self.requeued,
            JobEffect::FinishesFirst => &mut self.finishes_first,
            JobEffect::Untouched => &mut self.untouched,
        }
    }
}

/// A quota of which the operation takes or gives back (C4, C5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Quota {
    /// Clusters of the account and region.
    Clusters,
    /// Instances of all the cluster's groups together.
    Instances,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaUse {
    pub quota: Quota,
    pub before: i64,
    pub after: i64,
    pub limit: i64,
}

/// Addresses of a subnet. Where there are several subnets, each may have to give all that are needed, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressUse {
    pub subnet_id: String,
    pub free: i64,
    pub needed: i64,
}

/// What people fear for, and need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "camelCase")]
pub enum Stay {
    /// These running instances go on as they are.
    Nodes { count: usize },
    /// These jobs notice nothing.
    Jobs { count: usize },
    /// Jobs that are submitted while Slurm reads its new configuration wait a moment and are not lost.
    Submissions,
    /// If Slurm refuses the settings, those of today stay in force.
    SettingsInForce,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Warning {
    /// The request asks for what is there already.
    NothingChanges,
    /// Slurm could not be asked: jobs and nodes may be others than these.
    SlurmSilent,
    /// Another server runs the cluster and knows its jobs and nodes.
    Elsewhere { host: String, url: String },
    /// The subnets together have fewer free addresses than the group's instances may need.
    FewAddresses { free: i64, needed: i64 },
    /// The group's image has another Slurm than its cluster is to get, and the server has none for it to fetch.
    ImageLacksSlurm {
        group: String,
        image: String,
        has: String,
        wants: String,
    },
    /// The security groups do not let the cluster's machines reach each other at these ports; the command mends that.
    ClosedPorts { ports: String, remedy: String },
    /// The cluster's Slurm still takes this setting, and has another one in its place.
    Superseded { setting: String, by: String },
}
