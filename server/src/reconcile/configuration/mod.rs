//! Puts the wanted Slurm configuration of a cluster in force, and says of each change whether Slurm took it (C8, N15).
//!
//! The cluster, its groups and its queues share one `slurm.conf`. All pending changes are tried together; if Slurm
//! refuses, each is tried alone, so that one person's mistake never holds up another's change.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use app::explain::{Cause, What};
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use openpcs_agent::configuration::Files;

use super::Parts;
use super::node_act::one_line;
use super::requeue::start_again;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::instance::InstanceRow;
use crate::db::queue::{QueueRow, QueueSpec, groups_of_its_own};
use crate::db::resource::{Noun, Row};
use crate::db::{self, Write, instance, resource, tag};
use crate::slurm::client::{Client, NodeUpdate};

/// slurmctld has heard again of a node that is older: it asks each every third of `SlurmdTimeout`.
const YOUNG_MS: i64 = 30_000;
/// Into a second: the rest of it is more than nodes take to report.
const EARLY_MS: i64 = 400;

mod changed;
mod heal;
mod input;
mod trial;
pub use input::render;
pub use trial::trial_of_new;

/// The rows that make up a cluster's configuration.
#[derive(PartialEq)]
pub struct Rows {
    pub cluster: ClusterRow,
    pub groups: Vec<ComputeNodeGroupRow>,
    pub queues: Vec<QueueRow>,
}

/// The specs to render: of each row the wanted one or the one in force.
pub struct Specs<'a> {
    pub cluster: (&'a ClusterRow, &'a ClusterSpec),
    pub groups: Vec<(&'a ComputeNodeGroupRow, &'a ComputeNodeGroupSpec)>,
    pub queues: Vec<(&'a QueueRow, &'a QueueSpec)>,
}

impl Specs<'_> {
    /// The names of all nodes.
    fn nodes(&self) -> BTreeSet<String> {
        self.groups.iter().flat_map(node_names).collect()
    }

    /// Which queue has how many nodes of which group.
    fn places(&self) -> BTreeSet<(&str, &str, i64)> {
        let mut places = BTreeSet::new();
        for (queue, wanted) in &self.queues {
            for (group, spec) in self.groups.iter().filter(|(g, _)| wanted.uses(&g.id)) {
                let most = spec.scaling.max_instance_count;
                places.insert((queue.name.as_str(), group.name.as_str(), most));
            }
        }
        places
    }

    fn partitions(&self) -> BTreeSet<String> {
        self.queues
            .iter()
            .map(|(row, _)| row.name.clone())
            .collect()
    }
}

/// The names of a group's nodes (N10).
fn node_names(
    (row, spec): &(&ComputeNodeGroupRow, &ComputeNodeGroupSpec),
) -> impl Iterator<Item = String> + use<> {
    let name = row.name.clone();
    (1..=spec.scaling.max_instance_count).map(move |n| format!("{name}-{n}"))
}

fn is_pending(status: Status) -> bool {
    matches!(status, Status::Creating | Status::Updating)
}

/// The spec of a row to render: what is wanted if its change is among those tried, else what is in force.
fn chosen<'a, S>(row: &'a Row<S>, tried: &BTreeSet<&str>) -> Option<(&'a Row<S>, &'a S)> {
    let spec = if tried.contains(row.id.as_str()) {
        Some(&row.spec)
    } else {
        row.applied_spec.as_ref()
    };
    spec.map(|spec| (row, spec))
}

impl Rows {
    pub async fn read(parts: &Parts, cluster: &ClusterRow) -> sqlx::Result<Self> {
        Ok(Self {
            cluster: cluster.clone(),
            groups: resource::list(parts.db.pool(), Some(&cluster.id)).await?,
            queues: resource::list(parts.db.pool(), Some(&cluster.id)).await?,
        })
    }

    /// What Slurm took last.
    pub fn in_force(&self) -> Specs<'_> {
        self.specs(&BTreeSet::new(), true)
    }

    /// The specs with the changes `tried`. Rows that are being deleted are left out unless they are still `in force`.
    fn specs<'a>(&'a self, tried: &BTreeSet<&str>, keep_deleted: bool) -> Specs<'a> {
        let stays = |status: Status| keep_deleted || status != Status::Deleting;
        Specs {
            cluster: chosen(&self.cluster, tried).unwrap_or((&self.cluster, &self.cluster.spec)),
            groups: self
                .groups
                .iter()
                .filter(|g| stays(g.status))
                .filter_map(|g| chosen(g, tried))
                .collect(),
            queues: self
                .queues
                .iter()
                .filter(|q| stays(q.status))
                .filter_map(|q| chosen(q, tried))
                .collect(),
        }
    }

    /// Whether nothing is to be changed or removed.
    pub fn is_settled(&self) -> bool {
        let goes = |status| status == Status::Deleting;
        self.pending().is_empty()
            && !self.groups.iter().any(|g| goes(g.status))
            && !self.queues.iter().any(|q| goes(q.status))
    }

    fn pending(&self) -> BTreeSet<&str> {
        let cluster = is_pending(self.cluster.status).then_some(self.cluster.id.as_str());
        let groups = self
            .groups
            .iter()
            .filter(|g| is_pending(g.status))
            .map(|g| g.id.as_str());
        let queues = self
            .queues
            .iter()
            .filter(|q| is_pending(q.status))
            .map(|q| q.id.as_str());
        cluster.into_iter().chain(groups).chain(queues).collect()
    }
}

/// Makes what is wanted be in force; rows learn what became of them.
pub async fn reconcile(parts: &Parts, client: &Client, rows: &Rows) -> anyhow::Result<()> {
    let switch = Switch {
        parts,
        client,
        rows,
    };
    let pending = rows.pending();
    let mut accepted = BTreeSet::new();
    let mut refused: HashMap<&str, String> = HashMap::new();
    match switch.apply(&pending).await? {
        Ok(()) => accepted = pending,
        Err(words) if pending.len() == 1 => {
            refused.extend(pending.iter().map(|id| (*id, words.clone())))
        }
        Err(words) if pending.is_empty() => {
            anyhow::bail!("slurmctld refuses the configuration in force: {words}")
        }
        Err(_) => {
            for id in pending {
                let mut tried = accepted.clone();
                tried.insert(id);
                match switch.apply(&tried).await? {
                    Ok(()) => accepted = tried,
                    Err(words) => drop(refused.insert(id, words)),
                }
            }
        }
    }
    switch.settle(&accepted, &refused).await
}

struct Switch<'a> {
    parts: &'a Parts,
    client: &'a Client,
    rows: &'a Rows,
}

impl Switch<'_> {
    /// Tries a configuration; the inner error is slurmctld's refusal, with the old configuration in force again.
    async fn apply(&self, tried: &BTreeSet<&str>) -> anyhow::Result<Result<(), String>> {
        let cluster_id = &self.rows.cluster.id;
        let specs = self.rows.specs(tried, false);
        let files = render(self.parts, &specs).await?;
        if self.parts.controllers.conf_in_force(cluster_id)?.as_ref() == Some(&files) {
            return Ok(Ok(()));
        }
        // What some program cannot read never gets to where it looks.
        if let Some(words) = trial::trial(self.parts, self.rows, tried).await? {
            return Ok(Err(words));
        }
        self.free_what_goes(&specs).await?;
        let reconfigure = self.reconfigure(&files);
        match self
            .parts
            .while_no_job_starts(cluster_id, reconfigure)
            .await??
        {
            Ok(()) => {
                if changed::job_scripts(self.rows, tried) {
                    heal::after_job_scripts(self.parts, self.client, cluster_id).await?;
                }
                self.parts.controllers.accept(cluster_id, &files)?;
                let before = self.rows.in_force();
                if !specs.places().is_subset(&before.places()) {
                    self.look_for_jobs().await;
                }
                self.parts.wakers.wake_node(cluster_id);
                Ok(Ok(()))
            }
            Err(words) => {
                self.parts.controllers.restore(cluster_id)?;
                Ok(Err(words))
            }
        }
    }

    /// Jobs may have waited for the nodes that a queue has now: Slurm itself would look for them up to half a minute
    /// later, when its backfill scheduler comes by. It does at once when it is told something of a node, whichever.
    async fn look_for_jobs(&self) {
        let told = async {
            let nodes = self.client.nodes().await?;
            let any = nodes.into_iter().find(|node| node.reason.is_none());
            let any: Vec<String> = any.map(|node| node.name).into_iter().collect();
            self.client.update_nodes(&any, &NodeUpdate::Offer).await
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, "jobs that waited for nodes of a queue start later");
        }
    }

    /// Installs the files and has slurmctld read them; it goes on with the old ones if it refuses.
    async fn reconfigure(&self, files: &Files) -> anyhow::Result<Result<(), String>> {
        let (controllers, cluster_id) = (&self.parts.controllers, &self.rows.cluster.id);
        self.far_from_the_next_second().await?;
        controllers.install(cluster_id, files)?;
        let log = controllers.dir(cluster_id).join("slurmctld.log");
        Ok(self.client.reconfigure(&log).await.map_err(|e| e.message))
    }

    /// slurmctld reckons in whole seconds when a node booted, anew with each report of the node. A node that came up a
    /// moment ago, and reports at the end of one second what is read in the next, has rebooted for it, and its jobs end.
    /// All nodes report when the configuration changes: then not at the end of a second.
    async fn far_from_the_next_second(&self) -> sqlx::Result<()> {
        let pool = self.parts.db.pool();
        let came_up = instance::live(pool, &self.rows.cluster.id).await?;
        let newest = came_up.iter().filter_map(|row| row.registered_at).max();
        let now = db::now();
        let into_the_second = now % 1000;
        let is_young = newest.is_some_and(|at| now - at < YOUNG_MS);
        if is_young && into_the_second > EARLY_MS {
            let rest = u64::try_from(1000 - into_the_second).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(rest)).await;
        }
        Ok(())
    }

    /// Jobs of a queue that goes end; jobs on nodes that go return to the queue. Slurm would cancel both without a word.
    async fn free_what_goes(&self, new: &Specs<'_>) -> anyhow::Result<()> {
        let old = self.rows.in_force();
        for queue in old.partitions().difference(&new.partitions()) {
            self.client.cancel_partition(queue).await?;
        }
        let mut going: BTreeSet<String> = old.nodes().difference(&new.nodes()).cloned().collect();
        if going.is_empty() {
            return Ok(());
        }
        // After a crash Slurm may have taken this change already, and refuses to hear of nodes that it does not know.
        let known = self.client.nodes().await?;
        going.retain(|name| known.iter().any(|node| node.name == *name));
        let group_goes = |(row, _): &(&ComputeNodeGroupRow, _)| {
            !new.groups.iter().any(|(kept, _)| kept.id == row.id)
        };
        let of_groups_that_go: BTreeSet<String> = old
            .groups
            .iter()
            .filter(|group| group_goes(group))
            .flat_map(node_names)
            .collect();
        let (with_group, beyond_maximum): (Vec<String>, Vec<String>) = going
            .into_iter()
            .partition(|node| of_groups_that_go.contains(node));
        if !with_group.is_empty() {
            self.client.cancel_jobs_on(&with_group).await?;
            let reason = one_line(&Cause::GroupDeleted.english());
            self.client
                .update_nodes(&with_group, &NodeUpdate::Down { reason })
                .await?;
        }
        if !beyond_maximum.is_empty() {
            self.free_nodes(&beyond_maximum, Cause::MaximumLowered)
                .await?;
        }
        Ok(())
    }

    /// Ends these nodes' instances; their jobs start again elsewhere.
    async fn free_nodes(&self, nodes: &[String], cause: Cause) -> anyhow::Result<()> {
        let jobs = self.client.jobs_on(nodes).await?;
        let update = NodeUpdate::Down {
            reason: one_line(&cause.english()),
        };
        self.client.update_nodes(nodes, &update).await?;
        self.end_instances(|row| nodes.contains(&row.node_name), &cause)
            .await?;
        start_again(self.client, jobs).await;
        Ok(())
    }

    /// Writes to each row what became of it, and removes the rows whose end Slurm has taken.
    async fn settle(
        &self,
        accepted: &BTreeSet<&str>,
        refused: &HashMap<&str, String>,
    ) -> anyhow::Result<()> {
        let rows = self.rows;
        let deleting = |status| status == Status::Deleting;
        for group in rows.groups.iter().filter(|g| deleting(g.status)) {
            self.end_instances(
                |row| row.compute_node_group_id == group.id,
                &Cause::GroupDeleted,
            )
            .await?;
        }
        for queue in rows.queues.iter().filter(|q| deleting(q.status)) {
            self.power_down_after(queue).await?;
        }
        let gone = rows.groups.iter().any(|g| deleting(g.status))
            || rows.queues.iter().any(|q| deleting(q.status));
        if accepted.is_empty() && refused.is_empty() && !gone {
            return Ok(());
        }
        let mut write = self.parts.db.write().await?;
        settle_row(&mut write, &rows.cluster, accepted, refused).await?;
        for group in &rows.groups {
            settle_row(&mut write, group, accepted, refused).await?;
            if deleting(group.status) {
                self.remove(
                    &mut write,
                    group,
                    self.parts
                        .arns
                        .compute_node_group(&rows.cluster.id, &group.id),
                )
                .await?;
            }
        }
        for queue in &rows.queues {
            settle_row(&mut write, queue, accepted, refused).await?;
            if deleting(queue.status) {
                self.remove(
                    &mut write,
                    queue,
                    self.parts.arns.queue(&rows.cluster.id, &queue.id),
                )
                .await?;
            }
        }
        Ok(write.commit().await?)
    }

    /// Nodes that only this queue had jobs for go as soon as those have ended, and not after their idle time (Q4).
    async fn power_down_after(&self, queue: &QueueRow) -> anyhow::Result<()> {
        let rows = self.rows;
        let idle = groups_of_its_own(queue, &rows.queues, &rows.groups);
        if idle.is_empty() {
            return Ok(());
        }
        let live = instance::live(self.parts.db.pool(), &rows.cluster.id).await?;
        let of_idle = |row: &&InstanceRow| {
            let group = &row.compute_node_group_id;
            row.cause().is_none() && idle.iter().any(|g| g.id == *group)
        };
        let mut nodes: Vec<String> = live
            .iter()
            .filter(of_idle)
            .map(|row| row.node_name.clone())
            .collect();
        // Slurm refuses to hear of nodes that it does not know.
        let known = self.client.nodes().await?;
        nodes.retain(|name| known.iter().any(|node| node.name == *name));
        self.client
            .update_nodes(&nodes, &NodeUpdate::PowerDown)
            .await?;
        Ok(())
    }

    /// Ends those of the cluster's instances that are meant.
    async fn end_instances(
        &self,
        meant: impl Fn(&InstanceRow) -> bool,
        cause: &Cause,
    ) -> anyhow::Result<()> {
        let all = instance::live(self.parts.db.pool(), &self.rows.cluster.id).await?;
        for row in all.into_iter().filter(meant) {
            let mut write = self.parts.db.write().await?;
            instance::set_reason(&mut write, &row, cause).await?;
            write.commit().await?;
            self.parts
                .provider
                .terminate(&row.cluster_id, &row.id)
                .await?;
            let mut write = self.parts.db.write().await?;
            instance::set_ended(&mut write, &row).await?;
            write.commit().await?;
        }
        Ok(())
    }

    async fn remove<S: Noun>(
        &self,
        write: &mut Write,
        row: &Row<S>,
        arn: String,
    ) -> sqlx::Result<()> {
        tag::clear(write, &arn).await?;
        resource::delete(write, row).await?;
        let what = What::Deleted {
            noun: S::KIND,
            name: row.name.clone(),
        };
        db::event::insert(
            write,
            &row.cluster_id,
            S::KIND,
            &row.id,
            "reconciler",
            &what,
        )
        .await
    }
}

/// The row's new status, if its change was among those tried.
async fn settle_row<S: Noun>(
    write: &mut Write,
    row: &Row<S>,
    accepted: &BTreeSet<&str>,
    refused: &HashMap<&str, String>,
) -> sqlx::Result<()> {
    let Some((settled, what)) = settled(row, accepted, refused) else {
        return Ok(());
    };
    if resource::update(write, &settled, false).await? {
        db::event::insert(
            write,
            &row.cluster_id,
            S::KIND,
            &row.id,
            "reconciler",
            &what,
        )
        .await?;
    }
    Ok(())
}

/// What becomes of a row: active with its change in force, or failed with Slurm's words and the old one in force.
fn settled<S: Noun>(
    row: &Row<S>,
    accepted: &BTreeSet<&str>,
    refused: &HashMap<&str, String>,
) -> Option<(Row<S>, What)> {
    let mut settled = row.clone();
    if accepted.contains(row.id.as_str()) {
        settled.status = Status::Active;
        settled.applied_spec = Some(row.spec.clone());
        settled.error_info.clear();
        let what = What::Active {
            noun: S::KIND,
            name: row.name.clone(),
        };
        return Some((settled, what));
    }
    let words = refused.get(row.id.as_str())?;
    settled.status = if row.applied_spec.is_some() {
        Status::UpdateFailed
    } else {
        Status::CreateFailed
    };
    if let Some(applied) = &row.applied_spec {
        settled.spec = applied.clone();
    }
    let message = format!("The configuration was refused, the old one is still in force: {words}");
    settled.error_info = vec![ErrorInfo {
        code: Some("ConfigurationRefused".into()),
        message: Some(message),
    }];
    let what = What::Refused {
        noun: S::KIND,
        name: row.name.clone(),
        words: words.clone(),
    };
    Some((settled, what))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn queue(status: Status, applied: bool) -> QueueRow {
        let wanted = QueueSpec {
            groups: vec![],
            slurm: None,
        };
        let mut row = Row::new(
            "pcs_q".into(),
            "pcs_c".into(),
            "demo".into(),
            wanted.clone(),
        );
        row.status = status;
        row.applied_spec = applied.then_some(wanted);
        row
    }

    #[test]
    fn an_accepted_change_is_active_and_in_force() {
        let (row, _) = settled(
            &queue(Status::Creating, false),
            &BTreeSet::from(["pcs_q"]),
            &HashMap::new(),
        )
        .unwrap();
        assert_eq!(row.status, Status::Active);
        assert_eq!(row.applied_spec, Some(row.spec));
    }

    #[test]
    fn a_refused_change_fails_with_slurms_words() {
        let refused = HashMap::from([("pcs_q", "no such parameter".to_string())]);
        let (row, _) = settled(&queue(Status::Updating, true), &BTreeSet::new(), &refused).unwrap();
        assert_eq!(row.status, Status::UpdateFailed);
        assert!(
            row.error_info[0]
                .message
                .as_deref()
                .unwrap()
                .contains("no such parameter")
        );
        let (row, _) =
            settled(&queue(Status::Creating, false), &BTreeSet::new(), &refused).unwrap();
        assert_eq!(row.status, Status::CreateFailed);
    }

    #[test]
    fn rows_without_a_change_stay_as_they_are() {
        assert!(
            settled(
                &queue(Status::Active, true),
                &BTreeSet::new(),
                &HashMap::new()
            )
            .is_none()
        );
    }
}
