//! The events of one resource of a cluster.

use leptos::prelude::*;

use super::detail::{event_columns as columns, event_heads as heads};
use crate::api::event::list_events;
use crate::components::{Fetched, asked_page};
use crate::i18n::{language, text};
use crate::model::error::Result;
use crate::model::event::{Event, EventsOf};
use crate::model::live::Kind;
use crate::model::page::PageOf;
use crate::ui::{EmptyState, PagedTable, Query};

/// What is asked for, and the answer.
#[derive(Clone, Copy)]
pub struct EventPages {
    query: Query,
    answer: Resource<Result<PageOf<Event>>>,
}

/// Of a resource of that kind, by the ids or names in the address; for the top of a page: see [`Fetched`]. A group's has its
/// nodes too.
pub fn events_of(cluster: Memo<String>, kind: Kind, resource: Memo<String>) -> EventPages {
    let language = language();
    let query = Query::new(heads(text()));
    let kinds = &[Kind::Event];
    let answer = asked_page(
        [cluster, resource],
        query.asked_of_service(),
        kinds,
        move |[cluster, id], page| {
            let of = EventsOf {
                cluster_identifier: cluster,
                resource_type: kind.as_str().into(),
                resource_id: id,
            };
            list_events(of, page, language.clone())
        },
    );
    EventPages { query, answer }
}

#[component]
pub fn Related(
    title: &'static str,
    /// The id or name in the address.
    cluster: Memo<String>,
    /// Of [`events_of`].
    events: EventPages,
) -> impl IntoView {
    let t = text();
    let EventPages { query, answer } = events;
    view! {
        <Fetched resource=answer let:page>
            <PagedTable
                title
                noun=t.events.filter
                query
                page
                columns=columns(t, cluster)
                key=|event: &Event| event.id.clone()
                empty=move || view! { <EmptyState title=t.events.empty_title text=t.events.empty>""</EmptyState> }
            />
        </Fetched>
    }
    .into_any()
}
