//! One of few things that are named side by side, of which the one that is chosen is shown.

use leptos::prelude::*;

#[component]
pub fn Segments<T: Copy + PartialEq + Send + Sync + 'static>(
    /// What is chosen, for a screen reader.
    label: &'static str,
    chosen: RwSignal<T>,
    /// Each with its name.
    choices: Vec<(T, &'static str)>,
) -> impl IntoView {
    let segment = move |(choice, name): (T, &'static str)| {
        view! {
            <button
                type="button"
                class="segment"
                aria-pressed=move || (chosen.get() == choice).to_string()
                on:click=move |_| chosen.set(choice)
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="segments" role="group" aria-label=label>
            {choices.into_iter().map(segment).collect_view()}
        </div>
    }
    .into_any()
}
