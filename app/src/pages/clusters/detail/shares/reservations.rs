//! Nodes that are kept for some for a time, and licences.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::change_form::ChangeForm;
use super::chosen::{self, Deletion, Doomed};
use super::limits::chips_of;
use super::use_page;
use crate::api::shares::list_reservations;
use crate::browser;
use crate::components::{Fetched, asked};
use crate::i18n::{Text, text};
use crate::model::shares::{self, License, PutReservation, Reserved, SharesChange};
use crate::rules::shares::{self as rules, check_minutes, check_name, check_number};
use crate::ui::form::{Checkbox, Field, TextInput};
use crate::ui::table::Table;
use crate::ui::time::Minute;
use crate::ui::{Button, Column, Dialog, foreign};

const MINUTE: i64 = 60_000;

#[component]
pub fn Reservations() -> impl IntoView {
    let t = text();
    let page = use_page();
    let asked = asked([page.id], &[], |[id]| list_reservations(id));
    let selected = RwSignal::new(BTreeSet::new());
    let on_done = Callback::new(move |()| {
        selected.set(BTreeSet::new());
        asked.refetch();
    });
    view! {
        <Fetched resource=asked let:all>
            <Table
                title=t.shares.reservations
                noun=t.shares.reservations_filter
                rows=rows(all)
                columns=columns(t)
                key
                selected
                actions=move || {
                    let chosen = chosen::one(rows(all), selected, key);
                    view! { <Actions chosen on_done /> }
                }
                empty=move || view! { <p class="p-5 text-muted">{t.shares.reservations_none}</p> }
            />
            <Table
                title=t.shares.licenses
                noun=t.shares.licenses
                rows=Signal::derive(move || all.with(|all| all.licenses.clone()))
                columns=license_columns(t)
                key=|one| one.name.clone()
                empty=move || view! { <p class="p-5 text-muted">{t.shares.licenses_none}</p> }
            />
        </Fetched>
    }
    .into_any()
}

#[component]
fn Actions(chosen: Memo<Option<Reserved>>, on_done: Callback<()>) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    let before = RwSignal::new(None::<Reserved>);
    let begin = move |what: Option<Reserved>| {
        before.set(what);
        open.set(true);
    };
    let not_chosen = move || {
        chosen
            .with(Option::is_none)
            .then(|| t.shares.choose_first.to_owned())
    };
    let title = Signal::derive(move || match before.get() {
        None => t.shares.add_reservation.to_owned(),
        Some(one) => t.shares.change_reservation(one.name),
    });
    view! {
        <Deletion chosen=Signal::derive(move || chosen.get().map(|one| Ok(doomed(t, one)))) on_done />
        <Button
            label=t.shares.change
            disabled=Signal::derive(not_chosen)
            on_press=move || begin(chosen.get_untracked())
        />
        <Button label=t.shares.add_reservation on_press=move || begin(None) />
        <Dialog open title class="dialog-wide">
            <ReservationForm before=before.get_untracked() open on_done />
        </Dialog>
    }
    .into_any()
}

#[component]
fn ReservationForm(
    before: Option<Reserved>,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let is_new = before.is_none();
    let was = before.unwrap_or_default();
    let lasts = match is_new {
        true => 60,
        false => (was.ends_at - was.starts_at) / MINUTE,
    };
    let name = RwSignal::new(was.name.clone());
    let begins_in = RwSignal::new(String::new());
    let minutes = RwSignal::new(lasts.to_string());
    let nodes = RwSignal::new(was.nodes.clone());
    let queue = RwSignal::new(String::new());
    let licenses = RwSignal::new(was.licenses.join(","));
    let users = RwSignal::new(was.users.join(", "));
    let accounts = RwSignal::new(was.accounts.join(", "));
    let is_maintenance = RwSignal::new(was.is_maintenance);
    let change = Callback::new(move |()| {
        let begins_in: Option<i64> = begins_in.get_untracked().trim().parse().ok();
        SharesChange::PutReservation(PutReservation {
            name: name.get_untracked().trim().to_owned(),
            is_new,
            starts_at: begins_in.map(|minutes| browser::now() + minutes * MINUTE),
            minutes: minutes.get_untracked().trim().to_owned(),
            nodes: nodes.get_untracked().trim().to_owned(),
            queue: queue.get_untracked().trim().to_owned(),
            licenses: licenses.get_untracked().trim().to_owned(),
            users: words(&users.get_untracked()),
            accounts: words(&accounts.get_untracked()),
            is_maintenance: is_maintenance.get_untracked(),
        })
    });
    let check_begin = move || match begins_in.get().trim() {
        "" => None,
        text => check_number(t, text).err(),
    };
    let check_nodes = move || match (nodes.get().trim(), licenses.get().trim()) {
        // Of licences only.
        ("", some) if !some.is_empty() => None,
        (nodes, _) => rules::check_nodes(t, nodes).err(),
    };
    let check_queue = move || match queue.get().trim() {
        "" => None,
        name => check_name(t, name).err(),
    };
    let check_licenses = move || match licenses.get().trim() {
        "" => None,
        some => rules::check_licenses(t, some).err(),
    };
    let for_whom = move || {
        let nobody = words(&users.get()).is_empty() && words(&accounts.get()).is_empty();
        match nobody {
            true => Some(t.share_rules.for_whom.to_owned()),
            false => wrong_name(t, &users.get()),
        }
    };
    let begin_hint = if is_new {
        t.shares.begins_hint
    } else {
        t.shares.begins_kept
    };
    view! {
        <ChangeForm open change on_done>
            {is_new
                .then(|| {
                    view! {
                        <Field
                            name="name"
                            label=t.shares.name
                            check=Signal::derive(move || check_name(t, name.get().trim()).err())
                        >
                            <TextInput value=name mono=true />
                        </Field>
                    }
                })}
            <Field name="nodes" label=t.shares.nodes hint=t.shares.nodes_hint check=Signal::derive(check_nodes)>
                <TextInput value=nodes mono=true />
            </Field>
            <div class="grid gap-4 sm:grid-cols-2">
                <Field name="queue" label=t.shares.queue hint=t.shares.queue_hint optional=true check=Signal::derive(check_queue)>
                    <TextInput value=queue mono=true />
                </Field>
                <Field
                    name="licenses"
                    label=t.shares.licenses
                    hint=t.shares.licenses_hint
                    optional=true
                    check=Signal::derive(check_licenses)
                >
                    <TextInput value=licenses mono=true />
                </Field>
            </div>
            <div class="grid gap-4 sm:grid-cols-2">
                <Field name="startsAt" label=t.shares.begins_in hint=begin_hint optional=true check=Signal::derive(check_begin)>
                    <TextInput value=begins_in numeric=true unit=t.shares.minutes />
                </Field>
                <Field
                    name="minutes"
                    label=t.shares.lasts
                    hint=t.shares.lasts_hint
                    check=Signal::derive(move || check_minutes(t, minutes.get().trim()).err())
                >
                    <TextInput value=minutes numeric=true unit=t.shares.minutes />
                </Field>
            </div>
            <div class="grid gap-4 sm:grid-cols-2">
                <Field name="users" label=t.shares.for_users hint=t.shares.for_hint optional=true check=Signal::derive(for_whom)>
                    <TextInput value=users mono=true />
                </Field>
                <Field
                    name="accounts"
                    label=t.shares.for_accounts
                    hint=t.shares.for_hint
                    optional=true
                    check=Signal::derive(move || wrong_name(t, &accounts.get()))
                >
                    <TextInput value=accounts mono=true />
                </Field>
            </div>
            {is_new
                .then(|| view! { <Checkbox value=is_maintenance label=t.shares.maintenance hint=t.shares.maintenance_hint /> })}
        </ChangeForm>
    }
    .into_any()
}

/// As they are typed: with commas or spaces between.
fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn wrong_name(t: &'static Text, text: &str) -> Option<String> {
    words(text)
        .iter()
        .find_map(|name| check_name(t, name).err())
}

fn rows(all: Signal<shares::Reservations>) -> Signal<Vec<Reserved>> {
    Signal::derive(move || all.with(|all| all.reservations.clone()))
}

fn key(one: &Reserved) -> String {
    one.name.clone()
}

fn doomed(t: &'static Text, one: Reserved) -> Doomed {
    Doomed {
        name: one.name.clone(),
        words: t.shares.reservation_ends.to_owned(),
        change: SharesChange::DeleteReservation { name: one.name },
    }
}

fn columns(t: &'static Text) -> Vec<Column<Reserved>> {
    vec![
        Column::new(t.shares.name, move |one: &Reserved| {
            let tag = one
                .is_maintenance
                .then(|| view! { <span class="text-xs text-muted">{t.shares.maintenance}</span> });
            view! {
                <span class="flex flex-wrap items-baseline gap-x-2">
                    <span class="font-semibold">{foreign(&one.name)}</span>
                    {tag}
                </span>
            }
        })
        .text(|one| one.name.clone()),
        Column::new(t.shares.nodes, |one: &Reserved| {
            let nodes = [one.nodes.clone()]
                .into_iter()
                .filter(|nodes| !nodes.is_empty());
            chips_of(nodes.collect())
        }),
        Column::new(t.shares.licenses, |one: &Reserved| {
            chips_of(one.licenses.clone())
        }),
        Column::new(
            t.shares.from,
            |one: &Reserved| view! { <Minute at=one.starts_at /> },
        )
        .sort(|one| one.starts_at),
        Column::new(
            t.shares.to,
            |one: &Reserved| view! { <Minute at=one.ends_at /> },
        )
        .sort(|one| one.ends_at),
        Column::new(t.shares.for_users, |one: &Reserved| {
            chips_of(one.users.clone())
        }),
        Column::new(t.shares.for_accounts, |one: &Reserved| {
            chips_of(one.accounts.clone())
        }),
    ]
}

fn license_columns(t: &'static Text) -> Vec<Column<License>> {
    let number = |title, of: fn(&License) -> i64| {
        Column::new(title, move |one: &License| {
            view! { <span class="tabular-nums">{of(one)}</span> }
        })
        .sort(of)
    };
    vec![
        Column::new(t.shares.name, |one: &License| foreign(&one.name)).text(|one| one.name.clone()),
        number(t.shares.licenses_total, |one| one.total),
        number(t.shares.licenses_used, |one| one.used),
    ]
}
