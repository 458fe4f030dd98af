//! Yes or no.

use leptos::prelude::*;

use super::use_field;

/// Inside a `Field group=true`, or alone.
#[component]
pub fn Checkbox(
    value: RwSignal<bool>,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    /// Why it cannot be changed.
    #[prop(optional, into)]
    disabled: Option<String>,
) -> impl IntoView {
    let field = use_field();
    let is_disabled = disabled.is_some();
    view! {
        <label class="check" class:check-disabled=is_disabled>
            <input
                type="checkbox"
                prop:checked=move || value.get()
                checked=value.get_untracked()
                disabled=is_disabled
                on:change=move |event| {
                    value.set(event_target_checked(&event));
                    field.edited();
                }
            />
            <span class="min-w-0">
                <span class="block font-medium">{label}</span>
                {(!hint.is_empty()).then(|| view! { <span class="block text-muted">{hint}</span> })}
                {disabled.map(|reason| view! { <span class="block text-muted">{reason}</span> })}
            </span>
        </label>
    }
    .into_any()
}
