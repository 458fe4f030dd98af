//! The two containers of a page: its header, and a box with a heading.

use leptos::prelude::*;

use super::foreign;

/// The one `h1` of a page.
#[component]
pub fn PageHeader(
    #[prop(into)] title: Signal<String>,
    /// What stands beside it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="flex flex-wrap items-center gap-x-4 gap-y-2">
            <h1 class="min-w-0 text-2xl font-semibold tracking-tight">{move || foreign(title.get())}</h1>
            {children.map(|children| children())}
        </header>
    }
    .into_any()
}

#[component]
pub fn Card(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="rounded-xl border border-line bg-surface" aria-label=title>
            <h2 class="border-b border-line px-5 py-3 text-base font-semibold">{title}</h2>
            <div class="p-5">{children()}</div>
        </section>
    }
    .into_any()
}
