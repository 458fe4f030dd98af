//! How all clusters together did over time, or some of them beside each other.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::metric::get_metrics;
use crate::components::{
    Chosen, ClusterPicker, Clusters, Fetched, MetricCharts, PartPicker, RangePicker, asked, names,
};
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::live::Kind;
use crate::model::metric::Range;
use crate::model::metric_part::By;
use crate::paths;
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

/// What clusters together are told apart by.
const OFFERED: &[By] = &[By::Cluster, By::InstanceType];

#[component]
pub fn AllMonitoring() -> impl IntoView {
    page_help(topic::MONITORING);
    let t = text();
    let chosen = Chosen::of_address(OFFERED);
    let clusters = expect_context::<Clusters>().0;
    let metrics = asked(
        [chosen.range, chosen.by, chosen.clusters],
        &[Kind::Metric, Kind::Cluster],
        |[range, by, clusters]| {
            get_metrics(None, Range::parse(&range), By::named(&by), names(&clusters))
        },
    );
    view! {
        <Title text=t.monitoring.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.monitoring.title>""</PageHeader>
                <p class="text-muted">{t.monitoring.lead}</p>
            </div>
            <RangePicker here=paths::MONITORING chosen />
            <PartPicker here=paths::MONITORING chosen offered=&[By::InstanceType] />
            <Fetched resource=clusters let:all>
                <ClusterPicker here=paths::MONITORING chosen all=names_of(all) />
            </Fetched>
            <Fetched resource=metrics let:metrics>
                <MetricCharts metrics />
            </Fetched>
        </div>
    }
    .into_any()
}

fn names_of(all: Signal<Vec<Cluster>>) -> Signal<Vec<String>> {
    let names = move || {
        let names = all.with(|all| all.iter().map(|one| one.name.clone()).collect());
        let mut names: Vec<String> = names;
        names.sort();
        names
    };
    Signal::derive(names)
}
