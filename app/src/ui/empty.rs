//! Nothing to show: says why and what to do next.

use leptos::prelude::*;

#[component]
pub fn EmptyState(title: &'static str, text: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="mx-auto grid max-w-3xl gap-3 px-5 py-12 text-center">
            <p class="text-base font-semibold">{title}</p>
            <p class="text-muted">{text}</p>
            <div class="min-w-0">{children()}</div>
        </div>
    }
    .into_any()
}
