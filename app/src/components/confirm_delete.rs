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
    /// What the button says, if it is not only "Delete".
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// It goes on step by step: there is nothing to confirm meanwhile, as the children show.
    #[prop(optional, into)]
    under_way: Signal<bool>,
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
    let label = label.unwrap_or_else(|| Signal::stored(t.common.delete.to_owned()));
    let asks = move || !blocked.get() && !under_way.get();
    let leave = Signal::derive(move || match under_way.get() {
        true => t.common.close.to_owned(),
        false => t.common.cancel.to_owned(),
    });
    let children = StoredValue::new(children);
    view! {
        <Dialog open title>
            <form
                class="grid gap-4"
                on:submit=move |event| {
                    event.prevent_default();
                    if !untrack(mismatch) && untrack(asks) {
                        confirm();
                    }
                }
            >
                {children.with_value(|children| children())}
                <Refused submission title=t.forms.delete_refused links />
                <Show when=asks>
                    <Field name="confirm-name" label=t.forms.type_name(name.get())>
                        <TextInput value=typed />
                    </Field>
                </Show>
                <DialogActions>
                    <Button label=leave on_press=move || open.set(false) />
                    <Show when=asks>
                        <Button
                            label
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
