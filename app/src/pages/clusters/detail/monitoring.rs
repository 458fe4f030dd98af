//! How a cluster did over time, or each of its groups, queues and instance types.

use leptos::prelude::*;

use super::use_page;
use crate::api::metric::get_metrics;
use crate::components::{Chosen, Fetched, MetricCharts, PartPicker, RangePicker, asked};
use crate::model::live::Kind;
use crate::model::metric::Range;
use crate::model::metric_part::By;
use crate::paths::{self, ClusterTab};

#[component]
pub fn Monitoring() -> impl IntoView {
    let page = use_page();
    let chosen = Chosen::of_address(&By::WITHIN);
    let metrics = asked(
        [page.id, chosen.range, chosen.by],
        &[Kind::Metric],
        |[id, range, by]| get_metrics(Some(id), Range::parse(&range), By::named(&by), vec![]),
    );
    let here = Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Monitoring));
    view! {
        <div class="grid gap-4">
            <RangePicker here chosen />
            <PartPicker here chosen offered=&By::WITHIN />
            <Fetched resource=metrics let:metrics>
                <MetricCharts metrics />
            </Fetched>
        </div>
    }
    .into_any()
}
