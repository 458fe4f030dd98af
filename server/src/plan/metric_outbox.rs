//! What of measured minutes the provider's account is told: the five metrics that AWS has.

use app::model::metric::Metric;
use openpcs_provider::Datum;

use crate::db::metric_outbox::Due;

/// Minute by minute; of a metric of which nothing is known, nothing.
pub fn data(minutes: &[Due]) -> Vec<Datum> {
    minutes.iter().flat_map(of_minute).collect()
}

fn of_minute(due: &Due) -> impl Iterator<Item = Datum> + '_ {
    Metric::PUBLISHED.into_iter().filter_map(|metric| {
        let stat = due.measured.stat(metric)?;
        Some(Datum {
            cluster_id: due.cluster_id.clone(),
            metric,
            at: due.at,
            count: stat.count,
            sum: stat.sum,
            minimum: stat.minimum,
            maximum: stat.maximum,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::measured::Measured;

    #[test]
    fn the_five_are_told_and_of_what_is_not_known_nothing() {
        let mut measured = Measured::default();
        measured.note(Metric::IdleCapacity, 1.0);
        measured.note(Metric::IdleCapacity, 4.0);
        measured.note(Metric::ActualCapacity, 4.0);
        measured.note(Metric::PendingJobs, 7.0);
        let due = |cluster: &str, at| Due {
            cluster_id: cluster.into(),
            at,
            measured: measured.clone(),
        };
        let told = data(&[due("a", 60_000), due("b", 120_000)]);
        let names: Vec<_> = told
            .iter()
            .map(|one| (&*one.cluster_id, one.at, one.metric))
            .collect();
        let right = [
            ("a", 60_000, Metric::IdleCapacity),
            ("a", 60_000, Metric::ActualCapacity),
            ("b", 120_000, Metric::IdleCapacity),
            ("b", 120_000, Metric::ActualCapacity),
        ];
        assert_eq!(names, right);
        let idle = &told[0];
        assert_eq!(
            (idle.count, idle.sum, idle.minimum, idle.maximum),
            (2, 5.0, 1.0, 4.0)
        );
    }
}
