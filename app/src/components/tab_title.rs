//! What the browser's tab is called, where that follows what the page shows.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::foreign::visible;

/// The document asks for its title once more while a page goes: then that of the page is empty, where reading what has
/// gone would be the end of the whole console.
#[component]
pub fn TabTitle(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <Title text=move || visible(&text.try_get().unwrap_or_default()).into_owned() /> }
        .into_any()
}
