//! Qualities of service: what jobs that ask for one get and may.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::change_form::ChangeForm;
use super::chosen::{self, Deletion, Doomed};
use super::limits::{LimitChips, LimitFields, Typed, chips_of};
use crate::i18n::{Text, text};
use crate::model::shares::{Limit, PutQos, Qos, Shares, SharesChange};
use crate::rules::shares::{check_new_name, check_number};
use crate::ui::form::{Combobox, Field, TextInput};
use crate::ui::table::Table;
use crate::ui::{Button, Choice, Column, Dialog, foreign};

/// Those of `sacctmgr` in 24.11 that say something by themselves.
const FLAGS: [&str; 9] = [
    "DenyOnLimit",
    "EnforceUsageThreshold",
    "NoDecay",
    "NoReserve",
    "OverPartQOS",
    "PartitionMaxNodes",
    "PartitionMinNodes",
    "PartitionTimeLimit",
    "RequiresReservation",
];

#[component]
pub fn QosTable(shares: Signal<Shares>, again: Callback<()>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || shares.with(|shares| shares.qos.clone()));
    let selected = RwSignal::new(BTreeSet::new());
    let chosen = chosen::one(rows, selected, key);
    let on_done = Callback::new(move |()| {
        selected.set(BTreeSet::new());
        again.run(());
    });
    view! {
        <Table
            title=t.shares.qos
            noun=t.shares.qos_filter
            rows
            columns=columns(t)
            key
            selected
            actions=move || view! { <Actions chosen rows on_done /> }
            empty=move || view! { <p class="p-5 text-muted">{t.shares.qos_none}</p> }
        />
    }
    .into_any()
}

#[component]
fn Actions(
    chosen: Memo<Option<Qos>>,
    rows: Signal<Vec<Qos>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    let begun = RwSignal::new(PutQos::default());
    let begin = move |what: PutQos| {
        begun.set(what);
        open.set(true);
    };
    let add = move || {
        begin(PutQos {
            is_new: true,
            priority: "0".into(),
            ..PutQos::default()
        });
    };
    let edit = move || {
        if let Some(one) = chosen.get_untracked() {
            begin(as_it_is(one));
        }
    };
    let not_chosen = move || {
        chosen
            .with(Option::is_none)
            .then(|| t.shares.choose_first.to_owned())
    };
    let title = Signal::derive(move || {
        begun.with(|put| match put.is_new {
            true => t.shares.add_qos.to_owned(),
            false => t.shares.change_qos(&put.name),
        })
    });
    view! {
        <Deletion chosen=Signal::derive(move || chosen.get().map(|one| doomed(t, one))) on_done />
        <Button label=t.shares.change disabled=Signal::derive(not_chosen) on_press=edit />
        <Button label=t.shares.add_qos on_press=add />
        <Dialog open title class="dialog-wide">
            <QosForm before=begun.get_untracked() rows open on_done />
        </Dialog>
    }
    .into_any()
}

fn as_it_is(qos: Qos) -> PutQos {
    PutQos {
        name: qos.name,
        is_new: false,
        priority: qos.priority,
        preempts: qos.preempts,
        flags: qos.flags,
        limits: qos.limits,
    }
}

#[component]
fn QosForm(
    before: PutQos,
    rows: Signal<Vec<Qos>>,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let is_new = before.is_new;
    let name = RwSignal::new(before.name.clone());
    let priority = RwSignal::new(before.priority.clone());
    let preempts = RwSignal::new(before.preempts.clone());
    let flags = RwSignal::new(before.flags.clone());
    let typed = Typed::new(&Limit::OF_QOS, &before.limits);
    let change = Callback::new(move |()| {
        SharesChange::PutQos(PutQos {
            name: name.get_untracked().trim().to_owned(),
            is_new,
            priority: priority.get_untracked().trim().to_owned(),
            preempts: preempts.get_untracked(),
            flags: flags.get_untracked(),
            limits: typed.limits(),
        })
    });
    let own = before.name.clone();
    let others = Signal::derive(move || {
        rows.with(|rows| {
            let others = rows.iter().filter(|qos| qos.name != own);
            others
                .map(|qos| Choice::new(&qos.name, &qos.name))
                .collect::<Vec<_>>()
        })
    });
    let all_flags = Signal::stored(FLAGS.map(|flag| Choice::new(flag, flag)).to_vec());
    view! {
        <ChangeForm open change on_done>
            {is_new
                .then(|| {
                    view! {
                        <Field
                            name="name"
                            label=t.shares.name
                            check=Signal::derive(move || check_new_name(t, name.get().trim()).err())
                        >
                            <TextInput value=name mono=true />
                        </Field>
                    }
                })}
            <Field
                name="priority"
                label=t.shares.priority
                hint=t.shares.priority_hint
                check=Signal::derive(move || check_number(t, priority.get().trim()).err())
            >
                <TextInput value=priority numeric=true />
            </Field>
            <Field name="preempts" label=t.shares.preempts hint=t.shares.preempts_hint optional=true>
                <Combobox value=preempts choices=others />
            </Field>
            <Field name="flags" label=t.shares.flags optional=true>
                <Combobox value=flags choices=all_flags />
            </Field>
            <LimitFields typed />
        </ChangeForm>
    }
    .into_any()
}

fn key(qos: &Qos) -> String {
    qos.name.clone()
}

fn doomed(t: &'static Text, qos: Qos) -> Result<Doomed, String> {
    if !qos.queues.is_empty() {
        return Err(t.shares.qos_named(qos.queues.join(", ")));
    }
    Ok(Doomed {
        name: qos.name.clone(),
        words: t.shares.qos_ends.to_owned(),
        change: SharesChange::DeleteQos { name: qos.name },
    })
}

fn columns(t: &'static Text) -> Vec<Column<Qos>> {
    vec![
        Column::new(t.shares.name, |qos: &Qos| {
            view! { <span class="font-semibold">{foreign(&qos.name)}</span> }
        })
        .text(|qos| qos.name.clone()),
        Column::new(t.shares.priority, |qos: &Qos| {
            view! { <span class="tabular-nums">{qos.priority.clone()}</span> }
        })
        .sort(|qos| qos.priority.parse().unwrap_or_default()),
        Column::new(t.shares.limits, |qos: &Qos| {
            view! { <LimitChips limits=qos.limits.clone() /> }
        }),
        Column::new(t.shares.preempts, |qos: &Qos| {
            chips_of(qos.preempts.clone())
        }),
        Column::new(t.shares.flags, |qos: &Qos| chips_of(qos.flags.clone())),
        Column::new(t.shares.queues, |qos: &Qos| chips_of(qos.queues.clone())),
    ]
}
