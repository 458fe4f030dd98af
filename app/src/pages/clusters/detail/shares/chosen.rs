//! The one row that was chosen, and its deletion: the same for accounts, QOS and reservations.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::change_form::sender;
use crate::components::{ConfirmDelete, Submission};
use crate::i18n::text;
use crate::model::shares::SharesChange;
use crate::ui::Button;

/// None where none is chosen, or several are.
pub fn one<T>(
    rows: Signal<Vec<T>>,
    selected: RwSignal<BTreeSet<String>>,
    key: fn(&T) -> String,
) -> Memo<Option<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| {
        let (rows, selected) = (rows.read(), selected.read());
        let mut found = rows.iter().filter(|row| selected.contains(&key(row)));
        found.next().filter(|_| found.next().is_none()).cloned()
    })
}

/// What a deletion is to end.
#[derive(Clone, PartialEq)]
pub struct Doomed {
    /// To be typed once more.
    pub name: String,
    /// What ends with it.
    pub words: String,
    pub change: SharesChange,
}

/// `chosen`: what is chosen, or why it stays.
#[component]
pub fn Deletion(
    chosen: Signal<Option<Result<Doomed, String>>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    // What it was opened for, whatever becomes of the selection.
    let doomed = RwSignal::new(None::<Doomed>);
    let submission = Submission::new();
    let send = sender(submission, open, on_done);
    let why_not = move || match chosen.get() {
        None => Some(t.shares.choose_first.to_owned()),
        Some(doomed) => doomed.err(),
    };
    let press = move || {
        doomed.set(chosen.get_untracked().and_then(Result::ok));
        open.set(true);
    };
    let name = Signal::derive(move || doomed.get().map(|it| it.name).unwrap_or_default());
    let confirm = move || {
        if let Some(doomed) = doomed.get_untracked() {
            send.run(doomed.change);
        }
    };
    view! {
        <Button label=t.delete.delete disabled=Signal::derive(why_not) on_press=press />
        <ConfirmDelete
            open
            title=Signal::derive(move || t.shares.delete_title(name.get()))
            name
            submission
            on_confirm=confirm
        >
            <p>{move || doomed.get().map(|it| it.words)}</p>
        </ConfirmDelete>
    }
    .into_any()
}
