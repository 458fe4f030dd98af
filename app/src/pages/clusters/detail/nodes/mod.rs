//! The nodes of a cluster, and one of them.

mod detail;

use leptos::prelude::*;

pub use detail::NodePage;

use super::use_page;
use crate::components::{Fetched, NodeTable};
use crate::model::job::OfCluster;
use crate::ui::help::{page_help, topic};

#[component]
pub fn Nodes() -> impl IntoView {
    page_help(topic::NODES);
    let page = use_page();
    let refusals = page.refusals();
    view! {
        <Fetched resource=page.nodes let:nodes>
            <NodeTable
                nodes=Signal::derive(move || {
                    let id = page.id.get();
                    let of = |item| OfCluster {
                        cluster_id: id.clone(),
                        cluster_name: String::new(),
                        item,
                    };
                    nodes.get().into_iter().map(of).collect::<Vec<_>>()
                })
                refusals
            />
        </Fetched>
    }
    .into_any()
}
