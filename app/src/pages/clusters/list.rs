//! All clusters of the account.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::set_aside::{SetAsideBox, all_set_aside};
use super::size_label;
use crate::components::{Clusters, Fetched, StatusIndicator, status_label};
use crate::i18n::{Text, text};
use crate::model::cluster::Cluster;
use crate::model::date::parse;
use crate::model::error::Error;
use crate::model::limits;
use crate::model::status::Status;
use crate::paths::{self, ClusterTab};
use crate::ui::help::{page_help, topic};
use crate::ui::time::AgoText;
use crate::ui::{
    ButtonLink, Code, Column, Copyable, EmptyState, ExpandableSection, Icon, Look, PageHeader,
    Table,
};

/// The README's first step; `source .setup/tutorial` makes a shell ready for it.
const CREATE: &str = "source .setup/tutorial
aws pcs create-cluster --cluster-name get-started \\
    --scheduler type=SLURM,version=24.11 --size SMALL \\
    --networking subnetIds=subnet-03ef3990a11e7a351,securityGroupIds=sg-0b13b907d2e52f47c";

#[component]
pub fn ClusterList() -> impl IntoView {
    let t = text();
    page_help(topic::CLUSTERS);
    let clusters = use_context::<Clusters>().map(|clusters| clusters.0);
    let resource =
        clusters.unwrap_or_else(|| Resource::new(|| (), async |()| Err(Error::internal())));
    let aside = all_set_aside();
    view! {
        <Title text=t.clusters.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.clusters.title>""</PageHeader>
                <p class="text-muted">{t.clusters.lead}</p>
            </div>
            <SetAsideBox all=aside />
            <Fetched resource let:clusters>
                <Table
                    title=t.clusters.all
                    id="clusters"
                    noun=t.clusters.filter
                    rows=clusters
                    columns=columns(t)
                    key=|cluster| cluster.id.clone()
                    actions=move || {
                        view! {
                            <ButtonLink label=t.transfer.import href=paths::IMPORT_CLUSTER />
                            <ButtonLink
                                label=t.create_cluster.title
                                href=paths::CREATE_CLUSTER
                                look=Look::Primary
                                icon=Icon::Plus
                                disabled=Signal::derive(move || why_no_more(t, &clusters.read()))
                            />
                        }
                    }
                    empty=move || {
                        view! {
                            <EmptyState title=t.clusters.empty_title text=t.clusters.empty>
                                <p class="mb-4">
                                    <ButtonLink
                                        label=t.create_cluster.title
                                        href=paths::CREATE_CLUSTER
                                        look=Look::Primary
                                        icon=Icon::Plus
                                    />
                                </p>
                                <div class="text-left">
                                    <ExpandableSection title=t.clusters.empty_command>
                                        <Code what=t.clusters.empty_command text=CREATE />
                                    </ExpandableSection>
                                </div>
                            </EmptyState>
                        }
                    }
                />
            </Fetched>
        </div>
    }
    .into_any()
}

/// Why no cluster can be created now; the service would say the same.
fn why_no_more(t: &'static Text, clusters: &[Cluster]) -> Option<String> {
    if let Some(creating) = clusters.iter().find(|c| c.status == Status::Creating) {
        return Some(t.create_cluster.one_at_a_time(&creating.name));
    }
    let full = clusters.len() as i64 >= limits::CLUSTERS;
    full.then(|| t.create_cluster.quota(limits::CLUSTERS))
}

fn columns(t: &'static Text) -> Vec<Column<Cluster>> {
    vec![
        Column::new(t.clusters.name, |c: &Cluster| {
            let href = paths::cluster(&c.id, ClusterTab::Details);
            let name = c.name.clone();
            view! { <A href attr:class="row-link">{name}</A> }
        })
        .text(|c| c.name.clone()),
        Column::new(t.clusters.status, |c: &Cluster| {
            view! { <StatusIndicator status=c.status /> }
        })
        .text(move |c| status_label(t, c.status).to_owned()),
        Column::new(t.clusters.version, |c: &Cluster| {
            c.scheduler.version.clone()
        })
        .text(|c| c.scheduler.version.clone()),
        Column::new(t.clusters.size, move |c: &Cluster| {
            let limits = t
                .clusters
                .size_limits(c.size.max_instances(), c.size.max_jobs());
            view! { <span title=limits>{size_label(t, c.size)}</span> }
        })
        .text(move |c| size_label(t, c.size).to_owned())
        .sort(|c| c.size.max_instances()),
        Column::new(t.clusters.created, |c: &Cluster| {
            view! { <AgoText at=c.created_at.clone() /> }
        })
        .sort(|c| parse(&c.created_at).unwrap_or_default()),
        Column::new(t.clusters.id, move |c: &Cluster| {
            view! { <Copyable what=t.clusters.id value=c.id.clone() /> }
        })
        .text(|c| c.id.clone()),
        Column::new(t.details.arn, move |c: &Cluster| {
            view! { <Copyable what=t.details.arn value=c.arn.clone() /> }
        })
        .text(|c| c.arn.clone())
        .hidden(),
    ]
}
