//! The timeline of a cluster: everything that was done to it, and why. With `?queue=ID` and the like, of that only.

use leptos::prelude::*;
use leptos_router::components::A;

use super::use_page;
use crate::api::event::list_events;
use crate::components::{Fetched, TroubleLink, asked_page, event_tone};
use crate::i18n::{Text, language, text};
use crate::list::Head;
use crate::list::event::{EventColumn, actor_words, name_of, type_words};
use crate::model::event::{Event, EventsOf};
use crate::model::live::Kind;
use crate::model::page::PageOf;
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, duration};
use crate::ui::{Column, EmptyState, PagedTable, Query, foreign_line, foreign_lines, use_search};

#[component]
pub fn Events() -> impl IntoView {
    let t = text();
    let page = use_page();
    let query = use_search();
    let only = Memo::new(move |_| {
        let query = query.read();
        let of = |kind: Kind| Some((kind.as_str(), query.get(kind.as_str())?));
        Kind::ALL.into_iter().find_map(of)
    });
    let kind = Memo::new(move |_| only.get().map(|(kind, _)| kind.into()).unwrap_or_default());
    let id = Memo::new(move |_| only.get().map(|(_, id)| id).unwrap_or_default());
    let language = language();
    let query = Query::of_address(heads(t));
    let events = asked_page(
        [page.id, kind, id],
        query.asked_of_service(),
        &[Kind::Event],
        move |[cluster_identifier, resource_type, resource_id], page| {
            let of = EventsOf {
                cluster_identifier,
                resource_type,
                resource_id,
            };
            list_events(of, page, language.clone())
        },
    );
    let trail = move || page.id.with(|id| paths::audit_of(id));
    view! {
        <p class="text-muted"><A href=trail>{t.audit.of_cluster}</A></p>
        <Fetched resource=events let:events>
            {move || only.get().map(|(kind, id)| only_of(page.id, kind, &id, events))}
            <PagedTable
                title=t.events.title
                noun=t.events.filter
                id="events"
                query
                page=events
                columns=columns(t, page.id)
                key=|event: &Event| event.id.clone()
                empty=move || view! { <EmptyState title=t.events.empty_title text=t.events.empty>""</EmptyState> }
            />
        </Fetched>
    }
    .into_any()
}

/// What a query of events may ask.
pub fn heads(t: &'static Text) -> Vec<Head> {
    EventColumn::ALL.map(|column| column.field(t).head).into()
}

/// Says that not all is shown, and how all is.
fn only_of(
    cluster: Memo<String>,
    kind: &'static str,
    id: &str,
    page: Signal<PageOf<Event>>,
) -> AnyView {
    let t = text();
    let page = page.read();
    let of_it = page.rows.iter().find(|event| event.resource_id == id);
    let name = of_it.map_or_else(|| id.to_owned(), name_of);
    let all = paths::cluster(&cluster.read(), ClusterTab::Events);
    view! {
        <p class="mb-3 flex flex-wrap items-center gap-x-3">
            <span class="font-medium">{t.events.of(format!("{} {name}", type_words(t, kind)))}</span>
            <A href=all>{t.events.show_all}</A>
        </p>
    }
    .into_any()
}

/// `cluster` is the id or name in the address.
pub fn columns(t: &'static Text, cluster: Memo<String>) -> Vec<Column<Event>> {
    let column = |column: EventColumn| {
        Column::of(column.field(t), move |event: &Event| {
            cell(t, cluster, column, event)
        })
    };
    EventColumn::ALL.map(column).into()
}

fn cell(t: &'static Text, cluster: Memo<String>, column: EventColumn, e: &Event) -> AnyView {
    match column {
        EventColumn::Time => view! { <Ago at=e.at /> }.into_any(),
        EventColumn::Message => {
            let tone = event_tone(e);
            let href = paths::log_of_event(&cluster.read_untracked(), e);
            let log = href.map(|href| view! { <A href>{t.logs.at_log}</A> });
            view! {
                <span class="flex gap-2">
                    <span class=tone.class()>{tone.icon().view()}</span>
                    <span class="cell-text">
                        {foreign_lines(&e.message)} " " <TroubleLink code=e.code.clone() />
                    </span>
                    {log}
                </span>
            }
            .into_any()
        }
        EventColumn::Took => {
            let took = (e.until > 0).then(|| duration(t, e.until - e.at));
            view! { <span class="whitespace-nowrap tabular-nums">{took}</span> }.into_any()
        }
        EventColumn::Resource => view! {
            {type_words(t, &e.resource_type)}
            <span class="block text-xs text-muted">{resource(&cluster.read_untracked(), e)}</span>
        }
        .into_any(),
        EventColumn::Actor => {
            let actor = actor_words(t, &e.actor);
            view! { <span title=e.actor.clone()>{foreign_line(actor)}</span> }.into_any()
        }
    }
}

/// By its name, as a link to its page; the id of what is gone.
fn resource(cluster: &str, event: &Event) -> AnyView {
    let (id, name) = (&event.resource_id, &event.resource_name);
    let href = match event.resource_type.as_str() {
        "node" => paths::node(cluster, id),
        "job" => paths::job(cluster, id),
        "compute-node-group" if !name.is_empty() => paths::compute_node_group(cluster, id),
        "queue" if !name.is_empty() => paths::queue(cluster, id),
        _ => return foreign_line(name_of(event)),
    };
    let (id, name) = (id.clone(), name_of(event));
    view! { <A href attr:title=id>{foreign_line(name)}</A> }.into_any()
}
