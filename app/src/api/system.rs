//! The server itself.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::system::System;

#[server(prefix = "/console", endpoint = "get-system", input = Json, output = Json)]
pub async fn get_system() -> Result<System> {
    call(|plane, ctx| async move { plane.system(&ctx).await }).await
}
