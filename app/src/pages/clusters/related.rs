//! The events of some resources of a cluster.

use leptos::prelude::*;

use super::detail::event_columns as columns;
use crate::api::event::list_events;
use crate::components::{Fetched, asked};
use crate::i18n::{language, text};
use crate::model::error::Result;
use crate::model::event::{Event, EventsOf};
use crate::model::live::Kind;
use crate::ui::{EmptyState, Table};

/// All events of a cluster, for the top of a page: see [`Fetched`].
pub fn events_of(cluster: Memo<String>) -> Resource<Result<Vec<Event>>> {
    let language = language();
    asked([cluster], &[Kind::Event], move |[id]| {
        let of = EventsOf {
            cluster_identifier: id,
            ..EventsOf::default()
        };
        list_events(of, language.clone())
    })
}

#[component]
pub fn Related(
    title: &'static str,
    /// The id or name in the address.
    cluster: Memo<String>,
    /// Of [`events_of`].
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
