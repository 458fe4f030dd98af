//! Rules: what makes a message, and where it goes.

use leptos::prelude::*;

use super::change_form::{Deletion, Doomed};
use super::rule_form::RuleForm;
use super::trigger_word;
use crate::i18n::{Text, text};
use crate::model::notification::*;
use crate::ui::table::Table;
use crate::ui::{Button, Column, Dialog, EmptyState, Look, foreign_line};

#[component]
pub fn Rules(all: Signal<Notifications>, again: Callback<()>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || all.with(|all| all.rules.clone()));
    let channels = Signal::derive(move || all.with(|all| all.channels.clone()));
    let (open, begun) = (RwSignal::new(false), RwSignal::new(Rule::default()));
    let (ends, doomed) = (RwSignal::new(false), RwSignal::new(Doomed::None));
    let edit = Callback::new(move |rule: Rule| {
        begun.set(rule);
        open.set(true);
    });
    let delete = Callback::new(move |rule: Rule| {
        let Rule { id, settings, .. } = rule;
        doomed.set(Some((settings.name, NotificationChange::DeleteRule { id })));
        ends.set(true);
    });
    let title = Signal::derive(move || match begun.with(|one| one.id.is_empty()) {
        true => t.notifications.add_rule.to_owned(),
        false => t.notifications.edit_rule.to_owned(),
    });
    let none = Signal::derive(move || {
        let none = channels.with(Vec::is_empty);
        none.then(|| t.notifications.no_channels_hint.to_owned())
    });
    let add = move || {
        let label = t.notifications.add_rule;
        view! { <Button label disabled=none on_press=move || edit.run(Rule::default()) /> }
    };
    view! {
        <Table
            title=t.notifications.rules
            noun=t.notifications.rules_filter
            rows
            columns=columns(t, channels, edit, delete)
            key=|rule: &Rule| rule.id.clone()
            actions=add
            empty=move || {
                view! {
                    <EmptyState title=t.notifications.no_rules text=t.notifications.no_rules_hint>
                        ""
                    </EmptyState>
                }
            }
        />
        <Dialog open title class="dialog-wide">
            <RuleForm before=begun.get_untracked() channels open on_done=again />
        </Dialog>
        <Deletion open=ends doomed words=t.notifications.delete_rule_ends on_done=again />
    }
    .into_any()
}

fn columns(
    t: &'static Text,
    channels: Signal<Vec<Channel>>,
    edit: Callback<Rule>,
    delete: Callback<Rule>,
) -> Vec<Column<Rule>> {
    let n = &t.notifications;
    let channel = move |rule: &Rule| {
        let id = &rule.settings.channel_id;
        let name = |one: &Channel| (one.id == *id).then(|| one.settings.name.clone());
        channels
            .with(|all| all.iter().find_map(name))
            .unwrap_or_default()
    };
    vec![
        Column::new(n.name, |one: &Rule| foreign_line(&one.settings.name))
            .text(|one| one.settings.name.clone()),
        Column::new(n.what, move |one: &Rule| words(t, one)).text(move |one| words(t, one)),
        Column::new(n.channel, move |one: &Rule| foreign_line(channel(one))).text(channel),
        Column::new(n.actions, move |one: &Rule| {
            let (edited, deleted) = (one.clone(), one.clone());
            view! {
                <span class="flex flex-wrap gap-2">
                    <Button label=t.common.edit look=Look::Link on_press=move || edit.run(edited.clone()) />
                    <Button label=t.common.delete look=Look::Link on_press=move || delete.run(deleted.clone()) />
                </span>
            }
        }),
    ]
}

fn words(t: &Text, rule: &Rule) -> String {
    let triggers = rule.settings.triggers.iter();
    let words: Vec<&str> = triggers.map(|one| trigger_word(t, *one)).collect();
    words.join(t.system.and)
}
