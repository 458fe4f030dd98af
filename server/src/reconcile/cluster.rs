//! Keeps a cluster's controller: starts it, puts the wanted configuration in force, ends it with everything of it.

use std::time::{Duration, Instant};

use app::explain::{Cause, What};
use app::model::live::Kind;
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use app::model::system::{ReconcilerKind, Work};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use openpcs_agent::protocol::SLURMCTLD_IS_GONE;

use super::configuration::{self, Rows};
use super::recovery::Recovery;
use super::{Next, Parts, Reconciler, aside, ending, placement};
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::{self, job, job_life, now, resource, secret, submission, tag, tombstone};
use crate::live::status::Done;
use crate::sandbox::AGENT_LOG;
use crate::slurm::client::Client;
use crate::slurm::process::ControllerSpec;

/// How often a healthy cluster is looked after without a wake-up.
const TICK: Duration = Duration::from_secs(5);
/// How long a cluster whose rows stay the same is believed to be in order: its controller runs, that is all that is
/// looked at.
const TRUST: Duration = Duration::from_secs(60);
/// The pause while instances of a deleted cluster end.
const ENDING: Duration = Duration::from_secs(1);
/// The pause while slurmctld is starting.
const STARTING: Duration = Duration::from_millis(100);
/// How long a new controller may take to answer before its cluster is CREATE_FAILED.
const START_TIMEOUT_MS: i64 = 60_000;
/// A new controller that ended so often by itself will not come up.
const ENDS: usize = 3;
/// Lines of slurmctld's words that tell why it does not start.
const WORDS: usize = 4;

/// The loop of one cluster.
pub struct ClusterReconciler {
    parts: Parts,
    cluster_id: String,
    settled: Option<Settled>,
    recovery: Recovery,
    /// Whether a controller that was running before us knows how to reach us.
    introduced: bool,
}

/// The rows that were found in force.
struct Settled {
    rows: Rows,
    until: Instant,
}

impl ClusterReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            parts,
            cluster_id,
            settled: None,
            recovery: Recovery::default(),
            introduced: false,
        }
    }
}

impl Reconciler for ClusterReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Cluster;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let found: Option<ClusterRow> =
            resource::find(self.parts.db.pool(), None, &self.cluster_id).await?;
        let Some(cluster) = found else {
            return Ok(Next::Never);
        };
        match cluster.status {
            Status::Deleting => {
                let is_gone = self.tear_down(&cluster).await?;
                Ok(if is_gone {
                    Next::Never
                } else {
                    Next::After(ENDING)
                })
            }
            Status::CreateFailed => Ok(Next::After(TICK)),
            _ => self.keep(&cluster, done).await,
        }
    }
}

impl ClusterReconciler {
    async fn keep(&mut self, cluster: &ClusterRow, done: &mut Done) -> anyhow::Result<Next> {
        let mut rows = Rows::read(&self.parts, cluster).await?;
        match placement::ensure(&self.parts, cluster, 1).await? {
            Ok(place) => rows.cluster.placement = Some(place),
            Err(no_room) if cluster.status == Status::Creating => {
                let message = no_room.to_string();
                return self.create_failed(cluster, "NoFreePort", message).await;
            }
            Err(no_room) => anyhow::bail!("the controller has no port: {no_room}"),
        }
        if let Some(words) = self.refusal_of_new(&rows).await? {
            let message = format!(
                "Slurm cannot work with this configuration. Delete the cluster and create it again, without what \
                 Slurm complains of: {words}"
            );
            return self
                .create_failed(cluster, "ConfigurationRefused", message)
                .await;
        }
        let started = self.ensure_controller(&rows).await?;
        done.note(Work::ControllerStarted, started.into());
        let killed = self
            .parts
            .controllers
            .state(&cluster.id)
            .unclean()?
            .is_some();
        if !started && !killed && self.is_settled(&rows) {
            return Ok(Next::After(TICK));
        }
        self.settled = None;
        let Some(client) = self.answering(cluster).await? else {
            return self.still_starting(cluster).await;
        };
        if cluster.status == Status::Creating {
            self.set_active(cluster).await?;
            done.note(Work::ClusterReady, 1);
            return Ok(Next::After(Duration::ZERO));
        }
        // What cannot be looked after now is looked after later; the configuration must not wait for it.
        let recovered = self.recovery.go_on(&self.parts, &client, &cluster.id).await;
        if let Err(error) = recovered {
            tracing::warn!(
                cluster = cluster.name,
                error = format!("{error:#}"),
                "not recovered yet"
            );
        }
        // After restoring a backup: what runs aside may be of groups that the rows do not know, and nobody asked for
        // another configuration.
        if rows.is_settled() && aside::any_runs(&self.parts, &cluster.id).await? {
            return Ok(Next::After(TICK));
        }
        configuration::reconcile(&self.parts, &client, &rows).await?;
        done.note(Work::Configured, (!rows.is_settled()).into());
        self.settled = rows.is_settled().then(|| Settled {
            rows,
            until: Instant::now() + TRUST,
        });
        Ok(Next::After(TICK))
    }

    fn is_settled(&self, rows: &Rows) -> bool {
        let settled = self.settled.as_ref();
        settled.is_some_and(|s| s.rows == *rows && Instant::now() < s.until)
    }

    /// Why Slurm cannot work with the configuration of a cluster whose controller was never started.
    async fn refusal_of_new(&self, rows: &Rows) -> anyhow::Result<Option<String>> {
        let is_new = rows.cluster.status == Status::Creating
            && self
                .parts
                .controllers
                .conf_in_force(&rows.cluster.id)?
                .is_none();
        match is_new {
            true => configuration::trial_of_new(&self.parts, rows).await,
            false => Ok(None),
        }
    }

    /// Whether it had to be started.
    async fn ensure_controller(&mut self, rows: &Rows) -> anyhow::Result<bool> {
        let cluster = &rows.cluster;
        let hook = self.parts.hook_file(&cluster.id);
        if self.parts.controllers.running(&cluster.id)? {
            if !self.introduced {
                self.parts.controllers.introduce(&cluster.id, &hook)?;
                self.introduced = true;
            }
            return Ok(false);
        }
        let sealed = secret::get(self.parts.db.pool(), &cluster.id)
            .await?
            .ok_or_else(|| anyhow::anyhow!("cluster {} has no secret", cluster.id))?;
        let text = self.parts.seal.open(secret::PURPOSE, &sealed.sealed)?;
        let spec = ControllerSpec {
            cluster_id: cluster.id.clone(),
            slurm_version: cluster.spec.scheduler.version.clone(),
            key: BASE64.decode(&*text)?,
            hook,
            files: configuration::render(&self.parts, &rows.in_force()).await?,
        };
        self.parts.controllers.ensure(&spec).await?;
        Ok(true)
    }

    /// A client of the controller once it answers.
    async fn answering(&self, cluster: &ClusterRow) -> anyhow::Result<Option<Client>> {
        let Some(client) = self
            .parts
            .client(&cluster.id, &cluster.spec.scheduler.version)?
        else {
            return Ok(None);
        };
        Ok(client.ping().await.is_ok().then_some(client))
    }

    async fn still_starting(&self, cluster: &ClusterRow) -> anyhow::Result<Next> {
        if cluster.status != Status::Creating {
            return Ok(Next::After(STARTING));
        }
        let agent_log = self.log(AGENT_LOG).await;
        let may_come_up = agent_log.matches(SLURMCTLD_IS_GONE).count() < ENDS;
        if may_come_up && now() - cluster.created_at < START_TIMEOUT_MS {
            return Ok(Next::After(STARTING));
        }
        let message = format!(
            "slurmctld does not start. Delete the cluster and create it again, without what slurmctld complains of: {}",
            words(&agent_log, &self.log("slurmctld.log").await)
        );
        self.create_failed(cluster, "ControllerStartFailed", message)
            .await
    }

    async fn create_failed(
        &self,
        cluster: &ClusterRow,
        code: &str,
        message: String,
    ) -> anyhow::Result<Next> {
        self.stop_controller().await?;
        let mut failed = cluster.clone();
        failed.status = Status::CreateFailed;
        failed.error_info = vec![ErrorInfo {
            code: Some(code.into()),
            message: Some(message),
        }];
        let mut write = self.parts.db.write().await?;
        resource::update(&mut write, &failed, false).await?;
        write.commit().await?;
        Ok(Next::After(TICK))
    }

    async fn log(&self, name: &str) -> String {
        let dir = self.parts.controllers.dir(&self.cluster_id);
        let text = tokio::fs::read(dir.join(name)).await;
        String::from_utf8_lossy(&text.unwrap_or_default()).into_owned()
    }

    async fn set_active(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        let mut row = cluster.clone();
        row.status = Status::Active;
        row.applied_spec = Some(row.spec.clone());
        let mut write = self.parts.db.write().await?;
        resource::update(&mut write, &row, false).await?;
        let what = What::ControllerUp {
            name: row.name.clone(),
        };
        db::event::insert(
            &mut write,
            &row.id,
            Kind::Cluster,
            &row.id,
            db::event::RECONCILER,
            &what,
        )
        .await?;
        Ok(write.commit().await?)
    }

    async fn stop_controller(&self) -> anyhow::Result<()> {
        let controllers = self.parts.controllers.clone();
        let id = self.cluster_id.clone();
        Ok(tokio::task::spawn_blocking(move || controllers.stop(&id)).await??)
    }

    /// Processes and directories first, rows last: whatever is left by a crash is still known by its row. Whether
    /// nothing is left.
    async fn tear_down(&self, cluster: &ClusterRow) -> anyhow::Result<bool> {
        let id = &cluster.id;
        let ended = ending::end_all(&self.parts, id, |_| true, &Cause::NotWanted).await?;
        if !ended || !ending::end_strangers(&self.parts, id).await? {
            return Ok(false);
        }
        self.stop_controller().await?;
        let mut write = self.parts.db.write().await?;
        secret::delete(&mut write, &cluster.id).await?;
        job::clear(&mut write, &cluster.id).await?;
        job_life::clear(&mut write, &cluster.id).await?;
        submission::clear(&mut write, &cluster.id).await?;
        tag::clear(&mut write, &self.parts.arns.cluster(&cluster.id)).await?;
        resource::delete::<ClusterSpec>(&mut write, cluster).await?;
        tombstone::put(&mut write, &cluster.id, &cluster.id).await?;
        write.commit().await?;
        self.parts.observed.forget(&cluster.id);
        self.parts.wakers.forget(&cluster.id);
        self.parts.gates.forget(&cluster.id);
        tracing::info!(cluster = cluster.name, "deleted");
        Ok(true)
    }
}

/// What slurmctld said last: of its configuration before it opened its log, of all else in its log.
fn words(agent_log: &str, slurmctld_log: &str) -> String {
    let printed = agent_log
        .lines()
        .filter(|line| line.starts_with("slurmctld: "));
    let mut lines: Vec<&str> = Vec::new();
    for line in printed.chain(slurmctld_log.lines()).rev() {
        if lines.len() < WORDS && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.reverse();
    lines.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slurmctld_repeats_is_told_once() {
        let start =
            "x openpcs-agent: starting slurmctld\nslurmctld: error: a\nslurmctld: fatal: b\n";
        assert_eq!(
            words(&start.repeat(3), ""),
            "slurmctld: error: a | slurmctld: fatal: b"
        );
    }
}
