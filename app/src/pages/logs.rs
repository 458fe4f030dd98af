//! The log of any cluster, searched.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{Clusters, Fetched, LogViewer, log_links, log_view};
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::log::LogView;
use crate::paths;
use crate::ui::help::{page_help, topic};
use crate::ui::{EmptyState, PageHeader};

#[component]
pub fn AllLogs() -> impl IntoView {
    page_help(topic::LOGS);
    let t = text();
    let view = log_view();
    let chosen = Memo::new(move |_| view.read().cluster.clone());
    let clusters = use_context::<Clusters>().map(|Clusters(clusters)| {
        view! {
            <Fetched resource=clusters let:clusters>
                {move || view! { <Choice clusters=clusters.get() view /> }}
            </Fetched>
        }
    });
    view! {
        <Title text=t.logs.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.logs.title>""</PageHeader>
                <p class="text-muted">{t.logs.all_lead}</p>
            </div>
            {clusters}
            {move || match chosen.read().is_empty() {
                true => view! { <p class="text-muted">{t.logs.choose}</p> }.into_any(),
                false => view! { <LogViewer cluster=chosen here=paths::LOGS /> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// Which cluster's: what is searched for stays as it is.
#[component]
fn Choice(clusters: Vec<Cluster>, view: Memo<LogView>) -> impl IntoView {
    let t = text();
    if clusters.is_empty() {
        return view! {
            <EmptyState title=t.logs.no_clusters_title text=t.logs.no_clusters>
                ""
            </EmptyState>
        }
        .into_any();
    }
    let choices = clusters
        .into_iter()
        .map(|cluster| (cluster.id, cluster.name));
    log_links(
        t.logs.cluster,
        choices.collect(),
        Signal::derive(move || view.read().cluster.clone()),
        move |cluster| {
            let view = LogView {
                cluster: cluster.to_owned(),
                ..view.get().newest()
            };
            paths::logs(paths::LOGS, &view)
        },
    )
}
