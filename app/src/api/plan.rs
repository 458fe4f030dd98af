//! What an operation would do.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::plan::{Plan, PlanRequest};

#[server(prefix = "/console", endpoint = "plan", input = Json, output = Json)]
pub async fn plan_operation(request: PlanRequest) -> Result<Plan> {
    call(|plane, ctx| async move { plane.plan(&ctx, request).await }).await
}
