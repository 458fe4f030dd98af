//! A bundle of what helps to find the cause of a trouble (D3), for whoever may have it.
//!
//! What is secret is never collected: no file of keys, no row of users, nothing of what jobs run, carry in their environment
//! or write. What is collected passes a [filter] on top. A part that cannot be had is named in the bundle with the reason, and
//! the rest goes on.
//!
//! - [`bundle`]: the directory that becomes the archive, bounded.
//! - [`filter`]: the last look at every text.
//! - [`server`], [`cluster`]: what is collected of each.
//! - [`without_server`]: what there is of both while no server runs.

mod bundle;
mod cluster;
mod filter;
mod server;
pub mod without_server;

use app::model::error::Result;
use app::model::operation::Operation;
use app::port::Ctx;
use async_trait::async_trait;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::doors::{Diagnostics, OpenOutput};
use super::{Service, whole};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::resource;
use crate::fault::internal;
use bundle::Bundle;
use filter::Filter;

/// The bundle is made in one directory, and costs what a page never may.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

#[async_trait]
impl Diagnostics for Service {
    async fn diagnose(&self, ctx: &Ctx, cluster_identifier: Option<String>) -> Result<OpenOutput> {
        let operation = Operation::CreateDiagnostics;
        ctx.authorize(operation, "*")?;
        let (clusters, arn) = match &cluster_identifier {
            Some(identifier) => {
                let row = self.cluster_for(ctx, operation, identifier).await?;
                let arn = self.parts.arns.cluster(&row.id);
                (vec![ClusterRow::clone(&row)], arn)
            }
            None => (self.all_clusters().await, "*".to_owned()),
        };
        let input = json!({ "clusterIdentifier": cluster_identifier });
        // Before anything is told.
        self.note(ctx, operation, &arn, &input).await?;
        let (service, ctx) = (self.clone(), ctx.clone());
        // To read, filter and write so much takes seconds of a processor: others are answered meanwhile.
        let on = Handle::current();
        let work = move || on.block_on(service.collect(&ctx, clusters));
        whole(async move { spawn_blocking(work).await.map_err(internal)? }).await
    }
}

impl Service {
    /// None while the database does not answer: then the server's own part is of use all the more.
    async fn all_clusters(&self) -> Vec<ClusterRow> {
        let rows = resource::list::<ClusterSpec>(self.parts.db.pool(), None).await;
        rows.unwrap_or_default()
    }

    async fn collect(&self, ctx: &Ctx, clusters: Vec<ClusterRow>) -> Result<OpenOutput> {
        // It is never closed; without a turn the bundle is made all the same.
        let _turn = ONE_AT_A_TIME.acquire().await;
        let data_dir = self.parts.controllers.data_dir();
        let filter = Filter::of(data_dir);
        let mut bundle = Bundle::begin(data_dir, filter).map_err(internal)?;
        self.collect_server(ctx, &mut bundle).await;
        for cluster in &clusters {
            self.collect_cluster(ctx, cluster, &mut bundle).await;
        }
        bundle.pack().await.map_err(internal)
    }
}
