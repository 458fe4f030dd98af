//! The timeline of a cluster: everything that was done to it, and why.

use leptos::prelude::*;

use super::use_page;
use crate::api::event::list_events;
use crate::components::Fetched;
use crate::i18n::{Text, text};
use crate::live;
use crate::model::event::Event;
use crate::model::live::Kind;
use crate::ui::time::Ago;
use crate::ui::{Column, EmptyState, Table};

#[component]
pub fn Events() -> impl IntoView {
    let t = text();
    let page = use_page();
    let events = Resource::new(
        move || (page.id.get(), live::version(Kind::Event)),
        |(id, _)| list_events(id),
    );
    view! {
        <Fetched resource=events let:events>
            <Table
                title=t.events.title
                id="events"
                noun=t.events.filter
                rows=events
                columns=columns(t)
                key=|event| format!("{} {} {}", event.at, event.resource_id, event.message)
                empty=move || view! { <EmptyState title=t.events.empty_title text=t.events.empty>""</EmptyState> }
            />
        </Fetched>
    }
    .into_any()
}

pub fn columns(t: &'static Text) -> Vec<Column<Event>> {
    vec![
        Column::new(t.events.time, |e: &Event| view! { <Ago at=e.at /> }).sort(|e| e.at),
        Column::new(t.events.message, |e: &Event| e.message.clone()).text(|e| e.message.clone()),
        Column::new(t.events.resource, move |e: &Event| {
            view! {
                {kind(t, &e.resource_type)}
                <span class="block break-all font-mono text-xs text-muted">{e.resource_id.clone()}</span>
            }
        })
        .text(move |e| format!("{} {}", kind(t, &e.resource_type), e.resource_id)),
        Column::new(t.events.actor, move |e: &Event| {
            let actor = actor(t, &e.actor);
            view! { <span class="whitespace-nowrap" title=e.actor.clone()>{actor}</span> }
        })
        .text(move |e| actor(t, &e.actor)),
    ]
}

fn kind(t: &'static Text, word: &str) -> String {
    match word {
        "cluster" => t.events.cluster.into(),
        "compute-node-group" => t.events.group.into(),
        "queue" => t.events.queue.into(),
        "node" => t.events.node.into(),
        other => other.into(),
    }
}

/// A user by name; everything else is the service itself.
fn actor(t: &'static Text, actor: &str) -> String {
    match actor.split_once(":user/") {
        Some((_, name)) => name.into(),
        None => t.events.service.into(),
    }
}
