//! The last messages, and how each went.

use leptos::prelude::*;

use super::trigger_word;
use crate::i18n::{Text, text};
use crate::model::notification::*;
use crate::ui::table::Table;
use crate::ui::time::Ago;
use crate::ui::{Column, EmptyState, Indicator, Tone, foreign_line, foreign_lines};

#[component]
pub fn Deliveries(all: Signal<Notifications>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || all.with(|all| all.deliveries.clone()));
    view! {
        <Table
            title=t.notifications.deliveries
            noun=t.notifications.deliveries_filter
            rows
            columns=columns(t)
            key=|one: &Delivery| one.id.clone()
            empty=move || {
                view! {
                    <EmptyState title=t.notifications.no_deliveries text=t.notifications.no_deliveries_hint>
                        ""
                    </EmptyState>
                }
            }
        />
    }
    .into_any()
}

fn columns(t: &'static Text) -> Vec<Column<Delivery>> {
    let n = &t.notifications;
    vec![
        Column::new(n.when, |one: &Delivery| view! { <Ago at=one.at /> }).sort(|one| one.at),
        Column::new(n.what, move |one: &Delivery| trigger_word(t, one.trigger))
            .text(move |one| trigger_word(t, one.trigger).to_owned()),
        Column::new(n.message, |one: &Delivery| foreign_lines(&one.text))
            .text(|one| one.text.clone()),
        Column::new(n.rule, |one: &Delivery| foreign_line(&one.rule_name))
            .text(|one| one.rule_name.clone()),
        Column::new(n.channel, |one: &Delivery| foreign_line(&one.channel_name))
            .text(|one| one.channel_name.clone()),
        Column::new(n.state, move |one: &Delivery| state(t, one))
            .text(move |one| state_word(t, one.state).1.to_owned()),
    ]
}

fn state(t: &'static Text, one: &Delivery) -> AnyView {
    let (tone, label) = state_word(t, one.state);
    let why = (!one.error.is_empty())
        .then(|| view! { <span class="block text-muted">{foreign_lines(&one.error)}</span> });
    view! {
        <Indicator tone label />
        {why}
    }
    .into_any()
}

fn state_word(t: &'static Text, state: DeliveryState) -> (Tone, &'static str) {
    let n = &t.notifications;
    match state {
        DeliveryState::Waiting => (Tone::Progress, n.waiting),
        DeliveryState::Held => (Tone::Neutral, n.held),
        DeliveryState::Sent => (Tone::Success, n.sent),
        DeliveryState::Digested => (Tone::Neutral, n.digested),
        DeliveryState::GivenUp => (Tone::Danger, n.given_up),
    }
}
