//! The timeline: of a cluster, or of one group, queue, node or job.

use std::collections::HashMap;

use app::i18n::Language;
use app::model::error::{Error, Result};
use app::model::event::{Event, EventsOf};
use app::model::live::Kind;
use app::model::node_name::NodeName;
use app::model::operation::Operation;
use app::port::{Ctx, Events};
use async_trait::async_trait;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::event::{self, EventRow};
use crate::db::queue::QueueSpec;
use crate::db::resource;
use crate::fault::internal;

/// Events that are shown, and those that are read to know how long the shown ones lasted.
const EVENTS: i64 = 200;

#[async_trait]
impl Events for Service {
    async fn list_events(&self, ctx: &Ctx, of: EventsOf) -> Result<Vec<Event>> {
        let cluster = self
            .cluster_for(ctx, Operation::ListEvents, &of.cluster_identifier)
            .await?;
        let pool = self.db.pool();
        let rows = if of.resource_type.is_empty() {
            event::list(pool, &cluster.id, EVENTS)
                .await
                .map_err(internal)?
        } else {
            let kind = Kind::parse(&of.resource_type).ok_or_else(|| {
                Error::field(
                    "resourceType",
                    "Name cluster, compute-node-group, queue, node or job.",
                )
            })?;
            let mut rows =
                event::of_resource(pool, &cluster.id, kind.as_str(), &of.resource_id, EVENTS)
                    .await
                    .map_err(internal)?;
            if kind == Kind::ComputeNodeGroup {
                rows.extend(self.of_its_nodes(&cluster.id, &of.resource_id).await?);
                rows.sort_by(|a, b| (b.at, &a.id).cmp(&(a.at, &b.id)));
                rows.truncate(usize::try_from(EVENTS).unwrap_or_default());
            }
            rows
        };
        let mut events = told(&rows, ctx.language);
        let names = self.names_in(&cluster).await.map_err(internal)?;
        for event in &mut events {
            event.resource_name = names.get(&event.resource_id).cloned().unwrap_or_default();
        }
        Ok(events)
    }
}

impl Service {
    /// Names of the cluster, its groups and its queues, by id.
    async fn names_in(&self, cluster: &ClusterRow) -> sqlx::Result<HashMap<String, String>> {
        let (pool, id) = (self.db.pool(), Some(cluster.id.as_str()));
        let groups = resource::list::<ComputeNodeGroupSpec>(pool, id).await?;
        let queues = resource::list::<QueueSpec>(pool, id).await?;
        let groups = groups.into_iter().map(|group| (group.id, group.name));
        let queues = queues.into_iter().map(|queue| (queue.id, queue.name));
        let cluster = (cluster.id.clone(), cluster.name.clone());
        Ok(groups.chain(queues).chain([cluster]).collect())
    }

    /// The events of a group's nodes.
    async fn of_its_nodes(&self, cluster_id: &str, group_id: &str) -> Result<Vec<EventRow>> {
        let pool = self.db.pool();
        let group: Option<ComputeNodeGroupRow> = resource::find(pool, Some(cluster_id), group_id)
            .await
            .map_err(internal)?;
        let Some(group) = group else {
            return Ok(vec![]);
        };
        let prefix = format!("{}-", group.name);
        let mut rows = event::of_nodes(pool, cluster_id, &prefix, EVENTS)
            .await
            .map_err(internal)?;
        // `compute-1-` also begins the nodes of a group `compute-1-gpu`.
        rows.retain(|row| {
            NodeName::parse(&row.resource_id).is_some_and(|node| node.group == group.name)
        });
        Ok(rows)
    }
}

/// The rows, newest first, in the reader's language, with the end of what began in them.
fn told(rows: &[EventRow], language: Language) -> Vec<Event> {
    let until = |at: usize, row: &EventRow| {
        let begun = row.what.as_ref().filter(|what| what.begins())?;
        let later = rows[..at].iter().rev();
        let mut same = later.filter(|other| other.resource_id == row.resource_id);
        let end = same.find(|other| other.what.as_ref().is_some_and(|what| what.ends(begun)))?;
        Some(end.at)
    };
    let rows = rows.iter().enumerate();
    rows.map(|(at, row)| row.event(language, until(at, row).unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use app::explain::What;

    use super::*;

    fn row(at: i64, node: &str, what: What) -> EventRow {
        EventRow {
            id: at.to_string(),
            at,
            resource_type: "node".into(),
            resource_id: node.into(),
            code: String::new(),
            message: what.english(),
            what: Some(what),
            actor: event::RECONCILER.into(),
        }
    }

    #[test]
    fn what_begins_lasts_until_its_end_and_what_has_none_goes_on() {
        let starts = |node: &str| What::NodeStarts {
            node: node.into(),
            instance: format!("i-{node}"),
        };
        let rows = [
            row(30, "a-1", What::NodeUp { node: "a-1".into() }),
            row(20, "a-2", starts("a-2")),
            row(10, "a-1", starts("a-1")),
        ];
        let until: Vec<i64> = told(&rows, Language::English)
            .iter()
            .map(|e| e.until)
            .collect();
        assert_eq!(until, [0, 0, 30]);
    }

    #[test]
    fn a_row_of_before_keeps_its_message() {
        let mut old = row(1, "a-1", What::NodeUp { node: "a-1".into() });
        (old.what, old.message) = (None, "Node a-1 came up.".into());
        let told = told(&[old], Language::SimplifiedChinese);
        assert_eq!(told[0].message, "Node a-1 came up.");
    }
}
