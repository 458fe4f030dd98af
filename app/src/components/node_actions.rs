//! Drain, resume, replace: of one node or of several, with the reason asked for in a dialog.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{Refused, Submission};
use crate::api::node::act_on_nodes;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::job::OfCluster;
use crate::model::node::{ActOnNodes, Node, NodeAction, NodeObstacle};
use crate::model::user::Refusals;
use crate::ui::form::{Checkbox, Field, Form, TextInput};
use crate::ui::{Button, Dialog, DialogActions, Look};

const ACTIONS: [NodeAction; 3] = [NodeAction::Drain, NodeAction::Resume, NodeAction::Replace];

/// The nodes that are meant: the selected ones of a list, or the one of a page.
type Meant = Signal<Vec<OfCluster<Node>>>;

#[component]
pub fn NodeActions(
    nodes: Meant,
    #[prop(into)] refusals: Signal<Refusals>,
    /// Why none of it is known yet.
    #[prop(optional, into)]
    not_yet: Signal<Option<String>>,
    /// Called when it is done: a list then selects nothing.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    let asked = RwSignal::new(NodeAction::Drain);
    let submission = Submission::new();
    let button = move |action: NodeAction| {
        let disabled = Signal::derive(move || {
            let not_yet = not_yet.get();
            not_yet.or_else(|| why_not(t, action, nodes, refusals))
        });
        let press = move || {
            asked.set(action);
            submission.error.set(None);
            open.set(true);
        };
        view! { <Button label=label(t, action) disabled on_press=press /> }
    };
    let title = Signal::derive(move || {
        let named = nodes.with(|nodes| match nodes.as_slice() {
            [node] => t.nodes.one(&node.item.name),
            nodes => t.nodes.several(nodes.len()),
        });
        match asked.get() {
            NodeAction::Drain => t.nodes.drain_title(named),
            NodeAction::Resume => t.nodes.resume_title(named),
            NodeAction::Replace | NodeAction::ReplaceNow => t.nodes.replace_title(named),
        }
    });
    view! {
        <div class="flex flex-wrap gap-2">{ACTIONS.map(button).into_iter().collect_view()}</div>
        <Dialog open title>
            <Ask nodes action=asked.get_untracked() submission open on_done />
        </Dialog>
    }
    .into_any()
}

/// What it means, why it is done, and the button that does it.
#[component]
fn Ask(
    nodes: Meant,
    action: NodeAction,
    submission: Submission,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let reason = RwSignal::new(String::new());
    let now = RwSignal::new(false);
    let words = match action {
        NodeAction::Drain => t.nodes.drain_text,
        NodeAction::Resume => t.nodes.resume_text,
        NodeAction::Replace | NodeAction::ReplaceNow => t.nodes.replace_text,
    };
    let replaces = action == NodeAction::Replace;
    let send = move || {
        if !form.accept() {
            return form.focus_first();
        }
        let action = match now.get_untracked() {
            true => NodeAction::ReplaceNow,
            false => action,
        };
        let all = act_on_all(nodes.get_untracked(), action, reason.get_untracked());
        submission.send(all, move |()| {
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <form
            class="grid gap-4"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <p>{words}</p>
            <Refused submission title=t.jobs.not_done />
            {(action != NodeAction::Resume)
                .then(|| {
                    view! {
                        <Field
                            name="reason"
                            label=t.nodes.reason_label
                            hint=t.nodes.reason_hint
                            check=move || wrong_reason(t, &reason.get())
                        >
                            <TextInput value=reason />
                        </Field>
                    }
                })}
            {replaces.then(|| view! { <Checkbox value=now label=t.nodes.now hint=t.nodes.now_hint /> })}
            <DialogActions>
                <Button label=t.common.cancel on_press=move || open.set(false) />
                <Button label=label(t, action) look=Look::Primary busy=submission.busy on_press=send />
            </DialogActions>
        </form>
    }
    .into_any()
}

fn label(t: &'static Text, action: NodeAction) -> &'static str {
    match action {
        NodeAction::Drain => t.nodes.drain,
        NodeAction::Resume => t.nodes.resume,
        NodeAction::Replace | NodeAction::ReplaceNow => t.nodes.replace,
    }
}

fn wrong_reason(t: &'static Text, reason: &str) -> Option<String> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Some(t.nodes.reason_missing.into());
    }
    if reason.chars().count() > NodeAction::LONGEST_REASON {
        return Some(t.nodes.reason_long(NodeAction::LONGEST_REASON));
    }
    let odd = reason.chars().any(|c| c.is_control() || c == '"');
    odd.then(|| t.nodes.reason_line.into())
}

/// The nodes of each cluster in one request.
async fn act_on_all(nodes: Vec<OfCluster<Node>>, action: NodeAction, reason: String) -> Result<()> {
    let mut clusters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in nodes {
        clusters
            .entry(node.cluster_id)
            .or_default()
            .push(node.item.name);
    }
    for (cluster_identifier, node_names) in clusters {
        act_on_nodes(ActOnNodes {
            cluster_identifier,
            node_names,
            action,
            reason: reason.clone(),
        })
        .await?;
    }
    Ok(())
}

fn why_not(
    t: &'static Text,
    action: NodeAction,
    nodes: Meant,
    refusals: Signal<Refusals>,
) -> Option<String> {
    nodes.with(|nodes| {
        if nodes.is_empty() {
            return Some(t.nodes.select_first.to_owned());
        }
        let obstacle = |node: &OfCluster<Node>| {
            let name = &node.item.name;
            // One that is being replaced may still be replaced at once.
            let obstacle = action.obstacle(&node.item)?;
            Some(match obstacle {
                NodeObstacle::Drained => t.nodes.why_drained(name),
                NodeObstacle::NotDrained => t.nodes.why_not_drained(name),
                NodeObstacle::NoInstance => t.nodes.why_no_instance(name),
                NodeObstacle::BeingReplaced => t.nodes.why_replacing(name),
            })
        };
        let refusal = refusals.with(|refusals| refusals.of(action.operation()));
        refusal.or_else(|| nodes.iter().find_map(obstacle))
    })
}
