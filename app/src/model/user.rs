//! Who is signed in, and where.

use serde::{Deserialize, Serialize};

/// The person at the console and the place it manages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub user_name: String,
    pub arn: String,
    pub account_id: String,
    pub region: String,
    /// `local` or `aws`.
    pub provider: String,
    pub jobs: JobOwner,
}

/// Who runs the jobs that are submitted in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobOwner {
    pub user: String,
    pub home: String,
    /// It is the server's own user: a job can do what the server can.
    pub is_server: bool,
}

impl Identity {
    /// Nodes and controllers run on the server's own host.
    pub fn is_local(&self) -> bool {
        self.provider == "local"
    }
}

/// What the reader may not do to the jobs and nodes of a cluster: each refusal in words, none where it is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusals {
    pub submit_job: Option<String>,
    pub cancel_job: Option<String>,
    pub requeue_job: Option<String>,
    pub hold_job: Option<String>,
    pub release_job: Option<String>,
    pub change_nodes: Option<String>,
}
