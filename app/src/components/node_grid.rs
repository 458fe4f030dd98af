//! Hundreds of nodes at a glance: a square each, by group, told apart by shape as well as by colour.

use leptos::prelude::*;

use crate::i18n::text;
use crate::list::node::phase_label;
use crate::model::job::OfCluster;
use crate::model::node::NodePhase;
use crate::model::node_count::GroupNodes;

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
    groups: Signal<Vec<OfCluster<GroupNodes>>>,
    filter: RwSignal<String>,
    /// Groups of several clusters may have the same name.
    of_all: bool,
) -> impl IntoView {
    let t = text();
    let count = move |phase| {
        let groups = groups.read();
        groups
            .iter()
            .map(|group| group.item.count(phase))
            .sum::<usize>()
    };
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
                {move || sorted(groups.get(), of_all).into_iter().map(|group| row(group, filter)).collect_view()}
            </div>
        </section>
    }
    .into_any()
}

/// Each with its name, in the order of the names.
fn sorted(groups: Vec<OfCluster<GroupNodes>>, of_all: bool) -> Vec<(String, GroupNodes)> {
    let named = |group: OfCluster<GroupNodes>| {
        let name = match of_all {
            true => format!(
                "{} · {}",
                group.cluster_name, group.item.compute_node_group_name
            ),
            false => group.item.compute_node_group_name.clone(),
        };
        (name, group.item)
    };
    let mut groups: Vec<(String, GroupNodes)> = groups.into_iter().map(named).collect();
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    groups
}

fn row((group, nodes): (String, GroupNodes), filter: RwSignal<String>) -> impl IntoView {
    let t = text();
    let summary = PHASES
        .into_iter()
        .map(|phase| (phase, nodes.count(phase)))
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
            <div class="node-cells" role="img" aria-label=label>{nodes.nodes().map(cell).collect_view()}</div>
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
