//! What was measured of clusters, for an account that keeps metrics (M1).

use app::model::metric::Metric;

/// The most of them in one call: CloudWatch takes no more.
pub const MOST_DATA: usize = 1_000;

/// Of one metric of a cluster, in one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    pub cluster_id: String,
    pub metric: Metric,
    /// When the minute begins, in milliseconds since 1970.
    pub at: i64,
    /// How often it was measured; of those values the sum, the least and the most.
    pub count: i64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
}
