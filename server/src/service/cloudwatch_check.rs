//! What a question for CloudWatch's metrics must be, and what it means: which cluster's, of which metric, in which periods.

use std::collections::BTreeSet;

use app::model::cloudwatch::*;
use app::model::date::SECOND;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::metric::Metric;

/// The limits of CloudWatch: metrics of one question, values of one answer, and of one of `GetMetricStatistics`.
pub const MOST_QUERIES: usize = 500;
pub const MOST_VALUES: i64 = 100_800;
pub const MOST_DATAPOINTS: i64 = 1_440;
/// In seconds since 1970: what is later is a time in another unit.
const YEAR_10000: f64 = 253_402_300_800.0;

/// Periods of a time, in milliseconds. They begin at multiples of their length: the first is that which the start is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    pub start: i64,
    pub end: i64,
    pub length: i64,
}

impl Periods {
    pub fn count(self) -> i64 {
        (self.end - self.start + self.length - 1) / self.length
    }
}

/// In milliseconds.
pub fn times(start_time: f64, end_time: f64) -> Result<(i64, i64)> {
    let is_time = |seconds: f64| (0.0..YEAR_10000).contains(&seconds);
    if !is_time(start_time) || !is_time(end_time) {
        return Err(Error::field(
            "StartTime",
            "Times are in seconds since 1970, or written as 2026-11-29T00:00:00Z: give such a StartTime and EndTime.",
        ));
    }
    let at = |seconds: f64| (seconds * SECOND as f64) as i64;
    let (start, end) = (at(start_time), at(end_time));
    if start >= end {
        return Err(Error::field(
            "EndTime",
            "The end must be later than StartTime: exchange them, or give a later one.",
        ));
    }
    Ok((start, end))
}

/// `member`: where the period stands in the request. The longest that can be asked for is a day.
pub fn periods((start, end): (i64, i64), period: i64, member: &str) -> Result<Periods> {
    if !(60..=86_400).contains(&period) || period % 60 != 0 {
        return Err(Error::field(
            member,
            "Metrics of AWS/PCS are kept by the minute: give a period in seconds that is a multiple of 60, from 60 to 86400.",
        ));
    }
    let length = period * SECOND;
    Ok(Periods {
        start: start - start.rem_euclid(length),
        end,
        length,
    })
}

pub fn statistic(word: &str, member: &str) -> Result<Statistic> {
    Statistic::parse(word).ok_or_else(|| {
        Error::field(
            member,
            format!(
                "{} needs every single value, of which this server keeps number, sum, least and most of each minute. \
                 Give one of SampleCount, Average, Sum, Minimum and Maximum.",
                clip(word)
            ),
        )
    })
}

/// Each of the questions; the first that is wrong refuses all.
pub fn queries(input: &GetMetricDataInput) -> Result<()> {
    let all = &input.metric_data_queries;
    if all.is_empty() || all.len() > MOST_QUERIES {
        return Err(Error::field(
            "MetricDataQueries",
            format!("Give from 1 to {MOST_QUERIES} of them; ask for more in several calls."),
        ));
    }
    if input.max_datapoints.is_some_and(|most| most < 1) {
        return Err(Error::field(
            "MaxDatapoints",
            format!("Give a number from 1 to {MOST_VALUES}, or leave it out."),
        ));
    }
    let mut ids = BTreeSet::new();
    for (index, query) in all.iter().enumerate() {
        let member = |name: &str| format!("MetricDataQueries[{index}].{name}");
        if !is_id(&query.id) {
            return Err(Error::field(
                member("Id"),
                "An id begins with a small letter, and has letters, digits and underscores: m1.",
            ));
        }
        if !ids.insert(&query.id) {
            return Err(Error::field(
                member("Id"),
                format!("{} is there twice: give each its own.", clip(&query.id)),
            ));
        }
        if query.expression.is_some() {
            return Err(Error::field(
                member("Expression"),
                "Metric math is computed by Amazon CloudWatch, not by this server: ask for each metric by MetricStat and \
                 compute with the values that you get.",
            ));
        }
        if query.metric_stat.is_none() {
            return Err(Error::field(
                member("MetricStat"),
                "It is missing: name Metric, Period and Stat.",
            ));
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    id.len() <= 255
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The cluster and metric that are meant; none where nothing of that name is ever measured.
pub fn meant<'a>(
    namespace: &str,
    name: &str,
    dimensions: &'a [Dimension],
    unit: Option<&str>,
) -> Option<(&'a str, Metric)> {
    let [only] = dimensions else { return None };
    let is_ours = namespace == NAMESPACE && only.name == CLUSTER_ID;
    if !is_ours || unit.is_some_and(|unit| unit != COUNT) {
        return None;
    }
    Some((only.value.as_deref()?, published(name)?))
}

fn published(name: &str) -> Option<Metric> {
    let mut all = Metric::PUBLISHED.into_iter();
    all.find(|metric| metric.as_str() == name)
}

#[cfg(test)]
mod tests {
    use app::model::date::MINUTE;

    use super::*;

    fn dimension(name: &str, value: &str) -> Dimension {
        Dimension {
            name: name.into(),
            value: Some(value.into()),
        }
    }

    #[test]
    fn one_dimension_names_the_cluster() {
        let own = [dimension(CLUSTER_ID, "pcs_a")];
        let two = [dimension(CLUSTER_ID, "pcs_a"), dimension("Other", "b")];
        let found = Some(("pcs_a", Metric::IdleCapacity));
        for (namespace, name, dimensions, unit, right) in [
            (NAMESPACE, "IdleCapacity", &own[..], None, found),
            (NAMESPACE, "IdleCapacity", &own, Some("Count"), found),
            (NAMESPACE, "IdleCapacity", &own, Some("Seconds"), None),
            (NAMESPACE, "idlecapacity", &own, None, None),
            (NAMESPACE, "PendingJobs", &own, None, None),
            ("AWS/EC2", "IdleCapacity", &own, None, None),
            (NAMESPACE, "IdleCapacity", &two, None, None),
            (NAMESPACE, "IdleCapacity", &[], None, None),
        ] {
            assert_eq!(
                meant(namespace, name, dimensions, unit),
                right,
                "{namespace} {name}"
            );
        }
    }

    #[test]
    fn periods_begin_at_multiples_and_times_make_sense() {
        let wanted = periods((MINUTE + 1, 4 * MINUTE), 60, "Period").unwrap();
        assert_eq!((wanted.start, wanted.count()), (MINUTE, 3));
        let wanted = periods((MINUTE, 6 * MINUTE), 300, "Period").unwrap();
        assert_eq!((wanted.start, wanted.count()), (0, 2));
        for wrong in [0, 1, 61, -60, 86_460, i64::MAX] {
            let refusal = periods((0, 1), wrong, "Period").unwrap_err();
            assert!(refusal.message.starts_with("Period: "), "{refusal}");
        }
        for (start, end) in [(5.0, 5.0), (-1.0, 5.0), (0.0, f64::NAN), (0.0, 1e18)] {
            assert!(times(start, end).is_err(), "{start} {end}");
        }
        assert_eq!(times(1.5, 2.0).unwrap(), (1500, 2000));
    }

    #[test]
    fn each_question_is_refused_with_its_member_and_a_remedy() {
        let good = MetricDataQuery {
            id: "m1".into(),
            metric_stat: Some(MetricStat {
                metric: NamedMetric::default(),
                period: 60,
                stat: "Sum".into(),
                unit: None,
            }),
            ..MetricDataQuery::default()
        };
        let ask = |queries: Vec<MetricDataQuery>| {
            super::queries(&GetMetricDataInput {
                metric_data_queries: queries,
                ..GetMetricDataInput::default()
            })
        };
        assert_eq!(ask(vec![good.clone()]), Ok(()));
        let other = |change: &dyn Fn(&mut MetricDataQuery)| {
            let mut query = good.clone();
            change(&mut query);
            vec![query]
        };
        for (queries, member) in [
            (vec![], "MetricDataQueries:"),
            (vec![good.clone(); 501], "MetricDataQueries:"),
            (vec![good.clone(); 2], "MetricDataQueries[1].Id:"),
            (
                other(&|query| query.id = "M1".into()),
                "MetricDataQueries[0].Id:",
            ),
            (
                other(&|query| query.expression = Some("m1*2".into())),
                "MetricDataQueries[0].Expression:",
            ),
            (
                other(&|query| query.metric_stat = None),
                "MetricDataQueries[0].MetricStat:",
            ),
        ] {
            let refusal = ask(queries).unwrap_err();
            assert!(refusal.message.starts_with(member), "{refusal}");
        }
        assert!(
            statistic("p99", "Stat")
                .unwrap_err()
                .message
                .contains("Average")
        );
    }
}
