//! The audit trail: what AWS CloudTrail's `LookupEvents` takes and answers, and what the console asks for.
//!
//! Members and words of the first are those of the public service model `cloudtrail` 2013-11-01.

use serde::{Deserialize, Serialize};

/// Records on a page of `LookupEvents`, at most and by default.
pub const MOST_EVENTS: i64 = 50;
/// Records on a page of the console, at most and by default.
pub const MOST_ROWS: usize = 100;
/// Instead of what must not be read later, as CloudTrail has it.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// `LookupEventsRequest` of that model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupEventsRequest {
    /// One at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookup_attributes: Vec<LookupAttribute>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    /// `insight`, of which there are none here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupAttribute {
    /// `EventId`, `EventName`, `ReadOnly`, `Username`, `ResourceType`, `ResourceName`, `EventSource` or `AccessKeyId`.
    pub attribute_key: String,
    pub attribute_value: String,
}

/// `LookupEventsResponse` of that model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupEventsResponse {
    pub events: Vec<LookedUp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// `Event` of that model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookedUp {
    pub event_id: String,
    pub event_name: String,
    /// `true` or `false`.
    pub read_only: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// Seconds since 1970.
    pub event_time: f64,
    pub event_source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    pub resources: Vec<LookedUpResource>,
    /// The whole record, as JSON.
    pub cloud_trail_event: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookedUpResource {
    /// None of what AWS has no word for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    pub resource_name: String,
}

/// Which records of the trail; what is empty holds of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrailOf {
    /// A part of the ARN of a resource, as a cluster's id.
    pub resource: String,
    /// A user's name.
    pub user: String,
    /// An operation's name, as `CreateCluster`.
    pub operation: String,
    /// `allowed`, `refused`, or empty.
    pub outcome: String,
    /// `true`: reads; `false`: changes; or empty.
    pub read_only: String,
    /// Milliseconds since 1970: from then on.
    pub from: Option<i64>,
    /// Milliseconds since 1970: before then.
    pub to: Option<i64>,
    /// Before the record of that number, which a page names as `next`.
    pub before: Option<i64>,
}

/// A record as a row shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailRow {
    /// Its place in the chain.
    pub number: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub user: String,
    pub operation: String,
    pub source: String,
    pub resource_arn: String,
    pub read_only: bool,
    /// The exception's name; empty when it was allowed and done.
    pub error_code: String,
    /// The whole record, as JSON in lines.
    pub record: String,
}

/// A page of the trail, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailPage {
    pub rows: Vec<TrailRow>,
    /// What to ask `before` for those that follow.
    pub next: Option<i64>,
}

/// What the chain says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailCheck {
    /// Records that were looked at.
    pub records: i64,
    /// The number of the first record that is missing or not as it was written.
    pub broken_at: Option<i64>,
}
