//! One of a dozen at most: the browser's own list.

use leptos::prelude::*;

use super::use_field;
use crate::i18n::text;
use crate::ui::Choice;

/// A choice that cannot be taken says why behind its name.
#[component]
pub fn Select(
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    /// Shown while nothing is chosen; choosing nothing is then possible.
    #[prop(optional)]
    empty: Option<&'static str>,
) -> impl IntoView {
    let t = text();
    let field = use_field();
    let invalid = field.aria_invalid();
    let edit = field.clone();
    let option = move |choice: Choice| {
        let id = StoredValue::new(choice.id);
        let is_chosen = move || id.with_value(|id| value.with(|value| value == id));
        let label = match &choice.disabled {
            Some(reason) => t.forms.option_disabled(&choice.name, reason),
            None => choice.name.clone(),
        };
        view! {
            <option
                value=id.get_value()
                selected=untrack(is_chosen)
                prop:selected=is_chosen
                disabled=choice.disabled.is_some()
            >
                {label}
            </option>
        }
    };
    view! {
        <select
            id=field.id.to_string()
            class="input"
            aria-required=field.required.then_some("true")
            aria-describedby=field.described_by.to_string()
            aria-invalid=invalid
            on:change=move |event| {
                value.set(event_target_value(&event));
                edit.edited();
            }
        >
            {empty.map(|empty| option(Choice::new("", empty)))}
            {move || choices.get().into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}
