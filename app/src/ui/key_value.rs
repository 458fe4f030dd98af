//! Facts in columns: a label above each value.

use leptos::prelude::*;

#[component]
pub fn Pairs(children: Children) -> impl IntoView {
    view! { <dl class="pairs">{children()}</dl> }.into_any()
}

#[component]
pub fn KeyValue(
    label: &'static str,
    /// Takes the whole row: for ARNs.
    #[prop(optional)]
    wide: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="min-w-0" class:pair-wide=wide>
            <dt class="text-xs font-medium text-muted">{label}</dt>
            <dd class="mt-0.5 min-w-0 break-words">{children()}</dd>
        </div>
    }
    .into_any()
}
