//! Logs.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
#[cfg(feature = "ssr")]
use crate::browser;
use crate::model::error::Result;
use crate::model::job::JobOutput;
use crate::model::log::{ControllerLogOf, LogPage, LogView, NodeLogPage};

/// A piece of what a daemon of the cluster's controller logs.
#[server(prefix = "/console", endpoint = "controller-log", input = Json, output = Json)]
pub async fn controller_log(input: ControllerLogOf) -> Result<JobOutput> {
    call(|plane, ctx| async move { plane.controller_log(&ctx, input).await }).await
}

/// What that view shows of a cluster's log; its range ends now by the server's clock.
#[server(prefix = "/console", endpoint = "search-log", input = Json, output = Json)]
pub async fn search_log(cluster_identifier: String, view: LogView) -> Result<LogPage> {
    let input = view.question(cluster_identifier, browser::now());
    call(|plane, ctx| async move { plane.search_log(&ctx, input).await }).await
}

/// What that view shows of a node's logs; its range ends now by the server's clock.
#[server(prefix = "/console", endpoint = "search-node-log", input = Json, output = Json)]
pub async fn search_node_log(
    cluster_identifier: String,
    node_name: String,
    view: LogView,
) -> Result<NodeLogPage> {
    let input = view.node_question(cluster_identifier, node_name, browser::now());
    call(|plane, ctx| async move { plane.search_node_log(&ctx, input).await }).await
}
