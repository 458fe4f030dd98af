//! The compute node groups of a cluster.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::row_actions::{Chosen, CreateButton, RowActions, only};
use super::{Page, use_page};
use crate::components::delete::Doomed;
use crate::components::{Fetched, StatusWithErrors, purchase_words, scaling_words, status_label};
use crate::i18n::{Text, text};
use crate::model::compute_node_group::*;
use crate::model::date::parse;
use crate::model::live::Kind;
use crate::paths;
use crate::ui::time::AgoText;
use crate::ui::{Column, EmptyState, Table};

#[component]
pub fn ComputeNodeGroups() -> impl IntoView {
    let t = text();
    let page = use_page();
    let selected = RwSignal::new(BTreeSet::new());
    let create = Signal::derive(move || paths::create_compute_node_group(&page.id.read()));
    let label = t.create_group.button;
    view! {
        <Fetched resource=page.groups let:groups>
            <Table
                title=t.groups.title
                id="groups"
                noun=t.groups.filter
                rows=groups
                columns=columns(t, page)
                key=|group| group.id.clone()
                selected
                actions=move || {
                    let chosen = Signal::derive(move || chosen(&selected.read(), &groups.read()));
                    view! { <RowActions chosen create label /> }
                }
                empty=move || {
                    view! {
                        <EmptyState title=t.groups.empty_title text=t.groups.empty>
                            <CreateButton href=create label />
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}

/// The one selected group, with what can be done to it.
fn chosen(selected: &BTreeSet<String>, groups: &[ComputeNodeGroup]) -> Option<Chosen> {
    let group = only(selected, groups, |group| &group.id)?;
    Some(Chosen {
        doomed: Doomed {
            kind: Kind::ComputeNodeGroup,
            cluster_id: group.cluster_id.clone(),
            id: group.id.clone(),
            name: group.name.clone(),
        },
        status: group.status,
        edit: paths::edit_compute_node_group(&group.cluster_id, &group.id),
    })
}

fn columns(t: &'static Text, page: Page) -> Vec<Column<ComputeNodeGroup>> {
    vec![
        Column::new(t.groups.name, |g: &ComputeNodeGroup| {
            let href = paths::compute_node_group(&g.cluster_id, &g.id);
            let name = g.name.clone();
            view! { <A href attr:class="row-link">{name}</A> }
        })
        .text(|g| format!("{} {}", g.name, g.id)),
        Column::new(t.groups.status, |g: &ComputeNodeGroup| {
            view! { <StatusWithErrors status=g.status errors=g.error_info.clone() /> }
        })
        .text(move |g| status_label(t, g.status).to_owned()),
        Column::new(t.groups.instance_types, instance_types).text(instance_types),
        Column::new(t.groups.scaling, move |g: &ComputeNodeGroup| {
            view! { <span class="whitespace-nowrap">{scaling(t, g)}</span> }
        })
        .text(move |g| scaling(t, g))
        .sort(|g| g.settings.scaling_configuration.max_instance_count),
        Column::new(t.groups.nodes, move |g: &ComputeNodeGroup| {
            let id = g.id.clone();
            let max = g.settings.scaling_configuration.max_instance_count;
            view! { <span class="tabular-nums">{move || running(page, &id)} " / " {max}</span> }
        }),
        Column::new(t.groups.purchase, move |g: &ComputeNodeGroup| {
            purchase_words(t, g.settings.purchase())
        })
        .text(move |g| purchase_words(t, g.settings.purchase()).to_owned()),
        Column::new(t.groups.created, |g: &ComputeNodeGroup| {
            view! { <AgoText at=g.created_at.clone() /> }
        })
        .sort(|g| parse(&g.created_at).unwrap_or_default()),
    ]
}

fn instance_types(group: &ComputeNodeGroup) -> String {
    group.settings.type_names().join(", ")
}

fn scaling(t: &'static Text, group: &ComputeNodeGroup) -> String {
    scaling_words(t, &group.settings.scaling_configuration)
}

/// Nodes of the group that have an instance; a dash until it is known.
fn running(page: Page, group: &str) -> String {
    let nodes = page.nodes.get().and_then(Result::ok);
    let count = nodes.map(|groups| {
        let mut groups = groups.into_iter().map(|one| one.item);
        let found = groups.find(|one| one.compute_node_group_id == group);
        found.map_or(0, |found| found.instances)
    });
    count.map_or_else(|| "–".into(), |count| count.to_string())
}
