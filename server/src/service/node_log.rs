//! Finds lines in what a node's instances logged, for whoever may read it. An instance is told of after its end, and also
//! when the group that it was of is gone.

use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::log::{NodeLife, NodeLogPage, NodeLogQuery};
use app::model::node::NodeLog;
use app::model::operation::Operation;
use app::port::Ctx;

use super::Service;
use super::log_search::most_lines;
use super::node::INSTANCES;
use crate::db::cluster::ClusterRow;
use crate::db::instance::{self, InstanceRow};
use crate::fault::internal;
use crate::logs::{instance_lines, instances};

impl Service {
    pub(super) async fn find_node_lines(
        &self,
        ctx: &Ctx,
        input: NodeLogQuery,
    ) -> Result<NodeLogPage> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetNodeLogs, &input.cluster_identifier)
            .await?;
        let most = most_lines(&input.search)?;
        let rows = self.instances_of(ctx, &cluster, &input).await?;
        let lives: Vec<NodeLife> = rows.iter().map(life).collect();
        let Some(row) = meant_of(rows, &input).map_err(|id| no_instance(&cluster, &input, id))?
        else {
            return Ok(NodeLogPage::default());
        };
        // The id now comes from the database: it is a file's name.
        let all = self.logs_of(&cluster.id, &row.id).await?;
        let names: Vec<String> = all.iter().map(|log| log.name.clone()).collect();
        let meant = chosen(all, input.log.as_deref())?;
        let cut = meant.iter().filter(|log| log.is_cut);
        let cut: Vec<String> = cut.map(|log| log.name.clone()).collect();
        let of = instances::of(self.parts.controllers.data_dir(), &row.id);
        // Reading times and looking for words takes a while, of the longest logs.
        let searched = tokio::task::spawn_blocking(move || {
            let lines = instance_lines::merged(&meant, row.launched_at);
            let page = instance_lines::page(lines, &input.search, most);
            NodeLogPage {
                lives,
                logs: names,
                cut,
                sent_at: instances::sent_at(&of),
                page,
                instance_id: row.id,
            }
        });
        searched.await.map_err(internal)
    }

    /// Newest first; the one that is asked for among them, though it is older than those that a page shows.
    async fn instances_of(
        &self,
        ctx: &Ctx,
        cluster: &ClusterRow,
        input: &NodeLogQuery,
    ) -> Result<Vec<InstanceRow>> {
        let pool = self.parts.db.pool();
        let name = &input.node_name;
        let mut rows = instance::of_node(pool, &cluster.id, name, INSTANCES)
            .await
            .map_err(internal)?;
        if rows.is_empty() {
            // A node that nobody knows is refused.
            self.find_node(ctx.language, cluster, name).await?;
        }
        let asked = input.instance_id.as_deref();
        if let Some(id) = asked.filter(|id| rows.iter().all(|row| row.id != *id)) {
            let older = instance::find(pool, &cluster.id, id).await;
            let older = older.map_err(internal)?;
            rows.extend(older.filter(|row| row.node_name == *name));
        }
        Ok(rows)
    }
}

fn life(row: &InstanceRow) -> NodeLife {
    NodeLife {
        instance_id: row.id.clone(),
        known_as: row.provider_id.as_ref().unwrap_or(&row.id).clone(),
        launched_at: row.launched_at,
        ended_at: row.ended_at.unwrap_or(0),
    }
}

/// Of a node's instances, newest first, the one that is asked for, or the one that there was at the time around which is
/// searched (before all, the oldest), or the newest; none where there is none yet. The error is the id of one that it did not have.
fn meant_of(
    rows: Vec<InstanceRow>,
    input: &NodeLogQuery,
) -> std::result::Result<Option<InstanceRow>, &str> {
    if let Some(id) = &input.instance_id {
        let found = rows.into_iter().find(|row| row.id == *id);
        return found.map(Some).ok_or(id);
    }
    let around = input.search.around.unwrap_or(i64::MAX);
    let later = rows.iter().take_while(|row| row.launched_at > around);
    let at = later.count().min(rows.len().saturating_sub(1));
    Ok(rows.into_iter().nth(at))
}

/// All of them, or the one of that name.
fn chosen(logs: Vec<NodeLog>, name: Option<&str>) -> Result<Vec<NodeLog>> {
    let Some(name) = name else {
        return Ok(logs);
    };
    let names: Vec<String> = logs.iter().map(|log| log.name.clone()).collect();
    let meant: Vec<NodeLog> = logs.into_iter().filter(|log| log.name == name).collect();
    match meant.is_empty() && !names.is_empty() {
        true => {
            let message = format!(
                "This instance has no such log. It has {}.",
                names.join(", ")
            );
            Err(Error::field("log", message))
        }
        false => Ok(meant),
    }
}

fn no_instance(cluster: &ClusterRow, input: &NodeLogQuery, id: &str) -> Error {
    let message = format!(
        "Node {} of cluster {} had no instance {}, or its logs are older than 30 days.",
        clip(&input.node_name),
        cluster.name,
        clip(id)
    );
    Error::not_found("INSTANCE", id, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_is_the_one_asked_for_or_of_that_time_or_the_newest() {
        let row = |id: &str, launched_at: i64| InstanceRow {
            id: id.into(),
            launched_at,
            ..InstanceRow::default()
        };
        for (id, around, meant) in [
            (None, None, Ok(Some("new"))),
            (None, Some(25), Ok(Some("middle"))),
            (None, Some(20), Ok(Some("middle"))),
            (None, Some(5), Ok(Some("old"))),
            (Some("old"), Some(25), Ok(Some("old"))),
            (Some("other"), None, Err("other")),
        ] {
            let rows = vec![row("new", 30), row("middle", 20), row("old", 10)];
            let mut input = NodeLogQuery {
                instance_id: id.map(str::to_owned),
                ..NodeLogQuery::default()
            };
            input.search.around = around;
            let found = meant_of(rows, &input).map(|row| row.map(|row| row.id));
            let meant = meant.map(|id| id.map(str::to_owned));
            assert_eq!(found, meant, "{id:?} {around:?}");
        }
        assert_eq!(
            meant_of(vec![], &NodeLogQuery::default()).map(|row| row.map(|row| row.id)),
            Ok(None)
        );
    }

    #[test]
    fn a_log_that_there_is_not_is_refused_by_the_names_of_those_that_there_are() {
        let log = |name: &str| NodeLog {
            name: name.into(),
            text: String::new(),
            is_cut: false,
        };
        let both = || vec![log("slurmd.log"), log("agent.log")];
        let names =
            |logs: Vec<NodeLog>| -> Vec<String> { logs.into_iter().map(|log| log.name).collect() };
        let all = chosen(both(), None).map(names);
        assert_eq!(all.unwrap(), ["slurmd.log", "agent.log"]);
        let one = chosen(both(), Some("agent.log")).map(names);
        assert_eq!(one.unwrap(), ["agent.log"]);
        let refused = chosen(both(), Some("console")).unwrap_err();
        assert!(refused.message.contains("slurmd.log, agent.log"));
        // Nothing has come of it yet.
        assert_eq!(chosen(vec![], Some("slurmd.log")).unwrap(), []);
    }
}
