//! Nodes.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, in_all_clusters, language_of};
use crate::model::error::Result;
use crate::model::job::OfCluster;
use crate::model::node::*;

/// All nodes of a cluster, in name order.
#[server(prefix = "/console", endpoint = "list-nodes", input = Json, output = Json)]
pub async fn list_nodes(cluster_identifier: String) -> Result<Vec<Node>> {
    call(|plane, caller| async move { plane.list_nodes(&caller, cluster_identifier).await }).await
}

/// The nodes of all clusters.
#[server(prefix = "/console", endpoint = "list-all-nodes", input = Json, output = Json)]
pub async fn list_all_nodes() -> Result<Vec<OfCluster<Node>>> {
    call(|plane, caller| async move {
        let list = |id| {
            let (plane, caller) = (plane.clone(), caller.clone());
            async move { plane.list_nodes(&caller, id).await }
        };
        in_all_clusters(&plane, &caller, list).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "get-node", input = Json, output = Json)]
pub async fn get_node(
    cluster_identifier: String,
    node_name: String,
    language: String,
) -> Result<NodeDetail> {
    let language = language_of(&language);
    call(|plane, caller| async move {
        plane
            .get_node(&caller, cluster_identifier, node_name, language)
            .await
    })
    .await
}

#[server(prefix = "/console", endpoint = "node-logs", input = Json, output = Json)]
pub async fn node_logs(cluster_identifier: String, instance_id: String) -> Result<Vec<NodeLog>> {
    call(|plane, caller| async move {
        plane
            .node_logs(&caller, cluster_identifier, instance_id)
            .await
    })
    .await
}

#[server(name = ChangeNodes, prefix = "/console", endpoint = "act-on-nodes", input = Json, output = Json)]
pub async fn act_on_nodes(input: ActOnNodes) -> Result<()> {
    call(|plane, caller| async move { plane.act_on_nodes(&caller, input).await }).await
}
