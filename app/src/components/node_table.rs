//! Nodes at a glance and in a table: of one cluster, or of all, page by page.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::fetched::remembered;
use super::{NodeActions, NodeGrid, NodePhaseIndicator, chosen, not_yet};
use crate::i18n::{Text, text};
use crate::list::node::{NodeColumn, key, reason};
use crate::model::error::Result;
use crate::model::job::OfCluster;
use crate::model::node::Node;
use crate::model::node_count::GroupNodes;
use crate::model::page::PageOf;
use crate::model::user::Refusals;
use crate::paths::{self, ClusterTab};
use crate::ui::{Column, Copyable, EmptyState, PagedTable, Query, foreign};

type Row = OfCluster<Node>;

/// What the page's address asks of the list; the page fetches it.
pub fn node_query(of_all: bool) -> Query {
    let t = text();
    let columns = NodeColumn::all(of_all).into_iter();
    Query::of_address(columns.map(|column| column.field(t).head).collect())
}

#[component]
pub fn NodeTable(
    /// See [`node_query`].
    query: Query,
    page: Signal<PageOf<Row>>,
    /// All nodes, for the squares above the table.
    groups: Resource<Result<Vec<OfCluster<GroupNodes>>>>,
    /// With the name of each one's cluster.
    #[prop(optional)]
    of_all: bool,
    #[prop(into)] refusals: Signal<Refusals>,
) -> impl IntoView {
    let t = text();
    let selected = query.selected;
    let nodes = chosen(page, selected, key);
    let not_yet = not_yet(page, selected);
    view! {
        <div class="grid gap-5">
            <Transition>{at_a_glance(groups, query.text, of_all)}</Transition>
            <PagedTable
                title=if of_all { t.nodes.all_title } else { t.nodes.title }
                noun=t.nodes.filter
                id=if of_all { "all-nodes" } else { "nodes" }
                query
                page
                columns=columns(t, of_all)
                key=key
                selectable=true
                actions=move || {
                    view! {
                        <NodeActions nodes refusals not_yet on_done=move || selected.set(BTreeSet::new()) />
                    }
                }
                empty=move || view! { <EmptyState title=t.nodes.empty_title text=t.nodes.empty>""</EmptyState> }
            />
        </div>
    }
    .into_any()
}

/// Nothing until they are known, and of a cluster that has none.
fn at_a_glance(
    groups: Resource<Result<Vec<OfCluster<GroupNodes>>>>,
    filter: RwSignal<String>,
    of_all: bool,
) -> impl IntoView {
    // An answer that failed leaves the last one on the page.
    let known = remembered(move |last: Option<&Vec<_>>| {
        let now = groups.get().and_then(Result::ok);
        now.or_else(|| last.cloned()).unwrap_or_default()
    });
    let is_any = remembered(move |_| !known.with(Vec::is_empty));
    move || {
        is_any
            .get()
            .then(|| view! { <NodeGrid groups=known filter of_all /> })
    }
}

fn columns(t: &'static Text, of_all: bool) -> Vec<Column<Row>> {
    let column = |column: NodeColumn| {
        let shown = Column::of(column.field(t), move |row: &Row| cell(t, column, row));
        match column {
            NodeColumn::SlurmState => shown.hidden(),
            _ => shown,
        }
    };
    NodeColumn::all(of_all).into_iter().map(column).collect()
}

fn cell(t: &'static Text, column: NodeColumn, row: &Row) -> AnyView {
    let node = row.item.clone();
    match column {
        NodeColumn::Name => {
            let href = paths::node(&row.cluster_id, &node.name);
            view! { <A href attr:class="row-link whitespace-nowrap">{node.name}</A> }.into_any()
        }
        NodeColumn::Cluster => {
            let href = paths::cluster(&row.cluster_id, ClusterTab::Nodes);
            let name = row.cluster_name.clone();
            view! { <A href>{name}</A> }.into_any()
        }
        NodeColumn::Phase => view! {
            <NodePhaseIndicator phase=node.phase />
            <code class="block text-xs text-muted">{node.state}</code>
        }
        .into_any(),
        NodeColumn::SlurmState => view! { <code class="text-xs">{node.state}</code> }.into_any(),
        NodeColumn::Reason => match reason(t, &node) {
            reason if reason.is_empty() => ().into_any(),
            reason => view! { <span class="cell-text">{foreign(reason)}</span> }.into_any(),
        },
        NodeColumn::Instance => node
            .instance
            .map(|i| {
                view! {
                    <Copyable what=t.nodes.instance value=i.known_as().to_owned() />
                    <span class="block text-xs text-muted">{i.instance_type}</span>
                }
            })
            .into_any(),
        NodeColumn::Capacity => view! {
            <span class="whitespace-nowrap">{t.nodes.cpus(node.cpus)}</span>
            <span class="block whitespace-nowrap text-xs text-muted">{t.nodes.memory(node.memory / 1024)}</span>
        }
        .into_any(),
    }
}
