//! An address at which nothing stands.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::answer_not_found;
use crate::i18n::text;
use crate::paths;
use crate::ui::EmptyState;

#[component]
pub fn NotFound() -> impl IntoView {
    let t = text();
    answer_not_found();
    view! {
        <Title text=t.errors.not_found_title />
        <h1 class="read-out">{t.errors.not_found_title}</h1>
        <EmptyState title=t.errors.not_found_title text=t.errors.not_found>
            <p class="text-center">
                <a class="button" href=paths::CLUSTERS>{t.errors.back_to_clusters}</a>
            </p>
        </EmptyState>
    }
    .into_any()
}
