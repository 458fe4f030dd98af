//! When jobs are likely to start: those that wait by what Slurm expects; of nodes that boot for one Slurm has no idea, and
//! earlier boots of the group tell.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use app::model::forecast::{Boot, median, up_at};
use app::model::job::JobRecord;

use crate::db::Db;
use crate::db::instance::{self, InstanceRow};
use crate::slurm::hostlist;

/// So many boots of a group are looked at, the last ones: an image may have changed.
const BOOTS: i64 = 21;
/// What earlier boots took changes slowly.
const KEPT: Duration = Duration::from_secs(30);

/// Slurm moves a time that has passed on with the clock: each look would find another one.
pub fn settle(records: &mut [JobRecord], now: i64) {
    let waiting = records.iter_mut().map(|record| &mut record.job);
    for job in waiting.filter(|job| (1..=now).contains(&job.expected_at)) {
        job.expected_at = job.submitted_at.max(1);
    }
}

/// How long boots of each group take, as it was asked for lately.
#[derive(Default)]
pub struct BootTimes {
    known: HashMap<String, (Instant, i64)>,
}

impl BootTimes {
    /// Notes with those of the jobs whose nodes boot when they are likely to start.
    pub async fn expect(
        &mut self,
        db: &Db,
        cluster_id: &str,
        records: &mut [JobRecord],
    ) -> sqlx::Result<()> {
        let is_meant = |record: &&mut JobRecord| record.job.state == "CONFIGURING";
        let mut meant = records.iter_mut().filter(is_meant).peekable();
        if meant.peek().is_none() {
            return Ok(());
        }
        let live = instance::live(db.pool(), cluster_id).await?;
        let live: HashMap<&str, &InstanceRow> = (live.iter())
            .map(|row| (row.node_name.as_str(), row))
            .collect();
        for record in meant {
            let nodes = hostlist::expand(&record.job.nodes).unwrap_or_default();
            let mut boots = vec![];
            for node in &nodes {
                match live.get(node.as_str()) {
                    Some(row) if row.ready_at.is_some() => {}
                    Some(row) => boots.push(Boot {
                        launched_at: row.launched_at,
                        typical_ms: self.typical(db, row).await?,
                    }),
                    // Whether it can be launched at all is yet to be seen.
                    None => boots.push(Boot {
                        launched_at: 0,
                        typical_ms: None,
                    }),
                }
            }
            record.job.expected_at = up_at(&boots);
        }
        Ok(())
    }

    async fn typical(&mut self, db: &Db, row: &InstanceRow) -> sqlx::Result<Option<i64>> {
        let group = &row.compute_node_group_id;
        if let Some((at, typical)) = self.known.get(group)
            && at.elapsed() < KEPT
        {
            return Ok(Some(*typical));
        }
        let times = instance::boot_times(db.pool(), &row.cluster_id, group, BOOTS).await?;
        let typical = median(times);
        // Of a group that had none yet the first one may be over in a moment.
        let known = typical.map(|typical| (group.clone(), (Instant::now(), typical)));
        self.known.extend(known);
        Ok(typical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_passed_stays_as_it_is() {
        let record = |expected_at| {
            let mut record = JobRecord::default();
            (record.job.submitted_at, record.job.expected_at) = (10, expected_at);
            record
        };
        let mut records = [0, 99, 100, 101].map(record);
        settle(&mut records, 100);
        let times = records.map(|record| record.job.expected_at);
        assert_eq!(times, [0, 10, 10, 101]);
    }
}
