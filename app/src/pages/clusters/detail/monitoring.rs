//! How a cluster did over time.

use leptos::prelude::*;

use super::use_page;
use crate::api::metric::get_metrics;
use crate::components::{Fetched, MetricCharts, RangePicker, asked, chosen_range};
use crate::model::live::Kind;
use crate::model::metric::Range;
use crate::paths::{self, ClusterTab};

#[component]
pub fn Monitoring() -> impl IntoView {
    let page = use_page();
    let range = chosen_range();
    let metrics = asked([page.id, range], &[Kind::Metric], |[id, range]| {
        get_metrics(Some(id), Range::parse(&range))
    });
    let here = Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Monitoring));
    view! {
        <div class="grid gap-4">
            <RangePicker here range />
            <Fetched resource=metrics let:metrics>
                <MetricCharts metrics />
            </Fetched>
        </div>
    }
    .into_any()
}
