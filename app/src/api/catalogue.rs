//! What the provider offers to choose from.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::call;
use crate::model::catalogue::Catalogue;
use crate::model::error::Result;

#[server(prefix = "/console", endpoint = "get-catalogue", input = Json)]
pub async fn get_catalogue() -> Result<Catalogue> {
    call(|plane, caller| async move { plane.catalogue(&caller).await }).await
}
