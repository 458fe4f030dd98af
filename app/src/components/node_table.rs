//! Nodes at a glance and in a table: of one cluster, or of all.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::{NodeActions, NodeGrid, NodePhaseIndicator, phase_label};
use crate::i18n::{Text, text};
use crate::model::job::OfCluster;
use crate::model::node::Node;
use crate::model::user::Refusals;
use crate::paths::{self, ClusterTab};
use crate::ui::{Column, Copyable, EmptyState, Table};

type Row = OfCluster<Node>;

#[component]
pub fn NodeTable(
    #[prop(into)] nodes: Signal<Vec<Row>>,
    /// With the name of each one's cluster.
    #[prop(optional)]
    of_all: bool,
    #[prop(into)] refusals: Signal<Refusals>,
) -> impl IntoView {
    let t = text();
    let filter = RwSignal::new(String::new());
    let selected = RwSignal::new(BTreeSet::<String>::new());
    let chosen = Signal::derive(move || {
        selected.with(|keys| {
            let nodes = nodes.get();
            nodes
                .into_iter()
                .filter(|node| keys.contains(&key(node)))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <div class="grid gap-5">
            <Show when=move || nodes.with(|nodes| !nodes.is_empty())>
                <NodeGrid nodes filter of_all />
            </Show>
            <Table
                title=if of_all { t.nodes.all_title } else { t.nodes.title }
                noun=t.nodes.filter
                id=if of_all { "all-nodes" } else { "nodes" }
                rows=nodes
                columns=columns(t, of_all)
                key=key
                filter=filter
                selected
                actions=move || {
                    view! { <NodeActions nodes=chosen refusals on_done=move || selected.set(BTreeSet::new()) /> }
                }
                empty=move || view! { <EmptyState title=t.nodes.empty_title text=t.nodes.empty>""</EmptyState> }
            />
        </div>
    }
    .into_any()
}

fn key(node: &Row) -> String {
    format!("{} {}", node.cluster_id, node.item.name)
}

fn columns(t: &'static Text, of_all: bool) -> Vec<Column<Row>> {
    let cluster = Column::new(t.nodes.cluster, |r: &Row| {
        let href = paths::cluster(&r.cluster_id, ClusterTab::Nodes);
        let name = r.cluster_name.clone();
        view! { <A href>{name}</A> }
    })
    .text(|r| r.cluster_name.clone());
    let mut columns = vec![
        Column::new(t.nodes.name, |r: &Row| {
            let href = paths::node(&r.cluster_id, &r.item.name);
            let name = r.item.name.clone();
            view! { <A href attr:class="row-link whitespace-nowrap">{name}</A> }
        })
        .text(|r| r.item.name.clone()),
        Column::new(t.nodes.phase, |r: &Row| {
            view! {
                <NodePhaseIndicator phase=r.item.phase />
                <code class="block text-xs text-muted">{r.item.state.clone()}</code>
            }
        })
        .text(move |r| phase_label(t, r.item.phase).to_owned()),
        Column::new(t.nodes.slurm_state, |r: &Row| {
            view! { <code class="text-xs">{r.item.state.clone()}</code> }
        })
        .text(|r| r.item.state.clone())
        .hidden(),
        Column::new(t.nodes.reason, move |r: &Row| reason(t, &r.item))
            .text(move |r| reason(t, &r.item)),
        Column::new(t.nodes.instance, move |r: &Row| {
            r.item.instance.clone().map(|i| {
                view! {
                    <Copyable what=t.nodes.instance value=i.id />
                    <span class="block text-xs text-muted">{i.instance_type}</span>
                }
            })
        })
        .text(|r| {
            let instance = r.item.instance.as_ref();
            instance.map_or_else(String::new, |i| format!("{} {}", i.instance_type, i.id))
        }),
        Column::new(t.nodes.capacity, move |r: &Row| {
            view! {
                <span class="whitespace-nowrap">{t.nodes.cpus(r.item.cpus)}</span>
                <span class="block whitespace-nowrap text-xs text-muted">{t.nodes.memory(r.item.memory / 1024)}</span>
            }
        })
        .sort(|r| r.item.cpus),
    ];
    if of_all {
        columns.insert(1, cluster);
    }
    columns
}

/// Slurm's reason, else why the instance ended, else what keeps it.
fn reason(t: &'static Text, node: &Node) -> String {
    let instance = node.instance.as_ref().and_then(|i| i.reason.clone());
    let reservation = node
        .reservation
        .as_ref()
        .map(|name| t.nodes.reservation(name));
    let reason = node.reason.clone().or(instance).or(reservation);
    reason.unwrap_or_default()
}
