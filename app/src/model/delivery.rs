//! Deliveries of clusters' logs (L1): sources, destinations, and what connects them.
//!
//! Members, limits and words are those of the public service model `logs` 2014-03-28.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::log::{Log, LogDaemon};

/// The most deliveries of one source (L1).
pub const PER_SOURCE: usize = 3;
/// The form of the records: JSON, one a line.
pub const OUTPUT_FORMAT: &str = "json";
/// The members of a record (L2), in the order of the guide.
const SCHEDULER_FIELDS: &[&str] = &[
    "resource_id",
    "resource_type",
    "event_timestamp",
    "log_level",
    "log_name",
    "scheduler_type",
    "scheduler_major_version",
    "scheduler_patch_version",
    "node_type",
    "message",
];
const AUDIT_FIELDS: &[&str] = &[
    "resource_id",
    "resource_type",
    "event_timestamp",
    "log_level",
    "log_name",
    "scheduler_type",
    "scheduler_major_version",
    "scheduler_patch_version",
    "node_type",
    "log_type",
    "message",
];
const JOB_FIELDS: &[&str] = &[
    "resource_id",
    "resource_type",
    "event_timestamp",
    "scheduler_type",
    "scheduler_major_version",
    "fields",
];

/// Which log of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LogType {
    /// What slurmctld, slurmdbd and slurmrestd write.
    #[default]
    #[serde(rename = "PCS_SCHEDULER_LOGS")]
    Scheduler,
    /// Who called what of slurmctld and slurmdbd.
    #[serde(rename = "PCS_SCHEDULER_AUDIT_LOGS")]
    SchedulerAudit,
    /// Jobs that have ended.
    #[serde(rename = "PCS_JOBCOMP_LOGS")]
    JobCompletion,
}

impl LogType {
    pub const ALL: [LogType; 3] = [
        LogType::Scheduler,
        LogType::SchedulerAudit,
        LogType::JobCompletion,
    ];

    /// The members of its records, in their order.
    pub fn record_fields(self) -> &'static [&'static str] {
        match self {
            LogType::Scheduler => SCHEDULER_FIELDS,
            LogType::SchedulerAudit => AUDIT_FIELDS,
            LogType::JobCompletion => JOB_FIELDS,
        }
    }

    /// The logs of a cluster that it is.
    pub fn logs(self) -> &'static [Log] {
        match self {
            LogType::Scheduler => &[
                Log::Daemon(LogDaemon::Slurmctld),
                Log::Daemon(LogDaemon::Slurmdbd),
                Log::Daemon(LogDaemon::Slurmrestd),
            ],
            LogType::SchedulerAudit => &[
                Log::Audit(LogDaemon::Slurmctld),
                Log::Audit(LogDaemon::Slurmdbd),
            ],
            LogType::JobCompletion => &[Log::JobCompletion],
        }
    }

    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            LogType::Scheduler => "PCS_SCHEDULER_LOGS",
            LogType::SchedulerAudit => "PCS_SCHEDULER_AUDIT_LOGS",
            LogType::JobCompletion => "PCS_JOBCOMP_LOGS",
        }
    }

    pub fn parse(word: &str) -> Option<LogType> {
        LogType::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// How a delivery goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryState {
    /// When the newest lines were accepted, in milliseconds; none: no line yet.
    pub delivered_at: Option<i64>,
    /// How many lines were accepted.
    pub delivered_lines: i64,
    /// Why lines wait, and since when, in milliseconds.
    pub error: Option<(String, i64)>,
}

/// Declares shapes of the service model: members that are always there, and those that may be left out.
macro_rules! shapes {
    ($($(#[$about:meta])* $name:ident { $($always:ident: $kind:ty,)* $(? $may:ident: $of:ty,)* })+) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(pub $always: $kind,)*
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $may: Option<$of>,)*
        }
    )+};
}

type Tags = BTreeMap<String, String>;

shapes! {
    /// What a destination leads to.
    DeliveryDestinationConfiguration { destination_resource_arn: String, }
    /// A place that logs can be brought to.
    DeliveryDestination {
        name: String,
        arn: String,
        delivery_destination_type: String,
        output_format: String,
        delivery_destination_configuration: DeliveryDestinationConfiguration,
        ? tags: Tags,
    }
    PutDeliveryDestinationRequest {
        name: String,
        ? output_format: String,
        ? delivery_destination_configuration: DeliveryDestinationConfiguration,
        ? delivery_destination_type: String,
        ? tags: Tags,
    }
    /// The answer of PutDeliveryDestination and GetDeliveryDestination.
    DeliveryDestinationAnswer { delivery_destination: DeliveryDestination, }
    /// A request that names one source or destination.
    NamedRequest { name: String, }
    /// A request for a page of a list: 50 at most, and as many if no number is named.
    DescribeRequest {
        ? next_token: String,
        ? limit: i64,
    }
    DescribeDeliveryDestinationsResponse {
        delivery_destinations: Vec<DeliveryDestination>,
        ? next_token: String,
    }
    /// The answer of what only removes or changes.
    NothingMore {}
    PutDeliveryDestinationPolicyRequest {
        delivery_destination_name: String,
        delivery_destination_policy: String,
    }
    /// A request for a destination's policy, or that it goes.
    DeliveryDestinationPolicyRequest { delivery_destination_name: String, }
    /// Who may deliver to a destination, JSON; none: nobody was named.
    Policy { ? delivery_destination_policy: String, }
    /// The answer of PutDeliveryDestinationPolicy and GetDeliveryDestinationPolicy.
    PolicyAnswer { policy: Policy, }
    /// A log of a cluster that can be delivered.
    DeliverySource {
        name: String,
        arn: String,
        resource_arns: Vec<String>,
        service: String,
        log_type: String,
        ? tags: Tags,
    }
    PutDeliverySourceRequest {
        name: String,
        resource_arn: String,
        log_type: String,
        ? tags: Tags,
        ? delivery_source_configuration: BTreeMap<String, String>,
    }
    /// The answer of PutDeliverySource and GetDeliverySource.
    DeliverySourceAnswer { delivery_source: DeliverySource, }
    DescribeDeliverySourcesResponse {
        delivery_sources: Vec<DeliverySource>,
        ? next_token: String,
    }
    /// How objects in a bucket are named.
    S3DeliveryConfiguration {
        ? suffix_path: String,
        ? enable_hive_compatible_path: bool,
    }
    /// What connects a source with a destination.
    Delivery {
        id: String,
        arn: String,
        delivery_source_name: String,
        delivery_destination_arn: String,
        delivery_destination_type: String,
        record_fields: Vec<String>,
        ? tags: Tags,
    }
    CreateDeliveryRequest {
        delivery_source_name: String,
        delivery_destination_arn: String,
        ? record_fields: Vec<String>,
        ? field_delimiter: String,
        ? s3_delivery_configuration: S3DeliveryConfiguration,
        ? tags: Tags,
    }
    /// The answer of CreateDelivery and GetDelivery.
    DeliveryAnswer { delivery: Delivery, }
    /// A request that names one delivery.
    DeliveryRequest { id: String, }
    DescribeDeliveriesResponse {
        deliveries: Vec<Delivery>,
        ? next_token: String,
    }
    UpdateDeliveryConfigurationRequest {
        id: String,
        ? record_fields: Vec<String>,
        ? field_delimiter: String,
        ? s3_delivery_configuration: S3DeliveryConfiguration,
    }
}
