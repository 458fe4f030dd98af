//! The way from a code to its page of troubleshooting.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::i18n::text;
use crate::model::trouble::has_page;
use crate::paths;

/// The page's address, with the cluster that the page shown is about; none where there is no page about the code.
pub fn trouble_href(code: &str) -> Option<String> {
    let cluster = use_params_map().with_untracked(|params| params.get("id"));
    has_page(code).then(|| match cluster {
        Some(cluster) => paths::trouble_of(code, &cluster),
        None => paths::trouble(code),
    })
}

/// Nothing where there is no page about the code.
#[component]
pub fn TroubleLink(code: String) -> impl IntoView {
    let link = move |href| {
        view! {
            <a class="text-xs" href=href>
                {text().troubleshooting.about}
            </a>
        }
    };
    trouble_href(&code).map(link)
}
