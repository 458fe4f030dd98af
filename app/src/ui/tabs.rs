//! Tabs that are real pages: links with URLs of their own, which the keyboard, the back button and a new window know.

use leptos::prelude::*;
use leptos_router::components::A;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    pub title: &'static str,
    pub href: String,
    /// The tab's URL is the start of the others' too.
    pub exact: bool,
}

#[component]
pub fn Tabs(label: &'static str, #[prop(into)] tabs: Signal<Vec<Tab>>) -> impl IntoView {
    let link = |tab: Tab| {
        view! {
            <li>
                <A href=tab.href exact=tab.exact scroll=false>
                    {tab.title}
                </A>
            </li>
        }
    };
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{move || tabs.get().into_iter().map(link).collect_view()}</ul>
        </nav>
    }
    .into_any()
}
