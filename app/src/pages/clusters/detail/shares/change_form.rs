//! The form of one change: its fields, what was refused at them, and the button that sends it.

use leptos::prelude::*;

use super::use_page;
use crate::api::shares::change_shares;
use crate::components::{Refused, Submission, field_errors};
use crate::i18n::{language, text};
use crate::model::shares::{ChangeShares, SharesChange};
use crate::ui::form::Form;
use crate::ui::{Button, DialogActions, Look};

/// Inside a dialog; the children are its fields.
#[component]
pub fn ChangeForm(
    open: RwSignal<bool>,
    change: Callback<(), SharesChange>,
    on_done: Callback<()>,
    children: Children,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let send_change = sender(submission, open, on_done);
    Effect::new(move |_| {
        let errors = submission.error.get().as_ref().map(field_errors);
        form.refuse(errors.unwrap_or_default());
    });
    let send = move || match form.accept() {
        true => send_change.run(change.run(())),
        false => form.focus_first(),
    };
    view! {
        <form
            class="grid gap-4"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {children()}
            <Refused submission title=t.jobs.not_done />
            <DialogActions>
                <Button label=t.common.cancel on_press=move || open.set(false) />
                <Button
                    label=t.common.save
                    look=Look::Primary
                    busy=submission.busy
                    on_press=send
                />
            </DialogActions>
        </form>
    }
    .into_any()
}

/// Sends a change of this page's cluster; done, the dialog closes and the page asks again.
pub fn sender(
    submission: Submission,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> Callback<SharesChange> {
    let page = use_page();
    let language = StoredValue::new(language());
    Callback::new(move |change: SharesChange| {
        let input = ChangeShares {
            cluster_identifier: page.id.get_untracked(),
            change,
        };
        let request = change_shares(input, language.get_value());
        submission.send(request, move |()| {
            open.set(false);
            on_done.run(());
        });
    })
}
