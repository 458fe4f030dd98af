//! The metrics of each cluster as they were measured last, for those who show the server's token: whoever shows none learns
//! of no cluster. There are as many series as clusters, which are bounded.

use std::sync::atomic::AtomicU64;

use app::model::date::MINUTE;
use app::model::metric::Metric;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Service;
use crate::db::cluster::ClusterSpec;
use crate::db::{metric, now, resource};

/// Older ones are nothing that a cluster is now.
const LATELY: i64 = 3 * MINUTE;

/// Those of the namespace AWS/PCS, in the words of Prometheus.
const TOLD: [(Metric, &str, &str); 5] = [
    (
        Metric::IdleCapacity,
        "cluster_idle_capacity",
        "Instances of a cluster that run and have no job",
    ),
    (
        Metric::UtilizedCapacity,
        "cluster_utilized_capacity",
        "Instances of a cluster that run and have jobs",
    ),
    (
        Metric::ActualCapacity,
        "cluster_actual_capacity",
        "Instances of a cluster that run",
    ),
    (
        Metric::DesiredCapacity,
        "cluster_desired_capacity",
        "Instances of a cluster that run or are starting",
    ),
    (
        Metric::CapacityUtilization,
        "cluster_capacity_utilization",
        "The utilized part of a cluster's actual capacity, from 0 to 1; not told while no instance runs",
    ),
];

type Values = Family<[(&'static str, String); 1], Gauge<f64, AtomicU64>>;

impl Service {
    /// Nothing of a cluster that was not measured lately, and nothing at all while the database is silent.
    pub(super) async fn measured_gauges(&self) -> Registry {
        let mut registry = Registry::with_prefix("openpcs");
        let values = TOLD.map(|(of, name, help)| {
            let values = Values::default();
            registry.register(name, help, values.clone());
            (of, values)
        });
        let pool = self.parts.db.pool();
        let Ok(clusters) = resource::list::<ClusterSpec>(pool, None).await else {
            return registry;
        };
        let (from, to) = (now() - LATELY, now() + MINUTE);
        let measured = metric::last_of_all(pool, MINUTE, from, to).await;
        let measured = measured.unwrap_or_default();
        for cluster in clusters {
            let Some(last) = measured.get(&cluster.id) else {
                continue;
            };
            for (of, values) in &values {
                if let Some(stat) = last.stat(*of) {
                    let labels = [("cluster", cluster.id.clone())];
                    values.get_or_create(&labels).set(stat.average());
                }
            }
        }
        registry
    }
}
