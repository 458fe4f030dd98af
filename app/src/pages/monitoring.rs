//! How all clusters together did over time.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::metric::get_metrics;
use crate::components::{Fetched, MetricCharts, RangePicker, asked, chosen_range};
use crate::i18n::text;
use crate::model::live::Kind;
use crate::model::metric::Range;
use crate::paths;
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

#[component]
pub fn AllMonitoring() -> impl IntoView {
    page_help(topic::MONITORING);
    let t = text();
    let range = chosen_range();
    let metrics = asked([range], &[Kind::Metric, Kind::Cluster], |[range]| {
        get_metrics(None, Range::parse(&range))
    });
    view! {
        <Title text=t.monitoring.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.monitoring.title>""</PageHeader>
                <p class="text-muted">{t.monitoring.lead}</p>
            </div>
            <RangePicker here=paths::MONITORING range />
            <Fetched resource=metrics let:metrics>
                <MetricCharts metrics />
            </Fetched>
        </div>
    }
    .into_any()
}
