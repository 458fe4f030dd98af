//! What is counted while the server runs, for `/metrics`. No label tells of a person, a cluster or an address: there are
//! as many series as there are kinds of things, however long the server runs and whoever asks it for what.

use std::sync::Arc;
use std::time::Duration;

use app::model::system::{Did, ReconcilerKind};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Times<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// In seconds: from a request that memory answers to a run that waits for Slurm's programs.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

fn times() -> Histogram {
    Histogram::new(SECONDS)
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Meter(Arc<Counts>);

struct Counts {
    registry: Registry,
    runs: Times<1>,
    failures: Family<Labels<1>, Counter>,
    work: Family<Labels<2>, Counter>,
    requests: Family<Labels<2>, Counter>,
    request_times: Times<2>,
    operations: Family<Labels<2>, Counter>,
    operation_times: Times<1>,
}

impl Default for Meter {
    fn default() -> Meter {
        let mut counts = Counts {
            registry: Registry::with_prefix("openpcs"),
            runs: Family::new_with_constructor(times),
            failures: Family::default(),
            work: Family::default(),
            requests: Family::default(),
            request_times: Family::new_with_constructor(times),
            operations: Family::default(),
            operation_times: Family::new_with_constructor(times),
        };
        counts.register();
        // What has not happened yet is 0, not unknown.
        for kind in ReconcilerKind::ALL {
            drop(counts.failures.get_or_create(&reconciler(kind)));
        }
        Meter(Arc::new(counts))
    }
}

fn reconciler(kind: ReconcilerKind) -> Labels<1> {
    [("reconciler", kind.as_str())]
}

impl Counts {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "reconcile_seconds",
            "How long runs of reconcilers took, also those that failed",
            self.runs.clone(),
        );
        registry.register(
            "reconcile_failures",
            "Runs of reconcilers that failed",
            self.failures.clone(),
        );
        registry.register(
            "reconcile_work",
            "What reconcilers did, each as often as it was done",
            self.work.clone(),
        );
        registry.register(
            "http_requests",
            "Requests that were answered, by the door they came to and the first digit of the answer's status",
            self.requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "How long it took until the answer to a request began; a prolog of Slurm's waits until its nodes are up",
            self.request_times.clone(),
        );
        registry.register(
            "api_operations",
            "Operations of the API by how they ended: OK, or the exception that was answered",
            self.operations.clone(),
        );
        registry.register(
            "api_operation_seconds",
            "How long operations of the API took, from the moment that it was known who asked",
            self.operation_times.clone(),
        );
    }
}

impl Meter {
    /// A run ended.
    pub fn ran(&self, kind: ReconcilerKind, took: Duration, failed: bool) {
        let labels = reconciler(kind);
        self.0
            .runs
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        if failed {
            self.0.failures.get_or_create(&labels).inc();
        }
    }

    pub fn did(&self, kind: ReconcilerKind, did: &[Did]) {
        for Did { work, count } in did {
            let labels = [("reconciler", kind.as_str()), ("work", work.as_str())];
            self.0.work.get_or_create(&labels).inc_by((*count).into());
        }
    }

    /// The answer to a request began; `status` is one of HTTP's.
    pub fn answered(&self, door: &'static str, status: u16, took: Duration) {
        const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let class = usize::from(status / 100).saturating_sub(1);
        let labels = [("door", door), ("status", CLASSES[class.min(4)])];
        self.0.requests.get_or_create(&labels).inc();
        self.0
            .request_times
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// An operation of the API ended; `code` is OK or an exception of the service model.
    pub fn operated(&self, operation: &'static str, code: &'static str, took: Duration) {
        let labels = [("operation", operation), ("code", code)];
        self.0.operations.get_or_create(&labels).inc();
        let labels = [("operation", operation)];
        let times = self.0.operation_times.get_or_create(&labels);
        times.observe(took.as_secs_f64());
    }

    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }
}

#[cfg(test)]
mod tests {
    use app::model::system::Work;
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let meter = Meter::default();
        let node = ReconcilerKind::Node;
        meter.ran(node, Duration::from_millis(20), false);
        meter.ran(node, Duration::from_secs(60), true);
        let work = Work::NodeLaunched;
        meter.did(node, &[Did { work, count: 3 }]);
        for status in [200, 204, 404, 999, 0] {
            meter.answered("api", status, Duration::from_micros(300));
        }
        meter.operated("GetCluster", "OK", Duration::from_millis(2));
        let mut text = String::new();
        encode(&mut text, meter.registry()).unwrap();
        for line in [
            r#"openpcs_api_operations_total{operation="GetCluster",code="OK"} 1"#,
            r#"openpcs_api_operation_seconds_count{operation="GetCluster"} 1"#,
            r#"openpcs_reconcile_seconds_count{reconciler="node"} 2"#,
            r#"openpcs_reconcile_seconds_bucket{reconciler="node",le="0.025"} 1"#,
            r#"openpcs_reconcile_seconds_bucket{reconciler="node",le="+Inf"} 2"#,
            r#"openpcs_reconcile_failures_total{reconciler="node"} 1"#,
            r#"openpcs_reconcile_failures_total{reconciler="job"} 0"#,
            r#"openpcs_reconcile_work_total{reconciler="node",work="node-launched"} 3"#,
            r#"openpcs_http_requests_total{door="api",status="2xx"} 2"#,
            r#"openpcs_http_requests_total{door="api",status="4xx"} 1"#,
            "# TYPE openpcs_reconcile_seconds histogram",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }
}
