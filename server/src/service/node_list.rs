//! The list of nodes, page by page, and all of them at a glance.

use std::collections::HashSet;

use app::list::node::{NodeColumn, key};
use app::list::{self, Field, Head};
use app::model::error::Result;
use app::model::job::OfCluster;
use app::model::node::Node;
use app::model::node_count::GroupNodes;
use app::model::operation::Operation;
use app::model::page::{PageOf, PageRequest};
use app::port::Ctx;

use super::Service;
use crate::db;
use crate::fault::internal;

impl Service {
    pub(super) async fn node_page(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
        asked: PageRequest,
    ) -> Result<PageOf<OfCluster<Node>>> {
        let t = ctx.language.text();
        let columns = NodeColumn::all(cluster.is_none()).into_iter();
        let fields: Vec<Field<OfCluster<Node>>> = columns.map(|one| one.field(t)).collect();
        let clusters = self.listed(ctx, Operation::ListNodes, cluster).await?;
        let heads: Vec<Head> = fields.iter().map(|field| field.head).collect();
        list::check(&heads, &asked)?;
        let mut rows = vec![];
        for (id, name) in clusters {
            let found = self.nodes_of(&id).await?.into_iter();
            rows.extend(found.map(|found| OfCluster {
                cluster_id: id.clone(),
                cluster_name: name.clone(),
                item: found.node,
            }));
        }
        let page = list::page(&rows, &fields, &asked, |_| 1).map(Clone::clone);
        let keys: HashSet<&String> = asked.chosen.iter().collect();
        let chosen = rows.iter().filter(|row| keys.contains(&key(row)));
        Ok(PageOf {
            chosen: if keys.is_empty() {
                vec![]
            } else {
                chosen.cloned().collect()
            },
            ..page
        })
    }

    pub(super) async fn node_counts(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
    ) -> Result<Vec<OfCluster<GroupNodes>>> {
        let clusters = self.listed(ctx, Operation::ListNodes, cluster).await?;
        let mut groups = vec![];
        for (id, name) in clusters {
            let found = self.nodes_of(&id).await?.into_iter();
            let nodes: Vec<Node> = found.map(|found| found.node).collect();
            let cluster = db::cluster::find(&self.parts.db, &id).await;
            // One that has gone meanwhile has no nodes either.
            let Some(cluster) = cluster.map_err(internal)? else {
                continue;
            };
            let version = cluster.slurm_version();
            groups.extend(GroupNodes::of_each(&nodes, version).map(|item| OfCluster {
                cluster_id: id.clone(),
                cluster_name: name.clone(),
                item,
            }));
        }
        Ok(groups)
    }
}
