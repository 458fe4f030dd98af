//! Logs of a cluster that people read in the console.

use serde::{Deserialize, Serialize};

/// Which part of a controller's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerLogOf {
    pub cluster_identifier: String,
    /// In bytes; none: the end of it.
    pub from: Option<i64>,
    /// The piece that ends at this byte, instead of one that begins somewhere.
    pub before: Option<i64>,
}
