//! The logs of a cluster.

use leptos::prelude::*;

use super::super::logs::Logs as Form;
use super::use_page;
use crate::components::Fetched;

#[component]
pub fn Logs() -> impl IntoView {
    let page = use_page();
    view! {
        <Fetched resource=page.cluster let:cluster>
            <Form cluster />
        </Fetched>
    }
    .into_any()
}
