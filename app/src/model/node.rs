//! Nodes of a cluster: what Slurm says of them, the instance behind each, and what may be done to them.

use serde::{Deserialize, Serialize};

use super::explanation::Explanation;
use super::job::Job;
use super::operation::Operation;

/// A node as the console shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `GROUP-N` (N10).
    pub name: String,
    pub compute_node_group_id: String,
    pub compute_node_group_name: String,
    /// Slurm's word with its suffix, as `sinfo` prints it: `idle~`, `mixed`, `down*`.
    pub state: String,
    pub phase: NodePhase,
    /// The reservation that keeps it now.
    pub reservation: Option<String>,
    /// Slurm's reason for a node that is down or drained.
    pub reason: Option<String>,
    /// The instance behind the node, if one runs.
    pub instance: Option<Instance>,
    pub cpus: i64,
    /// In MiB.
    pub memory: i64,
    /// The version of its slurmd, as `24.11`; empty while Slurm does not know it.
    pub slurm_version: String,
}

/// A node's state in one of a few words that a grid can colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodePhase {
    PoweredDown,
    Starting,
    /// It could run jobs, up or powered down, but a reservation keeps it for some, or for nobody.
    Reserved,
    Idle,
    Busy,
    Draining,
    Stopping,
    Failed,
}

impl NodePhase {
    pub const ALL: [NodePhase; 8] = [
        NodePhase::PoweredDown,
        NodePhase::Starting,
        NodePhase::Reserved,
        NodePhase::Idle,
        NodePhase::Busy,
        NodePhase::Draining,
        NodePhase::Stopping,
        NodePhase::Failed,
    ];

    /// In metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            NodePhase::PoweredDown => "powered_down",
            NodePhase::Starting => "starting",
            NodePhase::Reserved => "reserved",
            NodePhase::Idle => "idle",
            NodePhase::Busy => "busy",
            NodePhase::Draining => "draining",
            NodePhase::Stopping => "stopping",
            NodePhase::Failed => "failed",
        }
    }
}

/// One attempt to run a node: from launch to end. Its steps are kept after it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// `i-` and 17 hexadecimal digits.
    pub id: String,
    /// The provider's id of it, where that is another one.
    pub provider_id: Option<String>,
    /// Where it said that it can be reached, if not on the server's host.
    pub address: Option<String>,
    pub instance_type: String,
    /// Milliseconds since 1970; 0 when not yet.
    pub launched_at: i64,
    pub ready_at: i64,
    pub ended_at: i64,
    pub steps: Vec<BootStep>,
    /// Why it ended or is about to end.
    pub reason: Option<String>,
    /// Somebody wants another instance in its place.
    pub is_to_be_replaced: bool,
}

impl Instance {
    /// As people know it: the provider's id.
    pub fn known_as(&self) -> &str {
        self.provider_id.as_deref().unwrap_or(&self.id)
    }
}

/// A step of a node's boot, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootStep {
    /// `launched`, `registered`, `slurmd-started`, `ready`, …
    pub name: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub detail: Option<String>,
}

impl BootStep {
    /// The stage that failed, if this step tells of that.
    pub fn failed(&self) -> Option<&str> {
        failed_stage(&self.name)
    }
}

/// The step of a script that ran.
pub const SCRIPT: &str = "script";
/// And of one that failed: whether the node goes on is another matter.
pub const SCRIPT_ERROR: &str = "script-error";

/// The step of a fault that a check of the node's health found.
pub const HEALTH_FAULT: &str = "health-fault";

/// The step of a launch that the provider refused.
pub const LAUNCH_FAILED: &str = "launch-failed";

/// The step of an instance whose host started anew, and nobody had asked for it: what ran there is lost.
pub const LOST_BY_RESTART: &str = "lost-by-restart";

/// The last step of an instance's own: what is left is that Slurm sees the node.
pub const SLURMD_STARTED: &str = "slurmd-started";

/// `slurmd` of `slurmd-failed`; none of a step that went well.
pub fn failed_stage(step: &str) -> Option<&str> {
    step.strip_suffix("-failed")
}

/// One node as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeDetail {
    pub node: Node,
    /// The names of the queues that use it.
    pub queues: Vec<String>,
    pub allocated_cpus: i64,
    /// Every instance that is still known, newest first.
    pub instances: Vec<Instance>,
    /// The jobs on it now, newest first.
    pub jobs: Vec<Job>,
    pub explanation: Option<Explanation>,
}

/// The end of one of an instance's logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLog {
    /// `slurmd.log`, `agent.log`.
    pub name: String,
    pub text: String,
    /// There is more before it.
    pub is_cut: bool,
}

/// What a person may do to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeAction {
    /// No new jobs.
    Drain,
    /// Takes jobs again.
    Resume,
    /// Another instance takes its place once its jobs have ended.
    Replace,
    /// The same at once; its jobs go back to the queue.
    ReplaceNow,
}

/// The same to several nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActOnNodes {
    pub cluster_identifier: String,
    pub node_names: Vec<String>,
    pub action: NodeAction,
    /// For those who look at the node later; a resume needs none.
    pub reason: String,
}

/// Why an action makes no sense for a node in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeObstacle {
    Drained,
    NotDrained,
    NoInstance,
    BeingReplaced,
}

impl NodeAction {
    pub const ALL: [NodeAction; 4] = [
        NodeAction::Drain,
        NodeAction::Resume,
        NodeAction::Replace,
        NodeAction::ReplaceNow,
    ];

    pub fn operation(self) -> Operation {
        match self {
            NodeAction::Drain => Operation::DrainNode,
            NodeAction::Resume => Operation::ResumeNode,
            NodeAction::Replace | NodeAction::ReplaceNow => Operation::ReplaceNode,
        }
    }

    /// What stands in the way; the service refuses with it and the console disables its button with it.
    pub fn obstacle(self, node: &Node) -> Option<NodeObstacle> {
        let drained = node.state.starts_with("drain") || node.state.starts_with("drng");
        let down = node.state.starts_with("down") || node.state.starts_with("fail");
        match (self, &node.instance) {
            (NodeAction::Drain, _) => drained.then_some(NodeObstacle::Drained),
            (NodeAction::Resume, _) => (!drained && !down).then_some(NodeObstacle::NotDrained),
            (_, None) => Some(NodeObstacle::NoInstance),
            (NodeAction::Replace, Some(instance)) => instance
                .is_to_be_replaced
                .then_some(NodeObstacle::BeingReplaced),
            (NodeAction::ReplaceNow, Some(_)) => None,
        }
    }

    /// The longest reason: Slurm keeps one line.
    pub const LONGEST_REASON: usize = 200;
}
