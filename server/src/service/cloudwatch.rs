//! Metrics as Amazon CloudWatch answers them (M1): those five of the namespace AWS/PCS, of what the database kept.

use app::model::cloudwatch::*;
use app::model::date::{DAY, HOUR};
use app::model::error::{Error, Result};
use app::model::metric::{Metric, tier};
use app::model::operation::Operation;
use app::port::{CloudWatch, Ctx};
use async_trait::async_trait;

use super::Service;
use super::cloudwatch_check::{MOST_DATAPOINTS, Periods, meant, periods, statistic, times};
use super::metric::{Slots, slots};
use super::metric_data::{Asked, Page, Place, of, seconds};
use crate::auth::policy::Authorize as _;
use crate::db::{metric, now};
use crate::fault::internal;

/// Metrics on a page of `ListMetrics`.
const LISTED: usize = 500;
/// So long a metric is listed after it was measured last, as by CloudWatch.
const LISTED_FOR: i64 = 14 * DAY;
/// What the tokens of either list are sealed for.
const LIST_PAGE: &str = "page:cloudwatch-metrics";
const DATA_PAGE: &str = "page:cloudwatch-data";
/// In this release all metrics are one resource, as they are to AWS.
const ALL: &str = "*";

#[async_trait]
impl CloudWatch for Service {
    async fn list_metrics(&self, ctx: &Ctx, input: ListMetricsInput) -> Result<ListMetricsOutput> {
        ctx.authorize(Operation::ListMetrics, ALL)?;
        let since = match input.recently_active.as_deref() {
            None | Some("") => now() - LISTED_FOR,
            Some("PT3H") => now() - 3 * HOUR,
            Some(_) => {
                return Err(Error::field(
                    "RecentlyActive",
                    "The only length is PT3H, three hours: give that, or leave it out.",
                ));
            }
        };
        let after = match given(input.next_token.as_deref()) {
            None => String::new(),
            Some(token) => self.place_of(LIST_PAGE, token)?,
        };
        let clusters = metric::measured_since(self.parts.db.pool(), since).await;
        let clusters = clusters.map_err(internal)?;
        let (metrics, last) = page(&clusters, &input, &after);
        let next_token = last.map(|key| self.token_of(LIST_PAGE, &key)).transpose()?;
        Ok(ListMetricsOutput {
            metrics,
            next_token,
        })
    }

    async fn get_metric_data(
        &self,
        ctx: &Ctx,
        input: GetMetricDataInput,
    ) -> Result<GetMetricDataOutput> {
        ctx.authorize(Operation::GetMetricData, ALL)?;
        let asked = Asked::all(&input)?;
        let begin = match given(input.next_token.as_deref()) {
            None => Place::default(),
            Some(token) => Place::parse(&self.place_of(DATA_PAGE, token)?).ok_or_else(no_token)?,
        };
        let mut page = Page::new(begin, input.max_datapoints);
        // Those of one cluster mostly come one after another.
        let mut known: Option<(&str, Periods, Slots)> = None;
        while let Some(next) = page.next(&asked) {
            let mut values = vec![];
            if let Some((cluster, metric)) = next.meant {
                let slots = match known.take() {
                    Some((of, periods, slots)) if (of, periods) == (cluster, next.periods) => slots,
                    _ => self.slots_of(cluster, next.periods).await?,
                };
                values = next.values(metric, &slots, input.scan_by);
                known = Some((cluster, next.periods, slots));
            }
            page.take(next, &values);
        }
        let left = page.left(&asked).map(|place| place.to_string());
        let is_unknown = |one: &Asked<'_>| one.meant.is_none();
        Ok(GetMetricDataOutput {
            next_token: left
                .map(|place| self.token_of(DATA_PAGE, &place))
                .transpose()?,
            messages: asked
                .iter()
                .find(|one| is_unknown(one))
                .map(|_| unknown())
                .into_iter()
                .collect(),
            metric_data_results: page.results,
        })
    }

    async fn get_metric_statistics(
        &self,
        ctx: &Ctx,
        input: GetMetricStatisticsInput,
    ) -> Result<GetMetricStatisticsOutput> {
        ctx.authorize(Operation::GetMetricStatistics, ALL)?;
        let times = times(input.start_time, input.end_time)?;
        let periods = periods(times, input.period, "Period")?;
        if let Some(word) = input.extended_statistics.first() {
            statistic(word, "ExtendedStatistics")?;
        }
        let words = input.statistics.iter();
        let wanted: Vec<Statistic> = words
            .map(|word| statistic(word, "Statistics"))
            .collect::<Result<_>>()?;
        if wanted.is_empty() {
            return Err(Error::field(
                "Statistics",
                "It is missing: give one or more of SampleCount, Average, Sum, Minimum and Maximum.",
            ));
        }
        if periods.count() > MOST_DATAPOINTS {
            return Err(Error::field(
                "Period",
                format!(
                    "You have requested up to {} datapoints, which exceeds the limit of {MOST_DATAPOINTS}. Give a longer \
                     Period, or less time between StartTime and EndTime.",
                    periods.count()
                ),
            ));
        }
        let mut answer = GetMetricStatisticsOutput {
            label: input.metric_name.clone(),
            datapoints: vec![],
        };
        let unit = input.unit.as_deref();
        let meant = meant(
            &input.namespace,
            &input.metric_name,
            &input.dimensions,
            unit,
        );
        let Some((cluster, metric)) = meant else {
            return Ok(answer);
        };
        for (slot, measured) in self.slots_of(cluster, periods).await? {
            let Some(stat) = measured.stat(metric) else {
                continue;
            };
            let mut point = Datapoint {
                timestamp: seconds(periods.start + slot * periods.length),
                unit: COUNT.into(),
                ..Datapoint::default()
            };
            wanted
                .iter()
                .for_each(|one| point.set(*one, of(stat, *one)));
            answer.datapoints.push(point);
        }
        Ok(answer)
    }
}

impl Service {
    /// What was measured of a cluster, deleted or not; of periods for which nothing is kept there is nothing.
    async fn slots_of(&self, cluster: &str, periods: Periods) -> Result<Slots> {
        let step = tier(periods.length).period;
        let (from, to) = (periods.start, periods.end);
        let rows = metric::between(self.parts.db.pool(), cluster, step, from, to).await;
        Ok(slots(rows.map_err(internal)?, from, periods.length))
    }

    fn token_of(&self, list: &str, place: &str) -> Result<String> {
        let sealed = self.parts.seal.seal(list, place.as_bytes());
        sealed.map_err(internal)
    }

    fn place_of(&self, list: &str, token: &str) -> Result<String> {
        let opened = self.parts.seal.open(list, token).ok();
        let place = opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        place.ok_or_else(no_token)
    }
}

/// An empty token is as good as none.
fn given(token: Option<&str>) -> Option<&str> {
    token.filter(|token| !token.is_empty())
}

fn no_token() -> Error {
    let why = "This is no token of this list. Leave it out to start again.";
    Error::field("NextToken", why)
}

fn named(cluster: &str, metric: &str) -> NamedMetric {
    NamedMetric {
        namespace: NAMESPACE.into(),
        metric_name: metric.into(),
        dimensions: vec![Dimension {
            name: CLUSTER_ID.into(),
            value: Some(cluster.into()),
        }],
    }
}

/// Those on a page, and the last one's key if there are more: a page begins after the key that it is given.
fn page(
    clusters: &[String],
    input: &ListMetricsInput,
    after: &str,
) -> (Vec<NamedMetric>, Option<String>) {
    let of = |cluster: &'_ String| {
        Metric::PUBLISHED.map(|metric| {
            let name = metric.as_str();
            (format!("{cluster}/{name}"), named(cluster, name))
        })
    };
    let all = clusters.iter().flat_map(of);
    let asked = all.filter(|(key, metric)| key.as_str() > after && is_asked(input, metric));
    let mut left: Vec<(String, NamedMetric)> = asked.collect();
    left.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let is_more = left.len() > LISTED;
    left.truncate(LISTED);
    let last = left.last().map(|(key, _)| key.clone());
    let metrics = left.into_iter().map(|(_, metric)| metric).collect();
    (metrics, last.filter(|_| is_more))
}

fn is_asked(input: &ListMetricsInput, metric: &NamedMetric) -> bool {
    let is = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|one| one == own);
    let has = |filter: &Dimension| {
        let mut all = metric.dimensions.iter();
        all.any(|own| {
            own.name == filter.name && (filter.value.is_none() || own.value == filter.value)
        })
    };
    is(&input.namespace, &metric.namespace)
        && is(&input.metric_name, &metric.metric_name)
        && input.dimensions.iter().all(has)
}

/// For whoever asked for something of which there is never anything.
fn unknown() -> MessageData {
    let all = Metric::PUBLISHED.map(Metric::as_str).join(", ");
    MessageData {
        code: "UnknownMetric".into(),
        value: format!(
            "Some of what was asked for is no metric of this server. It has {all} of the namespace {NAMESPACE}, with the \
             one dimension {CLUSTER_ID} and the unit {COUNT}: `aws cloudwatch list-metrics` shows them."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_together_list_each_metric_once() {
        let clusters: Vec<String> = (0..203).rev().map(|n| format!("pcs_{n:04}")).collect();
        let input = ListMetricsInput::default();
        let (mut told, mut after, mut pages) = (vec![], String::new(), 0);
        loop {
            let (metrics, last) = page(&clusters, &input, &after);
            told.extend(metrics);
            pages += 1;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        assert_eq!((told.len(), pages), (1015, 3));
        let mut keys: Vec<String> = told.iter().map(|one| format!("{one:?}")).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 1015);
    }

    #[test]
    fn a_filter_names_what_it_wants() {
        let clusters = ["pcs_a".to_owned(), "pcs_b".to_owned()];
        let count = |input: ListMetricsInput| page(&clusters, &input, "").0.len();
        let filter = |name: &str, value: Option<&str>| ListMetricsInput {
            dimensions: vec![Dimension {
                name: name.into(),
                value: value.map(Into::into),
            }],
            ..ListMetricsInput::default()
        };
        assert_eq!(count(filter(CLUSTER_ID, None)), 10);
        assert_eq!(count(filter(CLUSTER_ID, Some("pcs_b"))), 5);
        assert_eq!(count(filter("QueueId", None)), 0);
        assert_eq!(
            count(ListMetricsInput {
                metric_name: Some("IdleCapacity".into()),
                ..ListMetricsInput::default()
            }),
            2
        );
    }
}
