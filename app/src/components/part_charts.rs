//! Metrics of clusters, groups, queues or instance types beside each other: a chart for each metric with a curve for each of
//! them, or a table of the same numbers; and what the instances of each type ran for.

use std::cmp::Reverse;

use leptos::prelude::*;

use super::metric_words::{label, scaled, summary};
use crate::i18n::{Text, text};
use crate::model::metric::{Metric, Metrics};
use crate::model::metric_part::{By, Part};
use crate::ui::chart::{
    Chart, ChartTable, Curve, Ink, Mark, NumberTable, Numbers, PARTS, Plot, Unit, in_words,
};
use crate::ui::foreign;

/// A metric of all parts, and how it is drawn.
type Topic = (Metric, Mark, Unit);

/// In their order. The first tells which parts are the largest.
fn topics(by: By) -> &'static [Topic] {
    match by {
        By::Cluster => &[
            (Metric::ActualCapacity, Mark::Line, Unit::Count),
            (Metric::CapacityUtilization, Mark::Line, Unit::Percent),
            (Metric::RunningJobs, Mark::Line, Unit::Count),
            (Metric::PendingJobs, Mark::Line, Unit::Count),
            (Metric::JobWaitTimeP50, Mark::Line, Unit::Seconds),
            (Metric::NodeStarts, Mark::Bar, Unit::Count),
            (Metric::FailedNodeStarts, Mark::Bar, Unit::Count),
            (Metric::NodeBootTimeP50, Mark::Line, Unit::Seconds),
        ],
        By::ComputeNodeGroup => &[
            (Metric::UtilizedCapacity, Mark::Area, Unit::Count),
            (Metric::IdleCapacity, Mark::Area, Unit::Count),
            (Metric::DesiredCapacity, Mark::Line, Unit::Count),
            (Metric::CapacityUtilization, Mark::Line, Unit::Percent),
            (Metric::NodeHours, Mark::Bar, Unit::Hours),
            (Metric::NodeStarts, Mark::Bar, Unit::Count),
            (Metric::FailedNodeStarts, Mark::Bar, Unit::Count),
            (Metric::NodeBootTimeP50, Mark::Line, Unit::Seconds),
        ],
        By::Queue => &[
            (Metric::RunningJobs, Mark::Line, Unit::Count),
            (Metric::PendingJobs, Mark::Line, Unit::Count),
            (Metric::JobWaitTimeP50, Mark::Line, Unit::Seconds),
            (Metric::JobWaitTimeP95, Mark::Line, Unit::Seconds),
        ],
        By::InstanceType => &[
            (Metric::NodeHours, Mark::Bar, Unit::Hours),
            (Metric::NodeStarts, Mark::Bar, Unit::Count),
            (Metric::FailedNodeStarts, Mark::Bar, Unit::Count),
            (Metric::NodeBootTimeP50, Mark::Line, Unit::Seconds),
        ],
    }
}

fn title(t: &'static Text, metric: Metric) -> &'static str {
    match metric {
        Metric::NodeBootTimeP50 => t.monitoring.boot_median,
        Metric::JobWaitTimeP50 => t.monitoring.wait_median,
        Metric::JobWaitTimeP95 => t.monitoring.wait_most,
        Metric::NodeStarts => t.monitoring.starts,
        Metric::FailedNodeStarts => t.monitoring.failed_starts,
        Metric::ActualCapacity => t.monitoring.running_instances,
        Metric::UtilizedCapacity => t.monitoring.utilized_instances,
        Metric::IdleCapacity => t.monitoring.idle_instances,
        Metric::DesiredCapacity => t.monitoring.desired_instances,
        metric => label(t, metric),
    }
}

fn name(t: &'static Text, part: &Part) -> String {
    match part.name.as_str() {
        Part::OTHERS => t.monitoring.others.to_owned(),
        name => name.to_owned(),
    }
}

/// Those that are drawn: the largest, by their names, so that each keeps its colour in all charts.
fn drawn(parts: &[Part], by: By) -> Vec<&Part> {
    let sum = |part: &Part| {
        let first = topics(by).first().map(|(metric, ..)| *metric);
        let values = first.map_or(&[][..], |metric| part.values(metric));
        let sum: f64 = values.iter().flatten().sum();
        (sum * 1e6) as i64
    };
    let mut largest: Vec<&Part> = parts.iter().collect();
    largest.sort_by_key(|part| Reverse(sum(part)));
    largest.truncate(PARTS);
    largest.sort_by(|a, b| a.name.cmp(&b.name));
    largest
}

fn plot(t: &'static Text, metrics: &Metrics, by: By, (metric, mark, unit): Topic) -> Plot {
    let curve = |(at, part): (usize, &Part)| Curve {
        label: name(t, part),
        mark,
        ink: Ink::Part(at),
        values: scaled(part.values(metric), unit),
    };
    let parts = drawn(&metrics.parts, by);
    Plot {
        start: metrics.start_time,
        period: metrics.period,
        unit,
        curves: parts.into_iter().enumerate().map(curve).collect(),
    }
}

#[component]
pub fn PartCharts(
    metrics: Signal<Metrics>,
    by: By,
    as_table: bool,
    pointed: RwSignal<Option<usize>>,
) -> impl IntoView {
    let t = text();
    let chart = move |topic: Topic| {
        let plot = Memo::new(move |_| metrics.with(|metrics| plot(t, metrics, by, topic)));
        view! { <Chart title=title(t, topic.0) plot=plot.into() pointed /> }
    };
    let table = move |topic: Topic| {
        let numbers = Signal::derive(move || metrics.with(|metrics| numbers(t, metrics, topic)));
        view! { <ChartTable title=title(t, topic.0) is_titled=true numbers /> }
    };
    let shown = match as_table {
        true => topics(by)
            .iter()
            .copied()
            .map(table)
            .collect_view()
            .into_any(),
        false => {
            let charts = topics(by).iter().copied().map(chart).collect_view();
            view! { <div class="charts">{charts}</div> }.into_any()
        }
    };
    let most = move || {
        let all = metrics.with(|metrics| metrics.parts.len());
        let is_cut = all > PARTS && !as_table;
        is_cut.then(|| t.monitoring.largest(PARTS, all))
    };
    let hours = (by == By::InstanceType).then(|| view! { <HoursOfTypes metrics /> });
    view! {
        <p class="text-muted">
            {move || metrics.with(|metrics| summary(t, metrics))} " " {most}
        </p>
        {hours}
        {shown}
    }
    .into_any()
}

/// A column for each part.
fn numbers(t: &'static Text, metrics: &Metrics, (metric, _, unit): Topic) -> NumberTable {
    let column = |part: &Part| Numbers {
        label: name(t, part),
        unit,
        values: scaled(part.values(metric), unit),
    };
    NumberTable {
        start: metrics.start_time,
        period: metrics.period,
        columns: metrics.parts.iter().map(column).collect(),
    }
}

/// How long the instances of each type ran, the dearest in hours first.
#[component]
fn HoursOfTypes(metrics: Signal<Metrics>) -> impl IntoView {
    let t = text();
    let rows = move || {
        let metrics = metrics.read();
        let row = |(name, hours, share): (String, f64, f64)| {
            view! {
                <tr>
                    <th scope="row">{foreign(name)}</th>
                    <td class="tabular-nums">{in_words(t, Unit::Hours, hours)}</td>
                    <td class="tabular-nums">{in_words(t, Unit::Percent, share)}</td>
                </tr>
            }
        };
        let hours = hours(t, &metrics.parts).into_iter();
        hours.map(row).collect_view()
    };
    let caption = t.monitoring.hours_of_types;
    view! {
        <div class="chart-table" role="region" aria-label=caption tabindex="0">
            <table class="plain-table">
                <caption class="chart-title text-left">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.monitoring.instance_type}</th>
                        <th scope="col">{t.monitoring.node_hours}</th>
                        <th scope="col">{t.monitoring.share}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Of each that ran: its name, its hours, and their share in percent.
fn hours(t: &'static Text, parts: &[Part]) -> Vec<(String, f64, f64)> {
    let all: f64 = parts.iter().map(Part::node_hours).sum();
    let of = |part: &Part| {
        let hours = part.node_hours();
        (hours > 0.0).then(|| (name(t, part), hours, hours / all * 100.0))
    };
    let mut hours: Vec<_> = parts.iter().filter_map(of).collect();
    hours.sort_by(|a, b| b.1.total_cmp(&a.1));
    hours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use crate::model::metric::Series;

    fn part(name: &str, hours: f64) -> Part {
        Part {
            name: name.into(),
            series: vec![Series {
                metric: Metric::NodeHours,
                values: vec![Some(hours), None],
                minimum: None,
                maximum: None,
            }],
        }
    }

    #[test]
    fn the_largest_are_drawn_by_their_names() {
        let t = Language::English.text();
        let parts: Vec<Part> = (0..12)
            .map(|n| part(&format!("t{n:02}"), f64::from(n)))
            .collect();
        let metrics = Metrics {
            parts,
            ..Metrics::default()
        };
        let topic = topics(By::InstanceType)[0];
        let plot = plot(t, &metrics, By::InstanceType, topic);
        let labels: Vec<&str> = plot.curves.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels.len(), PARTS);
        assert_eq!((labels[0], labels[7]), ("t04", "t11"));
        assert_eq!(plot.curves[1].ink, Ink::Part(1));
    }

    #[test]
    fn the_dearest_type_is_told_first_with_its_share() {
        let t = Language::English.text();
        let parts = [part("a", 1.0), part(Part::OTHERS, 3.0), part("none", 0.0)];
        let told = hours(t, &parts);
        assert_eq!(
            told,
            [
                ("Others".to_owned(), 3.0, 75.0),
                ("a".to_owned(), 1.0, 25.0)
            ]
        );
    }

    #[test]
    fn each_metric_that_is_drawn_is_one_of_the_part() {
        let t = Language::English.text();
        for by in By::ALL {
            for (metric, ..) in topics(by) {
                assert!(by.metrics().contains(metric), "{by:?} {metric:?}");
                assert!(!title(t, *metric).is_empty());
            }
        }
    }
}
