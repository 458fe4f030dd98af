//! What becomes of each row once slurmctld has answered, and the end of those that go.

use std::collections::{BTreeSet, HashMap, HashSet};

use app::explain::{Cause, What};
use app::model::setting::ErrorInfo;
use app::model::status::Status;

use super::rows::Rows;
use crate::db::instance::InstanceRow;
use crate::db::queue::{QueueRow, groups_of_its_own};
use crate::db::resource::{Noun, Row};
use crate::db::{self, Write, instance, resource, tag};
use crate::reconcile::{Parts, ending, placement};
use crate::slurm::client::{Client, NodeUpdate};

/// Writes down what became of the changes that were tried.
pub struct Settle<'a> {
    pub parts: &'a Parts,
    pub client: &'a Client,
    pub rows: &'a Rows,
}

impl Settle<'_> {
    /// Writes to each row what became of it, and removes the rows whose end Slurm has taken.
    pub async fn settle(
        &self,
        accepted: &BTreeSet<&str>,
        refused: &HashMap<String, String>,
    ) -> anyhow::Result<()> {
        let rows = self.rows;
        let deleting = |status| status == Status::Deleting;
        let mut empty = HashSet::new();
        for group in rows.groups.iter().filter(|g| deleting(g.status)) {
            let meant = |row: &InstanceRow| row.compute_node_group_id == group.id;
            let cluster_id = &rows.cluster.id;
            if ending::end_all(self.parts, cluster_id, meant, &Cause::GroupDeleted).await? {
                empty.insert(&group.id);
            }
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
            if let Some(settled) = settle_row(&mut write, group, accepted, refused).await? {
                let nodes = settled.applied_spec.as_ref().map_or(0, |spec| spec.nodes());
                placement::trim(&mut write, group, nodes).await?;
            }
            if deleting(group.status) && empty.contains(&group.id) {
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
            db::event::RECONCILER,
            &what,
        )
        .await
    }
}

/// The row as it is from now on, if its change was among those tried.
async fn settle_row<S: Noun>(
    write: &mut Write,
    row: &Row<S>,
    accepted: &BTreeSet<&str>,
    refused: &HashMap<String, String>,
) -> sqlx::Result<Option<Row<S>>> {
    let Some((settled, what)) = settled(row, accepted, refused) else {
        return Ok(None);
    };
    if !resource::update(write, &settled, false).await? {
        return Ok(None);
    }
    let (cluster, id) = (&row.cluster_id, &row.id);
    db::event::insert(write, cluster, S::KIND, id, db::event::RECONCILER, &what).await?;
    Ok(Some(settled))
}

/// What becomes of a row: active with its change in force, or failed with Slurm's words and the old one in force.
fn settled<S: Noun>(
    row: &Row<S>,
    accepted: &BTreeSet<&str>,
    refused: &HashMap<String, String>,
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
    use crate::db::queue::QueueSpec;

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
        let refused = HashMap::from([("pcs_q".into(), "no such parameter".into())]);
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
