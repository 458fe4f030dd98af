//! Metrics over time: what the database kept of them, put together for a range. Nobody else is asked: any server answers for
//! all clusters.

use std::collections::BTreeMap;

use app::model::error::{Error, Result};
use app::model::metric::*;
use app::model::operation::Operation;
use app::port::{Ctx, Monitoring};
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterSpec;
use crate::db::measured::Measured;
use crate::db::{metric, now, resource};
use crate::fault::internal;

#[async_trait]
impl Monitoring for Service {
    async fn get_metrics(&self, ctx: &Ctx, input: GetMetricsRequest) -> Result<Metrics> {
        let clusters = self
            .measured(ctx, input.cluster_identifier.as_deref())
            .await?;
        check(&input)?;
        let period = period(input.start_time, input.end_time, now());
        let start_time = input.start_time - input.start_time.rem_euclid(period);
        let pool = self.parts.db.pool();
        let mut kept = vec![];
        for id in &clusters {
            let step = tier(period).period;
            let rows = metric::between(pool, id, step, start_time, input.end_time).await;
            kept.push(slots(rows.map_err(internal)?, start_time, period));
        }
        let wanted = match input.metrics.is_empty() {
            true => Metric::ALL.to_vec(),
            false => input.metrics,
        };
        let count = (input.end_time - start_time + period - 1) / period;
        let series = wanted.into_iter();
        Ok(Metrics {
            start_time,
            period,
            series: series.map(|one| series_of(one, &kept, count)).collect(),
        })
    }
}

impl Service {
    /// The ids of the clusters that are meant, for whoever may look at each.
    async fn measured(&self, ctx: &Ctx, cluster: Option<&str>) -> Result<Vec<String>> {
        let operation = Operation::GetMetrics;
        if let Some(cluster) = cluster {
            let row = self.cluster_for(ctx, operation, cluster).await?;
            return Ok(vec![row.id.clone()]);
        }
        ctx.authorize(Operation::ListClusters, &self.parts.arns.cluster("*"))?;
        let rows = resource::list::<ClusterSpec>(self.parts.db.pool(), None).await;
        let ids = rows.map_err(internal)?.into_iter().map(|row| row.id);
        ids.map(|id| {
            ctx.authorize(operation, &self.parts.arns.cluster(&id))?;
            Ok(id)
        })
        .collect()
    }
}

fn check(input: &GetMetricsRequest) -> Result<()> {
    let longest = Range::FifteenMonths.length();
    if input.start_time < 0 {
        return Err(Error::field(
            "startTime",
            "Times are in milliseconds since 1970: give one from 0 on.",
        ));
    }
    if input.end_time <= input.start_time {
        return Err(Error::field(
            "endTime",
            "The end must be later than startTime: exchange them, or give a later one.",
        ));
    }
    if input.end_time - input.start_time > longest {
        return Err(Error::field(
            "startTime",
            "Metrics are kept for 455 days: give a startTime that is at most so long before endTime.",
        ));
    }
    Ok(())
}

/// What was measured of a cluster, by the number of the period.
pub type Slots = BTreeMap<i64, Measured>;

pub fn slots(rows: Vec<(i64, Measured)>, start: i64, period: i64) -> Slots {
    let mut slots = Slots::new();
    for (at, measured) in rows {
        let slot: &mut Measured = slots.entry((at - start) / period).or_default();
        slot.merge(&measured);
    }
    slots
}

fn series_of(metric: Metric, clusters: &[Slots], count: i64) -> Series {
    let value = |slot: i64| {
        let all: Vec<&Measured> = clusters.iter().filter_map(|one| one.get(&slot)).collect();
        value(metric, &all).map(|value| (value * 1000.0).round() / 1000.0)
    };
    // The least of several clusters together need not be the sum of the least of each.
    let own = match clusters {
        [one] => one.values().filter_map(|all| all.stat(metric)).collect(),
        _ => vec![],
    };
    Series {
        metric,
        values: (0..count).map(value).collect(),
        minimum: own.iter().map(|stat| stat.minimum).reduce(f64::min),
        maximum: own.iter().map(|stat| stat.maximum).reduce(f64::max),
    }
}

/// Of clusters together, in one period.
fn value(metric: Metric, clusters: &[&Measured]) -> Option<f64> {
    let together = |metric: Metric| {
        let stats = clusters.iter().filter_map(|one| one.stat(metric));
        let each = stats.map(|stat| match metric.is_count() {
            true => stat.sum,
            false => stat.average(),
        });
        each.reduce(|a, b| a + b)
    };
    let merged = || {
        let mut all = Measured::default();
        clusters.iter().for_each(|one| all.merge(one));
        all
    };
    match metric {
        Metric::NodeBootTimeP50 => merged().boot_time(0.5),
        Metric::NodeBootTimeP95 => merged().boot_time(0.95),
        Metric::JobWaitTimeP50 => merged().wait_time(0.5),
        Metric::JobWaitTimeP95 => merged().wait_time(0.95),
        // Clusters are as large as they are: each counts by its instances.
        Metric::CapacityUtilization if clusters.len() > 1 => {
            let actual = together(Metric::ActualCapacity).filter(|actual| *actual > 0.0)?;
            Some(together(Metric::UtilizedCapacity)? / actual)
        }
        metric => together(metric),
    }
}

#[cfg(test)]
mod tests {
    use app::model::date::{HOUR, MINUTE};

    use super::*;

    fn measured(idle: f64, utilized: f64) -> Measured {
        let mut all = Measured::default();
        all.note(Metric::UtilizedCapacity, utilized);
        all.note(Metric::ActualCapacity, idle + utilized);
        all.note(Metric::NodeStarts, 1.0);
        if idle + utilized > 0.0 {
            all.note(Metric::CapacityUtilization, utilized / (idle + utilized));
        }
        all
    }

    fn told(metric: Metric, clusters: &[Slots]) -> Vec<Option<f64>> {
        series_of(metric, clusters, 3).values
    }

    #[test]
    fn periods_are_averages_sums_and_gaps() {
        let rows = vec![
            (HOUR, measured(1.0, 0.0)),
            (HOUR + MINUTE, measured(0.0, 2.0)),
            (HOUR + 10 * MINUTE, measured(0.0, 0.0)),
        ];
        let one = slots(rows, HOUR, 5 * MINUTE);
        let clusters = [one];
        let actual = told(Metric::ActualCapacity, &clusters);
        assert_eq!(actual, [Some(1.5), None, Some(0.0)]);
        assert_eq!(
            told(Metric::NodeStarts, &clusters),
            [Some(2.0), None, Some(1.0)]
        );
        let utilization = told(Metric::CapacityUtilization, &clusters);
        assert_eq!(utilization, [Some(0.5), None, None]);
        let most = series_of(Metric::ActualCapacity, &clusters, 3);
        assert_eq!((most.minimum, most.maximum), (Some(0.0), Some(2.0)));
    }

    #[test]
    fn clusters_together_are_their_sum() {
        let at = |slot: i64, measured: Measured| Slots::from([(slot, measured)]);
        let clusters = [at(0, measured(9.0, 0.0)), at(0, measured(0.0, 1.0))];
        assert_eq!(
            told(Metric::ActualCapacity, &clusters),
            [Some(10.0), None, None]
        );
        let utilization = told(Metric::CapacityUtilization, &clusters);
        assert_eq!(utilization, [Some(0.1), None, None]);
        assert_eq!(
            series_of(Metric::ActualCapacity, &clusters, 3).maximum,
            None
        );
        let mut boots = [Measured::default(), Measured::default()];
        boots[0].note_boot(10_000);
        boots[1].note_boot(1_000_000);
        let median = value(Metric::NodeBootTimeP50, &[&boots[0], &boots[1]]).unwrap();
        assert!((median - 10.0).abs() < 0.5, "{median}");
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused_with_its_field() {
        for (start_time, end_time, field) in [
            (-1, 5, "startTime"),
            (5, 5, "endTime"),
            (0, i64::MAX, "startTime"),
        ] {
            let input = GetMetricsRequest {
                start_time,
                end_time,
                ..GetMetricsRequest::default()
            };
            let refusal = check(&input).unwrap_err();
            assert!(format!("{refusal:?}").contains(field), "{refusal:?}");
        }
    }
}
