//! The form of one change in a dialog: its fields, what was refused at them, and the button that sends it.

use leptos::prelude::*;

use super::submission::{Refused, Submission, field_errors};
use crate::i18n::text;
use crate::ui::form::Form;
use crate::ui::{Button, DialogActions, Look};

/// Inside a dialog; the children are its fields. What they hold is sent once none of them finds anything wrong.
#[component]
pub fn ChangeForm(
    open: RwSignal<bool>,
    submission: Submission,
    /// What is said above what was refused.
    refused: &'static str,
    send: Callback<()>,
    children: Children,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    Effect::new(move |_| {
        let errors = submission.error.get().as_ref().map(field_errors);
        form.refuse(errors.unwrap_or_default());
    });
    let press = move || match form.accept() {
        true => send.run(()),
        false => form.focus_first(),
    };
    view! {
        <form
            class="grid gap-4"
            on:submit=move |event| {
                event.prevent_default();
                press();
            }
        >
            {children()}
            <Refused submission title=refused />
            <DialogActions>
                <Button label=t.common.cancel on_press=move || open.set(false) />
                <Button label=t.common.save look=Look::Primary busy=submission.busy on_press=press />
            </DialogActions>
        </form>
    }
    .into_any()
}
