//! Where the logs of a cluster are delivered to, and how that goes.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::super::deliveries::{kind_label, log_label};
use super::row_actions::{CreateButton, only};
use super::use_page;
use crate::api::cluster_delivery::{cluster_deliveries, remove_delivery, test_delivery};
use crate::components::{ConfirmDelete, Fetched, Refused, Submission, asked};
use crate::i18n::{Text, text};
use crate::model::cluster_delivery::{ClusterDelivery, TestDeliveryResponse};
use crate::model::delivery::{DeliveryRequest, DeliveryState};
use crate::model::live::Kind;
use crate::paths;
use crate::ui::time::Ago;
use crate::ui::{
    Button, Column, Copyable, EmptyState, Indicator, Table, Tone, flashes, foreign, foreign_lines,
};

#[component]
pub fn Deliveries() -> impl IntoView {
    let t = text();
    let page = use_page();
    let found = asked([page.id], &[Kind::Cluster, Kind::Event], |[id]| {
        cluster_deliveries(id)
    });
    let selected = RwSignal::new(BTreeSet::new());
    let create = Signal::derive(move || paths::create_delivery(&page.id.read()));
    view! {
        <div class="mt-5 grid gap-3">
            <p class="text-muted">{t.deliveries.lead}</p>
            <Fetched resource=found let:found>
                {
                    let rows = Signal::derive(move || found.read().deliveries.clone());
                    view! {
                        <Table
                            title=t.deliveries.title
                            noun=t.deliveries.noun
                            rows
                            columns=columns(t)
                            key=|one| one.id.clone()
                            selected
                            actions=move || view! { <Actions rows selected create /> }
                            empty=move || {
                                view! {
                                    <EmptyState title=t.deliveries.empty_title text=t.deliveries.empty>
                                        <CreateButton href=create label=t.deliveries.button />
                                    </EmptyState>
                                }
                            }
                        />
                    }
                }
            </Fetched>
        </div>
    }
    .into_any()
}

/// Set up, and delete the selected one after a question.
#[component]
fn Actions(
    rows: Signal<Vec<ClusterDelivery>>,
    selected: RwSignal<BTreeSet<String>>,
    create: Signal<String>,
) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    // The dialog keeps what it was opened for, whatever becomes of the selection.
    let doomed = RwSignal::new(None::<ClusterDelivery>);
    let submission = Submission::new();
    let chosen = move || only(&selected.read(), &rows.read(), |one| &one.id).cloned();
    let why_not = move || {
        let is_none = chosen().is_none();
        is_none.then(|| t.deliveries.choose_first.to_owned())
    };
    let ask = move |()| {
        doomed.set(untrack(chosen));
        open.set(true);
    };
    let name = Signal::derive(move || {
        let doomed = doomed.get();
        doomed.map(|one| one.destination_name).unwrap_or_default()
    });
    let confirm = move |()| {
        let Some(one) = doomed.get_untracked() else {
            return;
        };
        submission.send(remove_delivery(DeliveryRequest { id: one.id }), move |()| {
            selected.set(BTreeSet::new());
            open.set(false);
        });
    };
    let testing = Submission::new();
    let flashes = flashes();
    let test = move |()| {
        let Some(one) = untrack(chosen) else {
            return;
        };
        testing.send(
            test_delivery(DeliveryRequest { id: one.id }),
            move |answer| {
                let (tone, title, words) = outcome(t, answer);
                flashes.push(tone, title, words, None);
            },
        );
    };
    view! {
        <Refused submission=testing title=t.deliveries.not_tested />
        <Button label=t.deliveries.test busy=testing.busy disabled=Signal::derive(why_not) on_press=test />
        <Button label=t.delete.delete disabled=Signal::derive(why_not) on_press=ask />
        <CreateButton href=create label=t.deliveries.button />
        <ConfirmDelete
            open
            title=Signal::derive(move || t.deliveries.delete_title(name.get()))
            name
            submission
            on_confirm=confirm
        >
            <p>{t.deliveries.delete_lead}</p>
        </ConfirmDelete>
    }
    .into_any()
}

fn outcome(t: &'static Text, answer: TestDeliveryResponse) -> (Tone, String, String) {
    let d = &t.deliveries;
    match answer.error.is_empty() {
        true => (Tone::Success, d.test_arrived(answer.took_ms), answer.place),
        false => (Tone::Danger, d.test_failed.to_owned(), answer.error),
    }
}

fn columns(t: &'static Text) -> Vec<Column<ClusterDelivery>> {
    vec![
        Column::new(t.deliveries.destination, |one: &ClusterDelivery| {
            foreign(one.destination_name.clone())
        })
        .text(|one| one.destination_name.clone()),
        Column::new(t.deliveries.log, move |one: &ClusterDelivery| {
            log_label(t, one.log_type)
        })
        .text(move |one| log_label(t, one.log_type).to_owned()),
        Column::new(t.deliveries.kind, move |one: &ClusterDelivery| {
            kind_label(t, &one.kind)
        })
        .text(move |one| kind_label(t, &one.kind).to_owned()),
        Column::new(t.deliveries.state, move |one: &ClusterDelivery| {
            state(t, &one.state)
        })
        .text(move |one| state_words(t, &one.state).1.to_owned()),
        Column::new(t.deliveries.last, |one: &ClusterDelivery| {
            view! { <Ago at=one.state.delivered_at.unwrap_or_default() /> }
        })
        .sort(|one| one.state.delivered_at.unwrap_or_default()),
        Column::new(t.deliveries.lines, |one: &ClusterDelivery| {
            one.state.delivered_lines.to_string()
        })
        .sort(|one| one.state.delivered_lines),
        Column::new(t.deliveries.since, |one: &ClusterDelivery| {
            view! { <Ago at=one.created_at /> }
        })
        .sort(|one| one.created_at),
        Column::new(t.deliveries.resource, move |one: &ClusterDelivery| {
            view! { <Copyable what=t.deliveries.resource value=one.destination_resource_arn.clone() /> }
        })
        .text(|one| one.destination_resource_arn.clone()),
    ]
}

fn state_words(t: &'static Text, state: &DeliveryState) -> (Tone, &'static str) {
    match (&state.error, state.delivered_at) {
        (Some(_), _) => (Tone::Danger, t.deliveries.failing),
        (None, None) => (Tone::Progress, t.deliveries.waiting),
        (None, Some(_)) => (Tone::Success, t.deliveries.delivering),
    }
}

/// What is wrong, with its remedy, and since when.
fn state(t: &'static Text, state: &DeliveryState) -> AnyView {
    let (tone, label) = state_words(t, state);
    let error = state.error.clone().map(|(why, since)| {
        view! { <p class="max-w-md whitespace-normal text-muted">{foreign_lines(why)} " · " <Ago at=since /></p> }
    });
    view! {
        <Indicator tone label />
        {error}
    }
    .into_any()
}
