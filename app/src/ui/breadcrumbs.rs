//! Where the page stands.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Icon, foreign};
use crate::i18n::text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    pub title: String,
    pub href: String,
}

/// The way to the page; the page itself is its heading.
#[component]
pub fn Breadcrumbs(#[prop(into)] crumbs: Signal<Vec<Crumb>>) -> impl IntoView {
    let item = |crumb: Crumb| {
        view! {
            <li class="flex items-center gap-1">
                <span class="crumb-divider">{Icon::ChevronRight.view()}</span>
                <A href=crumb.href>{foreign(crumb.title)}</A>
            </li>
        }
    };
    view! {
        <nav class="crumbs" aria-label=text().common.breadcrumbs>
            <ol class="flex flex-wrap items-center gap-1">
                {move || crumbs.get().into_iter().map(item).collect_view()}
            </ol>
        </nav>
    }
    .into_any()
}
