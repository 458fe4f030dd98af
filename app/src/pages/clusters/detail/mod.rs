//! One cluster: header, live figures, tabs. The tabs share what the header asked for.

mod actions;
mod behind;
mod connect;
mod deliveries;
mod details;
mod events;
mod group_table;
mod jobs;
mod labelled;
mod logs;
mod monitoring;
mod next_steps;
mod nodes;
mod queue_table;
mod rest;
mod row_actions;
mod shares;
mod strip;
mod suspension;
mod tags;

use leptos::prelude::*;
use leptos_router::components::Outlet;

use actions::ClusterActions;
use behind::Behind;
pub use connect::Connect;
pub use details::Details;
pub use events::{Events, columns as event_columns, heads as event_heads};
pub use group_table::ComputeNodeGroups;
pub use jobs::{JobPage, Jobs, SubmitJob};
pub use logs::Logs;
pub use monitoring::Monitoring;
pub use nodes::{NodeLogs, NodePage, Nodes};
pub use queue_table::Queues;
pub use shares::{Accounts, Rules as SharingRules};
use strip::Strip;
use suspension::SuspensionAhead;
pub use tags::Tags;

use crate::api::cluster::{get_cluster, troubles};
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::job::count_jobs;
use crate::api::node::count_nodes;
use crate::api::offer::resolve_offers;
use crate::api::user::refusals;
use crate::components::{ErrorInfos, Fetched, StatusIndicator, TabTitle, Troubles, asked, param};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::error::Result;
use crate::model::job::OfCluster;
use crate::model::job_count::JobCounts;
use crate::model::live::Kind;
use crate::model::node_count::GroupNodes;
use crate::model::refs::Refs;
use crate::model::sight::Trouble;
use crate::model::user::Refusals;
use crate::paths::{self, ClusterTab};
use crate::ui::{Breadcrumbs, Copyable, Crumb, Icon, PageHeader, Tab, Tabs, foreign};

/// What header and tabs show of one cluster.
#[derive(Clone, Copy)]
struct Page {
    /// The name or id in the URL.
    id: Memo<String>,
    cluster: Resource<Result<Cluster>>,
    groups: Resource<Result<Vec<ComputeNodeGroup>>>,
    nodes: Resource<Result<Vec<OfCluster<GroupNodes>>>>,
    jobs: Resource<Result<JobCounts>>,
    refusals: Resource<Result<Refusals>>,
    troubles: Resource<Result<Vec<Trouble>>>,
    /// The Slurm versions of this host.
    known: Resource<Result<Catalogue>>,
}

impl Page {
    fn new() -> Page {
        let id = param("id");
        Page {
            id,
            cluster: asked([id], &[Kind::Cluster], |[id]| get_cluster(id)),
            groups: asked([id], &[Kind::ComputeNodeGroup], |[id]| {
                list_compute_node_groups(id)
            }),
            nodes: asked([id], &[Kind::Node, Kind::Cluster], |[id]| {
                count_nodes(Some(id))
            }),
            jobs: asked([id], &[Kind::Job], |[id]| count_jobs(id)),
            refusals: asked([id], &[], |[id]| refusals(id)),
            troubles: asked([id], &[Kind::Cluster], |[id]| troubles(id)),
            known: Resource::new(|| (), |()| resolve_offers(Refs::default())),
        }
    }

    /// What the reader may not do; until that is known, nothing is held back: the service refuses by itself.
    fn refusals(self) -> Signal<Refusals> {
        Signal::derive(move || {
            let known = self.refusals.get().and_then(Result::ok);
            known.unwrap_or_default()
        })
    }
}

/// The heading of a page below a tab, with the way back.
#[component]
fn SubHeader(
    title: Signal<String>,
    back: &'static str,
    href: Signal<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <header class="grid gap-1">
            <p>
                <a class="inline-flex items-center gap-1" href=href>
                    {Icon::ChevronLeft.view()}
                    {back}
                </a>
            </p>
            <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
                <h2 class="min-w-0 text-xl font-semibold tracking-tight">{move || foreign(title.get())}</h2>
                {children()}
            </div>
        </header>
    }
    .into_any()
}

/// The page around this tab. The router shows a tab only inside [`ClusterPage`]; a page of its own keeps it whole
/// should that ever change.
fn use_page() -> Page {
    use_context::<Page>().unwrap_or_else(Page::new)
}

#[component]
pub fn ClusterPage() -> impl IntoView {
    let t = text();
    let page = Page::new();
    provide_context(page);
    let crumbs = vec![Crumb {
        title: t.clusters.title.into(),
        href: paths::CLUSTERS.into(),
    }];
    view! {
        <div class="grid gap-5">
            <Breadcrumbs crumbs=crumbs />
            <Fetched resource=page.cluster let:cluster>
                <Header cluster />
                <Troubles troubles=page.troubles />
                <SuspensionAhead page cluster />
                <Behind page cluster />
                <Strip page cluster />
                <Tabs label=t.cluster.tabs tabs=Signal::derive(move || tabs(&page.id.read())) />
                <div class="min-w-0">
                    <Outlet />
                </div>
            </Fetched>
        </div>
    }
    .into_any()
}

fn tabs(id: &str) -> Vec<Tab> {
    let t = text();
    let tab = |tab: ClusterTab| Tab {
        title: tab.title(t),
        href: paths::cluster(id, tab),
        exact: tab == ClusterTab::Details,
    };
    ClusterTab::ALL.map(tab).into()
}

#[component]
fn Header(cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let name = Memo::new(move |_| cluster.with(|c| c.name.clone()));
    let id = Memo::new(move |_| cluster.with(|c| c.id.clone()));
    let status = Memo::new(move |_| cluster.with(|c| c.status));
    let errors = Memo::new(move |_| cluster.with(|c| c.error_info.clone()));
    view! {
        <TabTitle text=name />
        <PageHeader title=name>
            <span role="status">{move || view! { <StatusIndicator status=status.get() /> }}</span>
            {move || view! { <Copyable what=t.details.id value=id.get() /> }}
            <ClusterActions cluster />
        </PageHeader>
        {move || view! { <ErrorInfos errors=errors.get() /> }}
    }
    .into_any()
}
