//! When a job that waits is likely to start (X10): what Slurm thinks, and how long nodes took to boot before. Where neither
//! says anything there is no forecast: none is made up.

use super::date::DAY;
use super::job::Job;

/// Slurm takes a job without a time limit to end after a year (`job_mgr.c`, `INFINITE`): who waits for that one has no
/// time to be told.
const FOR_EVER: i64 = 300 * DAY;

/// Slurm's reasons of a job that starts as soon as there is room, or at a time that is known. All others wait for something
/// that has no time, as a person or another job, and what Slurm had thought of them before is of no account.
const WITH_A_TIME: [&str; 7] = [
    "",
    "None",
    "Priority",
    "Resources",
    "BeginTime",
    "Reservation",
    "Licenses",
];
/// The same of reasons that go on with the names of nodes.
const NOT_AVAILABLE: &str = "ReqNodeNotAvail";

/// What a job that waits can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// The time for it has come.
    AnyMoment,
    /// About then, in milliseconds since 1970; sooner where others end before their limits.
    At(i64),
}

/// A node that boots for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boot {
    pub launched_at: i64,
    /// How long boots of its group take; none where there was none yet.
    pub typical_ms: Option<i64>,
}

impl Job {
    pub fn forecast(&self, now: i64) -> Option<Forecast> {
        let configuring = self.state == "CONFIGURING";
        let reason = self.reason.as_str();
        let has_time = WITH_A_TIME.contains(&reason) || reason.starts_with(NOT_AVAILABLE);
        let has_chance = configuring || (self.state == "PENDING" && has_time);
        if !has_chance || self.expected_at <= 0 || self.expected_at - now > FOR_EVER {
            return None;
        }
        Some(match self.expected_at > now {
            true => Forecast::At(self.expected_at),
            false => Forecast::AnyMoment,
        })
    }
}

/// When the last of these nodes is likely to be up; 0 where nobody can say.
pub fn up_at(boots: &[Boot]) -> i64 {
    let each = boots.iter();
    let each = each.map(|boot| Some(boot.launched_at.saturating_add(boot.typical_ms?)));
    let each: Option<Vec<i64>> = each.collect();
    each.and_then(|each| each.into_iter().max())
        .unwrap_or_default()
}

/// The middle one; one that took unusually long says little of the next.
pub fn median(mut all: Vec<i64>) -> Option<i64> {
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use Forecast::*;

    use super::*;

    const NOW: i64 = 1_000_000_000;

    #[test]
    fn only_what_has_an_estimate_and_a_chance_has_a_forecast() {
        let later = NOW + 60_000;
        for (state, reason, expected_at, told) in [
            ("PENDING", "Resources", later, Some(At(later))),
            ("PENDING", "Priority", later, Some(At(later))),
            ("PENDING", "", later, Some(At(later))),
            ("PENDING", "BeginTime", later, Some(At(later))),
            ("PENDING", "ReqNodeNotAvail", later, Some(At(later))),
            // No estimate, none is made up.
            ("PENDING", "Resources", 0, None),
            ("PENDING", "Resources", NOW, Some(AnyMoment)),
            ("PENDING", "Resources", NOW - 5_000, Some(AnyMoment)),
            // It waits for a job that has no limit.
            ("PENDING", "Resources", NOW + 365 * DAY, None),
            // Nobody knows when somebody releases it, or another job ends well.
            ("PENDING", "JobHeldUser", later, None),
            ("PENDING", "JobHeldAdmin", later, None),
            ("PENDING", "Dependency", later, None),
            ("PENDING", "DependencyNeverSatisfied", later, None),
            ("PENDING", "PartitionTimeLimit", later, None),
            ("PENDING", "PartitionDown", later, None),
            ("PENDING", "BadConstraints", later, None),
            ("PENDING", "AssocMaxJobsLimit", later, None),
            ("REQUEUE_HOLD", "", later, None),
            ("CONFIGURING", "", later, Some(At(later))),
            ("CONFIGURING", "Prolog", NOW - 1, Some(AnyMoment)),
            ("CONFIGURING", "", 0, None),
            ("RUNNING", "", later, None),
            ("COMPLETED", "", later, None),
        ] {
            let job = Job {
                state: state.into(),
                reason: reason.into(),
                expected_at,
                ..Job::default()
            };
            assert_eq!(job.forecast(NOW), told, "{state} {reason} {expected_at}");
        }
    }

    #[test]
    fn a_job_waits_for_the_last_of_its_nodes() {
        let boot = |launched_at, typical_ms| Boot {
            launched_at,
            typical_ms,
        };
        assert_eq!(up_at(&[]), 0);
        assert_eq!(
            up_at(&[boot(100, Some(50)), boot(90, Some(70))]),
            160,
            "the slower one"
        );
        assert_eq!(up_at(&[boot(100, Some(50)), boot(90, None)]), 0);
        assert_eq!(up_at(&[boot(i64::MAX, Some(50))]), i64::MAX);
    }

    #[test]
    fn one_slow_boot_says_little() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7]), Some(7));
        assert_eq!(median(vec![900, 60, 61]), Some(61));
    }
}
