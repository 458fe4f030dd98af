//! The form of one change in a dialog, and the deletion of a row.

use leptos::prelude::*;

use crate::api::notification::change_notifications;
use crate::components::{self, ConfirmDelete, Submission};
use crate::i18n::{language, text};
use crate::model::notification::{ChangeNotifications, NotificationChange};

/// Inside a dialog; the children are its fields.
#[component]
pub fn ChangeForm(
    open: RwSignal<bool>,
    change: Callback<(), NotificationChange>,
    on_done: Callback<()>,
    children: Children,
) -> impl IntoView {
    let submission = Submission::new();
    let send_change = sender(submission, open, on_done);
    let send = Callback::new(move |()| send_change.run(change.run(())));
    view! {
        <components::ChangeForm open submission refused=text().notifications.not_changed send>
            {children()}
        </components::ChangeForm>
    }
    .into_any()
}

/// Sends a change; done, the dialog closes and the page asks again.
fn sender(
    submission: Submission,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> Callback<NotificationChange> {
    let language = StoredValue::new(language());
    Callback::new(move |change: NotificationChange| {
        let request = change_notifications(ChangeNotifications { change }, language.get_value());
        submission.send(request, move |_| {
            open.set(false);
            on_done.run(());
        });
    })
}

/// What is to be deleted: its name, and how.
pub type Doomed = Option<(String, NotificationChange)>;

/// Asks before it deletes.
#[component]
pub fn Deletion(
    open: RwSignal<bool>,
    doomed: RwSignal<Doomed>,
    words: &'static str,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let submission = Submission::new();
    let send = sender(submission, open, on_done);
    let name = Signal::derive(move || {
        doomed.with(|doomed| {
            doomed
                .as_ref()
                .map(|(name, _)| name.clone())
                .unwrap_or_default()
        })
    });
    let confirm = move || {
        if let Some((_, change)) = doomed.get_untracked() {
            send.run(change);
        }
    };
    view! {
        <ConfirmDelete
            open
            title=Signal::derive(move || t.notifications.delete_named(name.get()))
            name
            submission
            on_confirm=confirm
        >
            <p>{words}</p>
        </ConfirmDelete>
    }
    .into_any()
}
