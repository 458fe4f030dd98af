//! Deliveries of the logs of one cluster, as its page has them (L1): what is told and done is that of `delivery.rs`, which
//! asks the gate for each step and writes it down.

use app::model::cluster_delivery::{self as steps, *};
use app::model::delivery::*;
use app::model::error::{ErrorKind, Result};
use app::model::log::{Log, LogDaemon};
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
use crate::logs::jobcomp;
use crate::sink::names::{self, Origin};
use crate::sink::record::{Line, record};
use crate::slurm::catalogue;

/// As slurmctld writes of a job that ended.
const JOB: &str = "JobId=7 UserId=alice(1000) GroupId=users(100) Name=hello JobState=COMPLETED Partition=demo \
    TimeLimit=UNLIMITED StartTime=2026-01-02T03:04:05 EndTime=2026-01-02T03:04:06 NodeList=compute-1-1 NodeCnt=1 \
    ProcCnt=2 WorkDir=/home/alice ReservationName= Tres=cpu=2,mem=600M,node=1,billing=2 Account=root QOS=normal WcKey= \
    Cluster=demo SubmitTime=2026-01-02T03:04:05 EligibleTime=2026-01-02T03:04:05 DerivedExitCode=0:0 ExitCode=0:0";

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
            logs: self.logs(&cluster).await?,
            cluster_id: cluster.id.clone(),
        })
    }

    async fn set_up_delivery(
        &self,
        ctx: &Ctx,
        input: SetUpDeliveryRequest,
    ) -> Result<DeliveryAnswer> {
        let arns = &self.parts.arns;
        let log_type = input.log_type;
        let made = |id: &str| arns.delivery_source(&steps::source_name(id, log_type));
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
        check::has_log(&cluster, log_type)?;
        let source_name = self.source_name(&cluster.id, log_type).await?;
        self.has_room(&source_name, &input, destination.as_ref())
            .await?;

        if let Some(destination) = destination {
            self.put_delivery_destination(ctx, destination).await?;
        }
        let source = steps::put_source(&source_name, &arns.cluster(&cluster.id), log_type);
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
        let (cluster_id, log_type) = (&row.source.cluster_id, row.source.log_type);
        let of = |name: &str| NamedRequest { name: name.into() };
        if source == steps::source_name(cluster_id, log_type)
            && ctx.may(
                Operation::DeleteDeliverySource,
                &arns.delivery_source(&source),
            )
        {
            unless_used(self.delete_delivery_source(ctx, of(&source)).await)?;
        }
        if destination
            == steps::destination_name(cluster_id, log_type, row.destination.target.kind())
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
    async fn test_delivery(
        &self,
        ctx: &Ctx,
        input: DeliveryRequest,
    ) -> Result<TestDeliveryResponse> {
        let operation = Operation::TestDelivery;
        let arn = self.parts.arns.delivery(&input.id);
        ctx.authorize(operation, &arn)?;
        let pool = self.parts.db.pool();
        let row = rows::find(pool, &input.id).await.map_err(internal)?;
        let row = row.ok_or_else(|| check::no_delivery(&input.id))?;
        let cluster = self.find_cluster(&row.source.cluster_id).await?;
        self.note(ctx, operation, &arn, &input).await?;
        self.send_test(&cluster, &row).await
    }
}

impl Service {
    async fn logs(&self, cluster: &ClusterRow) -> Result<Vec<LogOfCluster>> {
        let origin = self.origin(cluster).await;
        let mut logs = vec![];
        for log_type in LogType::ALL {
            let refusal = check::has_log(cluster, log_type).err();
            logs.push(LogOfCluster {
                log_type,
                why_not: refusal.map(|refusal| refusal.message),
                source_name: self.source_name(&cluster.id, log_type).await?,
                sample: sample(&origin, log_type),
            });
        }
        Ok(logs)
    }

    /// The source of that log of the cluster as it is called, or as it is going to be.
    async fn source_name(&self, cluster_id: &str, log_type: LogType) -> Result<String> {
        let pool = self.parts.db.pool();
        let known = rows::source_of(pool, cluster_id, log_type).await;
        let known = known.map_err(internal)?.map(|source| source.name);
        Ok(known.unwrap_or_else(|| steps::source_name(cluster_id, log_type)))
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

    pub(super) async fn origin(&self, cluster: &ClusterRow) -> Origin {
        let version = cluster.slurm_version();
        let prefix = self.parts.controllers.prefix(version);
        Origin {
            account_id: self.parts.arns.account.clone(),
            region: self.parts.arns.region.clone(),
            cluster_id: cluster.id.clone(),
            version: catalogue::exact(&prefix, version).await,
        }
    }
}

/// What slurmctld as it runs now would write.
fn sample(origin: &Origin, log_type: LogType) -> DeliverySample {
    let at = now();
    let log = match log_type {
        LogType::Scheduler => Log::Daemon(LogDaemon::Slurmctld),
        LogType::SchedulerAudit => Log::Audit(LogDaemon::Slurmctld),
        LogType::JobCompletion => Log::JobCompletion,
    };
    let text = match log {
        Log::Daemon(_) => "Running as primary controller".to_owned(),
        Log::Audit(_) => {
            "AUDIT_RPCS: [10.3.0.7:40102] msg_type=REQUEST_JOB_INFO uid=1000".to_owned()
        }
        Log::JobCompletion => jobcomp::Reader::new(vec![]).parse(JOB.as_bytes(), at).text,
    };
    let line = Line {
        seq: 1,
        at,
        level: "info",
        text,
    };
    DeliverySample {
        record: record(origin, log, &line),
        stream: names::stream(origin, log),
        object: names::object(origin, log, at, "HASH"),
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
