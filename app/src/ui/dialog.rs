//! A question or a form in front of the page. The browser's own dialog: it keeps the focus inside, closes with Escape
//! and gives the focus back.

use leptos::html;
use leptos::prelude::*;

use super::Icon;
use crate::browser;
use crate::foreign::visible;
use crate::i18n::text;

/// Open while `open` is true; its content is built anew each time. What is to have the focus says `autofocus`.
///
/// ```ignore
/// let open = RwSignal::new(false);
/// <Dialog open title=t.x.title>
///     <p>…</p>
///     <DialogActions><Button …/></DialogActions>
/// </Dialog>
/// ```
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// `dialog-wide` for forms, `dialog-palette` without a heading.
    #[prop(optional)]
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let title = Signal::derive(move || visible(&title.read()).into_owned());
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else {
            return;
        };
        match (open.get(), dialog.open()) {
            (true, false) => {
                // It fails only outside a document or when it is open already.
                let _ = dialog.show_modal();
                browser::focus_autofocus(&dialog);
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog
            node_ref=dialog
            class=format!("dialog {class}")
            aria-label=title
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2 class="foreign min-w-0 text-lg font-semibold">{title}</h2>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=text().common.close
                        on:click=move |_| open.set(false)
                    >
                        {Icon::Close.view()}
                    </button>
                </header>
                <div class="dialog-body">{children()}</div>
            </Show>
        </dialog>
    }
    .into_any()
}

/// The row of buttons at a dialog's end, the one that goes on at the right.
#[component]
pub fn DialogActions(children: Children) -> impl IntoView {
    view! { <div class="dialog-actions">{children()}</div> }.into_any()
}
