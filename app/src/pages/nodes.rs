//! The nodes of all clusters.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::node::list_all_nodes;
use crate::components::{Fetched, NodeTable};
use crate::i18n::text;
use crate::live;
use crate::model::live::Kind;
use crate::model::user::Refusals;
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

#[component]
pub fn AllNodes() -> impl IntoView {
    page_help(topic::NODES);
    let t = text();
    let versions = || {
        let version = live::version;
        (
            version(Kind::Node),
            version(Kind::ComputeNodeGroup),
            version(Kind::Cluster),
        )
    };
    let nodes = Resource::new(versions, |_| list_all_nodes());
    // Rights differ from cluster to cluster: the service says what it refuses.
    let refusals = Signal::stored(Refusals::default());
    view! {
        <Title text=t.nodes.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.nodes.title>""</PageHeader>
                <p class="text-muted">{t.nodes.lead}</p>
            </div>
            <Fetched resource=nodes let:nodes>
                <NodeTable nodes of_all=true refusals />
            </Fetched>
        </div>
    }
    .into_any()
}
