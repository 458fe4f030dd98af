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
