//! Keeps what a cluster's daemons log on this host, has it delivered, and forgets what is old or too much (L1, L5).

use std::time::{Duration, SystemTime};

use app::model::log::LogDaemon;
use app::model::system::{ReconcilerKind, Work};

use super::delivery::Couriers;
use super::{Next, Parts, Reconciler};
use crate::db::cluster::ClusterRow;
use crate::db::{now, resource};
use crate::live::status::Done;
use crate::logs::follow::follow;
use crate::logs::store::Stream;

/// Below the second or two in which people expect a line to show.
const TICK: Duration = Duration::from_secs(1);
/// Lines are kept for 30 days.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
/// Of one cluster, in bytes.
const MOST: i64 = 4 << 30;
/// How often old lines are forgotten.
const FORGET_MS: i64 = 600_000;

/// The loop of one cluster.
pub struct LogReconciler {
    parts: Parts,
    cluster_id: String,
    forgot_at: i64,
    couriers: Couriers,
}

impl LogReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            parts,
            cluster_id,
            forgot_at: 0,
            couriers: Couriers::default(),
        }
    }
}

impl Reconciler for LogReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Log;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let found: Option<ClusterRow> =
            resource::find(self.parts.db.pool(), None, &self.cluster_id).await?;
        let Some(cluster) = found else {
            return Ok(Next::Never);
        };
        let store = self.parts.logs.of(&self.cluster_id).await?;
        let since = SystemTime::now() - KEEP;
        let mut has_more = false;
        for daemon in LogDaemon::ALL {
            let stream = Stream {
                daemon,
                version: cluster.slurm_version().to_owned(),
            };
            let log = self
                .parts
                .controllers
                .log(&self.cluster_id, daemon.as_str());
            let followed = follow(&store, &stream, log.path(), since).await?;
            done.note(Work::LinesKept, followed.lines);
            has_more |= followed.has_more;
        }
        self.couriers.tend(&self.parts, &cluster, &store).await?;
        if now() - self.forgot_at >= FORGET_MS {
            let before = now() - i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
            store.retain(before, MOST).await?;
            self.forgot_at = now();
        }
        Ok(Next::After(if has_more { Duration::ZERO } else { TICK }))
    }
}
