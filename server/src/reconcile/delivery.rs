//! Has the logs of a cluster delivered (L1, L4): each delivery by a courier with a task of its own, for as long as it is
//! wanted and this process has the cluster. A courier that ends is started anew at the next look.

use std::collections::HashMap;
use std::time::Duration;

use app::model::log::Log;
use app::model::log_target::Target;
use app::model::status::Status;
use tokio::task::JoinSet;

use super::Parts;
use crate::db::cluster::ClusterRow;
use crate::db::delivery::{self, DeliveryRow};
use crate::db::{delivery_state, now};
use crate::logs::recent::Limit;
use crate::logs::store::LogStore;
use crate::sink::batch::Limits;
use crate::sink::cloudwatch::{self, CloudWatch};
use crate::sink::courier::{Courier, Report};
use crate::sink::directory::Directory;
use crate::sink::firehose::Firehose;
use crate::sink::journal::Journal;
use crate::sink::lane::{Delivered, Lane, Source};
use crate::sink::leased::Leased;
use crate::sink::names::Origin;
use crate::sink::record::{self, Line};
use crate::sink::s3::{self, S3};
use crate::sink::{Failure, Sink};
use crate::slurm::catalogue;

/// Below the data directory: the directories that logs are delivered to.
const DIRECTORIES: &str = "log-deliveries";

/// The deliveries of one cluster that are at work. Dropped, they end at once, wherever they are.
#[derive(Default)]
pub struct Couriers {
    at_work: HashMap<String, AtWork>,
    /// Those that the store of the logs was told of last; none: it was told of none yet.
    told: Option<Vec<String>>,
}

struct AtWork {
    /// Of Slurm, as the cluster had it when the courier began.
    version: String,
    /// The cluster is deleted: nothing waits for more.
    hurries: bool,
    /// One task, that never ends by itself.
    task: JoinSet<()>,
}

impl Couriers {
    /// Starts what is wanted and ends what is not.
    pub async fn tend(
        &mut self,
        parts: &Parts,
        cluster: &ClusterRow,
        store: &LogStore,
    ) -> anyhow::Result<()> {
        let wanted = delivery::of_cluster(parts.db.pool(), &cluster.id).await?;
        let over = self.at_work.extract_if(|id, at_work| {
            let is_wanted = wanted.iter().any(|row| row.id == *id);
            let is_over = at_work.task.try_join_next().is_some();
            let is_other =
                at_work.version != cluster.slurm_version() || at_work.hurries != hurries(cluster);
            !is_wanted || is_over || is_other
        });
        for (_, mut courier) in over.collect::<Vec<_>>() {
            courier.task.shutdown().await;
        }
        self.forget(parts, cluster, &wanted, store).await?;
        for row in wanted {
            if !self.at_work.contains_key(&row.id) {
                let id = row.id.clone();
                let courier = start(parts, row, cluster, store).await?;
                self.at_work.insert(id, courier);
            }
        }
        Ok(())
    }

    /// How far those came that are gone, once for each change. What has begun is read before what is wanted: a delivery
    /// that another process began meanwhile is not taken for one that is gone.
    async fn forget(
        &mut self,
        parts: &Parts,
        cluster: &ClusterRow,
        wanted: &[DeliveryRow],
        store: &LogStore,
    ) -> anyhow::Result<()> {
        let ids: Vec<&str> = wanted.iter().map(|row| row.id.as_str()).collect();
        if self.told.as_ref().is_some_and(|told| *told == ids) {
            return Ok(());
        }
        let mut begun = Journal::deliveries(store.pool()).await?;
        let known = delivery::of_cluster(parts.db.pool(), &cluster.id).await?;
        begun.retain(|id| known.iter().all(|row| row.id != *id));
        if !begun.is_empty() {
            Journal::forget(store.pool(), &begun).await?;
        }
        self.told = Some(ids.into_iter().map(str::to_owned).collect());
        Ok(())
    }
}

async fn start(
    parts: &Parts,
    row: DeliveryRow,
    cluster: &ClusterRow,
    store: &LogStore,
) -> anyhow::Result<AtWork> {
    let version = cluster.slurm_version();
    let origin = Origin {
        account_id: parts.arns.account.clone(),
        region: parts.arns.region.clone(),
        cluster_id: cluster.id.clone(),
        version: catalogue::exact(&parts.controllers.prefix(version), version).await,
    };
    let begin = store.begin_of(row.created_at).await?;
    let mut lanes = vec![];
    for &log in row.source.log_type.logs() {
        let journal = Journal::open(store.pool().clone(), &row.id, log.as_str()).await?;
        // Where it begins stays so, whatever becomes of the lines before.
        journal.begin(begin).await?;
        let source = Kept(store.clone());
        lanes.push(Lane::new(source, journal, origin.clone(), log, begin));
    }
    let mut sink = sink(parts, &row);
    if let Sink::S3(s3) = &mut sink
        && hurries(cluster)
    {
        s3.linger = Duration::ZERO;
    }
    let courier = Courier {
        sink,
        lanes,
        memory: parts.delivering.memory.clone(),
        report: Told {
            parts: parts.clone(),
            row,
        },
        clock: now,
    };
    let mut task = JoinSet::new();
    task.spawn(courier.run());
    Ok(AtWork {
        version: version.to_owned(),
        hurries: hurries(cluster),
        task,
    })
}

fn hurries(cluster: &ClusterRow) -> bool {
    cluster.status == Status::Deleting
}

/// The deliveries that have lines to bring yet, each with how many.
pub async fn left<'a>(
    rows: &'a [DeliveryRow],
    store: &LogStore,
) -> anyhow::Result<Vec<(&'a DeliveryRow, u64)>> {
    let mut left = vec![];
    for row in rows {
        let mut lines = 0;
        for &log in row.source.log_type.logs() {
            let journal = Journal::open(store.pool().clone(), &row.id, log.as_str()).await?;
            if let Some(cursor) = journal.read().await? {
                lines += store.count_after(log, cursor.after).await?;
            }
        }
        if lines > 0 {
            left.push((row, lines));
        }
    }
    Ok(left)
}

/// Where that delivery goes, from this host.
pub fn sink(parts: &Parts, row: &DeliveryRow) -> Sink {
    let lease = parts.delivering.lease.clone();
    let wire = std::sync::Arc::new(Leased {
        inner: parts.delivering.wire.clone(),
        lease: lease.clone(),
    });
    match row.destination.target.clone() {
        Target::LogGroup { region, name, .. } => Sink::CloudWatch(CloudWatch {
            wire,
            region,
            group: name,
            settle: cloudwatch::SETTLE,
        }),
        Target::Bucket { name, prefix } => Sink::S3(S3 {
            wire,
            bucket: name,
            prefix: folder(prefix),
            delivery_id: row.id.clone(),
            linger: s3::LINGER,
        }),
        Target::Stream { region, name, .. } => Sink::Firehose(Firehose {
            wire,
            region,
            stream: name,
        }),
        Target::Directory { name } => {
            let root = parts.controllers.data_dir().join(DIRECTORIES).join(name);
            Sink::Directory(Directory::new(root, &row.id, lease))
        }
    }
}

/// With the slash that parts it from what is in it.
fn folder(prefix: String) -> String {
    match prefix.is_empty() {
        true => prefix,
        false => prefix + "/",
    }
}

/// The lines that this host keeps.
pub struct Kept(pub LogStore);

impl Source for Kept {
    async fn after(&self, log: Log, seq: i64, limits: &Limits) -> Result<Vec<Line>, Failure> {
        let limit = Limit {
            lines: limits.records,
            bytes: limits.bytes,
            // Without it a batch's lines, which are shorter than their records, would be read several times.
            overhead: limits.overhead + record::frame(log),
        };
        let lines = self.0.after(&[log], seq, limit).await?;
        let lines = lines.into_iter().map(|line| Line {
            seq: line.seq,
            at: line.at,
            level: line.level.as_str(),
            text: line.text,
        });
        Ok(lines.collect())
    }

    fn newest(&self, log: Log) -> i64 {
        self.0.last_appended(log)
    }

    async fn lost(&self, log: Log, seq: i64) -> Result<u64, Failure> {
        let lost = self.0.removed_after(log, seq).await?;
        Ok(lost.unsigned_abs())
    }
}

/// Tells people, by the row and the timeline. What cannot be told is in the server's log: lines go on.
struct Told {
    parts: Parts,
    row: DeliveryRow,
}

impl Told {
    fn noted(&self, written: sqlx::Result<()>) {
        if let Err(error) = written {
            let delivery = &self.row.id;
            tracing::warn!(delivery, %error, "cannot note how a delivery of logs goes");
        }
    }
}

impl Report for Told {
    async fn delivered(&mut self, delivered: Delivered) {
        let Delivered {
            lines,
            refused,
            lost,
        } = delivered;
        let taken = i64::try_from(lines.saturating_sub(refused)).unwrap_or(i64::MAX);
        self.noted(delivery_state::delivered(&self.parts.db, &self.row, taken).await);
        let never = lost + refused as u64;
        if never > 0 {
            self.noted(delivery_state::lost(&self.parts.db, &self.row, never).await);
        }
    }

    async fn failed(&mut self, failure: &Failure) {
        let (delivery, cluster) = (&self.row.id, &self.row.source.cluster_id);
        tracing::warn!(delivery, cluster, %failure, "logs cannot be delivered");
        self.noted(delivery_state::failed(&self.parts.db, &self.row, &failure.message).await);
    }

    async fn recovered(&mut self) {
        self.noted(delivery_state::recovered(&self.parts.db, &self.row).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_folder() {
        for (prefix, right) in [("", ""), ("a/b", "a/b/")] {
            assert_eq!(folder(prefix.to_owned()), right);
        }
    }
}
