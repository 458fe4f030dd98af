//! The audit trail.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::trail::{TrailCheck, TrailOf, TrailPage};

#[server(prefix = "/console", endpoint = "list-trail", input = Json, output = Json)]
pub async fn list_trail(of: TrailOf) -> Result<TrailPage> {
    call(|plane, ctx| async move { plane.list_trail(&ctx, of).await }).await
}

/// Nothing, unless it is asked for: all records are read.
#[server(prefix = "/console", endpoint = "verify-trail", input = Json, output = Json)]
pub async fn verify_trail(wanted: bool) -> Result<Option<TrailCheck>> {
    if !wanted {
        return Ok(None);
    }
    call(|plane, ctx| async move { plane.verify_trail(&ctx).await.map(Some) }).await
}
