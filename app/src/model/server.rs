//! The servers that share a database.

use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    pub id: String,
    pub host: String,
    /// Where people reach it.
    pub url: String,
    /// When it wrote to the database last, in milliseconds since 1970.
    pub seen_at: i64,
    /// Whether it is taken to live.
    pub lives: bool,
    /// Those that run on its host.
    pub clusters: Vec<ServerCluster>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerCluster {
    pub id: String,
    pub name: String,
}

/// The server will never return.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgetServerRequest {
    pub server_id: String,
}

/// What was given up with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgetServerResponse {
    pub host: String,
    pub clusters: Vec<ServerCluster>,
}
