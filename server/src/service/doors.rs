//! What the doors ask of the plane beyond the operations of the service.

use std::net::IpAddr;
use std::path::PathBuf;

use app::model::error::Result;
use app::model::job::{JobOutput, OutputOf};
use app::model::log::ControllerLogOf;
use app::port::Ctx;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use openpcs_agent::actions::message::{DutiesCall, ScriptCall, SealedAnswer};
use openpcs_agent::protocol::{
    ClaimAnswer, ClaimCall, HookAnswer, HookCall, Hosts, LogReport, StepReport,
};

/// Calls of instances and controllers. They know no access key: each has a bearer token of its own, and whoever
/// answers checks it.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// A boot step was reached; the bearer is the instance's bootstrap id.
    async fn step(&self, bearer: &str, report: StepReport) -> Result<()>;
    /// The end of one of an instance's logs; the bearer is its bootstrap id.
    async fn log(&self, bearer: &str, report: LogReport) -> Result<()>;
    /// An instance of another host says which one it is; what it says is sealed with its group's key, and `peer` is where it
    /// calls from.
    async fn claim(&self, call: ClaimCall, peer: Option<IpAddr>) -> Result<ClaimAnswer>;
    /// The names of a cluster's nodes, when they are others than those of that version, or after a while; the bearer is a
    /// bootstrap id.
    async fn hosts(&self, bearer: &str, after: Option<&str>) -> Result<Hosts>;
    /// What a node is to do beside running slurmd; the bearer is its bootstrap id.
    async fn duties(&self, bearer: &str, call: DutiesCall) -> Result<SealedAnswer>;
    /// A script of the node's group, fetched from where it is.
    async fn script(&self, bearer: &str, call: ScriptCall) -> Result<SealedAnswer>;
    /// Whether Slurm has taken the node as up.
    async fn is_up(&self, bearer: &str) -> Result<bool>;
    /// Slurm called one of its programs; the bearer is the cluster's hook token. A prolog's answer takes as long as
    /// its nodes need.
    async fn hook(&self, bearer: &str, call: HookCall) -> Result<HookAnswer>;
}

/// Where people of a cluster work.
#[async_trait]
pub trait Logins: Send + Sync {
    async fn login_target(
        &self,
        ctx: &Ctx,
        cluster_identifier: &str,
        person: Person,
    ) -> Result<LoginTarget>;
}

/// What somebody does on a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Works on the cluster's login node, or, if it has none, its controller.
    User,
    /// Administers Slurm, as the server's user, where its controller is: no job runs there.
    Administrator,
}

/// What jobs write and controllers log.
#[async_trait]
pub trait Outputs: Send + Sync {
    /// The output from there on, as it grows; the stream ends when the job is over and all of it was given.
    async fn follow(&self, ctx: &Ctx, of: OutputOf) -> Result<BoxStream<'static, JobOutput>>;
    /// The whole file as it is now.
    async fn open(&self, ctx: &Ctx, of: &OutputOf) -> Result<OpenOutput>;
    /// What a daemon of a cluster's controller logs, from there on, without end.
    async fn follow_log(
        &self,
        ctx: &Ctx,
        of: ControllerLogOf,
    ) -> Result<BoxStream<'static, JobOutput>>;
    /// All of it that there is now.
    async fn open_log(&self, ctx: &Ctx, of: &ControllerLogOf) -> Result<OpenOutput>;
}

/// Such a file, checked and open.
pub struct OpenOutput {
    /// The last part of its path.
    pub name: String,
    /// In bytes; what is written later is not part of it.
    pub size: u64,
    pub file: std::fs::File,
}

/// A place to enter, on the host of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginTarget {
    /// The directory of the instance's sandbox.
    pub sandbox_dir: PathBuf,
    /// The directory with the `bin` and `sbin` of the cluster's Slurm version.
    pub slurm_prefix: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_conf: Option<PathBuf>,
    /// Whom to become there, where the server is root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_user: Option<String>,
}

/// Whether the plane can do its work now.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// The reason when it cannot, in words that strangers may read: the database is silent, a reconciler has died.
    async fn ready(&self) -> std::result::Result<(), String>;
}

/// What programs that watch the server read.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// All of them, as Prometheus reads them. For whoever shows the server's token, and for anybody who shows none where
    /// nobody but the server's host reaches it.
    async fn metrics(&self, bearer: Option<&str>) -> Result<String>;
}

/// A bundle of what helps to find the cause of a trouble.
#[async_trait]
pub trait Diagnostics: Send + Sync {
    /// Of the server and of that cluster, or of all: a `.tar.gz` without secrets, written down in the audit trail. It may take
    /// a minute for each cluster that does not answer.
    async fn diagnose(&self, ctx: &Ctx, cluster_identifier: Option<String>) -> Result<OpenOutput>;
}
