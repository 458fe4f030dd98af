//! Text in one line or several, and numbers.

use leptos::prelude::*;

use super::use_field;

/// One line. `numeric` brings up digits on a phone; the check says what is no number. `unit` stands behind.
#[component]
pub fn TextInput(
    value: RwSignal<String>,
    #[prop(optional)] numeric: bool,
    #[prop(optional)] unit: &'static str,
    #[prop(optional)] placeholder: &'static str,
    /// For paths, names and numbers of machines.
    #[prop(optional)]
    mono: bool,
    /// What nobody is to read over a shoulder, nor a browser to remember.
    #[prop(optional)]
    secret: bool,
) -> impl IntoView {
    let field = use_field();
    let invalid = field.aria_invalid();
    let edit = field.clone();
    view! {
        <div class="input-row">
            <input
                id=field.id.to_string()
                type=if secret { "password" } else { "text" }
                class="input"
                class:code-text=mono
                class:input-short=numeric
                inputmode=if numeric { "numeric" } else { "text" }
                autocomplete=if secret { "new-password" } else { "off" }
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                aria-required=field.required.then_some("true")
                aria-describedby=field.described_by.to_string()
                aria-invalid=invalid
                bind:value=value
                on:input=move |_| edit.edited()
            />
            {(!unit.is_empty()).then(|| view! { <span class="text-muted">{unit}</span> })}
        </div>
    }
    .into_any()
}

/// Several lines, as code: scripts, files.
#[component]
pub fn TextArea(
    value: RwSignal<String>,
    #[prop(default = 8)] rows: usize,
    #[prop(optional)] placeholder: &'static str,
) -> impl IntoView {
    let field = use_field();
    let invalid = field.aria_invalid();
    let edit = field.clone();
    view! {
        <textarea
            id=field.id.to_string()
            class="input input-area"
            rows=rows.to_string()
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            wrap="off"
            placeholder=placeholder
            aria-required=field.required.then_some("true")
            aria-describedby=field.described_by.to_string()
            aria-invalid=invalid
            bind:value=value
            on:input=move |_| edit.edited()
        ></textarea>
    }
    .into_any()
}
