//! The nodes of all clusters.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::node::{count_nodes, list_nodes};
use crate::components::{Fetched, NodeTable, asked, asked_page, node_query};
use crate::i18n::{language, text};
use crate::model::live::Kind;
use crate::model::user::Refusals;
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

#[component]
pub fn AllNodes() -> impl IntoView {
    page_help(topic::NODES);
    let t = text();
    let language = language();
    let query = node_query(true);
    let kinds = &[Kind::Node, Kind::ComputeNodeGroup, Kind::Cluster];
    let nodes = asked_page([], query.asked_of_service(), kinds, move |[], page| {
        list_nodes(None, page, language.clone())
    });
    let groups = asked([], kinds, |[]| count_nodes(None));
    // Rights differ from cluster to cluster: the service says what it refuses.
    let refusals = Signal::stored(Refusals::default());
    view! {
        <Title text=t.nodes.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.nodes.title>""</PageHeader>
                <p class="text-muted">{t.nodes.lead}</p>
            </div>
            <Fetched resource=nodes let:page>
                <NodeTable query page groups of_all=true refusals />
            </Fetched>
        </div>
    }
    .into_any()
}
