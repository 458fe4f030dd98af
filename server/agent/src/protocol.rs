//! What the agent and the server say to each other beyond the AWS API, and the files that the server leaves for it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::actions::message::ScriptRun;
use crate::health::message::Fault;

/// The step of an instance that cannot have its node's port: something else on the host has it.
pub const PORT_TAKEN: &str = "port-taken-failed";
/// The daemon that has a cluster's jobs and nodes, also as the name of its processes.
pub const SLURMCTLD_DAEMON: &str = "slurmctld";
/// The daemon that writes down what becomes of its jobs.
pub const SLURMDBD_DAEMON: &str = "slurmdbd";
/// The daemon that programs ask by HTTP.
pub const SLURMRESTD_DAEMON: &str = "slurmrestd";

/// The variable by which slurmdbd's client library finds a socket.
pub const SOCKET_VARIABLE: &str = "MYSQL_UNIX_PORT";

/// How the agent's log tells of each end of a daemon.
pub fn is_gone(daemon: &str) -> String {
    format!("{daemon} is gone")
}

/// `instance.json` in an instance's directory, 0600: all that a booting instance knows. On EC2 the same comes as
/// user data.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceFile {
    /// Where the server is: see [`HookFile::endpoint`].
    pub endpoint: String,
    /// What the server proves itself with, to this instance's id: see [`crate::answer`].
    pub proof_key: String,
    pub cluster_id: String,
    pub instance_id: String,
    /// Single use at registration (A8); afterwards the bearer token for reporting boot steps.
    pub bootstrap_id: String,
    /// The directory `…/scheduler/slurm-MAJOR` with `bin` and `sbin`.
    pub slurm_prefix: String,
    /// Where slurmd is to listen, on loopback.
    pub slurmd_port: u16,
}

/// `hook.json` in a controller's directory, 0600: how Slurm's programs reach the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookFile {
    /// `unix:/path/of/a/socket` on the server's own host, else `http://ADDR:PORT`.
    pub endpoint: String,
    /// What the server proves itself with, to the cluster's id.
    pub proof_key: String,
    pub cluster_id: String,
    /// Bearer token of this cluster's hooks.
    pub token: String,
}

/// `controller.json` in a controller's directory: what the agent keeps running there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerFile {
    /// In the order of their first start. There is one at least.
    pub daemons: Vec<Daemon>,
    /// Directories of the server's that its daemons see beside their own.
    #[serde(default)]
    pub sees: Vec<PathBuf>,
}

/// A program that the agent starts again whenever it has ended. One alone is `database.json` in the directory of the
/// accounting's database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Daemon {
    /// Of its processes, as the kernel has it: 15 bytes at most. It may go on in another process than was started.
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Added to the agent's own.
    pub environment: BTreeMap<String, String>,
}

/// `trial.json` in a trial's directory: what is tried beside its slurm.conf.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialFile {
    pub slurm_prefix: PathBuf,
    /// Where the trial's own slurmctld listens.
    pub controller_port: u16,
    /// A node of each group, with a port of its own in the trial.
    pub nodes: Vec<String>,
    /// The trial's own queue of all nodes, where each of these runs a job; none when no job is wanted.
    pub queue: Option<String>,
    /// Whether each of these jobs is also one of salloc's, which takes the options of its step from slurm.conf.
    #[serde(default)]
    pub interactive: bool,
}

/// `verdict.json` in a trial's directory: what Slurm's programs made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Why one of them cannot work with it, in its own words; none when all can.
    pub refusal: Option<String>,
    /// What slurmctld complained of and passed over.
    pub complaints: Vec<String>,
}

/// The operation RegisterComputeNodeGroupInstance of the API, as far as a node needs it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    pub cluster_identifier: String,
    pub bootstrap_id: String,
}

/// Its answer.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The node's name.
    #[serde(rename = "nodeID")]
    pub node_id: String,
    /// The cluster's key, in base64. Never logged.
    pub shared_secret: String,
    pub endpoints: Vec<Endpoint>,
}

/// Where one of a cluster's daemons listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    pub r#type: String,
    pub private_ip_address: String,
    pub port: String,
}

/// The type of slurmctld's [`Endpoint`].
pub const SLURMCTLD: &str = "SLURMCTLD";

/// Where slurmd listens on a node that is a host of its own, and has it to itself.
pub const SLURMD_PORT: u16 = 6818;

/// `node.json` of an instance that is a host of its own, 0600: what its user data says, the same for all of its group.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeFile {
    /// `http://ADDR:PORT`, the server's door for nodes.
    pub endpoint: String,
    pub cluster_id: String,
    pub compute_node_group_id: String,
    /// The group's: what the server proves itself with to the group's id, and what a [`Claim`] is sealed with.
    pub key: String,
}

/// `POST /instance/v1/claim`: an instance of a group says which one it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimCall {
    /// Says with whose key the rest is sealed.
    pub compute_node_group_id: String,
    /// A [`Claim`]: see [`crate::sealed::claim`].
    pub sealed: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub cluster_id: String,
    /// What the provider calls the instance, as `i-0123456789abcdef0`.
    pub provider_id: String,
    /// Where the cluster's daemons reach it.
    pub address: IpAddr,
    /// Random, and the same each time that this instance asks: whoever repeats a claim without it is another.
    pub claim_id: String,
    /// The instance has started anew since it made the claim first: all of its boot comes once more.
    #[serde(default)]
    pub has_restarted: bool,
}

/// The answer to a [`ClaimCall`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimAnswer {
    /// A [`Claimed`]: see [`crate::sealed::claimed`].
    pub sealed: String,
}

/// All that an instance needs to be a node.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claimed {
    /// To which the server proves itself from now on, with `proof_key`.
    pub instance_id: String,
    pub proof_key: String,
    pub node_name: String,
    /// Bearer token for steps and names.
    pub bootstrap_id: String,
    /// The cluster's key, in base64. Never logged.
    pub shared_secret: String,
    pub endpoints: Vec<Endpoint>,
    /// As `24.11`.
    pub slurm_version: String,
    pub slurmd_port: u16,
    /// The Slurm that it can fetch if its image has none: `GET /instance/v1/slurm/VERSION/ARCHITECTURE`.
    #[serde(default)]
    pub packages: Vec<Package>,
}

/// A package of Slurm, see [`PACKAGED_LIBRARIES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// In hexadecimal.
    pub sha256: String,
    /// The directory in which its `slurm-VERSION` belongs: it was built for that place.
    pub root: String,
}

/// The architecture of this host as EC2 calls it, and a [`Package`].
pub fn this_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

/// Below a packaged `slurm-VERSION`: the libraries that it uses, for hosts that lack them.
pub const PACKAGED_LIBRARIES: &str = "lib/openpcs";

/// The answer of `GET /instance/v1/hosts?after=VERSION`, bearer the bootstrap id: the nodes of the cluster that have an
/// address, as lines of `/etc/hosts`. Without `after` it comes at once, else when it is another one, or after a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hosts {
    pub version: String,
    pub lines: String,
}

/// The first step of a node that was one before it started anew.
pub const RESTARTED: &str = "restarted";

/// The steps that tell what the provider says of the instance before it happens; the detail is the notice as it stands in
/// the metadata service. That it takes the instance back in a moment:
pub const SPOT_NOTICE: &str = "spot-notice";
/// That it may do so soon:
pub const REBALANCE_NOTICE: &str = "rebalance-notice";
/// That a reboot, a stop or the like is planned:
pub const SCHEDULED_NOTICE: &str = "scheduled-notice";

/// `POST /instance/v1/steps`, bearer the bootstrap id: a boot step was reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    pub instance_id: String,
    /// `slurmd-started`, `slurmd-failed`, `stopping`, …
    pub name: String,
    pub detail: Option<String>,
    /// Of a step [`SCRIPT`] or [`SCRIPT_ERROR`].
    #[serde(default)]
    pub script: Option<ScriptRun>,
    /// Of a step [`HEALTH_FAULT`].
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// `POST /instance/v1/logs`, bearer the bootstrap id: the end of one of the node's logs, as it is now. The server keeps the
/// last of each: nobody can read them any more when the host is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogReport {
    pub instance_id: String,
    /// `slurmd.log`.
    pub name: String,
    /// About [`LOG_BYTES`] at most.
    pub text: String,
    /// There is more before it.
    pub is_cut: bool,
}

/// So much of the end of a file goes with a [`LogReport`].
pub const LOG_BYTES: u64 = 64 * 1024;

/// The step of a fault that a check of the node's health found.
pub const HEALTH_FAULT: &str = "health-fault";

/// The step of a script that ran.
pub const SCRIPT: &str = "script";
/// And of one that failed or could not run: whether the node goes on is another matter.
pub const SCRIPT_ERROR: &str = "script-error";

/// `POST /controller/v1/hooks`, bearer the hook token: Slurm called one of its programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookCall {
    pub cluster_id: String,
    pub program: HookProgram,
    /// Hostlist expression, as Slurm gave it.
    #[serde(default)]
    pub nodes: String,
    #[serde(default)]
    pub job_id: String,
}

/// Slurm's programs that the agent stands in for; also the names of its links in the controller's `bin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookProgram {
    /// `ResumeProgram`: nodes are wanted. Answered at once.
    Resume,
    /// `SuspendProgram`: nodes are to stop. Answered at once.
    Suspend,
    /// `PrologSlurmctld` of a job that cannot start yet: answered when every node of the job has registered, or one failed.
    Prolog,
}

/// The answer to a [`HookCall`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookAnswer {
    /// False only for a prolog whose nodes cannot come: the program exits 1 and Slurm requeues the job.
    pub go_on: bool,
}
