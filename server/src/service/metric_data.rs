//! Pages of `GetMetricData`: so many values in all, metric after metric, the next page where this one stops.

use std::collections::BTreeSet;
use std::fmt;

use app::model::cloudwatch::*;
use app::model::date::SECOND;
use app::model::error::Result;
use app::model::metric::Metric;

use super::cloudwatch_check::{MOST_VALUES, Periods, meant, periods, queries, statistic, times};
use super::metric::Slots;
use crate::db::measured::Stat;

/// A question, as it is meant.
pub struct Asked<'a> {
    id: &'a str,
    label: String,
    statistic: Statistic,
    is_returned: bool,
    pub periods: Periods,
    /// None where nothing of that name is ever measured.
    pub meant: Option<(&'a str, Metric)>,
}

impl<'a> Asked<'a> {
    /// Each of a request's, in its order.
    pub fn all(input: &'a GetMetricDataInput) -> Result<Vec<Asked<'a>>> {
        queries(input)?;
        let times = times(input.start_time, input.end_time)?;
        let given = input.metric_data_queries.iter();
        let stats = given.clone().filter_map(|query| query.metric_stat.as_ref());
        let clusters: BTreeSet<_> = stats
            .map(|stat| &*stat.metric.dimensions)
            .map(cluster)
            .collect();
        let one = |(index, query): (usize, &'a MetricDataQuery)| {
            let stat = query.metric_stat.as_ref()?;
            Some(Asked::of(index, query, stat, times, clusters.len() > 1))
        };
        given.enumerate().filter_map(one).collect()
    }

    fn of(
        index: usize,
        query: &'a MetricDataQuery,
        stat: &'a MetricStat,
        times: (i64, i64),
        are_many: bool,
    ) -> Result<Asked<'a>> {
        let member = |name: &str| format!("MetricDataQueries[{index}].MetricStat.{name}");
        let metric = &stat.metric;
        let unit = stat.unit.as_deref();
        // What tells it from the others.
        let own = || match cluster(&metric.dimensions) {
            Some(cluster) if are_many => format!("{cluster} {}", metric.metric_name),
            _ => metric.metric_name.clone(),
        };
        Ok(Asked {
            id: &query.id,
            label: query.label.clone().unwrap_or_else(own),
            statistic: statistic(&stat.stat, &member("Stat"))?,
            is_returned: query.return_data != Some(false),
            periods: periods(times, stat.period, &member("Period"))?,
            meant: meant(
                &metric.namespace,
                &metric.metric_name,
                &metric.dimensions,
                unit,
            ),
        })
    }

    /// What was measured of its metric, by the number of the period.
    pub fn values(&self, metric: Metric, slots: &Slots, order: ScanBy) -> Vec<(i64, Stat)> {
        let known = slots.iter();
        let known = known.filter_map(|(slot, measured)| Some((*slot, measured.stat(metric)?)));
        let mut values: Vec<_> = known.collect();
        if order == ScanBy::TimestampDescending {
            values.reverse();
        }
        values
    }
}

fn cluster(dimensions: &[Dimension]) -> Option<&str> {
    dimensions.first()?.value.as_deref()
}

/// Where a page begins: with that question, after the period of that number. What is measured meanwhile moves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    question: usize,
    after: Option<i64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after.map_or(String::new(), |slot| slot.to_string());
        write!(f, "{}.{after}", self.question)
    }
}

impl Place {
    pub fn parse(text: &str) -> Option<Place> {
        let (question, after) = text.split_once('.')?;
        let after = (!after.is_empty()).then(|| after.parse().ok());
        Some(Place {
            question: question.parse().ok()?,
            after: after.map_or(Some(None), |slot| slot.map(Some))?,
        })
    }
}

/// A page that is being filled.
pub struct Page {
    at: Place,
    room: usize,
    pub results: Vec<MetricDataResult>,
}

impl Page {
    pub fn new(at: Place, most: Option<i64>) -> Page {
        let most = most.unwrap_or(MOST_VALUES).clamp(1, MOST_VALUES);
        Page {
            at,
            room: usize::try_from(most).unwrap_or(usize::MAX),
            results: vec![],
        }
    }

    /// The question that is to be taken, if there is room for values of it.
    pub fn next<'a, 'q>(&self, asked: &'a [Asked<'q>]) -> Option<&'a Asked<'q>> {
        asked.get(self.at.question).filter(|_| self.room > 0)
    }

    /// Where the next page begins, if there is one.
    pub fn left(&self, asked: &[Asked<'_>]) -> Option<Place> {
        (self.at.question < asked.len()).then_some(self.at)
    }

    /// The question's values, in the order in which they are wanted; as many as there is room for.
    pub fn take(&mut self, asked: &Asked<'_>, values: &[(i64, Stat)]) {
        let shown = self
            .at
            .after
            .and_then(|last| values.iter().position(|one| one.0 == last));
        let values = &values[shown.map_or(0, |shown| shown + 1)..];
        let values = if asked.is_returned { values } else { &[] };
        let (now, later) = values.split_at(values.len().min(self.room));
        let begins = |slot: i64| seconds(asked.periods.start + slot * asked.periods.length);
        self.room -= now.len();
        let stops = now.last().filter(|_| !later.is_empty());
        self.at = match stops {
            Some((slot, _)) => Place {
                after: Some(*slot),
                ..self.at
            },
            None => Place {
                question: self.at.question + 1,
                after: None,
            },
        };
        if asked.is_returned {
            self.results.push(MetricDataResult {
                id: asked.id.to_owned(),
                label: asked.label.clone(),
                timestamps: now.iter().map(|(slot, _)| begins(*slot)).collect(),
                values: now
                    .iter()
                    .map(|(_, stat)| of(*stat, asked.statistic))
                    .collect(),
                status_code: match stops {
                    Some(_) => StatusCode::PartialData,
                    None => StatusCode::Complete,
                },
            });
        }
    }
}

pub fn of(stat: Stat, statistic: Statistic) -> f64 {
    match statistic {
        Statistic::SampleCount => stat.count as f64,
        Statistic::Average => stat.average(),
        Statistic::Sum => stat.sum,
        Statistic::Minimum => stat.minimum,
        Statistic::Maximum => stat.maximum,
    }
}

/// Since 1970, as times are told.
pub fn seconds(at: i64) -> f64 {
    at as f64 / SECOND as f64
}

#[cfg(test)]
mod tests {
    use app::model::date::MINUTE;

    use super::*;

    fn question(id: &'static str, is_returned: bool) -> Asked<'static> {
        Asked {
            id,
            label: id.to_owned(),
            statistic: Statistic::Sum,
            is_returned,
            periods: Periods {
                start: MINUTE,
                end: 10 * MINUTE,
                length: MINUTE,
            },
            meant: None,
        }
    }

    #[test]
    fn pages_together_are_all_values_each_once() {
        let asked = [
            question("a", true),
            question("hidden", false),
            question("b", true),
        ];
        let values = |question: &Asked<'_>| match question.id {
            "a" => vec![(4, Stat::of(4.0)), (2, Stat::of(2.0)), (0, Stat::of(0.0))],
            _ => vec![(1, Stat::of(1.0)), (0, Stat::of(0.5))],
        };
        for most in 1..8 {
            let (mut at, mut told) = (Some(Place::default()), vec![]);
            while let Some(place) = at {
                let mut page = Page::new(Place::parse(&place.to_string()).unwrap(), Some(most));
                while let Some(next) = page.next(&asked) {
                    page.take(next, &values(next));
                }
                at = page.left(&asked);
                let count: usize = page.results.iter().map(|one| one.values.len()).sum();
                assert!(count <= most as usize);
                for one in page.results {
                    told.extend(
                        one.timestamps
                            .into_iter()
                            .zip(one.values)
                            .map(|pair| (one.id.clone(), pair)),
                    );
                }
            }
            let right = [
                ("a", 300.0, 4.0),
                ("a", 180.0, 2.0),
                ("a", 60.0, 0.0),
                ("b", 120.0, 1.0),
                ("b", 60.0, 0.5),
            ];
            let right = right.map(|(id, at, value)| (id.to_owned(), (at, value)));
            assert_eq!(told, right, "{most}");
        }
        for wrong in ["", "1", ".", "x.", "1.x", "-1."] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_label_tells_clusters_apart() {
        let query = |id: &str, cluster: &str, label: Option<&str>| MetricDataQuery {
            id: id.into(),
            label: label.map(Into::into),
            metric_stat: Some(MetricStat {
                metric: NamedMetric {
                    namespace: NAMESPACE.into(),
                    metric_name: "IdleCapacity".into(),
                    dimensions: vec![Dimension {
                        name: CLUSTER_ID.into(),
                        value: Some(cluster.into()),
                    }],
                },
                period: 60,
                stat: "Maximum".into(),
                unit: None,
            }),
            ..MetricDataQuery::default()
        };
        let labels = |queries: Vec<MetricDataQuery>| {
            let input = GetMetricDataInput {
                metric_data_queries: queries,
                end_time: 60.0,
                ..GetMetricDataInput::default()
            };
            let asked = Asked::all(&input).unwrap();
            asked.into_iter().map(|one| one.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(vec![query("a", "x", None)]), ["IdleCapacity"]);
        assert_eq!(
            labels(vec![query("a", "x", None), query("b", "y", Some("mine"))]),
            ["x IdleCapacity", "mine"]
        );
    }

    #[test]
    fn each_statistic_is_its_own() {
        let mut all = crate::db::measured::Measured::default();
        all.note(Metric::IdleCapacity, 1.0);
        all.note(Metric::IdleCapacity, 4.0);
        let stat = all.stat(Metric::IdleCapacity).unwrap();
        let told = Statistic::ALL.map(|one| of(stat, one));
        assert_eq!(told, [2.0, 2.5, 5.0, 1.0, 4.0]);
    }
}
