//! What the provider offers to choose from.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::catalogue::Catalogue;
use crate::model::error::Result;

#[server(prefix = "/console", endpoint = "get-catalogue", input = Json, output = Json)]
pub async fn get_catalogue() -> Result<Catalogue> {
    call(|plane, ctx| async move { plane.catalogue(&ctx).await }).await
}
