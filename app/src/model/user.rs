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
