//! The buttons above a table of groups or queues: create, and edit or delete the selected row. A button that cannot be
//! pressed says why.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::components::delete::{DeleteDialog, Doomed, why_not_delete, why_not_edit};
use crate::i18n::text;
use crate::model::status::Status;
use crate::ui::{Button, ButtonLink, Look};

/// The selected row.
#[derive(Clone, PartialEq, Eq)]
pub struct Chosen {
    pub doomed: Doomed,
    pub status: Status,
    pub edit: String,
}

/// The row that is selected, if it is one.
pub fn only<'r, T>(
    selected: &BTreeSet<String>,
    rows: &'r [T],
    id: fn(&T) -> &String,
) -> Option<&'r T> {
    let mut found = rows.iter().filter(|row| selected.contains(id(row)));
    found.next().filter(|_| found.next().is_none())
}

#[component]
pub fn RowActions(
    #[prop(into)] chosen: Signal<Option<Chosen>>,
    create: Signal<String>,
    label: &'static str,
) -> impl IntoView {
    let t = text();
    let deleting = RwSignal::new(false);
    let edit = Signal::derive(move || chosen.get().map(|c| c.edit).unwrap_or_default());
    // The dialog keeps what it was opened for, whatever becomes of the selection.
    let doomed = RwSignal::new(None::<Doomed>);
    let why_not = move |reason: fn(&str, Status) -> Option<String>| match chosen.get() {
        None => Some(t.delete.choose_first.to_owned()),
        Some(chosen) => reason(&chosen.doomed.name, chosen.status),
    };
    let open = move |()| {
        doomed.set(chosen.get_untracked().map(|c| c.doomed));
        deleting.set(true);
    };
    view! {
        <ButtonLink
            label=t.create_queue.edit
            href=edit
            disabled=Signal::derive(move || why_not(why_not_edit))
        />
        <Button
            label=t.delete.delete
            disabled=Signal::derive(move || why_not(why_not_delete))
            on_press=open
        />
        <CreateButton href=create label />
        <DeleteDialog open=deleting doomed=doomed.into() />
    }
    .into_any()
}

#[component]
pub fn CreateButton(href: Signal<String>, label: &'static str) -> impl IntoView {
    view! { <ButtonLink label href look=Look::Primary /> }.into_any()
}
