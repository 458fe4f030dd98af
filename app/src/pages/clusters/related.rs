//! The events of some resources of a cluster.

use leptos::prelude::*;

use super::detail::event_columns as columns;
use crate::components::Fetched;
use crate::i18n::text;
use crate::model::error::Result;
use crate::model::event::Event;
use crate::ui::{EmptyState, Table};

#[component]
pub fn Related(
    title: &'static str,
    /// The id or name in the address.
    cluster: Memo<String>,
    events: Resource<Result<Vec<Event>>>,
    /// Ids of resources, or names of nodes.
    about: Signal<Vec<String>>,
) -> impl IntoView {
    let t = text();
    view! {
        <Fetched resource=events let:events>
            <Table
                title
                noun=t.events.filter
                rows=Signal::derive(move || {
                    let about = about.get();
                    let mut events = events.get();
                    events.retain(|event| about.contains(&event.resource_id));
                    events
                })
                columns=columns(t, cluster)
                key=|event| event.id.clone()
                empty=move || view! { <EmptyState title=t.events.empty_title text=t.events.empty>""</EmptyState> }
            />
        </Fetched>
    }
    .into_any()
}
