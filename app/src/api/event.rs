//! The timeline.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call_in;
use crate::model::error::Result;
use crate::model::event::{Event, EventsOf};

/// The newest events of a cluster and all in it, or of one resource, newest first.
#[server(prefix = "/console", endpoint = "list-events", input = Json, output = Json)]
pub async fn list_events(of: EventsOf, language: String) -> Result<Vec<Event>> {
    call_in(&language, |plane, ctx| async move {
        plane.list_events(&ctx, of).await
    })
    .await
}
