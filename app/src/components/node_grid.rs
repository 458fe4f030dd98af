//! Hundreds of nodes at a glance: a square each, by group, told apart by shape as well as by colour.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::phase_label;
use crate::i18n::text;
use crate::model::job::OfCluster;
use crate::model::node::{Node, NodePhase};

const PHASES: [NodePhase; 8] = [
    NodePhase::Busy,
    NodePhase::Idle,
    NodePhase::Reserved,
    NodePhase::Starting,
    NodePhase::Draining,
    NodePhase::Stopping,
    NodePhase::Failed,
    NodePhase::PoweredDown,
];

/// Pressing a square puts its node's name into `filter`.
#[component]
pub fn NodeGrid(
    nodes: Signal<Vec<OfCluster<Node>>>,
    filter: RwSignal<String>,
    /// Groups of several clusters may have the same name.
    of_all: bool,
) -> impl IntoView {
    let t = text();
    let count =
        move |phase| nodes.with(|nodes| nodes.iter().filter(|n| n.item.phase == phase).count());
    let legend = move |phase| {
        view! {
            <li class="flex items-center gap-1.5">
                <span class=cell_class(phase)></span>
                {phase_label(t, phase)}
                <span class="text-muted tabular-nums">{move || count(phase)}</span>
            </li>
        }
    };
    view! {
        <section class="rounded-xl border border-line bg-surface p-5" aria-label=t.nodes.overview>
            <ul class="mb-4 flex flex-wrap gap-x-5 gap-y-1">{PHASES.map(legend).into_iter().collect_view()}</ul>
            <div class="grid gap-3">
                {move || by_group(nodes.get(), of_all).into_iter().map(|group| row(group, filter)).collect_view()}
            </div>
        </section>
    }
    .into_any()
}

type Group = (String, Vec<(String, NodePhase)>);

fn by_group(
    nodes: Vec<OfCluster<Node>>,
    of_all: bool,
) -> BTreeMap<String, Vec<(String, NodePhase)>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for OfCluster {
        cluster_name,
        item: node,
        ..
    } in nodes
    {
        let name = match of_all {
            true => format!("{cluster_name} · {}", node.compute_node_group_name),
            false => node.compute_node_group_name,
        };
        let group = groups.entry(name).or_default();
        group.push((node.name, node.phase));
    }
    groups
}

fn row((group, nodes): Group, filter: RwSignal<String>) -> impl IntoView {
    let t = text();
    let summary = PHASES
        .into_iter()
        .map(|phase| (phase, nodes.iter().filter(|n| n.1 == phase).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(phase, count)| format!("{count} {}", phase_label(t, phase)))
        .collect::<Vec<_>>()
        .join(", ");
    let label = t.nodes.grid_summary(&group, summary);
    // For a screen reader one picture with its summary; the table below says the same node by node.
    let cell = move |(name, phase): (String, NodePhase)| {
        let title = format!("{name} · {}", phase_label(t, phase));
        view! { <span class=cell_class(phase) title=title on:click=move |_| filter.set(name.clone())></span> }
    };
    view! {
        <div class="node-row">
            <span class="truncate text-sm font-medium">{group}</span>
            <div class="node-cells" role="img" aria-label=label>{nodes.into_iter().map(cell).collect_view()}</div>
        </div>
    }
    .into_any()
}

fn cell_class(phase: NodePhase) -> &'static str {
    match phase {
        NodePhase::PoweredDown => "node-cell node-off",
        NodePhase::Starting => "node-cell node-starting",
        NodePhase::Idle => "node-cell node-idle",
        NodePhase::Reserved => "node-cell node-reserved",
        NodePhase::Busy => "node-cell node-busy",
        NodePhase::Draining => "node-cell node-draining",
        NodePhase::Stopping => "node-cell node-stopping",
        NodePhase::Failed => "node-cell node-failed",
    }
}
