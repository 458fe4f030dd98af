//! What metrics are called, and their numbers as they are shown.

use crate::i18n::Text;
use crate::model::date::{DAY, HOUR, MINUTE};
use crate::model::metric::{Metric, Metrics};
use crate::ui::chart::Unit;

/// Parts of a whole as percent.
pub(super) fn scaled(values: &[Option<f64>], unit: Unit) -> Vec<Option<f64>> {
    let factor = if unit == Unit::Percent { 100.0 } else { 1.0 };
    let values = values.iter();
    values
        .map(|value| value.map(|value| value * factor))
        .collect()
}

pub(super) fn label(t: &'static Text, metric: Metric) -> &'static str {
    match metric {
        Metric::IdleCapacity => t.monitoring.idle,
        Metric::UtilizedCapacity => t.monitoring.utilized,
        Metric::ActualCapacity => t.monitoring.actual,
        Metric::DesiredCapacity => t.monitoring.desired,
        Metric::CapacityUtilization => t.monitoring.utilization,
        Metric::NodeHours => t.monitoring.node_hours,
        Metric::PendingJobs => t.monitoring.pending,
        Metric::RunningJobs => t.monitoring.running,
        Metric::NodeStarts => t.monitoring.started,
        Metric::FailedNodeStarts => t.monitoring.failed,
        Metric::NodeBootTimeP50 => t.monitoring.p50,
        Metric::NodeBootTimeP95 => t.monitoring.p95,
        Metric::JobWaitTimeP50 => t.monitoring.wait_p50,
        Metric::JobWaitTimeP95 => t.monitoring.wait_p95,
    }
}

/// How long a point is, and what all of it comes to.
pub(super) fn summary(t: &'static Text, metrics: &Metrics) -> String {
    let hours = format!("{:.1}", metrics.node_hours());
    t.monitoring.summary(length(t, metrics.period), hours)
}

fn length(t: &'static Text, period: i64) -> String {
    match period {
        DAY => t.monitoring.per_day.to_owned(),
        HOUR.. => t.monitoring.per_hours(period / HOUR),
        _ => t.monitoring.per_minutes(period / MINUTE),
    }
}
