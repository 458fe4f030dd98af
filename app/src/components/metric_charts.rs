//! Metrics as charts, or as a table of the same numbers.

use leptos::prelude::*;

use super::metric_words::{label, scaled, summary};
use super::part_charts::PartCharts;
use super::range_picker::wants_table;
use crate::i18n::{Text, text};
use crate::model::metric::{Metric, Metrics};
use crate::ui::EmptyState;
use crate::ui::chart::{Chart, ChartTable, Curve, Ink, Mark, NumberTable, Numbers, Plot, Unit};

/// A curve of a chart: what it shows, and how.
type Shown = (Metric, Mark, Ink);

/// The charts, in their order.
#[derive(Clone, Copy)]
enum Topic {
    Capacity,
    Utilization,
    Jobs,
    WaitTimes,
    Starts,
    BootTimes,
}

impl Topic {
    const ALL: [Topic; 6] = [
        Topic::Capacity,
        Topic::Utilization,
        Topic::Jobs,
        Topic::WaitTimes,
        Topic::Starts,
        Topic::BootTimes,
    ];

    fn title(self, t: &'static Text) -> &'static str {
        match self {
            Topic::Capacity => t.monitoring.capacity,
            Topic::Utilization => t.monitoring.utilization,
            Topic::Jobs => t.monitoring.jobs,
            Topic::WaitTimes => t.monitoring.wait_times,
            Topic::Starts => t.monitoring.starts,
            Topic::BootTimes => t.monitoring.boot_times,
        }
    }

    fn unit(self) -> Unit {
        match self {
            Topic::Capacity | Topic::Jobs | Topic::Starts => Unit::Count,
            Topic::Utilization => Unit::Percent,
            Topic::WaitTimes | Topic::BootTimes => Unit::Seconds,
        }
    }

    fn curves(self) -> &'static [Shown] {
        match self {
            Topic::Capacity => &[
                (Metric::UtilizedCapacity, Mark::Area, Ink::Main),
                (Metric::IdleCapacity, Mark::Area, Ink::Soft),
                (Metric::DesiredCapacity, Mark::Line, Ink::Outline),
            ],
            Topic::Utilization => &[(Metric::CapacityUtilization, Mark::Line, Ink::Main)],
            Topic::Jobs => &[
                (Metric::RunningJobs, Mark::Line, Ink::Main),
                (Metric::PendingJobs, Mark::Line, Ink::Attention),
            ],
            Topic::WaitTimes => &[
                (Metric::JobWaitTimeP50, Mark::Line, Ink::Main),
                (Metric::JobWaitTimeP95, Mark::Line, Ink::Attention),
            ],
            Topic::Starts => &[
                (Metric::NodeStarts, Mark::Bar, Ink::Good),
                (Metric::FailedNodeStarts, Mark::Bar, Ink::Bad),
            ],
            Topic::BootTimes => &[
                (Metric::NodeBootTimeP50, Mark::Line, Ink::Main),
                (Metric::NodeBootTimeP95, Mark::Line, Ink::Attention),
            ],
        }
    }

    fn plot(self, t: &'static Text, metrics: &Metrics) -> Plot {
        let unit = self.unit();
        let curve = |(metric, mark, ink): &Shown| Curve {
            label: label(t, *metric).to_owned(),
            mark: *mark,
            ink: *ink,
            values: scaled(metrics.values(*metric), unit),
        };
        Plot {
            start: metrics.start_time,
            period: metrics.period,
            unit,
            curves: self.curves().iter().map(curve).collect(),
        }
    }
}

#[component]
pub fn MetricCharts(metrics: Signal<Metrics>) -> impl IntoView {
    let t = text();
    let as_table = wants_table();
    let is_empty = Memo::new(move |_| metrics.with(Metrics::is_empty));
    let by = Memo::new(move |_| metrics.with(|metrics| metrics.by));
    // The pointer on one of them points at the same time in all.
    let pointed = RwSignal::new(None);
    move || match (is_empty.get(), by.get(), as_table.get()) {
        (true, ..) => view! {
            <EmptyState title=t.monitoring.empty_title text=t.monitoring.empty>
                ""
            </EmptyState>
        }
        .into_any(),
        (false, Some(by), as_table) => {
            view! { <PartCharts metrics by as_table pointed /> }.into_any()
        }
        (false, None, true) => {
            let numbers = Signal::derive(move || metrics.with(|metrics| numbers(t, metrics)));
            view! { <ChartTable title=t.monitoring.title numbers /> }.into_any()
        }
        (false, None, false) => view! { <Charts metrics pointed /> }.into_any(),
    }
}

#[component]
fn Charts(metrics: Signal<Metrics>, pointed: RwSignal<Option<usize>>) -> impl IntoView {
    let t = text();
    let chart = move |topic: Topic| {
        let plot = Memo::new(move |_| metrics.with(|metrics| topic.plot(t, metrics)));
        view! { <Chart title=topic.title(t) plot=plot.into() pointed /> }
    };
    view! {
        <p class="text-muted">{move || metrics.with(|metrics| summary(t, metrics))}</p>
        <div class="charts">{Topic::ALL.map(chart).into_iter().collect_view()}</div>
    }
    .into_any()
}

/// All of them beside each other.
fn numbers(t: &'static Text, metrics: &Metrics) -> NumberTable {
    let column = |topic: Topic, metric: Metric| Numbers {
        label: label(t, metric).to_owned(),
        unit: topic.unit(),
        values: scaled(metrics.values(metric), topic.unit()),
    };
    let columns = |topic: Topic| {
        let curves = topic.curves().iter();
        curves.map(move |(metric, ..)| column(topic, *metric))
    };
    NumberTable {
        start: metrics.start_time,
        period: metrics.period,
        columns: Topic::ALL.into_iter().flat_map(columns).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use crate::model::date::MINUTE;
    use crate::model::metric::Series;

    #[test]
    fn utilization_is_told_in_percent_and_what_is_unknown_is_a_gap() {
        let t = Language::English.text();
        let metrics = Metrics {
            start_time: 0,
            period: MINUTE,
            series: vec![Series {
                metric: Metric::CapacityUtilization,
                values: vec![Some(0.5), None],
                minimum: None,
                maximum: None,
            }],
            ..Metrics::default()
        };
        let plot = Topic::Utilization.plot(t, &metrics);
        assert_eq!(plot.curves[0].values, [Some(50.0), None]);
        assert_eq!(Topic::Jobs.plot(t, &metrics).curves.len(), 2);
        for topic in Topic::ALL {
            assert!(!topic.title(t).is_empty());
        }
    }
}
