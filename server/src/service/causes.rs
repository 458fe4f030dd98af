//! What a job's explanation needs beyond the job and its queue, looked up only where its state can have to do with it.

use std::collections::HashMap;
use std::path::PathBuf;

use app::explain::job::{Causes, Reserved, Unopened};
use app::model::attempt::RestingPool;
use app::model::dependency::{self, Dependency};
use app::model::error::Result;
use app::model::job::{Job, JobAction, JobRecord, OutputKind};
use app::model::job_id::JobId;
use app::model::signal::FILES_NOT_OPENED;

use super::Service;
use super::done_to::DoneTo;
use super::job_find::rank;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::{pool_health, resource};
use crate::fault::internal;
use crate::live::observed::Snapshot;
use crate::plan::grounds::{group_of, usable_nodes};
use crate::plan::job_components::lacking;
use crate::plan::pool;
use crate::slurm::hostlist;
use crate::slurm::output::{OutputFile, Way, may_open};

/// Of more drained nodes nobody reads.
const DRAINED: usize = 8;
/// Nor of more pools.
const SCARCE: usize = 8;
/// Jobs that ended are looked up for so many dependencies: Slurm takes hundreds.
const LOOKED_UP: usize = 32;
/// How long a job may take to end once it was told to: Slurm's `KillWait`, and some.
const LONGEST_END_MS: i64 = 60_000;
/// Slurm's times are whole seconds.
const SLACK_MS: i64 = 5_000;

impl Service {
    /// `members`: of a heterogeneous job all components.
    pub(super) async fn causes(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
        members: &[JobRecord],
    ) -> Result<Causes> {
        let seen = self.parts.observed.latest(&cluster.id);
        let usable = usable(&seen, record);
        Ok(Causes {
            drained: drained(&seen, &usable),
            reservations: self.reservations(cluster, record, &usable).await,
            scarce: self.scarce(cluster, record, &seen, &usable).await?,
            dependencies: self.dependencies(cluster, record).await?,
            cancelled_by: self.cancelled_by(&cluster.id, &record.job).await?,
            takes_whole_memory: takes_whole_memory(cluster, record),
            unopened: self.unopened(record).await,
            lacking: lacking(&seen, members),
        })
    }

    /// Looked for only where the job ended as one whose files could not be opened.
    pub(super) async fn unopened(&self, record: &JobRecord) -> Unopened {
        let is_it = record.is_batch && record.signal == Some(FILES_NOT_OPENED);
        if !is_it || !self.parts.provider.profile().shares_files {
            return Unopened::Unknown;
        }
        let data_dir = self.parts.controllers.data_dir();
        let user = u32::try_from(record.user_id).unwrap_or(u32::MAX);
        let input = Some(&record.standard_input).filter(|input| input.starts_with('/'));
        let input = input.map(|input| (PathBuf::from(input), Way::Read));
        // In the order in which slurmstepd opens them.
        let files: Vec<(PathBuf, Way)> = (input.into_iter())
            .chain(
                [OutputKind::Stdout, OutputKind::Stderr]
                    .into_iter()
                    .filter_map(|kind| {
                        let file = OutputFile::of(record, kind, data_dir)?;
                        Some((file.path, Way::Write))
                    }),
            )
            .collect();
        let unopened = tokio::task::spawn_blocking(move || {
            let mut files = files.into_iter();
            files.find(|(path, way)| !may_open(path, user, *way))
        });
        match unopened.await {
            Ok(Some((path, _))) => Unopened::File(path.display().to_string()),
            Ok(None) => Unopened::None,
            Err(_) => Unopened::Unknown,
        }
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

    /// Looked for only where nodes that it may use are down.
    async fn scarce(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
        seen: &Snapshot,
        usable: &[&str],
    ) -> Result<Vec<RestingPool>> {
        let mut down = seen.nodes.iter().filter(|node| node.is("DOWN"));
        let is_down = down.any(|node| usable.contains(&node.name.as_str()));
        if !record.job.is_pending() || !is_down {
            return Ok(vec![]);
        }
        let db = self.parts.db.pool();
        let groups: Vec<ComputeNodeGroupRow> = resource::list(db, Some(&cluster.id))
            .await
            .map_err(internal)?;
        let known = pool_health::all(db).await.map_err(internal)?;
        let of = |group: &&ComputeNodeGroupRow| {
            let mut usable = usable.iter();
            usable.any(|node| group_of(node) == group.name)
        };
        let (profile, now) = (self.parts.provider.profile(), crate::db::now());
        let mut scarce: Vec<RestingPool> = vec![];
        for group in groups.iter().filter(of) {
            let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
            for one in pool::resting(&known, &spec.settings, &profile, now) {
                if !scarce.contains(&one) {
                    scarce.push(one);
                }
            }
        }
        scarce.truncate(SCARCE);
        Ok(scarce)
    }

    /// With what became of the other jobs, as far as it was seen or noted: Slurm is asked for none of them.
    async fn dependencies(
        &self,
        cluster: &ClusterRow,
        record: &JobRecord,
    ) -> Result<Vec<Dependency>> {
        let mut all = dependency::parse(&record.dependency);
        if all.is_empty() {
            return Ok(all);
        }
        let seen = self.parts.observed.latest(&cluster.id);
        let mut families: HashMap<u32, Vec<&Job>> = HashMap::new();
        for job in seen.jobs.iter() {
            families.entry(job.who().number()).or_default().push(job);
        }
        let mut looked_up = 0;
        for dependency in &mut all {
            // One that is not known any more says no more than Slurm does.
            let Ok(who) = dependency.job.parse::<JobId>() else {
                continue;
            };
            let family = families.get(&who.number()).into_iter().flatten();
            let is_meant = |job: &&&Job| matches!(who, JobId::Whole(_)) || job.includes(&who);
            let other = family.filter(is_meant).min_by_key(|job| rank(job));
            dependency.state = other.map_or_else(String::new, |job| job.state.clone());
            if other.is_some_and(|job| !job.is_over()) || looked_up == LOOKED_UP {
                continue;
            }
            looked_up += 1;
            if let Some(ended) = self.find_ended(&cluster.id, &who).await? {
                dependency.cancelled_by = self.cancelled_by(&cluster.id, &ended.job).await?;
                dependency.state = ended.job.state;
                dependency.exit_code = ended.exit_code;
                dependency.signal = ended.signal;
            }
        }
        Ok(all)
    }

    pub(super) async fn cancelled_by(&self, cluster_id: &str, job: &Job) -> Result<Option<String>> {
        if job.state != "CANCELLED" {
            return Ok(None);
        }
        let cancels = self.done_to(cluster_id, job, JobAction::Cancel).await?;
        let mut cancels = cancels.into_iter().filter(|cancel| has_ended(cancel, job));
        Ok(cancels.next().map(|cancel| cancel.by))
    }
}

/// Whether it may be why the job ended. Others of its array may have been cancelled at another time.
fn has_ended(cancel: &DoneTo, job: &Job) -> bool {
    let within = job.ended_at - LONGEST_END_MS..=job.ended_at + SLACK_MS;
    // Of tasks that wait together only those are told that have not started meanwhile.
    let has_run = job.started_at > 0 && job.started_at < job.ended_at;
    let is_told = !matches!(cancel.to, JobId::Tasks { .. }) || !has_run;
    within.contains(&cancel.at) && is_told
}

/// The nodes that it names, else those of its queue.
fn usable<'a>(seen: &'a Snapshot, record: &JobRecord) -> Vec<&'a str> {
    let named = hostlist::expand(&record.required_nodes).unwrap_or_default();
    let named = named.into_iter().collect();
    let usable = usable_nodes(&seen.nodes, &record.job.queue, &named);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{job, now};
    use crate::service::fixture;

    fn record(id: &str, state: &str, ended_at: i64) -> JobRecord {
        let mut record = JobRecord::default();
        record.job.id = id.into();
        record.job.state = state.into();
        record.job.ended_at = ended_at;
        record.exit_code = (ended_at > 0).then_some(3);
        record
    }

    #[tokio::test]
    async fn what_a_job_waits_for_is_told_without_asking_for_each() {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        fixture::fill(&service).await;
        let cluster = service.find_cluster("abc").await.unwrap();
        let mut write = service.parts.db.write().await.unwrap();
        let mut ended = vec![
            record("7", "FAILED", 5),
            record("8_1", "COMPLETED", 5),
            record("8_2", "FAILED", 5),
            record("9_[4-6]", "CANCELLED", 5),
        ];
        ended.extend((1000..1120).map(|id| record(&id.to_string(), "FAILED", 5)));
        for record in &ended {
            let put = job::put(&mut write, &cluster.id, record, None);
            put.await.unwrap();
        }
        let mut killed = record("3", "FAILED", 5);
        (killed.exit_code, killed.signal) = (Some(0), Some(9));
        let put = job::put(&mut write, &cluster.id, &killed, None);
        put.await.unwrap();
        write.commit().await.unwrap();
        let seen = [
            record("6", "RUNNING", 0),
            record("8_3", "PENDING", 0),
            record("7", "FAILED", 5),
            record("5", "TIMEOUT", 5),
        ];
        let seen = seen.map(|record| record.job);
        service
            .parts
            .observed
            .jobs(&cluster.id, now(), seen.to_vec());
        let told = async |dependency: String| -> Vec<(String, String, Option<i64>)> {
            let waiting = JobRecord {
                dependency,
                ..JobRecord::default()
            };
            let all = service.dependencies(&cluster, &waiting).await.unwrap();
            let all = all.into_iter();
            all.map(|one| (one.job, one.state, one.exit_code)).collect()
        };
        let dependency = ["4", "5", "6", "7", "8_*", "8_1", "8_3", "9_5"];
        let dependency = dependency.map(|job| format!("afterok:{job}(unfulfilled)"));
        let one = |job: &str, state: &str, code| (job.to_owned(), state.to_owned(), code);
        assert_eq!(
            told(format!("{},singleton(unfulfilled)", dependency.join(","))).await,
            [
                one("4", "", None),
                one("5", "TIMEOUT", None),
                one("6", "RUNNING", None),
                one("7", "FAILED", Some(3)),
                one("8", "PENDING", None),
                one("8_1", "COMPLETED", Some(3)),
                one("8_3", "PENDING", None),
                one("9_5", "CANCELLED", Some(3)),
                one("", "", None),
            ]
        );
        let waiting = JobRecord {
            dependency: "afterok:3(failed)".to_owned(),
            ..JobRecord::default()
        };
        let killed = service.dependencies(&cluster, &waiting).await.unwrap();
        assert_eq!((killed[0].exit_code, killed[0].signal), (Some(0), Some(9)));
        let many = (1000..1120).map(|id| format!("afterok:{id}(failed)"));
        let many = told(many.collect::<Vec<String>>().join(",")).await;
        let known = many.iter().filter(|(_, state, _)| state == "FAILED");
        assert_eq!((many.len(), known.count()), (120, LOOKED_UP));
    }

    #[test]
    fn who_cancelled_it_is_told_only_of_whom_the_cancel_meant() {
        let cancel = |to: &str| DoneTo {
            at: 100_000,
            by: "ann".into(),
            to: to.parse().unwrap(),
        };
        let mut job = record("4_3", "CANCELLED", 108_000).job;
        assert!(has_ended(&cancel("4_[3-4]"), &job));
        // It had started meanwhile, and was left alone.
        job.started_at = 99_000;
        assert!(!has_ended(&cancel("4_[3-4]"), &job));
        assert!(has_ended(&cancel("4_3"), &job) && has_ended(&cancel("4"), &job));
        job.ended_at = 190_000;
        assert!(!has_ended(&cancel("4"), &job));
    }
}
