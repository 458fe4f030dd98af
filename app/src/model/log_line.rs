//! Lines that daemons logged, as the public service model `logs` 2014-03-28 has them: what `aws logs` asks and is answered.
//!
//! A cluster is a log group, `/aws/pcs/clusters/CLUSTER_ID`; a daemon in one version of Slurm is a log stream,
//! `AWSLogs/PCS/CLUSTER_ID/slurmctld_25.05.log`, who called what of it another, `…/slurmctld_25.11_audit.log`, and all jobs
//! that ended a third, `…/jobcomp.log` (L3). Times are in milliseconds since 1970.

use serde::{Deserialize, Serialize};

use super::log::{Log, LogDaemon};

const GROUP: &str = "/aws/pcs/clusters/";

/// The log group of that cluster.
pub fn group_of(cluster_id: &str) -> String {
    format!("{GROUP}{cluster_id}")
}

/// The cluster of that log group, given by its name or ARN; none of any other.
pub fn cluster_of(group: &str) -> Option<&str> {
    let name = match group.starts_with("arn:") {
        true => group.split_once(":log-group:")?.1.trim_end_matches(":*"),
        false => group,
    };
    name.strip_prefix(GROUP)
}

/// The log stream of that log; the version as `25.05`.
pub fn stream_of(cluster_id: &str, log: Log, version: &str) -> String {
    let name = match log {
        Log::Daemon(daemon) => format!("{}_{version}", daemon.as_str()),
        Log::Audit(daemon) => format!("{}_{version}_audit", daemon.as_str()),
        Log::JobCompletion => log.as_str().to_owned(),
    };
    format!("AWSLogs/PCS/{cluster_id}/{name}.log")
}

/// Log and version of that log stream of the cluster; none of any other. The log of jobs that ended is one for all versions.
pub fn log_of<'a>(cluster_id: &str, stream: &'a str) -> Option<(Log, Option<&'a str>)> {
    let name = stream
        .strip_prefix("AWSLogs/PCS/")?
        .strip_prefix(cluster_id)?
        .strip_prefix('/')?
        .strip_suffix(".log")?;
    if name == Log::JobCompletion.as_str() {
        return Some((Log::JobCompletion, None));
    }
    let (daemon, version) = name.split_once('_')?;
    let daemon = LogDaemon::parse(daemon)?;
    Some(match version.strip_suffix("_audit") {
        Some(version) => (Log::Audit(daemon), Some(version)),
        None => (Log::Daemon(daemon), Some(version)),
    })
}

/// `DescribeLogGroupsRequest`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeLogGroupsRequest {
    pub log_group_name_prefix: Option<String>,
    /// What the name has somewhere, whatever the case.
    pub log_group_name_pattern: Option<String>,
    pub next_token: Option<String>,
    /// 1 to 50, which is also the default.
    pub limit: Option<i64>,
}

/// `DescribeLogGroupsResponse`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogGroupsResponse {
    pub log_groups: Vec<LogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `LogGroup`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroup {
    pub log_group_name: String,
    pub creation_time: i64,
    pub retention_in_days: i64,
    pub metric_filter_count: i64,
    /// It ends with `:*`.
    pub arn: String,
    pub log_group_arn: String,
    pub log_group_class: String,
}

/// `DescribeLogStreamsRequest`: they come in the order of their names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeLogStreamsRequest {
    pub log_group_name: Option<String>,
    /// Name or ARN, instead.
    pub log_group_identifier: Option<String>,
    pub log_stream_name_prefix: Option<String>,
    /// `LogStreamName` or `LastEventTime`.
    pub order_by: Option<String>,
    pub descending: Option<bool>,
    /// A cluster has few: they are all in one answer.
    pub limit: Option<i64>,
}

/// `DescribeLogStreamsResponse`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogStreamsResponse {
    pub log_streams: Vec<LogStream>,
}

/// `LogStream`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStream {
    pub log_stream_name: String,
    pub first_event_timestamp: i64,
    pub last_event_timestamp: i64,
    pub arn: String,
}

/// `GetLogEventsRequest`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetLogEventsRequest {
    pub log_group_name: Option<String>,
    /// Name or ARN, instead.
    pub log_group_identifier: Option<String>,
    pub log_stream_name: String,
    pub start_time: Option<i64>,
    /// Events at this time and later are left out.
    pub end_time: Option<i64>,
    pub next_token: Option<String>,
    /// 1 to 10,000, which is also the default.
    pub limit: Option<i64>,
    /// Without a token: whether the oldest come first, or the newest are meant.
    pub start_from_head: Option<bool>,
}

/// `GetLogEventsResponse`: a token that was given and comes back says that there is no more that way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEventsResponse {
    pub events: Vec<OutputLogEvent>,
    pub next_forward_token: String,
    pub next_backward_token: String,
}

/// `OutputLogEvent`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputLogEvent {
    pub timestamp: i64,
    pub message: String,
    pub ingestion_time: i64,
}

/// `FilterLogEventsRequest`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterLogEventsRequest {
    pub log_group_name: Option<String>,
    /// Name or ARN, instead.
    pub log_group_identifier: Option<String>,
    /// None: all.
    pub log_stream_names: Option<Vec<String>>,
    pub log_stream_name_prefix: Option<String>,
    pub start_time: Option<i64>,
    /// Events at this time and later are left out.
    pub end_time: Option<i64>,
    /// Words that must all be there, or phrases in quotation marks.
    pub filter_pattern: Option<String>,
    pub next_token: Option<String>,
    /// 1 to 10,000, which is also the default.
    pub limit: Option<i64>,
}

/// `FilterLogEventsResponse`: with a token there may be more, even if there are no events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEventsResponse {
    pub events: Vec<FilteredLogEvent>,
    pub searched_log_streams: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `FilteredLogEvent`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilteredLogEvent {
    pub log_stream_name: String,
    pub timestamp: i64,
    pub message: String,
    pub ingestion_time: i64,
    pub event_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_streams_are_named_and_known_again() {
        assert_eq!(cluster_of(&group_of("pcs_1")), Some("pcs_1"));
        let arn = "arn:aws:logs:us-east-1:1:log-group:/aws/pcs/clusters/pcs_1:*";
        assert_eq!(cluster_of(arn), Some("pcs_1"));
        assert_eq!(cluster_of("/aws/lambda/x"), None);
        let slurmctld = Log::Daemon(LogDaemon::Slurmctld);
        let slurmdbd = Log::Audit(LogDaemon::Slurmdbd);
        for (log, version, name) in [
            (slurmctld, Some("25.05"), "slurmctld_25.05.log"),
            (slurmdbd, Some("25.11"), "slurmdbd_25.11_audit.log"),
            (Log::JobCompletion, None, "jobcomp.log"),
        ] {
            let stream = stream_of("pcs_1", log, version.unwrap_or("25.05"));
            assert_eq!(stream, format!("AWSLogs/PCS/pcs_1/{name}"));
            assert_eq!(log_of("pcs_1", &stream), Some((log, version)));
            assert_eq!(log_of("pcs_2", &stream), None);
        }
        assert_eq!(log_of("pcs_1", "slurmctld_25.05.log"), None);
    }
}
