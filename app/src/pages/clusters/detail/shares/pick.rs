//! A choice among a few words.

use leptos::prelude::*;

#[component]
pub fn Pick(
    label: &'static str,
    /// Each with its words.
    choices: Vec<(&'static str, String)>,
    chosen: RwSignal<String>,
) -> impl IntoView {
    let option = move |(value, words): (&'static str, String)| {
        let is_chosen = move || chosen.with(|chosen| chosen == value);
        view! {
            <option value=value selected=untrack(is_chosen) prop:selected=is_chosen>
                {words}
            </option>
        }
    };
    view! {
        <select
            class="input input-short"
            aria-label=label
            on:change=move |event| chosen.set(event_target_value(&event))
        >
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}
