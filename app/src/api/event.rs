//! The timeline.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call_in;
use crate::model::error::Result;
use crate::model::event::{Event, EventsOf};
use crate::model::page::{PageOf, PageRequest};

/// A page of the events of a cluster and all in it, or of one resource.
#[server(prefix = "/console", endpoint = "list-events", input = Json, output = Json)]
pub async fn list_events(
    of: EventsOf,
    page: PageRequest,
    language: String,
) -> Result<PageOf<Event>> {
    call_in(&language, |plane, ctx| async move {
        plane.list_events(&ctx, of, page).await
    })
    .await
}
