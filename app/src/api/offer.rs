//! What the provider offers to choose from.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::catalogue::Catalogue;
use crate::model::error::Result;
use crate::model::offer::{OfferPage, OfferQuery};
use crate::model::refs::Refs;

#[server(prefix = "/console", endpoint = "list-offers", input = Json, output = Json)]
pub async fn list_offers(query: OfferQuery) -> Result<OfferPage> {
    call(|plane, ctx| async move { plane.list_offers(&ctx, query).await }).await
}

/// What these name, and every Slurm version.
#[server(prefix = "/console", endpoint = "resolve-offers", input = Json, output = Json)]
pub async fn resolve_offers(refs: Refs) -> Result<Catalogue> {
    call(|plane, ctx| async move { plane.resolve_offers(&ctx, refs).await }).await
}
