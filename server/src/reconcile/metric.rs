//! Keeps metrics (M1): at the end of each minute, what was seen last of each cluster that this process has, in one
//! transaction. Nobody is asked anything for it but the database. While no process does so there is a gap.

use std::collections::HashMap;
use std::time::Duration;

use app::model::date::{MINUTE, SECOND};
use app::model::job::Job;
use app::model::system::Work;

use super::Parts;
use crate::db::metric::{self, Start};
use crate::db::{metric_outbox, metric_part, now};
use crate::live::observed::Snapshot;
use crate::live::status::Done;
use crate::plan::metric::{measure, waits};
use crate::plan::metric_part::measure_parts;

/// Of this server.
pub struct Sampler {
    /// How long a time is measured at once, in milliseconds: a part of a minute, or the whole.
    every: i64,
    /// When the next one ends.
    due: i64,
    /// Up to when the starts of each cluster's jobs are counted.
    counted: HashMap<String, i64>,
}

impl Sampler {
    pub fn new(every: Duration) -> Sampler {
        let every = i64::try_from(every.as_millis()).unwrap_or(MINUTE);
        let every = every.clamp(1, MINUTE);
        Sampler {
            every,
            due: next(now(), every),
            counted: HashMap::new(),
        }
    }

    /// How long it is until the next run.
    pub fn left(&self) -> Duration {
        // A clock that was set back must not stop it for long.
        let left = (self.due - now()).clamp(0, self.every);
        Duration::from_millis(left as u64)
    }

    /// Measures these clusters.
    pub async fn run(
        &mut self,
        parts: &Parts,
        clusters: impl Iterator<Item = &String>,
        done: &mut Done,
    ) -> anyhow::Result<()> {
        let now = now();
        if is_early(now, self.due, self.every) {
            return Ok(());
        }
        let to = now - now.rem_euclid(self.every);
        self.due = next(now, self.every);
        let from = to - self.every;
        let starts = metric::starts_since(parts.db.pool(), from).await?;
        let types = metric::types(parts.db.pool()).await?;
        let none = HashMap::new();
        let before = std::mem::take(&mut self.counted);
        let mut all = vec![];
        for id in clusters {
            let seen = parts.observed.latest(id);
            let is_its = |start: &&Start| start.cluster_id == *id;
            let starts: Vec<&Start> = starts.iter().filter(is_its).collect();
            let Some(mut measured) = measure(&seen, &starts, from, to) else {
                continue;
            };
            let waited = self.waited(id, &seen, before.get(id).copied(), from);
            waited
                .iter()
                .for_each(|(_, took)| measured.note_wait(*took));
            let types = types.get(id).unwrap_or(&none);
            let of_parts = measure_parts(&seen, &starts, &waited, types, from, to);
            all.push((id, measured, of_parts));
        }
        if all.is_empty() {
            return Ok(());
        }
        let mut write = parts.db.write().await?;
        for (cluster_id, measured, of_parts) in &all {
            metric::add(&mut write, cluster_id, from, measured).await?;
            for (by, named) in of_parts {
                metric_part::add(&mut write, cluster_id, *by, from, named).await?;
            }
            if parts.provider.profile().takes_metrics {
                let minute = from - from.rem_euclid(MINUTE);
                metric_outbox::put(&mut write, cluster_id, minute).await?;
            }
        }
        write.commit().await?;
        done.note(Work::ClusterMeasured, all.len());
        Ok(())
    }

    /// How long those jobs waited that started since the last time. Slurm tells whole seconds: of the one in which it was
    /// asked more jobs may start, so it is counted the next time. Who comes anew to a cluster begins with this time.
    fn waited<'a>(
        &mut self,
        cluster_id: &str,
        seen: &'a Snapshot,
        since: Option<i64>,
        from: i64,
    ) -> Vec<(&'a Job, i64)> {
        let until = seen.jobs_asked_at - seen.jobs_asked_at.rem_euclid(SECOND);
        self.counted.insert(cluster_id.to_owned(), until);
        waits(&seen.jobs, since.unwrap_or(from), until).collect()
    }
}

/// Whether a timer was faster than the clock: what ended before has been measured. A clock that was set back is not early.
fn is_early(now: i64, due: i64, every: i64) -> bool {
    (due - every..due).contains(&now)
}

/// The next time that is a multiple of that.
fn next(now: i64, every: i64) -> i64 {
    now - now.rem_euclid(every) + every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_end_on_the_minute() {
        assert_eq!(next(0, MINUTE), MINUTE);
        assert_eq!(next(MINUTE - 1, MINUTE), MINUTE);
        assert_eq!(next(MINUTE, MINUTE), 2 * MINUTE);
        for (now, early) in [(9, false), (10, true), (19, true), (20, false), (25, false)] {
            assert_eq!(is_early(now, 20, 10), early, "{now}");
        }
        let sampler = Sampler::new(Duration::from_secs(3600));
        assert!(sampler.left() <= Duration::from_secs(60));
        assert_eq!(sampler.due % MINUTE, 0);
    }
}
