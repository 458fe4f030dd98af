//! The queues of a cluster.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::row_actions::{Chosen, CreateButton, RowActions, only};
use super::{Page, use_page};
use crate::api::queue::list_queues;
use crate::components::delete::Doomed;
use crate::components::{Fetched, Settings, StatusWithErrors, asked, status_label};
use crate::i18n::{Text, text};
use crate::model::date::parse;
use crate::model::job_count::Count;
use crate::model::live::Kind;
use crate::model::queue::Queue;
use crate::paths;
use crate::ui::time::AgoText;
use crate::ui::{Column, Copyable, EmptyState, Table};

#[component]
pub fn Queues() -> impl IntoView {
    let t = text();
    let page = use_page();
    let queues = asked([page.id], &[Kind::Queue], |[id]| list_queues(id));
    let selected = RwSignal::new(BTreeSet::new());
    view! {
        <Fetched resource=queues let:queues>
            <Table
                title=t.queues.title
                id="queues"
                noun=t.queues.filter
                rows=queues
                columns=columns(t, page)
                key=|queue| queue.id.clone()
                selected
                actions=move || {
                    let chosen = Signal::derive(move || chosen(&selected.read(), &queues.read()));
                    view! { <RowActions chosen create=Signal::derive(move || paths::create_queue(&page.id.read())) label=t.create_queue.button /> }
                }
                empty=move || {
                    view! {
                        <EmptyState title=t.queues.empty_title text=t.queues.empty>
                            <CreateButton href=Signal::derive(move || paths::create_queue(&page.id.read())) label=t.create_queue.button />
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}

/// The one selected queue, with what can be done to it.
fn chosen(selected: &BTreeSet<String>, queues: &[Queue]) -> Option<Chosen> {
    let queue = only(selected, queues, |queue| &queue.id)?;
    Some(Chosen {
        doomed: Doomed {
            kind: Kind::Queue,
            cluster_id: queue.cluster_id.clone(),
            id: queue.id.clone(),
            name: queue.name.clone(),
        },
        status: queue.status,
        edit: paths::edit_queue(&queue.cluster_id, &queue.id),
    })
}

fn columns(t: &'static Text, page: Page) -> Vec<Column<Queue>> {
    let jobs = move |wanted: fn(&Count) -> usize| {
        move |queue: &Queue| {
            let queue = queue.name.clone();
            view! { <span class="tabular-nums">{move || count_jobs(page, &queue, wanted)}</span> }
        }
    };
    vec![
        Column::new(t.queues.name, |q: &Queue| {
            let href = paths::queue(&q.cluster_id, &q.id);
            let name = q.name.clone();
            view! { <A href attr:class="row-link">{name}</A> }
        })
        .text(|q| q.name.clone()),
        Column::new(t.queues.status, |q: &Queue| {
            view! { <StatusWithErrors status=q.status errors=q.error_info.clone() /> }
        })
        .text(move |q| status_label(t, q.status).to_owned()),
        Column::new(t.queues.groups, move |q: &Queue| {
            let ids = group_ids(q);
            move || group_names(page, &ids)
        }),
        Column::new(t.queues.running, jobs(|count| count.running)),
        Column::new(t.queues.pending, jobs(|count| count.waiting)),
        Column::new(t.queues.settings, |q: &Queue| {
            let slurm = q.slurm_configuration.clone();
            let settings = slurm
                .and_then(|s| s.slurm_custom_settings)
                .unwrap_or_default();
            view! { <Settings settings /> }
        }),
        Column::new(
            t.queues.created,
            |q: &Queue| view! { <AgoText at=q.created_at.clone() /> },
        )
        .sort(|q| parse(&q.created_at).unwrap_or_default()),
        Column::new(t.queues.id, move |q: &Queue| {
            view! { <Copyable what=t.queues.id value=q.id.clone() /> }
        })
        .text(|q| q.id.clone()),
    ]
}

fn group_ids(queue: &Queue) -> Vec<String> {
    let configurations = queue.compute_node_group_configurations.iter();
    configurations
        .filter_map(|c| c.compute_node_group_id.clone())
        .collect()
}

/// Names instead of ids, as soon as they are known.
fn group_names(page: Page, ids: &[String]) -> String {
    let groups = page.groups.get().and_then(Result::ok).unwrap_or_default();
    let name = |id: &String| {
        groups
            .iter()
            .find(|g| g.id == *id)
            .map_or(id.clone(), |g| g.name.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn count_jobs(page: Page, queue: &str, wanted: fn(&Count) -> usize) -> String {
    let counts = page.jobs.get().and_then(Result::ok);
    let count = counts.map(|counts| counts.queues.get(queue).map_or(0, wanted));
    count.map_or_else(|| "–".into(), |count| count.to_string())
}
