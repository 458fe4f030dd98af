//! Channels: how each does, a test of it, and its change and deletion.

use leptos::prelude::*;

use super::change_form::{Deletion, Doomed};
use super::channel_form::ChannelForm;
use super::kind_word;
use crate::api::notification::test_notification_channel;
use crate::components::{Refused, Submission};
use crate::i18n::{Text, text};
use crate::model::notification::*;
use crate::ui::table::Table;
use crate::ui::time::Ago;
use crate::ui::{
    Button, Column, Dialog, EmptyState, Indicator, Look, Tone, flashes, foreign_line, foreign_lines,
};

#[component]
pub fn Channels(all: Signal<Notifications>, again: Callback<()>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || all.with(|all| all.channels.clone()));
    let (open, begun) = (RwSignal::new(false), RwSignal::new(Channel::default()));
    let (ends, doomed) = (RwSignal::new(false), RwSignal::new(Doomed::None));
    let edit = Callback::new(move |channel: Channel| {
        begun.set(channel);
        open.set(true);
    });
    let delete = Callback::new(move |channel: Channel| {
        let Channel { id, settings, .. } = channel;
        doomed.set(Some((
            settings.name,
            NotificationChange::DeleteChannel { id },
        )));
        ends.set(true);
    });
    let title = Signal::derive(move || match begun.with(|one| one.id.is_empty()) {
        true => t.notifications.add_channel.to_owned(),
        false => t.notifications.edit_channel.to_owned(),
    });
    let add = move || {
        let label = t.notifications.add_channel;
        view! { <Button label on_press=move || edit.run(Channel::default()) /> }
    };
    view! {
        <Table
            title=t.notifications.channels
            noun=t.notifications.channels_filter
            rows
            columns=columns(t, edit, delete)
            key=|channel: &Channel| channel.id.clone()
            actions=add
            empty=move || {
                view! {
                    <EmptyState title=t.notifications.no_channels text=t.notifications.no_channels_hint>
                        ""
                    </EmptyState>
                }
            }
        />
        <Dialog open title class="dialog-wide">
            <ChannelForm before=begun.get_untracked() open on_done=again />
        </Dialog>
        <Deletion open=ends doomed words=t.notifications.delete_channel_ends on_done=again />
    }
    .into_any()
}

fn columns(
    t: &'static Text,
    edit: Callback<Channel>,
    delete: Callback<Channel>,
) -> Vec<Column<Channel>> {
    let n = &t.notifications;
    vec![
        Column::new(n.name, |one: &Channel| foreign_line(&one.settings.name))
            .text(|one| one.settings.name.clone()),
        Column::new(n.kind, move |one: &Channel| kind_word(t, one.settings.kind))
            .text(move |one| kind_word(t, one.settings.kind).to_owned()),
        Column::new(n.address, |one: &Channel| {
            foreign_line(address(&one.settings))
        })
        .text(|one| address(&one.settings)),
        Column::new(n.state, move |one: &Channel| state(t, one)).text(|one| one.error.clone()),
        Column::new(
            n.last_sent,
            |one: &Channel| view! { <Ago at=one.sent_at /> },
        )
        .sort(|one| one.sent_at),
        Column::new(n.actions, move |one: &Channel| {
            row_actions(t, one.clone(), edit, delete)
        }),
    ]
}

/// What is no secret of where it goes.
fn address(settings: &ChannelSettings) -> String {
    match settings.kind {
        ChannelKind::Webhook => settings.url.clone(),
        ChannelKind::Slack => String::new(),
        ChannelKind::Email => format!("{}:{}", settings.host, settings.port),
    }
}

fn state(t: &'static Text, one: &Channel) -> AnyView {
    let n = &t.notifications;
    if one.failures == 0 {
        let (tone, label) = match one.sent_at {
            0 => (Tone::Neutral, n.unused),
            _ => (Tone::Success, n.works),
        };
        return view! { <Indicator tone label /> }.into_any();
    }
    view! {
        <Indicator tone=Tone::Danger label=n.fails />
        <span class="block text-muted">{foreign_lines(n.fails_why(&one.error))} " " <Ago at=one.retry_at /></span>
    }
    .into_any()
}

fn row_actions(
    t: &'static Text,
    one: Channel,
    edit: Callback<Channel>,
    delete: Callback<Channel>,
) -> AnyView {
    let submission = Submission::new();
    let flashes = flashes();
    let channel_id = one.id.clone();
    let test = move || {
        let request = test_notification_channel(TestNotificationChannelRequest {
            channel_id: channel_id.clone(),
        });
        submission.send(request, move |answer| {
            let (tone, title, words) = outcome(t, &answer);
            flashes.push(tone, title, words, None);
        });
    };
    let (edited, deleted) = (one.clone(), one);
    view! {
        <span class="flex flex-wrap gap-2">
            <Button label=t.notifications.test look=Look::Link busy=submission.busy on_press=test />
            <Button label=t.common.edit look=Look::Link on_press=move || edit.run(edited.clone()) />
            <Button label=t.common.delete look=Look::Link on_press=move || delete.run(deleted.clone()) />
        </span>
        <Refused submission title=t.notifications.test_refused />
    }
    .into_any()
}

fn outcome(t: &'static Text, answer: &TestNotificationChannelResponse) -> (Tone, String, String) {
    let n = &t.notifications;
    match answer.error.is_empty() {
        true => (Tone::Success, n.test_sent(answer.took_ms), String::new()),
        false => (Tone::Danger, n.test_failed.to_owned(), answer.error.clone()),
    }
}
