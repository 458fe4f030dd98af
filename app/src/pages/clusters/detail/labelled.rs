//! A command with what it is for.

use leptos::prelude::*;

use crate::ui::Code;

#[component]
pub(super) fn Labelled(label: &'static str, #[prop(into)] command: String) -> impl IntoView {
    view! {
        <div class="grid gap-1">
            <p class="text-sm font-medium">{label}</p>
            <Code what=label text=command />
        </div>
    }
    .into_any()
}
