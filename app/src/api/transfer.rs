//! A cluster as a document, out and in.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::apply::{ApplyOutcome, ApplyRequest, Format};
use crate::model::error::Result;

#[server(prefix = "/console", endpoint = "export-cluster", input = Json, output = Json)]
pub async fn export_cluster(cluster_identifier: String, format: Format) -> Result<String> {
    call(|plane, ctx| async move { plane.export_cluster(&ctx, cluster_identifier, format).await })
        .await
}

#[server(prefix = "/console", endpoint = "apply", input = Json, output = Json)]
pub async fn apply(request: ApplyRequest) -> Result<ApplyOutcome> {
    call(|plane, ctx| async move { plane.apply(&ctx, request).await }).await
}
