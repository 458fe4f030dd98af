//! What becomes of each row once slurmctld has answered, and the end of those that go.

use std::collections::HashSet;

use app::explain::Cause;
use app::model::status::Status;

use crate::db::instance::InstanceRow;
use crate::db::queue::{QueueRow, groups_of_its_own};
use crate::db::resource::{Noun, Row};
use crate::db::{self, Write, instance, resource};
use crate::plan::configuration::outcome::Outcome;
use crate::plan::configuration::rows::Rows;
use crate::reconcile::{Parts, ending, owned, placement, removal};
use crate::slurm::client::{Client, NodeUpdate};

/// Writes down what became of the changes that were tried.
pub struct Settle<'a> {
    pub parts: &'a Parts,
    pub client: &'a Client,
    pub rows: &'a Rows,
}

impl Settle<'_> {
    /// Writes to each row what became of it, and removes the rows whose end Slurm has taken.
    pub async fn settle(&self, outcome: &Outcome<'_>) -> anyhow::Result<()> {
        let rows = self.rows;
        let deleting = |status| status == Status::Deleting;
        let mut empty = HashSet::new();
        for group in rows.groups.iter().filter(|g| deleting(g.status)) {
            let meant = |row: &InstanceRow| row.compute_node_group_id == group.id;
            let cluster_id = &rows.cluster.id;
            let ended =
                ending::end_all(self.parts, cluster_id, meant, &Cause::GroupDeleted).await?;
            // The nodes' loop has it released, and wakes this one.
            let owned = owned::of_cluster(self.parts, cluster_id).await?;
            if ended
                && !owned
                    .iter()
                    .any(|row| row.compute_node_group_id == group.id)
            {
                empty.insert(&group.id);
            }
        }
        for queue in rows.queues.iter().filter(|q| deleting(q.status)) {
            self.power_down_after(queue).await?;
        }
        let gone = rows.groups.iter().any(|g| deleting(g.status))
            || rows.queues.iter().any(|q| deleting(q.status));
        if outcome.is_empty() && !gone {
            return Ok(());
        }
        let mut write = self.parts.db.write().await?;
        settle_row(&mut write, &rows.cluster, outcome).await?;
        for group in &rows.groups {
            if let Some(settled) = settle_row(&mut write, group, outcome).await? {
                let nodes = settled.applied_spec.as_ref().map_or(0, |spec| spec.nodes());
                placement::trim(&mut write, group, nodes).await?;
            }
            if deleting(group.status) && empty.contains(&group.id) {
                let arns = &self.parts.arns;
                let arn = arns.compute_node_group(&rows.cluster.id, &group.id);
                removal::child(&mut write, group, &arn).await?;
            }
        }
        for queue in &rows.queues {
            settle_row(&mut write, queue, outcome).await?;
            if deleting(queue.status) {
                let arn = self.parts.arns.queue(&rows.cluster.id, &queue.id);
                removal::child(&mut write, queue, &arn).await?;
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
}

/// The row as it is from now on, if it had a change and nobody has changed it since.
async fn settle_row<S: Noun>(
    write: &mut Write,
    row: &Row<S>,
    outcome: &Outcome<'_>,
) -> sqlx::Result<Option<Row<S>>> {
    let Some((settled, what)) = outcome.settled(row) else {
        return Ok(None);
    };
    if !resource::update(write, &settled, false).await? {
        return Ok(None);
    }
    let (cluster, id) = (&row.cluster_id, &row.id);
    db::event::insert(write, cluster, S::KIND, id, db::event::RECONCILER, &what).await?;
    Ok(Some(settled))
}
