//! Metrics as Amazon CloudWatch answers them (M1): programs that read a cluster's metrics there read them here.
//!
//! Members and words are those of the public service model `monitoring` 2010-08-01, times in seconds since 1970. What is
//! left out of an input there is left out here too.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The namespace of a cluster's metrics, the only one that is answered.
pub const NAMESPACE: &str = "AWS/PCS";
/// The only dimension of its metrics: the id of the cluster.
pub const CLUSTER_ID: &str = "ClusterId";
/// The unit of all of them.
pub const COUNT: &str = "Count";

/// `Metric` of that model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NamedMetric {
    pub namespace: String,
    pub metric_name: String,
    pub dimensions: Vec<Dimension>,
}

/// `Dimension`, and `DimensionFilter`, of which the value may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Dimension {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What is computed of the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
}

impl Statistic {
    pub const ALL: [Statistic; 5] = [
        Statistic::SampleCount,
        Statistic::Average,
        Statistic::Sum,
        Statistic::Minimum,
        Statistic::Maximum,
    ];

    pub fn parse(word: &str) -> Option<Statistic> {
        let mut all = Statistic::ALL.into_iter();
        all.find(|one| one.to_string() == word)
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListMetricsInput {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Vec<Dimension>,
    pub next_token: Option<String>,
    /// `PT3H`: those of which something was measured in the last three hours.
    pub recently_active: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListMetricsOutput {
    pub metrics: Vec<NamedMetric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatisticsInput {
    pub namespace: String,
    pub metric_name: String,
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    pub start_time: f64,
    pub end_time: f64,
    /// In seconds.
    pub period: i64,
    /// Words of [`Statistic`].
    #[serde(default)]
    pub statistics: Vec<String>,
    /// Percentiles: refused, of minutes there are none.
    #[serde(default)]
    pub extended_statistics: Vec<String>,
    pub unit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatisticsOutput {
    pub label: String,
    pub datapoints: Vec<Datapoint>,
}

/// The statistics that were asked for, of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Datapoint {
    /// When the period begins.
    pub timestamp: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_count: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    pub unit: String,
}

impl Datapoint {
    pub fn set(&mut self, statistic: Statistic, value: f64) {
        let member = match statistic {
            Statistic::SampleCount => &mut self.sample_count,
            Statistic::Average => &mut self.average,
            Statistic::Sum => &mut self.sum,
            Statistic::Minimum => &mut self.minimum,
            Statistic::Maximum => &mut self.maximum,
        };
        *member = Some(value);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricDataInput {
    pub metric_data_queries: Vec<MetricDataQuery>,
    pub start_time: f64,
    pub end_time: f64,
    pub next_token: Option<String>,
    #[serde(default)]
    pub scan_by: ScanBy,
    pub max_datapoints: Option<i64>,
}

/// In which order the values of a metric come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScanBy {
    #[default]
    TimestampDescending,
    TimestampAscending,
}

/// One of the metric and the expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MetricDataQuery {
    pub id: String,
    pub metric_stat: Option<MetricStat>,
    /// Metric math: refused, with what to do instead.
    pub expression: Option<String>,
    pub label: Option<String>,
    /// None: it is.
    pub return_data: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricStat {
    pub metric: NamedMetric,
    /// In seconds.
    pub period: i64,
    pub stat: String,
    pub unit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricDataOutput {
    pub metric_data_results: Vec<MetricDataResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    pub messages: Vec<MessageData>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataResult {
    pub id: String,
    pub label: String,
    pub timestamps: Vec<f64>,
    pub values: Vec<f64>,
    pub status_code: StatusCode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusCode {
    #[default]
    Complete,
    /// The next page has more of it.
    PartialData,
}

/// What a person should know who finds less than they looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageData {
    pub code: String,
    pub value: String,
}
