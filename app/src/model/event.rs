//! The timeline: what the service did to a resource, why, and for whom.

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Milliseconds since 1970.
    pub at: i64,
    /// `cluster`, `compute-node-group`, `queue`, `node`.
    pub resource_type: String,
    pub resource_id: String,
    /// What happened, as a sentence.
    pub message: String,
    /// Who caused it: a user's ARN, or the reconciler.
    pub actor: String,
}
