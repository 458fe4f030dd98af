//! A drop-down of links and buttons. A native disclosure: it opens without the WebAssembly.

use leptos::html;
use leptos::prelude::*;

use super::Icon;

#[component]
pub fn Menu(
    /// Stands for the label; without one the label is seen, as on a button.
    #[prop(optional)]
    icon: Option<Icon>,
    #[prop(into)] label: String,
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    // Leaving by Tab or clicking elsewhere closes it, as does Escape.
    let leave = move |event: leptos::ev::FocusEvent| {
        use leptos::wasm_bindgen::JsCast;
        let to = event
            .related_target()
            .and_then(|target| target.dyn_into::<leptos::web_sys::Node>().ok());
        let inside = details
            .get_untracked()
            .is_some_and(|details| details.contains(to.as_ref()));
        if !inside {
            close();
        }
    };
    let summary = match icon {
        Some(icon) => view! {
            <summary class="top-button" title=label.clone() aria-label=label>
                {icon.view()} {Icon::ChevronDown.view()}
            </summary>
        }
        .into_any(),
        None => view! {
            <summary class="button">
                <span>{label}</span>
                {Icon::ChevronDown.view()}
            </summary>
        }
        .into_any(),
    };
    view! {
        <details
            class="menu"
            node_ref=details
            on:focusout=leave
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close();
                }
            }
        >
            {summary}
            <div class="menu-panel">{children()}</div>
        </details>
    }
    .into_any()
}
