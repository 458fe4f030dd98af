//! A cluster as a document, to copy.

use leptos::prelude::*;

use super::crumbs::in_cluster;
use crate::api::cluster::get_cluster;
use crate::api::transfer::export_cluster;
use crate::components::{Fetched, TabTitle, asked, param};
use crate::i18n::text;
use crate::model::apply::Format;
use crate::model::cluster::Cluster;
use crate::paths::{self, ClusterTab};
use crate::ui::{Breadcrumbs, ButtonLink, Code, PageHeader};

#[component]
pub fn ExportCluster() -> impl IntoView {
    let t = text();
    let id = param("id");
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let document = asked([id], &[], |[id]| export_cluster(id, Format::Yaml));
    let json = asked([id], &[], |[id]| export_cluster(id, Format::Json));
    view! {
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Details)) />
                <TabTitle text=title(cluster) />
                <PageHeader title=title(cluster)>
                    <span class="flex-1"></span>
                    <ButtonLink
                        label=t.transfer.clone
                        href=Signal::derive(move || paths::clone_cluster(&cluster.read().id))
                    />
                </PageHeader>
            </Fetched>
            <p class="max-w-3xl text-muted">{t.transfer.export_lead}</p>
            <Fetched resource=document let:document>
                {move || view! { <Code what=t.transfer.document text=document.get() /> }}
            </Fetched>
            <Fetched resource=json let:json>
                <details class="more">
                    <summary>"JSON"</summary>
                    {move || view! { <Code what=t.transfer.document text=json.get() /> }}
                </details>
            </Fetched>
        </div>
    }
    .into_any()
}

fn title(cluster: Signal<Cluster>) -> Signal<String> {
    let t = text();
    Signal::derive(move || t.transfer.export_title(&cluster.read().name))
}
