//! What a job's explanation needs beyond the job and its queue, looked up only where its state can have to do with it.

use app::explain::What;
use app::explain::job::{Causes, Reserved};
use app::model::dependency::{self, Dependency};
use app::model::error::Result;
use app::model::job::JobRecord;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::live::observed::Snapshot;
use crate::slurm::hostlist;

/// Of more drained nodes nobody reads.
const DRAINED: usize = 8;
/// How long a job may take to end once it was told to: Slurm's `KillWait`, and some.
const LONGEST_END_MS: i64 = 60_000;
/// Slurm's times are whole seconds.
const SLACK_MS: i64 = 5_000;

impl Service {
    pub(super) async fn causes(&self, cluster: &ClusterRow, record: &JobRecord) -> Result<Causes> {
        let seen = self.observed.latest(&cluster.id);
        let usable = usable_nodes(&seen, record);
        Ok(Causes {
            drained: drained(&seen, &usable),
            reservations: self.reservations(cluster, record, &usable).await,
            dependencies: self.dependencies(cluster, record).await?,
            cancelled_by: self.cancelled_by(cluster, record).await?,
            takes_whole_memory: takes_whole_memory(cluster, record),
        })
    }

    async fn reservations(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
        usable: &[&str],
    ) -> Vec<Reserved> {
        if !record.job.is_pending() || !record.description.contains("eserved") {
            return vec![];
        }
        let Ok(client) = self.slurm(cluster).await else {
            return vec![];
        };
        // Slurm that does not answer leaves the explanation with less.
        let all = client.reservations().await.unwrap_or_default();
        let now = crate::db::now();
        let in_force = all
            .into_iter()
            .filter(|r| r.starts_at <= now && now < r.ends_at);
        let reserved = in_force.map(|reservation| Reserved {
            nodes: (reservation.nodes.into_iter())
                .filter(|node| usable.contains(&node.as_str()))
                .collect(),
            name: reservation.name,
            ends_at: reservation.ends_at,
        });
        reserved
            .filter(|reserved| !reserved.nodes.is_empty())
            .collect()
    }

    /// With what became of the other jobs.
    pub(super) async fn dependencies(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
    ) -> Result<Vec<Dependency>> {
        let mut all = dependency::parse(&record.dependency);
        for dependency in all
            .iter_mut()
            .filter(|dependency| !dependency.job.is_empty())
        {
            // One that is not known any more says no more than Slurm does.
            if let Ok(other) = self.find_job(cluster, &dependency.job).await {
                dependency.state = other.job.state;
                dependency.exit_code = other.exit_code;
            }
        }
        Ok(all)
    }

    async fn cancelled_by(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
    ) -> Result<Option<String>> {
        let job = &record.job;
        if job.state != "CANCELLED" {
            return Ok(None);
        }
        let is_cancel = |what: &What| matches!(what, What::JobCancelled { .. });
        let cancels = self.done_to(cluster, job, is_cancel).await?;
        // Others of its array may have been cancelled at another time.
        let within = job.ended_at - LONGEST_END_MS..=job.ended_at + SLACK_MS;
        let mut cancels = cancels.into_iter().filter(|(at, _)| within.contains(at));
        Ok(cancels.next().map(|(_, user)| user))
    }
}

/// The nodes that it names, else those of its queue.
fn usable_nodes<'a>(seen: &'a Snapshot, record: &JobRecord) -> Vec<&'a str> {
    let named = hostlist::expand(&record.required_nodes).unwrap_or_default();
    let usable = seen.nodes.iter().filter(|node| match named.is_empty() {
        true => node.partitions.contains(&record.job.queue),
        false => named.contains(&node.name),
    });
    usable.map(|node| node.name.as_str()).collect()
}

fn drained(seen: &Snapshot, usable: &[&str]) -> Vec<(String, String)> {
    let drained = (seen.nodes.iter())
        .filter(|node| node.is("DRAIN") && usable.contains(&node.name.as_str()))
        .map(|node| (node.name.clone(), node.reason.clone().unwrap_or_default()));
    drained.take(DRAINED).collect()
}

/// As Slurm does where memory is given out and nobody says how much by default (slurm.conf(5), `DefMemPerNode`).
fn takes_whole_memory(cluster: &ClusterRow, record: &JobRecord) -> bool {
    let value = |name: &str| {
        let mut settings = cluster.spec.slurm.slurm_custom_settings.iter().flatten();
        let found = settings.find(|setting| setting.parameter_name == name);
        found.map(|setting| setting.parameter_value.as_str())
    };
    let gives_out = value("SelectTypeParameters").is_some_and(|value| value.contains("Memory"));
    let has_default = ["DefMemPerNode", "DefMemPerCPU", "DefMemPerGPU"]
        .into_iter()
        .any(|name| value(name).is_some());
    record.memory == 0 && gives_out && !has_default
}
