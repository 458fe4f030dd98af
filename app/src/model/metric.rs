//! Metrics of a cluster, as they are kept over time and asked for (M1). Times are in milliseconds since 1970.

use serde::{Deserialize, Serialize};

use super::date::{DAY, HOUR, MINUTE};
use super::measure::values;
pub use super::measure::{Metric, Series};
use super::metric_part::{By, Part};

/// So many points of a metric are answered at most, and one for where a range begins within a period.
pub const MOST_POINTS: i64 = 500;

/// For how long back, up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    OneHour,
    #[default]
    ThreeHours,
    TwelveHours,
    OneDay,
    SevenDays,
    ThirtyDays,
    FifteenMonths,
}

impl Range {
    pub const ALL: [Range; 7] = [
        Range::OneHour,
        Range::ThreeHours,
        Range::TwelveHours,
        Range::OneDay,
        Range::SevenDays,
        Range::ThirtyDays,
        Range::FifteenMonths,
    ];

    /// In addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Range::OneHour => "1h",
            Range::ThreeHours => "3h",
            Range::TwelveHours => "12h",
            Range::OneDay => "1d",
            Range::SevenDays => "7d",
            Range::ThirtyDays => "30d",
            Range::FifteenMonths => "15mo",
        }
    }

    /// That of an address; another word stands for the one that is shown first.
    pub fn parse(word: &str) -> Range {
        Range::named(word).unwrap_or_default()
    }

    /// None of any other word.
    pub fn named(word: &str) -> Option<Range> {
        let mut all = Range::ALL.into_iter();
        all.find(|range| range.as_str() == word)
    }

    /// In milliseconds. Fifteen months are the 455 days that metrics are kept.
    pub fn length(self) -> i64 {
        match self {
            Range::OneHour => HOUR,
            Range::ThreeHours => 3 * HOUR,
            Range::TwelveHours => 12 * HOUR,
            Range::OneDay => DAY,
            Range::SevenDays => 7 * DAY,
            Range::ThirtyDays => 30 * DAY,
            Range::FifteenMonths => 455 * DAY,
        }
    }
}

/// What is kept of a metric: so long are the periods, and so far back they reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub period: i64,
    pub kept: i64,
}

/// From fine to coarse. The first three are CloudWatch's; whole days let fifteen months be read at once.
pub const TIERS: [Tier; 4] = [
    Tier {
        period: MINUTE,
        kept: 15 * DAY,
    },
    Tier {
        period: 5 * MINUTE,
        kept: 63 * DAY,
    },
    Tier {
        period: HOUR,
        kept: 455 * DAY,
    },
    Tier {
        period: DAY,
        kept: 455 * DAY,
    },
];

/// What can be answered.
const PERIODS: [i64; 6] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, DAY];

/// The shortest period for which there is all of that time, in no more points than [`MOST_POINTS`].
pub fn period(start: i64, end: i64, now: i64) -> i64 {
    let reaches = |period: i64| now - start <= tier(period).kept + period;
    let are_many = |period: i64| (end - start) / period > MOST_POINTS;
    let mut periods = PERIODS.into_iter();
    let found = periods.find(|period| reaches(*period) && !are_many(*period));
    found.unwrap_or(DAY)
}

/// From which a period is put together: the coarsest of those that fit into it.
pub fn tier(period: i64) -> Tier {
    let fits = |tier: &&Tier| period % tier.period == 0;
    TIERS.iter().rfind(fits).copied().unwrap_or(TIERS[0])
}

/// A question for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetMetricsRequest {
    /// None: of all clusters together.
    pub cluster_identifier: Option<String>,
    /// It begins with the period that this is in.
    pub start_time: i64,
    /// Up to then, and not that moment.
    pub end_time: i64,
    /// None of them: all.
    pub metrics: Vec<Metric>,
    /// Of which parts they are told one by one, beside the whole.
    pub by: Option<By>,
    /// The names or ids of those that are compared, by [`By::Cluster`]: from one to [`MOST_COMPARED`].
    ///
    /// [`MOST_COMPARED`]: super::metric_part::MOST_COMPARED
    pub clusters: Vec<String>,
}

/// Points at equal distances.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// When the first period begins.
    pub start_time: i64,
    /// How long each is, in milliseconds.
    pub period: i64,
    pub series: Vec<Series>,
    /// What the parts are; none: they were not asked for.
    #[serde(default)]
    pub by: Option<By>,
    /// By their names.
    #[serde(default)]
    pub parts: Vec<Part>,
}

impl Metrics {
    /// The values of one; none at all if it was not asked for.
    pub fn values(&self, metric: Metric) -> &[Option<f64>] {
        values(&self.series, metric)
    }

    /// Hours that instances ran, all of them together: what the provider may ask money for.
    pub fn node_hours(&self) -> f64 {
        let known = self.values(Metric::ActualCapacity).iter().flatten();
        known.sum::<f64>() * self.period as f64 / HOUR as f64
    }

    /// Nothing is known of any of that time.
    pub fn is_empty(&self) -> bool {
        let mut all = self.series.iter().flat_map(|series| &series.values);
        all.all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_answered_in_few_points_of_what_is_kept() {
        let now = 2_000_000 * HOUR;
        let right = [MINUTE, MINUTE, 5 * MINUTE, 5 * MINUTE, HOUR, 3 * HOUR, DAY];
        for (range, right) in Range::ALL.into_iter().zip(right) {
            let start = now - range.length();
            let period = period(start, now, now);
            assert_eq!(period, right, "{range:?}");
            assert!(range.length() / period <= MOST_POINTS);
            assert!(tier(period).kept >= range.length(), "{range:?}");
            assert_eq!(Range::parse(range.as_str()), range);
        }
    }

    #[test]
    fn what_is_old_is_answered_as_coarse_as_it_is_kept() {
        let now = 2_000_000 * HOUR;
        for (days, right) in [(14, MINUTE), (16, 5 * MINUTE), (64, HOUR), (450, HOUR)] {
            let start = now - days * DAY;
            assert_eq!(period(start, start + HOUR, now), right, "{days}");
        }
        assert_eq!(period(0, now, now), DAY);
    }

    #[test]
    fn node_hours_are_the_actual_capacity_over_time() {
        let metrics = Metrics {
            start_time: 0,
            period: 15 * MINUTE,
            series: vec![Series {
                metric: Metric::ActualCapacity,
                values: vec![Some(4.0), None, Some(2.0)],
                minimum: None,
                maximum: None,
            }],
            ..Metrics::default()
        };
        assert_eq!(metrics.node_hours(), 1.5);
        assert!(!metrics.is_empty());
    }
}
