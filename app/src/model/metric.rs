//! Metrics of a cluster, as they are kept over time and asked for (M1). The names are those of the namespace AWS/PCS in
//! CloudWatch; what it does not have is named in the same manner. Times are in milliseconds since 1970.

use serde::{Deserialize, Serialize};

use super::date::{DAY, HOUR, MINUTE};

/// So many points of a metric are answered at most, and one for where a range begins within a period.
pub const MOST_POINTS: i64 = 500;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Instances that run and have no job.
    IdleCapacity,
    /// Instances that run and have jobs.
    UtilizedCapacity,
    /// Both together.
    ActualCapacity,
    /// With those that are starting.
    DesiredCapacity,
    /// The utilized part of the actual capacity, from 0 to 1; nothing while no instance runs.
    CapacityUtilization,
    /// Jobs that wait, each task of an array for itself.
    PendingJobs,
    /// Jobs that have their nodes.
    RunningJobs,
    /// Instances that were asked for.
    NodeStarts,
    /// Instances that ended before Slurm took their node as up, for a reason that nobody wanted.
    FailedNodeStarts,
    /// Seconds from asking for an instance to when Slurm took its node as up: half of them took no longer.
    NodeBootTimeP50,
    /// Nineteen in twenty took no longer.
    NodeBootTimeP95,
    /// Seconds from submitting a job to its start, of the jobs that started: half of them waited no longer.
    JobWaitTimeP50,
    /// Nineteen in twenty waited no longer.
    JobWaitTimeP95,
}

impl Metric {
    pub const ALL: [Metric; 13] = [
        Metric::IdleCapacity,
        Metric::UtilizedCapacity,
        Metric::ActualCapacity,
        Metric::DesiredCapacity,
        Metric::CapacityUtilization,
        Metric::PendingJobs,
        Metric::RunningJobs,
        Metric::NodeStarts,
        Metric::FailedNodeStarts,
        Metric::NodeBootTimeP50,
        Metric::NodeBootTimeP95,
        Metric::JobWaitTimeP50,
        Metric::JobWaitTimeP95,
    ];

    /// Those that AWS has, which Amazon CloudWatch answers.
    pub const PUBLISHED: [Metric; 5] = [
        Metric::IdleCapacity,
        Metric::UtilizedCapacity,
        Metric::ActualCapacity,
        Metric::DesiredCapacity,
        Metric::CapacityUtilization,
    ];

    /// Its name, as it is asked for and written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Metric::IdleCapacity => "IdleCapacity",
            Metric::UtilizedCapacity => "UtilizedCapacity",
            Metric::ActualCapacity => "ActualCapacity",
            Metric::DesiredCapacity => "DesiredCapacity",
            Metric::CapacityUtilization => "CapacityUtilization",
            Metric::PendingJobs => "PendingJobs",
            Metric::RunningJobs => "RunningJobs",
            Metric::NodeStarts => "NodeStarts",
            Metric::FailedNodeStarts => "FailedNodeStarts",
            Metric::NodeBootTimeP50 => "NodeBootTimeP50",
            Metric::NodeBootTimeP95 => "NodeBootTimeP95",
            Metric::JobWaitTimeP50 => "JobWaitTimeP50",
            Metric::JobWaitTimeP95 => "JobWaitTimeP95",
        }
    }

    /// Counts what happened: over a longer time it is the sum, where others are an average.
    pub fn is_count(self) -> bool {
        matches!(self, Metric::NodeStarts | Metric::FailedNodeStarts)
    }
}

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
}

/// A metric over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    pub metric: Metric,
    /// One for each period: the average of it, or the sum of what is counted; none where nothing is known.
    pub values: Vec<Option<f64>>,
    /// The least and the most of any minute; none of several clusters, or of what has only percentiles.
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}

impl Metrics {
    /// The values of one; none at all if it was not asked for.
    pub fn values(&self, metric: Metric) -> &[Option<f64>] {
        let mut all = self.series.iter();
        let found = all.find(|series| series.metric == metric);
        found.map_or(&[], |series| &series.values)
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
        };
        assert_eq!(metrics.node_hours(), 1.5);
        assert!(!metrics.is_empty());
    }
}
