//! Where the logs of one cluster go (L1), as its page shows it and sets it up.

use serde::{Deserialize, Serialize};

use super::delivery::{
    CreateDeliveryRequest, DeliveryDestination, DeliveryDestinationConfiguration, DeliveryState,
    LogType, PutDeliveryDestinationRequest, PutDeliverySourceRequest,
};

/// One delivery and how it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterDelivery {
    pub id: String,
    pub destination_name: String,
    pub destination_resource_arn: String,
    /// `CWL`, `S3`, `FH`, or `LOCAL`.
    pub kind: String,
    pub log_type: LogType,
    /// In milliseconds.
    pub created_at: i64,
    pub state: DeliveryState,
}

/// What a destination gets of the cluster, as the guide prints it (L2, L3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverySample {
    /// One line of JSON.
    pub record: String,
    /// The stream of a log group.
    pub stream: String,
    /// The object of a bucket, or the file below a directory.
    pub object: String,
}

/// All that the logs of a cluster are delivered to, and what else they could be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveriesOfCluster {
    pub cluster_id: String,
    pub cluster_arn: String,
    pub region: String,
    pub account_id: String,
    pub deliveries: Vec<ClusterDelivery>,
    /// Those that the reader may see, without their tags: the first hundred by name.
    pub destinations: Vec<DeliveryDestination>,
    /// One of each type.
    pub logs: Vec<LogOfCluster>,
}

impl DeliveriesOfCluster {
    /// What it has of that type.
    pub fn log(&self, log_type: LogType) -> Option<&LogOfCluster> {
        self.logs.iter().find(|log| log.log_type == log_type)
    }

    /// Its deliveries of that type.
    pub fn of(&self, log_type: LogType) -> impl Iterator<Item = &ClusterDelivery> {
        let all = self.deliveries.iter();
        all.filter(move |one| one.log_type == log_type)
    }
}

/// A log of a cluster as it would be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogOfCluster {
    pub log_type: LogType,
    /// Why the cluster has no such log.
    pub why_not: Option<String>,
    /// The source, or what it is to be called.
    pub source_name: String,
    pub sample: DeliverySample,
}

/// Destination, source and delivery in one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetUpDeliveryRequest {
    pub cluster_identifier: String,
    #[serde(default)]
    pub log_type: LogType,
    pub destination_name: String,
    /// Where a new destination leads to; none: there is one of that name.
    pub destination_resource_arn: Option<String>,
}

/// How a test record went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestDeliveryResponse {
    /// Why it did not arrive, and what to do; empty: it did.
    pub error: String,
    /// The stream, object or file that it is in; empty: the destination has none.
    pub place: String,
    pub took_ms: i64,
}

/// What the source of that log of a cluster is called that nobody gave another name.
pub fn source_name(cluster_id: &str, log_type: LogType) -> String {
    let log = match log_type {
        LogType::Scheduler => "scheduler",
        LogType::SchedulerAudit => "scheduler-audit",
        LogType::JobCompletion => "jobcomp",
    };
    format!("{cluster_id}-{log}-logs")
}

/// The same for a destination of that kind.
pub fn destination_name(cluster_id: &str, log_type: LogType, kind: &str) -> String {
    let log = match log_type {
        LogType::Scheduler => "",
        LogType::SchedulerAudit => "-audit",
        LogType::JobCompletion => "-jobcomp",
    };
    format!("{cluster_id}-{}{log}", kind.to_lowercase())
}

/// The request that makes the destination; none where it is there.
pub fn put_destination(asked: &SetUpDeliveryRequest) -> Option<PutDeliveryDestinationRequest> {
    let arn = asked.destination_resource_arn.clone()?;
    Some(PutDeliveryDestinationRequest {
        name: asked.destination_name.clone(),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: arn,
        }),
        ..PutDeliveryDestinationRequest::default()
    })
}

/// The request that makes that log of the cluster a source.
pub fn put_source(name: &str, cluster_arn: &str, log_type: LogType) -> PutDeliverySourceRequest {
    PutDeliverySourceRequest {
        name: name.into(),
        resource_arn: cluster_arn.into(),
        log_type: log_type.as_str().into(),
        ..PutDeliverySourceRequest::default()
    }
}

/// The request that connects both.
pub fn connect(source: &str, destination_arn: &str) -> CreateDeliveryRequest {
    CreateDeliveryRequest {
        delivery_source_name: source.into(),
        delivery_destination_arn: destination_arn.into(),
        ..CreateDeliveryRequest::default()
    }
}
