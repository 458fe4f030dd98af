//! The wizard's steps at the side: done, here, to come.

use leptos::prelude::*;

use super::Place;
use crate::i18n::text;
use crate::ui::Icon;

#[component]
pub fn Rail(label: String, titles: Vec<&'static str>, place: Place) -> impl IntoView {
    let t = text();
    let count = titles.len();
    let entry = move |(number, title): (usize, &'static str)| {
        let is_here = move || place.current.get() == number;
        let is_reachable = Memo::new(move |_| place.is_reachable(number));
        let is_done = move || place.current.get() > number && place.is_reachable(number + 1);
        let why_not = move || (!is_reachable.get() && !is_here()).then_some(t.wizard.not_yet);
        let go = move |_| {
            if is_reachable.get_untracked() {
                place.go(number);
            }
        };
        view! {
            <li>
                <button
                    type="button"
                    class="rail-step"
                    aria-current=move || is_here().then_some("step")
                    aria-disabled=move || why_not().map(|_| "true")
                    aria-description=why_not
                    title=why_not
                    on:click=go
                >
                    <span class="rail-number">
                        {move || if is_done() { Icon::Tick.view().into_any() } else { (number + 1).to_string().into_any() }}
                    </span>
                    <span class="min-w-0">
                        {title} <span class="read-out">{move || is_done().then_some(t.common.step_done)}</span>
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <nav class="rail" aria-label=label>
            <p class="rail-count text-muted">{move || t.wizard.step_of(place.current.get() + 1, count)}</p>
            <ol>{titles.into_iter().enumerate().map(entry).collect_view()}</ol>
        </nav>
    }
    .into_any()
}
