//! Metrics as Amazon CloudWatch answers them.

use crate::model::cloudwatch::*;

port! {
    /// The namespace AWS/PCS. Not of `pcs`: people and programs read it from Amazon CloudWatch.
    CloudWatch {
        ListMetrics => list_metrics(input: ListMetricsInput) -> ListMetricsOutput;
        GetMetricData => get_metric_data(input: GetMetricDataInput) -> GetMetricDataOutput;
        GetMetricStatistics => get_metric_statistics(input: GetMetricStatisticsInput) -> GetMetricStatisticsOutput;
    }
}
