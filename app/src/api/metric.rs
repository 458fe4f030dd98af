//! Metrics over time.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::metric::{Metrics, Range};
use crate::model::metric_part::By;
#[cfg(feature = "ssr")]
use crate::{browser, model::metric::GetMetricsRequest};

/// Of a cluster, or of all together, up to now by the server's clock; of those that are compared, by [`By::Cluster`].
#[server(prefix = "/console", endpoint = "get-metrics", input = Json, output = Json)]
pub async fn get_metrics(
    cluster_identifier: Option<String>,
    range: Range,
    by: Option<By>,
    #[server(default)] clusters: Vec<String>,
) -> Result<Metrics> {
    let end_time = browser::now();
    let input = GetMetricsRequest {
        cluster_identifier,
        start_time: end_time - range.length(),
        end_time,
        metrics: vec![],
        by,
        clusters,
    };
    call(|plane, ctx| async move { plane.get_metrics(&ctx, input).await }).await
}
