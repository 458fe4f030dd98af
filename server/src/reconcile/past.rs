//! Copies the jobs that ended from a cluster's accounting into the past jobs, and forgets those that are too old.
//!
//! Accounting is asked for what ended in one stretch of time after the other. Each look begins a little before the last
//! one ended, for records come late; and while the controller still has records to tell, the place in the database stays
//! where it was. So what happens while slurmdbd or its database is away is copied when it is back, and what was copied
//! twice is the same row.
//!
//! Without accounting there is nothing to copy: what OpenPCS itself sees end is there already (`super::history`).

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use app::model::cluster::ClusterSlurmConfiguration;
use app::model::job::Job;
use app::model::system::{ReconcilerKind, Work};

use super::{Next, Parts, Reconciler};
use crate::db::cluster::{ClusterRow, ClusterSpec, has_accounts};
use crate::db::{job, now, past_cluster, past_job, resource};
use crate::live::status::Done;
use crate::slurm::client::{Client, Ended, SlurmError};
use crate::slurm::settings::age_in_days;

const TICK: Duration = Duration::from_secs(2);
/// After a look while jobs end, and while none does.
const SHORT_REST_MS: i64 = 10_000;
const LONG_REST_MS: i64 = 120_000;
/// How much earlier than the last look ended the next one begins.
const OVERLAP_MS: i64 = 180_000;
/// The first stretch of time that is asked for; the shortest and the longest.
const FIRST_MS: i64 = 3_600_000;
const SHORTEST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;
/// Records that the controller tells to accounting within a moment.
const SOON_RECORDED: u64 = 200;
/// Jobs of one answer that are many, and that are few.
const MANY: usize = 5_000;
const FEW: usize = 1_000;
/// Jobs that are written at once.
const BATCH: usize = 500;
/// Stretches of one run; the next one follows at once.
const STRETCHES: usize = 20;
/// What OpenPCS itself knows of jobs is kept as long, in days.
const OWN_DAYS: i64 = 30;
/// How often old ones are forgotten.
const FORGET_MS: i64 = 600_000;

/// The loop of one cluster.
pub struct PastReconciler {
    parts: Parts,
    cluster_id: String,
    has_begun: bool,
    looked_at: i64,
    forgot_at: i64,
    /// How long a stretch was good to ask for last.
    stretch_ms: i64,
    /// What was copied of jobs that ended lately: when each ended, and the digest of all of it.
    copied: HashMap<String, (i64, u64)>,
    has_more: bool,
}

impl PastReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            parts,
            cluster_id,
            has_begun: false,
            looked_at: 0,
            forgot_at: 0,
            stretch_ms: FIRST_MS,
            copied: HashMap::new(),
            has_more: false,
        }
    }

    /// Whether it is time to ask: soon when a job ended of which accounting has not told.
    fn is_due(&self) -> bool {
        let rested = now() - self.looked_at;
        let is_soon = rested >= SHORT_REST_MS && self.untold_since().is_some();
        self.has_more || rested >= LONG_REST_MS || is_soon
    }

    /// The first end that Slurm itself still knows and accounting has not told of.
    fn untold_since(&self) -> Option<i64> {
        let seen = self.parts.observed.latest(&self.cluster_id);
        let is_told = |job: &Job| {
            let copied = self.copied.get(&job.id);
            copied.is_some_and(|(ended_at, _)| *ended_at >= job.ended_at)
        };
        let over = seen.jobs.iter().filter(|job| job.is_over());
        let untold = over.filter(|job| !is_told(job));
        untold.map(|job| job.ended_at).min()
    }

    /// How many are new or not as they were.
    async fn copy(&mut self, cluster: &ClusterRow, client: &Client) -> anyhow::Result<usize> {
        let asked_at = now();
        let is_behind = client.unrecorded().await? > SOON_RECORDED;
        let place = past_cluster::find(self.parts.db.pool(), &self.cluster_id).await?;
        let until = place.map_or(0, |place| place.copied_until);
        let mut at = until.max(cluster.created_at - DAY_MS);
        // Its record may have come late.
        at = at.min(self.untold_since().unwrap_or(at));
        let (mut count, mut is_through) = (0, false);
        for _ in 0..STRETCHES {
            let from = at - OVERLAP_MS;
            let to = (at + self.stretch_ms).min(asked_at);
            let ended = match client.ended_between(from / 1000, to / 1000 + 1).await {
                Ok(ended) => ended,
                // Too much for one answer.
                Err(error) if is_too_much(&error) && self.stretch_ms > SHORTEST_MS => {
                    self.stretch_ms = shorter(self.stretch_ms);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            self.stretch_ms = next_stretch(self.stretch_ms, ended.len());
            count += self.save(ended).await?;
            at = to;
            if !is_behind {
                self.note(cluster, at).await?;
            }
            is_through = at >= asked_at;
            if is_through {
                break;
            }
        }
        self.has_more = !is_through && !is_behind;
        self.looked_at = now();
        self.forget_copied(asked_at);
        Ok(count)
    }

    async fn note(&self, cluster: &ClusterRow, until: i64) -> anyhow::Result<()> {
        let mut write = self.parts.db.write().await?;
        past_cluster::copied(&mut write, &cluster.id, &cluster.name, until).await?;
        Ok(write.commit().await?)
    }

    /// Writes down what differs from what was copied before. A job that lives again is not past, whatever its last run
    /// left.
    async fn save(&mut self, mut ended: Vec<Ended>) -> anyhow::Result<usize> {
        let seen = self.parts.observed.latest(&self.cluster_id);
        let alive = seen.jobs.iter().filter(|job| !job.is_over());
        let alive: HashSet<&str> = alive.map(|job| job.id.as_str()).collect();
        ended.retain(|one| {
            let known = self.copied.get(&one.job.id);
            !alive.contains(one.job.id.as_str())
                && known.is_none_or(|(_, digest)| *digest != digest_of(one))
        });
        for batch in ended.chunks(BATCH) {
            let mut write = self.parts.db.write().await?;
            for one in batch {
                past_job::put(&mut write, &self.cluster_id, &one.job, &one.steps).await?;
            }
            past_job::announce(&mut write, &self.cluster_id).await?;
            write.commit().await?;
            let copied = batch.iter().map(|one| {
                let digest = digest_of(one);
                (one.job.id.clone(), (one.job.ended_at, digest))
            });
            self.copied.extend(copied);
        }
        Ok(ended.len())
    }

    /// What no look will be told of again. Slurm itself may remember it for longer: those are known to be copied.
    fn forget_copied(&mut self, asked_at: i64) {
        let seen = self.parts.observed.latest(&self.cluster_id);
        let known: HashSet<&str> = seen.jobs.iter().map(|job| job.id.as_str()).collect();
        let oldest = asked_at - 4 * OVERLAP_MS;
        self.copied
            .retain(|id, (ended_at, _)| *ended_at >= oldest || known.contains(id.as_str()));
    }

    /// What was known of ended jobs before there were past jobs, once.
    async fn begin(&mut self, cluster: &ClusterRow) -> anyhow::Result<()> {
        let db = &self.parts.db;
        if self.has_begun
            || past_cluster::find(db.pool(), &self.cluster_id)
                .await?
                .is_some()
        {
            self.has_begun = true;
            return Ok(());
        }
        let known = job::ended_since(db.pool(), &self.cluster_id, 0).await?;
        for batch in known.chunks(BATCH) {
            let mut write = db.write().await?;
            for (record, _) in batch {
                past_job::saw(&mut write, &self.cluster_id, record).await?;
            }
            write.commit().await?;
        }
        self.note(cluster, 0).await
    }

    async fn forget(&mut self, spec: &ClusterSpec) -> anyhow::Result<()> {
        if now() - self.forgot_at < FORGET_MS {
            return Ok(());
        }
        for (is_accounted, days) in kept(&spec.slurm) {
            let before = now() - days * DAY_MS;
            past_job::forget(&self.parts.db, &self.cluster_id, is_accounted, before).await?;
        }
        self.forgot_at = now();
        Ok(())
    }
}

impl Reconciler for PastReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::History;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let found: Option<ClusterRow> =
            resource::find(self.parts.db.pool(), None, &self.cluster_id).await?;
        let Some(cluster) = found else {
            return Ok(Next::Never);
        };
        self.begin(&cluster).await?;
        if has_accounts(&cluster) && cluster.status.can_be_used() && self.is_due() {
            let version = cluster.slurm_version();
            if let Some(client) = self.parts.client(&cluster.id, version)? {
                done.note(Work::JobsCopied, self.copy(&cluster, &client).await?);
            }
        }
        self.forget(&cluster.spec).await?;
        Ok(Next::After(TICK))
    }
}

fn digest_of(ended: &Ended) -> u64 {
    let mut hasher = DefaultHasher::new();
    ended.hash(&mut hasher);
    hasher.finish()
}

/// Whether less of it might be answered.
fn is_too_much(error: &SlurmError) -> bool {
    error.is_silence() || error.is_unreadable()
}

fn shorter(stretch_ms: i64) -> i64 {
    (stretch_ms / 4).max(SHORTEST_MS)
}

/// How long a stretch is asked for after one of so many jobs.
fn next_stretch(stretch_ms: i64, jobs: usize) -> i64 {
    match jobs {
        MANY.. => shorter(stretch_ms),
        ..FEW => (stretch_ms * 2).min(LONGEST_MS),
        _ => stretch_ms,
    }
}

/// The setting of slurmdbd that jobs go by.
const PURGE_JOBS: &str = "PurgeJobAfter";

/// Of jobs that accounting told of and of others: for how many days they are kept. Those of accounting as long as it keeps
/// them itself, and without a word of that for ever; others go where accounting tells of the same jobs, or not longer
/// than all else that OpenPCS keeps.
fn kept(slurm: &ClusterSlurmConfiguration) -> Vec<(bool, i64)> {
    let accounting = slurm.accounting.as_ref();
    let accounting = accounting.filter(|accounting| accounting.is_on());
    let days = accounting.and_then(|accounting| {
        let settings = slurm.slurmdbd_custom_settings.as_deref();
        let of_jobs = settings.unwrap_or_default().iter();
        let of_jobs = of_jobs.filter(|one| one.parameter_name.eq_ignore_ascii_case(PURGE_JOBS));
        let mut days = of_jobs.filter_map(|one| age_in_days(&one.parameter_value));
        // As slurmdbd.conf has it: what is set for jobs goes before what is set for all.
        days.next_back().or(accounting.days())
    });
    let accounted = days.map(|days| (true, days));
    accounted.into_iter().chain([(false, OWN_DAYS)]).collect()
}

#[cfg(test)]
mod tests {
    use app::model::cluster::{Accounting, AccountingMode, SlurmdbdCustomSetting};

    use super::*;

    #[test]
    fn past_jobs_are_kept_as_long_as_their_records() {
        for (all, jobs, days) in [
            (None, None, None),
            (Some(30), None, Some(30)),
            (Some(30), Some("12months"), Some(372)),
            (None, Some("36hours"), Some(2)),
            (Some(-1), None, None),
        ] {
            let setting = |value: &str| SlurmdbdCustomSetting {
                parameter_name: "purgejobafter".into(),
                parameter_value: value.into(),
            };
            let slurm = ClusterSlurmConfiguration {
                accounting: Some(Accounting {
                    mode: AccountingMode::Standard,
                    default_purge_time_in_days: all,
                }),
                slurmdbd_custom_settings: jobs.map(|value| vec![setting(value)]),
                ..ClusterSlurmConfiguration::default()
            };
            let accounted = days.map(|days| (true, days));
            let all: Vec<_> = accounted.into_iter().chain([(false, OWN_DAYS)]).collect();
            assert_eq!(kept(&slurm), all, "{jobs:?}");
        }
    }

    #[test]
    fn stretches_become_as_long_as_their_jobs_allow() {
        for (stretch_ms, jobs, next) in [
            (FIRST_MS, 0, 2 * FIRST_MS),
            (FIRST_MS, FEW, FIRST_MS),
            (FIRST_MS, MANY, FIRST_MS / 4),
            (LONGEST_MS, 0, LONGEST_MS),
            (SHORTEST_MS, MANY, SHORTEST_MS),
        ] {
            assert_eq!(next_stretch(stretch_ms, jobs), next, "{stretch_ms} {jobs}");
        }
    }
}
