//! Nodes.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::node::Node;

/// All nodes of a cluster, in name order.
#[server(prefix = "/console", endpoint = "list-nodes", input = Json, output = Json)]
pub async fn list_nodes(cluster_identifier: String) -> Result<Vec<Node>> {
    call(|plane, caller| async move { plane.list_nodes(&caller, cluster_identifier).await }).await
}
