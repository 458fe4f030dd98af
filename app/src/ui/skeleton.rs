//! The grey shape of what is being loaded.

use leptos::prelude::*;

use crate::i18n::text;

#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="grid gap-3 rounded-xl border border-line bg-surface p-5" role="status">
            <span class="read-out">{text().common.loading}</span>
            <div class="skeleton h-5 w-48"></div>
            <div class="skeleton h-4 w-full"></div>
            <div class="skeleton h-4 w-full"></div>
            <div class="skeleton h-4 w-2/3"></div>
        </div>
    }
    .into_any()
}
