//! A part of a page that opens when wanted: by itself, without the WebAssembly too.

use leptos::prelude::*;

use super::Icon;

#[component]
pub fn ExpandableSection(
    #[prop(into)] title: String,
    /// A short fact beside the title: a count, a state.
    #[prop(optional, into)]
    note: Signal<String>,
    #[prop(optional)] open: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="expandable" open=open>
            <summary>
                {Icon::ChevronRight.view()} <span class="font-semibold">{title}</span> <span class="text-muted">{note}</span>
            </summary>
            <div class="expandable-body">{children()}</div>
        </details>
    }
    .into_any()
}
