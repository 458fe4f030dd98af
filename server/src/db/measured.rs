//! What was measured in some time, such that times can be put together: of each metric how often, the sum, the least and the
//! most; of boots and waits how long they took. Putting minutes together to an hour loses no count and no sum, whatever the order.

use std::collections::BTreeMap;

use app::model::metric::Metric;
use serde::{Deserialize, Serialize};

/// How much longer what is in a bucket may take than what is in the one before.
const STEP: f64 = 1.1;
/// What is shorter than this many seconds is one bucket.
const SHORTEST: f64 = 0.01;

/// How many took how long: bucket n is of those between 1.1 to the power of n - 1 and of n, in seconds.
type Buckets = BTreeMap<i32, u32>;

/// Of one metric. Written as these four numbers; a single value as itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Stat {
    pub count: i64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
}

impl TryFrom<Vec<f64>> for Stat {
    type Error = &'static str;

    fn try_from(written: Vec<f64>) -> Result<Stat, &'static str> {
        match *written {
            [value] => Ok(Stat::of(value)),
            [count, sum, minimum, maximum] => Ok(Stat {
                count: count as i64,
                sum,
                minimum,
                maximum,
            }),
            _ => Err("one number or four"),
        }
    }
}

impl From<Stat> for Vec<f64> {
    fn from(stat: Stat) -> Vec<f64> {
        match stat.count {
            1 => vec![stat.sum],
            count => vec![count as f64, stat.sum, stat.minimum, stat.maximum],
        }
    }
}

impl Stat {
    pub fn of(value: f64) -> Stat {
        Stat {
            count: 1,
            sum: value,
            minimum: value,
            maximum: value,
        }
    }

    fn and(self, other: Stat) -> Stat {
        Stat {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            minimum: self.minimum.min(other.minimum),
            maximum: self.maximum.max(other.maximum),
        }
    }

    pub fn average(self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// All that was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// By the names of the metrics: one that only a newer server knows is kept as it is.
    stats: BTreeMap<String, Stat>,
    /// Of nodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    boots: Buckets,
    /// Of jobs, from being submitted to their start.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    waits: Buckets,
}

impl Measured {
    pub fn note(&mut self, metric: Metric, value: f64) {
        self.add(metric.as_str(), Stat::of(value));
    }

    fn add(&mut self, name: &str, stat: Stat) {
        match self.stats.get_mut(name) {
            Some(known) => *known = known.and(stat),
            None => drop(self.stats.insert(name.to_owned(), stat)),
        }
    }

    /// A boot took so many milliseconds.
    pub fn note_boot(&mut self, took: i64) {
        count(&mut self.boots, bucket(took), 1);
    }

    /// A job waited so many milliseconds.
    pub fn note_wait(&mut self, took: i64) {
        count(&mut self.waits, bucket(took), 1);
    }

    pub fn merge(&mut self, other: &Measured) {
        for (name, stat) in &other.stats {
            self.add(name, *stat);
        }
        for (mine, others) in [
            (&mut self.boots, &other.boots),
            (&mut self.waits, &other.waits),
        ] {
            others
                .iter()
                .for_each(|(bucket, more)| count(mine, *bucket, *more));
        }
    }

    pub fn stat(&self, metric: Metric) -> Option<Stat> {
        self.stats.get(metric.as_str()).copied()
    }

    /// In how many seconds that part of the boots were done, to a twentieth; none where there were none.
    pub fn boot_time(&self, part: f64) -> Option<f64> {
        percentile(&self.boots, part)
    }

    /// In how many seconds that part of the jobs that started did so; as exact.
    pub fn wait_time(&self, part: f64) -> Option<f64> {
        percentile(&self.waits, part)
    }
}

fn bucket(took: i64) -> i32 {
    let seconds = (took as f64 / 1000.0).max(SHORTEST);
    (seconds.ln() / STEP.ln()).ceil() as i32
}

fn count(buckets: &mut Buckets, bucket: i32, more: u32) {
    let known = buckets.entry(bucket).or_default();
    *known = known.saturating_add(more);
}

fn percentile(buckets: &Buckets, part: f64) -> Option<f64> {
    let all: f64 = buckets.values().map(|count| f64::from(*count)).sum();
    let mut passed = 0.0;
    let reached = buckets.iter().find(|(_, count)| {
        passed += f64::from(**count);
        passed >= part * all
    });
    // In the middle of its bucket.
    reached.map(|(bucket, _)| STEP.powf(f64::from(*bucket) - 0.5))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(values: &[f64]) -> Measured {
        let mut all = Measured::default();
        for value in values {
            all.note(Metric::IdleCapacity, *value);
            all.note_boot((*value * 1000.0) as i64);
            all.note_wait((*value * 2000.0) as i64);
        }
        all
    }

    proptest! {
        /// However minutes are put together, count, sum, least and most are those of all of them.
        #[test]
        fn putting_together_loses_nothing(
            values in prop::collection::vec(0_u32..5000, 1..200),
            length in 1_usize..50,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let whole = measured(&values);
            let mut parts = Measured::default();
            for chunk in values.chunks(length) {
                parts.merge(&measured(chunk));
            }
            prop_assert_eq!(&parts, &whole);
            let stat = parts.stat(Metric::IdleCapacity).unwrap();
            prop_assert_eq!(stat.count, values.len() as i64);
            prop_assert_eq!(stat.sum, values.iter().sum::<f64>());
            prop_assert_eq!(stat.minimum, values.iter().copied().fold(f64::MAX, f64::min));
            prop_assert_eq!(stat.maximum, values.iter().copied().fold(0.0, f64::max));
            let text = serde_json::to_string(&parts).unwrap();
            prop_assert_eq!(serde_json::from_str::<Measured>(&text).unwrap(), whole);
        }

        /// A percentile is that of the boots themselves, to a twentieth.
        #[test]
        fn percentiles_are_near(mut values in prop::collection::vec(20_u32..5000, 1..200)) {
            values.sort();
            let seconds: Vec<f64> = values.into_iter().map(f64::from).collect();
            let all = measured(&seconds);
            for part in [0.5, 0.95] {
                let at = (part * seconds.len() as f64).ceil() as usize;
                let right = seconds[at.max(1) - 1];
                let told = all.boot_time(part).unwrap();
                prop_assert!((told / right - 1.0).abs() < 0.05, "{told} is not {right}");
                let told = all.wait_time(part).unwrap() / 2.0;
                prop_assert!((told / right - 1.0).abs() < 0.05, "{told} is not {right}");
            }
        }
    }

    #[test]
    fn rows_are_short() {
        let mut all = measured(&[3.0]);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(
            text,
            r#"{"stats":{"IdleCapacity":[3.0]},"boots":{"12":1},"waits":{"19":1}}"#
        );
        all.merge(&measured(&[0.0]));
        let text = serde_json::to_string(&all).unwrap();
        let right = r#"{"stats":{"IdleCapacity":[2.0,3.0,0.0,3.0]},"boots":{"-48":1,"12":1},"waits":{"-48":1,"19":1}}"#;
        assert_eq!(text, right);
        assert_eq!(Measured::default().boot_time(0.5), None);
        assert_eq!(Measured::default().wait_time(0.5), None);
    }

    #[test]
    fn what_a_newer_server_measures_stays() {
        let newer = r#"{"stats":{"LaterMetric":[1.0]}}"#;
        let mut all: Measured = serde_json::from_str(newer).unwrap();
        all.merge(&measured(&[]));
        all.merge(&serde_json::from_str(newer).unwrap());
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"{"stats":{"LaterMetric":[2.0,2.0,1.0,1.0]}}"#);
        assert!(serde_json::from_str::<Measured>(r#"{"stats":{"a":[1.0,2.0]}}"#).is_err());
    }
}
