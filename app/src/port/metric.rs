//! Metrics over time.

use crate::model::metric::{GetMetricsRequest, Metrics};

port! {
    /// What was measured of clusters.
    Monitoring {
        /// Of a cluster, or of all of them together. The database knows them: any server answers.
        ListClusters | GetMetrics => get_metrics(input: GetMetricsRequest) -> Metrics;
    }
}
