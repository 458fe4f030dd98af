//! The nodes of a cluster: all at a glance, then one by one.

use leptos::prelude::*;

use super::use_page;
use crate::components::{Fetched, NodeGrid, NodePhaseIndicator, phase_label};
use crate::i18n::{Text, text};
use crate::model::node::{Instance, Node};
use crate::ui::time::{duration, exact};
use crate::ui::{Column, Copyable, EmptyState, Table};

#[component]
pub fn Nodes() -> impl IntoView {
    let t = text();
    let page = use_page();
    let filter = RwSignal::new(String::new());
    view! {
        <Fetched resource=page.nodes let:nodes>
            <div class="grid gap-5">
                <Show when=move || nodes.with(|nodes| !nodes.is_empty())>
                    <NodeGrid nodes filter />
                </Show>
                <Table
                    title=t.nodes.title
                    id="nodes"
                noun=t.nodes.filter
                    rows=nodes
                    columns=columns(t)
                    key=|node| node.name.clone()
                    filter=filter
                    empty=move || view! { <EmptyState title=t.nodes.empty_title text=t.nodes.empty>""</EmptyState> }
                />
            </div>
        </Fetched>
    }
    .into_any()
}

fn columns(t: &'static Text) -> Vec<Column<Node>> {
    vec![
        Column::new(t.nodes.name, |n: &Node| {
            view! { <span class="font-semibold whitespace-nowrap">{n.name.clone()}</span> }
        })
        .text(|n| n.name.clone()),
        Column::new(t.nodes.phase, |n: &Node| {
            view! {
                <NodePhaseIndicator phase=n.phase />
                <code class="block text-xs text-muted">{n.state.clone()}</code>
            }
        })
        .text(move |n| format!("{} {}", phase_label(t, n.phase), n.state)),
        Column::new(t.nodes.reason, |n: &Node| reason(n)).text(reason),
        Column::new(t.nodes.instance, move |n: &Node| n.instance.clone().map(|i| {
            view! {
                <Copyable what=t.nodes.instance value=i.id />
                <span class="block text-xs text-muted">{i.instance_type}</span>
            }
        }))
        .text(|n| n.instance.as_ref().map_or_else(String::new, |i| format!("{} {}", i.instance_type, i.id))),
        Column::new(t.nodes.boot, |n: &Node| {
            n.instance.clone().map(|instance| view! { <Boot instance /> })
        }),
        Column::new(t.nodes.capacity, move |n: &Node| {
            view! {
                <span class="whitespace-nowrap">{t.nodes.cpus(n.cpus)}</span>
                <span class="block whitespace-nowrap text-xs text-muted">{t.nodes.memory(n.memory / 1024)}</span>
            }
        })
        .sort(|n| n.cpus),
    ]
}

/// Slurm's reason, else why the instance ended.
fn reason(node: &Node) -> String {
    let instance = node.instance.as_ref().and_then(|i| i.reason.clone());
    node.reason.clone().or(instance).unwrap_or_default()
}

/// The start-up in one line, step by step when opened.
#[component]
fn Boot(instance: Instance) -> impl IntoView {
    let t = text();
    let launched = instance.launched_at;
    let Some(last) = instance.steps.last() else {
        return ().into_any();
    };
    let summary = t
        .nodes
        .boot_steps(instance.steps.len(), duration(t, last.at - launched));
    let step = move |step: crate::model::node::BootStep| {
        view! {
            <li title=exact(step.at)>
                <span class="inline-block w-16 text-muted tabular-nums">"+" {duration(t, step.at - launched)}</span>
                <span class="font-medium">{step.name}</span>
                {step.detail.map(|detail| view! { <span class="text-muted">" " {detail}</span> })}
            </li>
        }
    };
    view! {
        <details class="more">
            <summary>{summary}</summary>
            <ol class="steps">{instance.steps.into_iter().map(step).collect_view()}</ol>
        </details>
    }
    .into_any()
}
