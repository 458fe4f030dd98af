//! Deliveries of the logs of one cluster, as its page has them (L1): what is told and done is that of `delivery.rs`, which
//! asks the gate for each step and writes it down.

use app::model::cluster_delivery::{self as steps, *};
use app::model::delivery::*;
use app::model::error::{ErrorKind, Result};
use app::model::log_target::Target;
use app::model::operation::Operation;
use app::port::{ClusterDeliveries, Ctx, Deliveries as _};
use async_trait::async_trait;

use super::Service;
use super::delivery_check as check;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::delivery::{self as rows, DeliveryRow};
use crate::db::now;
use crate::fault::internal;
use crate::sink::names::{self, Log, Origin};
use crate::sink::record::{Line, record};
use crate::slurm::catalogue;
use app::model::log::LogDaemon;

/// Destinations to choose from.
const MOST: i64 = 100;

#[async_trait]
impl ClusterDeliveries for Service {
    async fn cluster_deliveries(
        &self,
        ctx: &Ctx,
        cluster_identifier: String,
    ) -> Result<DeliveriesOfCluster> {
        let all = |_: &str| "*".to_owned();
        let operation = Operation::DescribeDeliveries;
        let cluster = self
            .cluster_with(ctx, operation, &cluster_identifier, all)
            .await?;
        let pool = self.parts.db.pool();
        let own = rows::of_cluster(pool, &cluster.id)
            .await
            .map_err(internal)?;
        Ok(DeliveriesOfCluster {
            cluster_arn: self.parts.arns.cluster(&cluster.id),
            region: self.parts.arns.region.clone(),
            account_id: self.parts.arns.account.clone(),
            deliveries: own.into_iter().map(told).collect(),
            destinations: self.destinations_for(ctx).await?,
            source_name: self.source_name(&cluster.id).await?,
            sample: self.sample(&cluster).await,
            cluster_id: cluster.id.clone(),
        })
    }

    async fn set_up_delivery(
        &self,
        ctx: &Ctx,
        input: SetUpDeliveryRequest,
    ) -> Result<DeliveryAnswer> {
        let arns = &self.parts.arns;
        let made = |id: &str| arns.delivery_source(&steps::source_name(id));
        let operation = Operation::PutDeliverySource;
        let cluster = self
            .cluster_with(ctx, operation, &input.cluster_identifier, made)
            .await?;
        let destination_arn = arns.delivery_destination(&input.destination_name);
        let destination = steps::put_destination(&input);
        if destination.is_some() {
            ctx.authorize(Operation::PutDeliveryDestination, &destination_arn)?;
        }
        ctx.authorize(Operation::CreateDelivery, &arns.delivery("*"))?;
        let source_name = self.source_name(&cluster.id).await?;
        self.has_room(&source_name, &input, destination.as_ref())
            .await?;

        if let Some(destination) = destination {
            self.put_delivery_destination(ctx, destination).await?;
        }
        let source = steps::put_source(&source_name, &arns.cluster(&cluster.id));
        self.put_delivery_source(ctx, source).await?;
        self.create_delivery(ctx, steps::connect(&source_name, &destination_arn))
            .await
    }

    async fn remove_delivery(&self, ctx: &Ctx, input: DeliveryRequest) -> Result<NothingMore> {
        let arns = &self.parts.arns;
        ctx.authorize(Operation::DeleteDelivery, &arns.delivery(&input.id))?;
        let pool = self.parts.db.pool();
        let row = rows::find(pool, &input.id).await.map_err(internal)?;
        let row = row.ok_or_else(|| check::no_delivery(&input.id))?;
        self.delete_delivery(ctx, input).await?;

        let (source, destination) = (row.source.name, row.destination.name);
        let cluster_id = &row.source.cluster_id;
        let of = |name: &str| NamedRequest { name: name.into() };
        if source == steps::source_name(cluster_id)
            && ctx.may(
                Operation::DeleteDeliverySource,
                &arns.delivery_source(&source),
            )
        {
            unless_used(self.delete_delivery_source(ctx, of(&source)).await)?;
        }
        if destination == steps::destination_name(cluster_id, row.destination.target.kind())
            && ctx.may(
                Operation::DeleteDeliveryDestination,
                &arns.delivery_destination(&destination),
            )
        {
            unless_used(
                self.delete_delivery_destination(ctx, of(&destination))
                    .await,
            )?;
        }
        Ok(NothingMore {})
    }
}

impl Service {
    /// The cluster's source as it is called, or as it is going to be.
    async fn source_name(&self, cluster_id: &str) -> Result<String> {
        let pool = self.parts.db.pool();
        let known = rows::source_of(pool, cluster_id, LogType::Scheduler).await;
        let known = known.map_err(internal)?.map(|source| source.name);
        Ok(known.unwrap_or_else(|| steps::source_name(cluster_id)))
    }

    async fn destinations_for(&self, ctx: &Ctx) -> Result<Vec<DeliveryDestination>> {
        if !ctx.may(Operation::DescribeDeliveryDestinations, "*") {
            return Ok(vec![]);
        }
        let found = rows::destinations(self.parts.db.pool(), "", MOST).await;
        let found = found.map_err(internal)?.into_iter();
        Ok(found.map(|row| self.destination(row, None)).collect())
    }

    /// Refuses what the last step would refuse, before the first is done.
    async fn has_room(
        &self,
        source_name: &str,
        input: &SetUpDeliveryRequest,
        destination: Option<&PutDeliveryDestinationRequest>,
    ) -> Result<()> {
        let pool = self.parts.db.pool();
        let known = match destination {
            Some(destination) => Target::parse(check::place(destination)?),
            None => {
                let known = rows::find_destination(pool, &input.destination_name).await;
                known.map_err(internal)?.map(|row| row.target)
            }
        };
        let target = known.ok_or_else(|| check::no_destination(&input.destination_name))?;
        let all = rows::of_source(pool, source_name).await.map_err(internal)?;
        check::room(source_name, &all, target.kind())
    }

    /// What the daemon of the cluster that runs now would write.
    async fn sample(&self, cluster: &ClusterRow) -> DeliverySample {
        let version = cluster.slurm_version();
        let prefix = self.parts.controllers.prefix(version);
        let origin = Origin {
            account_id: self.parts.arns.account.clone(),
            region: self.parts.arns.region.clone(),
            cluster_id: cluster.id.clone(),
            version: catalogue::exact(&prefix, version).await,
        };

        let at = now();
        let log = Log::scheduler(LogDaemon::Slurmctld);
        let line = Line {
            seq: 1,
            at,
            level: "info".into(),
            text: "Running as primary controller".into(),
        };
        DeliverySample {
            record: record(&origin, log, &line),
            stream: names::stream(&origin, log),
            object: names::object(&origin, log, at, "HASH"),
        }
    }
}

fn told(row: DeliveryRow) -> ClusterDelivery {
    ClusterDelivery {
        id: row.id,
        destination_name: row.destination.name,
        destination_resource_arn: row.destination.resource_arn,
        kind: row.destination.target.kind().into(),
        log_type: row.source.log_type,
        created_at: row.created_at,
        state: row.state,
    }
}

/// What something else uses stays; what is gone is gone.
fn unless_used(done: Result<NothingMore>) -> Result<()> {
    match done {
        Err(error)
            if matches!(
                error.kind,
                ErrorKind::Conflict { .. } | ErrorKind::ResourceNotFound { .. }
            ) =>
        {
            Ok(())
        }
        done => done.map(drop),
    }
}
