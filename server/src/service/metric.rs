//! Metrics over time: what the database kept of them, put together for a range. Nobody else is asked: any server answers for
//! all clusters.

use std::collections::BTreeMap;

use app::model::error::{Error, Result};
use app::model::metric::*;
use app::model::metric_part::{By, MOST_COMPARED, Part};
use app::model::operation::Operation;
use app::port::{Ctx, Monitoring};
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterSpec;
use crate::db::measured::Measured;
use crate::db::{metric, metric_part, now, resource};
use crate::fault::internal;

/// So many parts of one are told: a node's minute is a sixtieth of an hour, and many of them add up.
const EXACT: f64 = 1e6;

#[async_trait]
impl Monitoring for Service {
    async fn get_metrics(&self, ctx: &Ctx, input: GetMetricsRequest) -> Result<Metrics> {
        let clusters = self.measured(ctx, &input).await?;
        check(&input)?;
        let period = period(input.start_time, input.end_time, now());
        let times = Times {
            start: input.start_time - input.start_time.rem_euclid(period),
            end: input.end_time,
            period,
        };
        let pool = self.parts.db.pool();
        let mut kept = vec![];
        for (id, _) in &clusters {
            let rows = metric::between(pool, id, times.step(), times.start, times.end).await;
            kept.push(slots(rows.map_err(internal)?, times.start, period));
        }
        let parts = match input.by {
            Some(By::Cluster) => of_clusters(&clusters, &kept),
            Some(by) => self.of_parts(&clusters, by, times).await?,
            None => BTreeMap::new(),
        };
        let told = |all: &[Metric], slots: &[Slots]| -> Vec<Series> {
            let is_wanted = |one: &Metric| input.metrics.is_empty() || input.metrics.contains(one);
            let wanted = all.iter().copied().filter(is_wanted);
            let series = wanted.map(|one| series_of(one, slots, times.count()));
            series.collect()
        };
        let of_part = input.by.map_or(&[][..], By::metrics);
        let part = |(name, slots): (String, Vec<Slots>)| Part {
            name,
            series: told(of_part, &slots),
        };
        Ok(Metrics {
            start_time: times.start,
            period,
            series: told(&Metric::ALL, &kept),
            by: input.by,
            parts: parts.into_iter().map(part).collect(),
        })
    }
}

/// What is asked for, in whole periods.
#[derive(Clone, Copy)]
struct Times {
    start: i64,
    end: i64,
    period: i64,
}

impl Times {
    /// How long the rows are of which a period is put together.
    fn step(self) -> i64 {
        tier(self.period).period
    }

    fn count(self) -> i64 {
        (self.end - self.start + self.period - 1) / self.period
    }
}

/// By their names.
fn of_clusters(clusters: &[(String, String)], kept: &[Slots]) -> BTreeMap<String, Vec<Slots>> {
    let each = clusters.iter().zip(kept);
    each.map(|((_, name), slots)| (name.clone(), vec![slots.clone()]))
        .collect()
}

impl Service {
    /// The ids and names of the clusters that are meant, for whoever may look at each.
    async fn measured(
        &self,
        ctx: &Ctx,
        input: &GetMetricsRequest,
    ) -> Result<Vec<(String, String)>> {
        let operation = Operation::GetMetrics;
        let named = match (&input.cluster_identifier, input.by) {
            (Some(cluster), _) => std::slice::from_ref(cluster),
            (None, Some(By::Cluster)) => compared(&input.clusters)?,
            (None, _) => return self.all_measured(ctx).await,
        };
        let mut found = vec![];
        for cluster in named {
            let row = self.cluster_for(ctx, operation, cluster).await?;
            found.push((row.id.clone(), row.name.clone()));
        }
        Ok(found)
    }

    async fn all_measured(&self, ctx: &Ctx) -> Result<Vec<(String, String)>> {
        ctx.authorize(Operation::ListClusters, &self.parts.arns.cluster("*"))?;
        let rows = resource::list::<ClusterSpec>(self.parts.db.pool(), None).await;
        let rows = rows.map_err(internal)?.into_iter();
        rows.map(|row| {
            ctx.authorize(Operation::GetMetrics, &self.parts.arns.cluster(&row.id))?;
            Ok((row.id, row.name))
        })
        .collect()
    }

    /// Parts of that kind, by their names; of clusters together, those of one name together.
    async fn of_parts(
        &self,
        clusters: &[(String, String)],
        by: By,
        times: Times,
    ) -> Result<BTreeMap<String, Vec<Slots>>> {
        let pool = self.parts.db.pool();
        let mut all = BTreeMap::<String, Vec<Slots>>::new();
        for (id, _) in clusters {
            let rows =
                metric_part::between(pool, id, by, times.step(), times.start, times.end).await;
            let mut of_cluster = BTreeMap::<String, Slots>::new();
            for (at, parts) in rows.map_err(internal)? {
                let slot = (at - times.start) / times.period;
                for (name, measured) in parts {
                    let slots = of_cluster.entry(name).or_default();
                    slots.entry(slot).or_default().merge(&measured);
                }
            }
            for (name, slots) in of_cluster {
                all.entry(name).or_default().push(slots);
            }
        }
        Ok(all)
    }
}

/// Those that are to be compared, each once.
fn compared(clusters: &[String]) -> Result<&[String]> {
    let are_few = (1..=MOST_COMPARED).contains(&clusters.len());
    let is_twice = |(at, one): (usize, &String)| clusters[..at].contains(one);
    match are_few && !clusters.iter().enumerate().any(is_twice) {
        true => Ok(clusters),
        false => Err(Error::field(
            "clusters",
            format!("Name from 1 to {MOST_COMPARED} clusters to compare, each once."),
        )),
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
        value(metric, &all).map(|value| (value * EXACT).round() / EXACT)
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
    fn few_clusters_are_compared_and_each_once() {
        let names = |all: &[&str]| -> Vec<String> { all.iter().map(|one| (*one).into()).collect() };
        assert_eq!(compared(&names(&["a", "b"])).unwrap().len(), 2);
        for wrong in [&[][..], &["a", "b", "a"], &["a", "b", "c", "d", "e"]] {
            let refusal = compared(&names(wrong)).unwrap_err();
            assert!(refusal.message.contains("from 1 to 4"), "{refusal}");
        }
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
