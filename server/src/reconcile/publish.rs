//! Puts what was measured of clusters into the account's own store of metrics, as Amazon CloudWatch is one (M1): each
//! minute of all clusters together, in as few calls as there can be.
//!
//! Minutes wait in the database until they were taken. One that was taken and not noted, as the server was killed in between,
//! is sent again. While the account takes none they wait for as long as it would take them; who measures waits for nobody. Of
//! several servers on one database one does this, under a lease.

use std::time::Duration;

use app::model::date::{MINUTE, SECOND};
use app::model::system::{ReconcilerKind, Work};
use openpcs_provider::lease::Beat;
use openpcs_provider::metric::MOST_DATA;

use super::sole::Sole;
use super::{Next, Parts, Reconciler};
use crate::db::lease::METRICS;
use crate::db::{metric_outbox, now};
use crate::live::status::Done;
use crate::plan::metric_outbox::data;

/// A minute is put together by then: whoever measured it has written that down.
const SETTLE: i64 = 5 * SECOND;
/// Minutes of clusters in a call: each has five metrics at most.
const MINUTES: i64 = MOST_DATA as i64 / 5;
/// Calls in a run: what waited for days leaves room for others between them.
const CALLS: usize = 10;
/// Until the next run, where more waits.
const PAUSE: Duration = Duration::from_secs(1);

pub struct PublishReconciler {
    sole: Sole,
    /// How often there is something, in milliseconds.
    every: i64,
}

impl PublishReconciler {
    pub fn new(parts: Parts, beat: Beat) -> PublishReconciler {
        let every = i64::try_from(parts.metrics_every.as_millis()).unwrap_or(MINUTE);
        PublishReconciler {
            every: every.clamp(1, MINUTE),
            sole: Sole::new(METRICS, parts, beat),
        }
    }
}

impl Reconciler for PublishReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Publish;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let Some((parts, _)) = self.sole.leased().await? else {
            return Ok(Next::After(left(now(), self.every)));
        };
        for _ in 0..CALLS {
            if !publish(&parts, done).await? {
                return Ok(Next::After(left(now(), self.every)));
            }
        }
        Ok(Next::After(PAUSE))
    }
}

/// One call; whether there may be more to send.
async fn publish(parts: &Parts, done: &mut Done) -> anyhow::Result<bool> {
    let now = now();
    let (from, until) = (now - metric_outbox::TAKEN, now - MINUTE - SETTLE);
    let due = metric_outbox::due(parts.db.pool(), from, until + 1, MINUTES).await?;
    if due.is_empty() {
        return Ok(false);
    }
    if let Err(error) = parts.provider.put_metrics(&data(&due)).await {
        metric_outbox::failed(&parts.db, &error.message).await?;
        return Err(error.into());
    }
    metric_outbox::sent(&parts.db, &due).await?;
    done.note(Work::MinutePublished, due.len());
    Ok(due.len() as i64 == MINUTES)
}

/// How long it is until what is measured now has settled.
fn left(now: i64, every: i64) -> Duration {
    let left = every - (now - SETTLE).rem_euclid(every);
    Duration::from_millis(left as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_sent_when_it_has_settled() {
        for (now, right) in [
            (0, 5_000),
            (4_999, 1),
            (5_000, 60_000),
            (MINUTE, 5_000),
            (MINUTE + 6_000, 59_000),
        ] {
            let right = Duration::from_millis(right);
            assert_eq!(left(now, MINUTE), right, "{now}");
        }
        assert_eq!(left(300, 1_000), Duration::from_millis(700));
    }
}
