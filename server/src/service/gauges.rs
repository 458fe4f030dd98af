//! How things are at the moment a program asks for metrics: nothing of it is kept, so nothing of it can be stale.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use app::model::node::NodePhase;
use app::model::status::Status;
use app::model::system::ReconcilerKind;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Service;
use crate::db::cluster::ClusterSpec;
use crate::db::{delivery_state, now, resource};
use crate::live::host;
use crate::plan::node_phase::phase;
use crate::slurm;

type Labels = Vec<(&'static str, Cow<'static, str>)>;
type Reals = Gauge<f64, AtomicU64>;

/// One gauge without labels.
fn real(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Reals::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// The numbers of a whole, each by its label.
fn parts<L: Into<Cow<'static, str>>>(
    registry: &mut Registry,
    (name, help): (&str, &str),
    label: &'static str,
    values: impl IntoIterator<Item = (L, i64)>,
) {
    let family = Family::<Labels, Gauge>::default();
    for (value, number) in values {
        let labels = vec![(label, value.into())];
        family.get_or_create(&labels).set(number);
    }
    registry.register(name, help, family);
}

impl Service {
    /// How things are now.
    pub(super) async fn gauges(&self) -> Registry {
        let mut registry = Registry::with_prefix("openpcs");
        let version = [(env!("CARGO_PKG_VERSION"), 1)];
        let help = "Always 1; the label says which version of OpenPCS runs";
        parts(&mut registry, ("build_info", help), "version", version);
        self.reconciler_gauges(&mut registry);
        let answers = self.database_gauges(&mut registry).await;
        if answers {
            self.cluster_gauges(&mut registry).await;
            self.delivery_gauges(&mut registry).await;
        }
        self.node_and_job_gauges(&mut registry);
        call_counts(&mut registry);
        registry
    }

    /// Of each kind the one that is worst off speaks.
    fn reconciler_gauges(&self, registry: &mut Registry) {
        let all = self.parts.statuses.all();
        let succeeded = Family::<Labels, Reals>::default();
        let under_way = Family::<Labels, Reals>::default();
        let mut failing = vec![];
        for kind in ReconcilerKind::ALL {
            let of_kind = || all.iter().filter(|one| one.kind == kind);
            failing.push((
                kind.as_str(),
                of_kind().filter(|one| one.is_failing()).count() as i64,
            ));
            let labels = vec![("reconciler", kind.as_str().into())];
            // One that never succeeded counts from its start.
            let last = of_kind().map(|one| one.succeeded_at.max(one.since)).min();
            if let Some(last) = last {
                succeeded.get_or_create(&labels).set(last as f64 / 1e3);
            }
            let running = of_kind().map(|one| one.running_since).filter(|at| *at > 0);
            let longest = running.min().map_or(0, |since| (now() - since).max(0));
            under_way.get_or_create(&labels).set(longest as f64 / 1e3);
        }
        let help = "Reconcilers whose last run failed";
        parts(
            registry,
            ("reconcilers_failing", help),
            "reconciler",
            failing,
        );
        registry.register(
            "reconcile_last_success_timestamp_seconds",
            "When the reconciler that is worst off succeeded last, or began if it never has; seconds since 1970",
            succeeded,
        );
        registry.register(
            "reconcile_running_seconds",
            "How long the longest run that is under way has taken so far",
            under_way,
        );
    }

    /// Whether it answers.
    async fn database_gauges(&self, registry: &mut Registry) -> bool {
        let database = self.database().await;
        let answers = database.answered_in.is_some();
        let number = |is: bool| f64::from(u8::from(is));
        let help = "1 while the database answers, else 0";
        real(registry, "db_up", help, number(answers));
        let help = "1 while the database takes writes, else 0";
        real(registry, "db_writable", help, number(database.takes_writes));
        if let Some(micros) = database.answered_in {
            let help = "How long the database took to answer the simplest question";
            real(registry, "db_answer_seconds", help, micros as f64 / 1e6);
        }
        if let Some(size) = database.size {
            let help = "Size of the SQLite database with its journal; not told of PostgreSQL";
            real(registry, "db_size_bytes", help, size as f64);
        }
        let connections = database.connections;
        let states = [("busy", connections.busy), ("idle", connections.idle)];
        let help = "Connections of this server to its database";
        let states = states.map(|(state, count)| (state, count.into()));
        parts(registry, ("db_connections", help), "state", states);
        let help = "Connections that this server may have to its database";
        real(
            registry,
            "db_connections_max",
            help,
            connections.most.into(),
        );
        let turns = self.parts.db.turns();
        let help = "Changes that wait for their turn to be written";
        real(registry, "db_writes_waiting", help, turns.waiting() as f64);
        registry.register(
            "db_write_wait_seconds",
            "How long changes waited for their turn to be written",
            turns.waits(),
        );
        answers
    }

    async fn cluster_gauges(&self, registry: &mut Registry) {
        let Ok(rows) = resource::list::<ClusterSpec>(self.parts.db.pool(), None).await else {
            return;
        };
        let counted = Status::ALL.map(|status| {
            let count = rows.iter().filter(|row| row.status == status).count();
            (status.as_str(), count as i64)
        });
        parts(
            registry,
            ("clusters", "Clusters, by their status"),
            "status",
            counted,
        );
    }

    async fn delivery_gauges(&self, registry: &mut Registry) {
        let Ok((all, failing)) = delivery_state::counts(self.parts.db.pool()).await else {
            return;
        };
        let help =
            "Deliveries of clusters' logs, by whether something stands in the way of their lines";
        let counted = [("working", all - failing), ("failing", failing)];
        parts(registry, ("deliveries", help), "state", counted);
    }

    /// As Slurm told of them last.
    fn node_and_job_gauges(&self, registry: &mut Registry) {
        let mut nodes = NodePhase::ALL.map(|phase| (phase, 0));
        let mut jobs: BTreeMap<Cow<'static, str>, i64> = JOB_STATES.map(|s| (s.into(), 0)).into();
        for seen in self.parts.observed.all() {
            for node in seen.nodes.iter() {
                let phase = phase(node);
                let counts = nodes.iter_mut().filter(|(of, _)| *of == phase);
                counts.for_each(|(_, count)| *count += 1);
            }
            for job in seen.jobs.iter() {
                let state = job.state.to_lowercase();
                *jobs.entry(state.into()).or_default() += job.count() as i64;
            }
        }
        let nodes = nodes.map(|(phase, count)| (phase.as_str(), count));
        let help = "Nodes of all clusters, powered down ones too, by their state";
        parts(registry, ("nodes", help), "state", nodes);
        let help = "Jobs of all clusters, each task of an array for itself, by Slurm's state; those that ended as long as \
                    Slurm remembers them";
        parts(registry, ("jobs", help), "state", jobs);
    }
}

/// What this process asked of Slurm and of the provider's cloud.
fn call_counts(registry: &mut Registry) {
    registry.register(
        "slurm_call_seconds",
        "How long programs of Slurm took that the server ran, by whether they did what they were told",
        slurm::client::calls::all(),
    );
    let counts = Family::<Vec<(&'static str, String)>, Counter>::default();
    for ((operation, answered), count) in openpcs_provider::calls::all() {
        let labels = vec![
            ("operation", operation),
            ("outcome", answered.as_str().to_owned()),
        ];
        counts.get_or_create(&labels).inc_by(count);
    }
    registry.register(
        "provider_calls",
        "Tries of calls to the provider's cloud, by whether they were done, failed or were throttled",
        counts,
    );
}

/// Those that a job can be in by itself: squeue(1), JOB STATE CODES.
const JOB_STATES: [&str; 12] = [
    "boot_fail",
    "cancelled",
    "completed",
    "deadline",
    "failed",
    "node_fail",
    "out_of_memory",
    "pending",
    "preempted",
    "running",
    "suspended",
    "timeout",
];

/// The server's process, by the names that Prometheus' own libraries give.
pub(super) fn process() -> Registry {
    let mut registry = Registry::with_prefix("process");
    let Ok(usage) = host::usage() else {
        return registry;
    };
    registry.register(
        "cpu_seconds",
        "Processor time that the server has used, in its own code and in the kernel",
        ConstCounter::new(usage.cpu_seconds),
    );
    let registry_of = &mut registry;
    let mut tell = |name, help, value| real(registry_of, name, help, value);
    tell(
        "resident_memory_bytes",
        "Memory of the server that is in use",
        usage.resident as f64,
    );
    tell(
        "virtual_memory_bytes",
        "Memory that the server has addresses for",
        usage.virtual_memory as f64,
    );
    tell("threads", "Threads of the server", usage.threads as f64);
    tell(
        "open_fds",
        "Files and connections that the server has open",
        usage.open_files as f64,
    );
    if let Some(most) = usage.most_files {
        tell(
            "max_fds",
            "Files and connections that the server may have open",
            most as f64,
        );
    }
    tell(
        "start_time_seconds",
        "When the server was started, in seconds since 1970",
        usage.started_at,
    );
    registry
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;

    #[test]
    fn the_process_is_told_by_the_usual_names() {
        let mut text = String::new();
        assert!(encode(&mut text, &process()).is_ok());
        for line in [
            "# TYPE process_cpu_seconds_total counter",
            "# TYPE process_resident_memory_bytes gauge",
            "# TYPE process_start_time_seconds gauge",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }
}
