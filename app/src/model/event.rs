//! The timeline: what the service did to a resource, why, and for whom.

use serde::{Deserialize, Serialize};

use super::live::Kind;
use super::log::LogDaemon;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// When what began here ended; 0 when it goes on or has no length.
    pub until: i64,
    /// `cluster`, `compute-node-group`, `queue`, `node`, `job`.
    pub resource_type: String,
    pub resource_id: String,
    /// The name of a cluster, group or queue as it is now; empty once it is gone, and for what has no other name.
    pub resource_name: String,
    /// Stable; empty for events of before.
    pub code: String,
    /// What happened and why, as a sentence of the reader's language.
    pub message: String,
    pub tone: EventTone,
    /// Who caused it: a user's ARN, or the reconciler.
    pub actor: String,
}

/// Whose log says more about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedBy {
    /// A daemon of the cluster's controller.
    Controller(LogDaemon),
    /// The node that it is of.
    Node,
}

/// Of these the instance itself says how it came to them.
const BY_NODE: [&str; 7] = [
    "node-failed",
    "node-up",
    "step-failed",
    "script-failed",
    "health-fault",
    "instance-ended",
    "node-restarted",
];

const BY_CONTROLLER: [&str; 11] = [
    "refused",
    "controller-up",
    "controller-killed",
    "jobs-lost",
    "job-started-twice",
    "job-end-lost",
    "look-fails",
    "node-taken-back",
    "resume-failed",
    "upgraded",
    "upgrade-failed",
];

impl Event {
    /// None where no log does.
    pub fn logged_by(&self) -> Option<LoggedBy> {
        let code = self.code.as_str();
        let is_of_node = self.resource_type == Kind::Node.as_str();
        match () {
            () if is_of_node && BY_NODE.contains(&code) => Some(LoggedBy::Node),
            () if BY_CONTROLLER.contains(&code) => Some(LoggedBy::Controller(LogDaemon::Slurmctld)),
            () => None,
        }
    }
}

/// How an event is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventTone {
    #[default]
    Neutral,
    /// Something began that has not ended.
    Progress,
    Success,
    Failure,
}

/// Which part of the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsOf {
    pub cluster_identifier: String,
    /// Of one resource only; a group's timeline has its nodes too. Empty: of all.
    pub resource_type: String,
    pub resource_id: String,
}
