//! Logs.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::job::JobOutput;
use crate::model::log::ControllerLogOf;

/// A piece of what a daemon of the cluster's controller logs.
#[server(prefix = "/console", endpoint = "controller-log", input = Json, output = Json)]
pub async fn controller_log(input: ControllerLogOf) -> Result<JobOutput> {
    call(|plane, ctx| async move { plane.controller_log(&ctx, input).await }).await
}
