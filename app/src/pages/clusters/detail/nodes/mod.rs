//! The nodes of a cluster, and one of them.

mod attempts;
mod detail;
mod logs;
mod scripts;

use leptos::prelude::*;

pub use detail::NodePage;
pub use logs::NodeLogs;

use super::use_page;
use crate::api::node::list_nodes;
use crate::components::{Fetched, NodeTable, asked_page, node_query};
use crate::i18n::language;
use crate::model::live::Kind;
use crate::ui::help::{page_help, topic};

#[component]
pub fn Nodes() -> impl IntoView {
    page_help(topic::NODES);
    let cluster = use_page();
    let refusals = cluster.refusals();
    let language = language();
    let query = node_query(false);
    let nodes = asked_page(
        [cluster.id],
        query.asked_of_service(),
        &[Kind::Node],
        move |[id], page| list_nodes(Some(id), page, language.clone()),
    );
    view! {
        <Fetched resource=nodes let:page>
            <NodeTable query page groups=cluster.nodes refusals />
        </Fetched>
    }
    .into_any()
}
