//! Suspends a cluster whose Slurm version is past the day that the host's administrator has named, and has it go on when that
//! day is taken back (C3, C6). The way out is a newer version: see [`super::upgrade`].

use std::time::Duration;

use app::explain::What;
use app::model::live::Kind;
use app::model::setting::ErrorInfo;
use app::model::status::Status;

use super::ClusterReconciler;
use crate::db::cluster::ClusterRow;
use crate::db::resource::Row;
use crate::db::{self, done_once, suspension};
use crate::plan::configuration::rows::Rows;
use crate::reconcile::{Next, owned, removal};

/// Of an error's code, as `errorInfo` has it.
const CODE: &str = "VersionEnded";
/// The pause while the provider removes what a group owned.
const RELEASING: Duration = Duration::from_secs(1);

/// As `2027-01-31`, in UTC.
fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

fn leaves<S>(row: &Row<S>) -> bool {
    row.status == Status::Deleting
}

/// Whether groups or queues are to go.
pub(super) fn has_leaving(rows: &Rows) -> bool {
    rows.groups.iter().any(leaves) || rows.queues.iter().any(leaves)
}

impl ClusterReconciler {
    /// Whether its version is past the day of the suspension. As soon as there is such a day the timeline tells of it, once
    /// for each.
    pub(super) async fn is_past_end(&mut self, cluster: &ClusterRow) -> anyhow::Result<bool> {
        let version = cluster.slurm_version();
        let Some(date) = self.parts.controllers.suspension(version) else {
            return Ok(false);
        };
        let is_past = date <= today();
        if !is_past && cluster.applied_spec.is_some() {
            self.announce(cluster, &date).await?;
        }
        Ok(is_past)
    }

    async fn announce(&mut self, cluster: &ClusterRow, date: &str) -> anyhow::Result<()> {
        let version = cluster.slurm_version();
        let notice = format!("suspension/{}/{version}/{date}", cluster.id);
        if self.announced.as_ref() == Some(&notice) {
            return Ok(());
        }
        let db = &self.parts.db;
        if !done_once::has(db, &notice).await? {
            let what = What::SuspensionAhead {
                version: version.to_owned(),
                date: date.to_owned(),
            };
            self.parts.tell(&cluster.id, &what).await?;
            done_once::note(db, &notice).await?;
        }
        self.announced = Some(notice);
        Ok(())
    }

    pub(super) async fn suspend(&mut self, cluster: &ClusterRow) -> anyhow::Result<Next> {
        let version = cluster.slurm_version().to_owned();
        let date = self.parts.controllers.suspension(&version);
        let what = What::Suspending {
            date: date.unwrap_or_else(today),
            version,
        };
        let mut row = cluster.clone();
        row.status = Status::Suspending;
        row.error_info = vec![ErrorInfo {
            code: Some(CODE.into()),
            message: Some(what.english()),
        }];
        tracing::warn!(cluster = cluster.name, "suspends: {}", what.english());
        self.becomes(&row, what).await
    }

    pub(super) async fn suspended(&mut self, cluster: &ClusterRow) -> anyhow::Result<Next> {
        let mut row = cluster.clone();
        row.status = Status::Suspended;
        self.becomes(&row, What::Suspended {}).await
    }

    pub(super) async fn unsuspend(&mut self, cluster: &ClusterRow) -> anyhow::Result<Next> {
        let mut row = cluster.clone();
        row.status = Status::Active;
        row.error_info.clear();
        let version = row.slurm_version().to_owned();
        self.becomes(&row, What::Unsuspended { version }).await
    }

    async fn becomes(&mut self, row: &ClusterRow, what: What) -> anyhow::Result<Next> {
        self.settled = None;
        let mut write = self.parts.db.write().await?;
        if suspension::update(&mut write, row).await? {
            let (kind, by) = (Kind::Cluster, db::event::RECONCILER);
            db::event::insert(&mut write, &row.id, kind, &row.id, by, &what).await?;
            write.commit().await?;
        }
        Ok(Next::After(Duration::ZERO))
    }

    /// Nothing of a suspended cluster runs: what is to go needs no word of Slurm, which hears of it when it comes back.
    pub(super) async fn remove_leaving(&self, rows: &Rows) -> anyhow::Result<Next> {
        let (parts, cluster) = (&self.parts, &rows.cluster.id);
        let going = rows.groups.iter().filter(|group| leaves(*group));
        let going: Vec<String> = going.map(|group| group.id.clone()).collect();
        let mut left = owned::of_cluster(parts, cluster).await?;
        left.retain(|row| going.contains(&row.compute_node_group_id));
        if !left.is_empty() {
            let due = left.iter().filter(|row| row.release_is_due(db::now()));
            let due: Vec<String> = due.map(|row| row.compute_node_group_id.clone()).collect();
            owned::release(parts, cluster, &due).await?;
            return Ok(Next::After(RELEASING));
        }
        let mut write = parts.db.write().await?;
        for queue in rows.queues.iter().filter(|queue| leaves(*queue)) {
            let arn = parts.arns.queue(cluster, &queue.id);
            removal::child(&mut write, queue, &arn).await?;
        }
        for group in rows.groups.iter().filter(|group| leaves(*group)) {
            let arn = parts.arns.compute_node_group(cluster, &group.id);
            removal::child(&mut write, group, &arn).await?;
        }
        write.commit().await?;
        Ok(Next::After(Duration::ZERO))
    }
}
