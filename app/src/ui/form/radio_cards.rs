//! One of a few, each a card with what it means.

use leptos::prelude::*;

use super::use_field;
use crate::ui::Choice;

/// Inside a `Field group=true`. A choice with a reason in `disabled` is shown with it and cannot be taken.
#[component]
pub fn RadioCards(
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
) -> impl IntoView {
    let field = use_field();
    let card = move |choice: Choice| {
        let (field, id) = (field.clone(), StoredValue::new(choice.id));
        let is_chosen = move || id.with_value(|id| value.with(|value| value == id));
        let is_disabled = choice.disabled.is_some();
        let choose = {
            let field = field.clone();
            move |_| {
                value.set(id.get_value());
                field.edited();
            }
        };
        view! {
            <label class="radio-card" class:radio-card-chosen=is_chosen class:radio-card-disabled=is_disabled>
                <input
                    type="radio"
                    name=field.id.to_string()
                    value=id.get_value()
                    checked=untrack(is_chosen)
                    prop:checked=is_chosen
                    disabled=is_disabled
                    aria-describedby=field.described_by.to_string()
                    on:change=choose
                />
                <span class="min-w-0">
                    <span class="block font-semibold">{choice.name}</span>
                    <span class="block text-muted">{choice.description}</span>
                    {choice.disabled.map(|reason| view! { <span class="mt-1 block text-muted italic">{reason}</span> })}
                </span>
            </label>
        }
    };
    let id = use_field().id;
    view! {
        // Where the focus goes for an error of the group.
        <div id=id.to_string() class="radio-cards" tabindex="-1">
            {move || choices.get().into_iter().map(card.clone()).collect_view()}
        </div>
    }
    .into_any()
}
