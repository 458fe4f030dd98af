//! Tokens by which programs ask a cluster's Slurm REST API (C9).

use serde::{Deserialize, Serialize};

/// Seconds that a token lasts when nobody says otherwise: as `scontrol token` has it.
pub const LIFETIME: i64 = 30 * 60;
/// The most: a token cannot be taken back, but by another key.
pub const LONGEST_LIFETIME: i64 = 24 * 60 * 60;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSlurmTokenRequest {
    /// The name or ID of the cluster.
    pub cluster_identifier: String,
    /// Whom the token is for, by the name on the server's host; none: the user that jobs run as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_in_seconds: Option<i64>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSlurmTokenResponse {
    pub token: String,
    pub user_name: String,
    pub expires_at: String,
    /// Where the API is, as `http://127.0.0.1:6820/slurm/v0.0.42`.
    pub url: String,
}
