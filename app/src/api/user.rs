//! Who is signed in.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::user::{Identity, Refusals};

#[server(name = GetIdentity, prefix = "/console", endpoint = "identity", input = Json, output = Json)]
pub async fn identity() -> Result<Identity> {
    call(|plane, ctx| async move { plane.identity(&ctx).await }).await
}

/// What the reader may not do to the jobs and nodes of a cluster.
#[server(name = GetRefusals, prefix = "/console", endpoint = "refusals", input = Json, output = Json)]
pub async fn refusals(cluster_identifier: String) -> Result<Refusals> {
    call(|plane, ctx| async move { plane.refusals(&ctx, cluster_identifier).await }).await
}
