//! Finding what somebody asks for and asking whether they may do that to it, in one step: who may not is refused in the same
//! words whether it is there or not.

use std::sync::Arc;

use app::model::error::Result;
use app::model::operation::Operation;
use app::model::status::Status;
use app::port::Ctx;

use super::resource::{self, Resource};
use super::{Service, cluster, home};
use crate::auth::policy::Authorize as _;
use crate::db;
use crate::db::cluster::ClusterRow;
use crate::db::resource::Row;
use crate::fault::internal;

impl Service {
    /// The cluster of that name or id, for whoever may do that to it.
    pub(super) async fn cluster_for(
        &self,
        ctx: &Ctx,
        operation: Operation,
        identifier: &str,
    ) -> Result<Arc<ClusterRow>> {
        let arn = |id: &str| self.parts.arns.cluster(id);
        self.cluster_with(ctx, operation, identifier, arn).await
    }

    /// The same for whoever may do that to what the cluster has, or is to have, under this ARN.
    pub(super) async fn cluster_with(
        &self,
        ctx: &Ctx,
        operation: Operation,
        identifier: &str,
        arn: impl Fn(&str) -> String,
    ) -> Result<Arc<ClusterRow>> {
        let found = self.passed(ctx, operation, identifier, arn).await?;
        found.ok_or_else(|| cluster::not_found(identifier))
    }

    /// As [`Self::cluster_for`], for what only the server knows on whose host the cluster runs.
    pub(super) async fn observed_cluster(
        &self,
        ctx: &Ctx,
        operation: Operation,
        identifier: &str,
    ) -> Result<Arc<ClusterRow>> {
        let row = self.cluster_for(ctx, operation, identifier).await?;
        home::check(&self.parts.db, &self.parts.server, &self.parts.homes, &row).await?;
        Ok(row)
    }

    /// Id and name of the cluster whose things are to be listed, or of all clusters, for whoever may list that of each.
    pub(super) async fn listed(
        &self,
        ctx: &Ctx,
        operation: Operation,
        cluster: Option<String>,
    ) -> Result<Vec<(String, String)>> {
        if let Some(cluster) = cluster {
            let row = self.observed_cluster(ctx, operation, &cluster).await?;
            return Ok(vec![(row.id.clone(), row.name.clone())]);
        }
        ctx.authorize(Operation::ListClusters, &self.parts.arns.cluster("*"))?;
        let mut rows: Vec<ClusterRow> = db::resource::list(self.parts.db.pool(), None)
            .await
            .map_err(internal)?;
        // Nothing of them runs, or nobody knows what they have.
        rows.retain(|row| row.status != Status::Suspended);
        for row in &rows {
            ctx.authorize(operation, &self.parts.arns.cluster(&row.id))?;
            home::check(&self.parts.db, &self.parts.server, &self.parts.homes, row).await?;
        }
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }

    /// A cluster's group or queue, for whoever may do that to it.
    pub(super) async fn child_for<S: Resource>(
        &self,
        ctx: &Ctx,
        operation: Operation,
        cluster: &str,
        identifier: &str,
    ) -> Result<(Arc<ClusterRow>, Row<S>)> {
        let (found, row) = self
            .look_for_child::<S>(ctx, operation, cluster, identifier)
            .await?;
        let found = found.ok_or_else(|| cluster::not_found(cluster))?;
        let row = row.ok_or_else(|| resource::missing::<S>(&found, identifier))?;
        Ok((found, row))
    }

    /// Whether somebody may delete the cluster. It may be gone: a repeated request is then answered as the first.
    pub(super) async fn may_delete_cluster(&self, ctx: &Ctx, identifier: &str) -> Result<()> {
        let arn = |id: &str| self.parts.arns.cluster(id);
        self.passed(ctx, Operation::DeleteCluster, identifier, arn)
            .await
            .map(drop)
    }

    /// The same of a cluster's group or queue.
    pub(super) async fn may_delete_child<S: Resource>(
        &self,
        ctx: &Ctx,
        operation: Operation,
        cluster: &str,
        identifier: &str,
    ) -> Result<()> {
        self.look_for_child::<S>(ctx, operation, cluster, identifier)
            .await
            .map(drop)
    }

    /// The cluster of that name or id, where the gate was passed for something else.
    pub(super) async fn find_cluster(&self, identifier: &str) -> Result<Arc<ClusterRow>> {
        let found = self.look_for_cluster(identifier).await?;
        found.ok_or_else(|| cluster::not_found(identifier))
    }

    async fn look_for_cluster(&self, identifier: &str) -> Result<Option<Arc<ClusterRow>>> {
        db::cluster::find(&self.parts.db, identifier)
            .await
            .map_err(internal)
    }

    /// The cluster if it is there, after the gate.
    pub(super) async fn passed(
        &self,
        ctx: &Ctx,
        operation: Operation,
        identifier: &str,
        arn: impl Fn(&str) -> String,
    ) -> Result<Option<Arc<ClusterRow>>> {
        let found = self.look_for_cluster(identifier).await?;
        let id = found.as_ref().map_or(identifier, |row| &row.id);
        ctx.authorize_asked(operation, &arn(id), &arn(identifier))?;
        Ok(found)
    }

    /// What is there of both, after the gate.
    async fn look_for_child<S: Resource>(
        &self,
        ctx: &Ctx,
        operation: Operation,
        cluster: &str,
        identifier: &str,
    ) -> Result<(Option<Arc<ClusterRow>>, Option<Row<S>>)> {
        let found = self.look_for_cluster(cluster).await?;
        let row: Option<Row<S>> = match &found {
            Some(found) => db::resource::find(self.parts.db.pool(), Some(&found.id), identifier)
                .await
                .map_err(internal)?,
            None => None,
        };
        let cluster_id = found.as_ref().map_or(cluster, |row| &row.id);
        let id = row.as_ref().map_or(identifier, |row| &row.id);
        let arn = S::arn(&self.parts.arns, cluster_id, id);
        let asked = S::arn(&self.parts.arns, cluster, identifier);
        ctx.authorize_asked(operation, &arn, &asked)?;
        Ok((found, row))
    }
}
