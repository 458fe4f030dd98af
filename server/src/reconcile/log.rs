//! Keeps what a cluster's daemons log on this host, and which jobs ended, has it delivered, and forgets what is old or too much (L1, L5).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use app::explain::What;
use app::model::log::{Log, LogDaemon, LogLevel};
use app::model::system::{ReconcilerKind, Work};

use super::delivery::Couriers;
use super::{Next, Parts, Reconciler};
use crate::db::cluster::ClusterRow;
use crate::db::{instance, now, resource};
use crate::live::host::disk;
use crate::live::status::Done;
use crate::logs::follow::watch::Watch;
use crate::logs::follow::{Followed, Parse, follow};
use crate::logs::store::{LogStore, Stream};
use crate::logs::{jobcomp, line};

/// Below the second or two in which people expect a line to show.
const TICK: Duration = Duration::from_secs(1);
/// Lines are kept for 30 days.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
/// Of one cluster, in bytes.
const MOST: i64 = 4 << 30;
/// How often old lines are forgotten, and how often while the disk has no room.
const FORGET_MS: i64 = 600_000;
const NO_ROOM_MS: i64 = 10_000;
/// So much of a disk is to be free, in bytes, or that part of it if that is less.
const FREE: u64 = 1 << 30;
const FREE_PART: u64 = 10;
/// Of one cluster, in bytes: the newest are kept however full the disk is.
const LEAST: i64 = 64 << 20;
/// The logs that there is a file of each.
const FILES: [Log; 4] = [
    Log::Daemon(LogDaemon::Slurmctld),
    Log::Daemon(LogDaemon::Slurmdbd),
    Log::Daemon(LogDaemon::Slurmrestd),
    Log::JobCompletion,
];
/// A job's nodes are still there when it ends, or ended not long before its line is read.
const ENDED_MS: i64 = 3_600_000;

/// The loop of one cluster.
pub struct LogReconciler {
    parts: Parts,
    cluster_id: String,
    forgot_at: i64,
    /// When the room of the disk was looked at last.
    looked_at: i64,
    couriers: Couriers,
    /// Of each of [`FILES`].
    watches: [Watch; FILES.len()],
}

impl LogReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        let watches = FILES.map(|log| {
            let file = parts.controllers.log(&cluster_id, log.as_str());
            Watch::new(file.path().into())
        });
        Self {
            parts,
            cluster_id,
            forgot_at: 0,
            looked_at: 0,
            couriers: Couriers::default(),
            watches,
        }
    }
}

impl LogReconciler {
    async fn follow(
        &self,
        log: Log,
        cluster: &ClusterRow,
        store: &LogStore,
        since: SystemTime,
    ) -> anyhow::Result<Followed> {
        let stream = Stream {
            log,
            version: cluster.slurm_version().to_owned(),
        };
        let file = self.parts.controllers.log(&self.cluster_id, log.as_str());
        let parse: Parse = match log {
            Log::JobCompletion => self.of_jobs().await?,
            Log::Daemon(_) | Log::Audit(_) => Arc::new(line::parse),
        };
        follow(store, &stream, file.path(), since, &parse).await
    }

    /// What is new of all logs; whether there is more to read at once.
    async fn keep(
        &mut self,
        cluster: &ClusterRow,
        store: &LogStore,
        done: &mut Done,
    ) -> anyhow::Result<bool> {
        let (begun, since) = (now(), SystemTime::now() - KEEP);
        let (mut has_more, mut waits, mut failed) = (false, false, None);
        for (place, log) in FILES.into_iter().enumerate() {
            let Some(seen) = self.watches[place].news()? else {
                continue;
            };
            match self.follow(log, cluster, store, since).await {
                Ok(followed) => {
                    done.note(Work::LinesKept, followed.lines);
                    has_more |= followed.has_more;
                    waits |= followed.waits;
                    if !followed.has_more && !followed.waits {
                        self.watches[place].has_read(seen);
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if !has_more && !waits {
            store.has_read(begun);
        }
        Ok(has_more)
    }

    /// What is old or too much; where the disk has no room, half of what there is, again and again.
    async fn forget(&mut self, store: &LogStore) -> anyhow::Result<()> {
        if now() - self.looked_at < NO_ROOM_MS {
            return Ok(());
        }
        self.looked_at = now();
        let (disk, size) = (disk(self.parts.controllers.data_dir()), store.size().await?);
        let has_room = disk.is_none_or(|disk| disk.free >= wanted(disk.total, size));
        if has_room && now() - self.forgot_at < FORGET_MS {
            return Ok(());
        }
        let before = now() - i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
        store.retain(before, MOST).await?;
        if !has_room {
            let half = (size / 2).max(LEAST);
            let lines = store.retain(before, half).await?;
            if lines > 0 {
                let what = What::LogLinesRemoved { lines };
                self.parts.tell(&self.cluster_id, &what).await?;
            }
        }
        self.forgot_at = now();
        Ok(())
    }

    async fn of_jobs(&self) -> anyhow::Result<Parse> {
        let pool = self.parts.db.pool();
        let instances = instance::placed(pool, &self.cluster_id, now() - ENDED_MS).await?;
        let reader = jobcomp::Reader::new(instances);
        Ok(Arc::new(move |bytes: &[u8], (last, _): (i64, LogLevel)| {
            reader.parse(bytes, last)
        }))
    }
}

/// Bytes that are to be free of so many, where lines take that many. As lines go the index of their words is written anew.
fn wanted(total: u64, lines: i64) -> u64 {
    let index = lines.unsigned_abs() / 3;
    FREE.min(total / FREE_PART).max(index)
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
        // One that fails keeps no other from its turn: a full disk is emptied by the last of them.
        let kept = self.keep(&cluster, &store, done).await;
        let tended = self.couriers.tend(&self.parts, &cluster, &store).await;
        self.forget(&store).await?;
        tended?;
        Ok(Next::After(match kept? {
            true => Duration::ZERO,
            false => TICK,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_room_for_others_and_for_the_index_of_the_lines() {
        const GIB: u64 = 1 << 30;
        for (total, lines, right) in [
            (100 * GIB, 0, GIB),
            (5 * GIB, 0, GIB / 2),
            (100 * GIB, MOST, 4 * GIB / 3),
            (GIB, LEAST, GIB / 10),
            (0, 0, 0),
        ] {
            assert_eq!(wanted(total, lines), right, "{total} {lines}");
        }
    }
}
