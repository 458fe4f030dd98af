//! "Delete NAME?" Says what will end, and asks for the name so that a slip of the finger ends nothing.

use leptos::prelude::*;

use super::submission::{Refused, Submission};
use crate::i18n::text;
use crate::ui::form::{Field, TextInput};
use crate::ui::{Button, Dialog, DialogActions, Link, Look};

/// The children say what will end.
///
/// ```ignore
/// <ConfirmDelete open title=t.x.delete name submission links=what_stands_in_the_way
///     on_confirm=move || submission.send(delete_queue(id.get()), move |_| open.set(false))>
///     <p>{t.x.ends(jobs)}</p>
/// </ConfirmDelete>
/// ```
#[component]
pub fn ConfirmDelete(
    open: RwSignal<bool>,
    /// "Delete queue demo".
    #[prop(into)]
    title: Signal<String>,
    #[prop(into)] name: Signal<String>,
    submission: Submission,
    /// Ways to what stands in the way, beside a refusal.
    #[prop(optional, into)]
    links: Signal<Vec<Link>>,
    /// Something stands in the way, as the children say: there is nothing to confirm.
    #[prop(optional, into)]
    blocked: Signal<bool>,
    #[prop(into)] on_confirm: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let t = text();
    let typed = RwSignal::new(String::new());
    // Each opening begins anew.
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
            submission.error.set(None);
        }
    });
    let mismatch = move || typed.with(|typed| name.with(|name| typed.trim() != name.as_str()));
    let why_not = Signal::derive(move || mismatch().then(|| t.forms.type_name_first(name.get())));
    let confirm = move || on_confirm.run(());
    let children = StoredValue::new(children);
    view! {
        <Dialog open title>
            <form
                class="grid gap-4"
                on:submit=move |event| {
                    event.prevent_default();
                    if !untrack(mismatch) {
                        confirm();
                    }
                }
            >
                {children.with_value(|children| children())}
                <Refused submission title=t.forms.delete_refused links />
                <Show when=move || !blocked.get()>
                    <Field name="confirm-name" label=t.forms.type_name(name.get())>
                        <TextInput value=typed />
                    </Field>
                </Show>
                <DialogActions>
                    <Button label=t.common.cancel on_press=move || open.set(false) />
                    <Show when=move || !blocked.get()>
                        <Button
                            label=t.common.delete
                            look=Look::Danger
                            disabled=why_not
                            busy=submission.busy
                            on_press=confirm
                        />
                    </Show>
                </DialogActions>
            </form>
        </Dialog>
    }
    .into_any()
}
