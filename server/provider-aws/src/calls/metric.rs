//! Metrics of clusters in the account's CloudWatch (M1).

use app::model::cloudwatch::CLUSTER_ID;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit, StatisticSet};
use openpcs_provider::metric::MOST_DATA;
use openpcs_provider::{Datum, ProviderError};

use crate::client::refused;

/// The actions of IAM that these calls need.
pub const ACTIONS: &[&str] = &[PUT];
pub const PUT: &str = "cloudwatch:PutMetricData";

/// Puts them there. A thousand take some 200 kB, of the 1 MB that a call may have, before the SDK packs them.
pub async fn put(client: &Client, namespace: &str, data: &[Datum]) -> Result<(), ProviderError> {
    for part in data.chunks(MOST_DATA) {
        let call = client.put_metric_data().namespace(namespace);
        let call = call.set_metric_data(Some(part.iter().map(datum).collect()));
        call.send().await.map_err(|error| refused(PUT, error))?;
    }
    Ok(())
}

fn datum(datum: &Datum) -> MetricDatum {
    let cluster = Dimension::builder()
        .name(CLUSTER_ID)
        .value(&datum.cluster_id);
    let values = StatisticSet::builder()
        .sample_count(datum.count as f64)
        .sum(datum.sum)
        .minimum(datum.minimum)
        .maximum(datum.maximum);
    // Of AWS/PCS all five are told as a count.
    MetricDatum::builder()
        .metric_name(datum.metric.as_str())
        .dimensions(cluster.build())
        .timestamp(DateTime::from_millis(datum.at))
        .statistic_values(values.build())
        .unit(StandardUnit::Count)
        .build()
}
