//! Nodes.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, call_in};
use crate::model::attempt::LaunchAttempt;
use crate::model::error::Result;
use crate::model::job::OfCluster;
use crate::model::lifecycle::InstanceScriptRun;
use crate::model::node::*;
use crate::model::node_count::GroupNodes;
use crate::model::page::{PageOf, PageRequest};

/// A page of the nodes of a cluster, or of all clusters.
#[server(prefix = "/console", endpoint = "list-nodes", input = Json, output = Json)]
pub async fn list_nodes(
    cluster_identifier: Option<String>,
    page: PageRequest,
    language: String,
) -> Result<PageOf<OfCluster<Node>>> {
    call_in(&language, |plane, ctx| async move {
        plane.list_nodes(&ctx, cluster_identifier, page).await
    })
    .await
}

/// All of them at a glance.
#[server(prefix = "/console", endpoint = "count-nodes", input = Json, output = Json)]
pub async fn count_nodes(cluster_identifier: Option<String>) -> Result<Vec<OfCluster<GroupNodes>>> {
    call(|plane, ctx| async move { plane.count_nodes(&ctx, cluster_identifier).await }).await
}

#[server(prefix = "/console", endpoint = "get-node", input = Json, output = Json)]
pub async fn get_node(
    cluster_identifier: String,
    node_name: String,
    language: String,
) -> Result<NodeDetail> {
    call_in(&language, |plane, ctx| async move {
        plane.get_node(&ctx, cluster_identifier, node_name).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "node-attempts", input = Json, output = Json)]
pub async fn node_attempts(
    cluster_identifier: String,
    node_name: String,
) -> Result<Vec<LaunchAttempt>> {
    call(|plane, ctx| async move {
        plane
            .node_attempts(&ctx, cluster_identifier, node_name)
            .await
    })
    .await
}

#[server(prefix = "/console", endpoint = "node-scripts", input = Json, output = Json)]
pub async fn node_scripts(
    cluster_identifier: String,
    node_name: String,
) -> Result<Vec<InstanceScriptRun>> {
    call(|plane, ctx| async move {
        plane
            .node_scripts(&ctx, cluster_identifier, node_name)
            .await
    })
    .await
}

#[server(name = ChangeNodes, prefix = "/console", endpoint = "act-on-nodes", input = Json, output = Json)]
pub async fn act_on_nodes(input: ActOnNodes) -> Result<()> {
    call(|plane, ctx| async move { plane.act_on_nodes(&ctx, input).await }).await
}
