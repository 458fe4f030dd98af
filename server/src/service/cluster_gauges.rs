//! The metrics of each cluster, and of its groups and queues, as they were measured last, for those who show the server's
//! token: whoever shows none learns of no cluster. There are as many series as those, which are bounded.

use std::sync::atomic::AtomicU64;

use app::model::date::MINUTE;
use app::model::metric::Metric;
use app::model::metric_part::By;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Service;
use crate::db::cluster::ClusterSpec;
use crate::db::{metric, metric_part, now, resource};

/// Older ones are nothing that a cluster is now.
const LATELY: i64 = 3 * MINUTE;

/// A metric, its name here, and what it is.
type Told = (Metric, &'static str, &'static str);

/// Those of the namespace AWS/PCS, in the words of Prometheus.
const TOLD: [Told; 5] = [
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

/// Of what a part of a cluster did, under its name.
const OF_PARTS: [(By, &str, &[Told]); 2] = [
    (
        By::ComputeNodeGroup,
        "group",
        &[
            (
                Metric::IdleCapacity,
                "group_idle_capacity",
                "Instances of a compute node group that run and have no job",
            ),
            (
                Metric::UtilizedCapacity,
                "group_utilized_capacity",
                "Instances of a compute node group that run and have jobs",
            ),
            (
                Metric::DesiredCapacity,
                "group_desired_capacity",
                "Instances of a compute node group that run or are starting",
            ),
        ],
    ),
    (
        By::Queue,
        "queue",
        &[
            (
                Metric::PendingJobs,
                "queue_pending_jobs",
                "Jobs of a queue that wait, each task of an array for itself",
            ),
            (
                Metric::RunningJobs,
                "queue_running_jobs",
                "Jobs of a queue that have their nodes, each task of an array for itself",
            ),
        ],
    ),
];

type PartValues = Family<[(&'static str, String); 2], Gauge<f64, AtomicU64>>;
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
        for cluster in &clusters {
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
        for (by, label, told) in OF_PARTS {
            let known = |id: &str| clusters.iter().any(|one| one.id == id);
            self.part_gauges(&mut registry, by, label, told, known)
                .await;
        }
        registry
    }

    async fn part_gauges(
        &self,
        registry: &mut Registry,
        by: By,
        label: &'static str,
        told: &[Told],
        is_known: impl Fn(&str) -> bool,
    ) {
        let pool = self.parts.db.pool();
        let (from, to) = (now() - LATELY, now() + MINUTE);
        let measured = metric_part::last_of_all(pool, by, MINUTE, from, to).await;
        let mut measured = measured.unwrap_or_default();
        measured.retain(|cluster, _| is_known(cluster));
        for (of, name, help) in told {
            let values = PartValues::default();
            registry.register(*name, *help, values.clone());
            for (cluster, parts) in &measured {
                for (part, last) in parts {
                    if let Some(stat) = last.stat(*of) {
                        let labels = [("cluster", cluster.clone()), (label, part.clone())];
                        values.get_or_create(&labels).set(stat.average());
                    }
                }
            }
        }
    }
}
