//! The servers that share the database.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::server::{ForgetServerRequest, ForgetServerResponse};

#[server(prefix = "/console", endpoint = "forget-server", input = Json, output = Json)]
pub async fn forget_server(request: ForgetServerRequest) -> Result<ForgetServerResponse> {
    call(|plane, ctx| async move { plane.forget_server(&ctx, request).await }).await
}
