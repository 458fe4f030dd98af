//! Keeps a cluster's controller: starts it, puts the wanted configuration in force, ends it with everything of it. What to
//! do says [`crate::plan::controller`]; here it is done.

use std::io;
use std::time::{Duration, Instant};

use anyhow::Context;
use app::explain::{Cause, What};
use app::model::live::Kind;
use app::model::setting::ErrorInfo;
use app::model::sight::Sight;
use app::model::status::Status;
use app::model::system::{ReconcilerKind, Work};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use openpcs_agent::protocol::{Daemon, SLURMDBD_DAEMON};
use openpcs_provider::KeyKind;

use super::configuration::slurmdbd;
use super::network::Network;
use super::outage::{Health, Outage};
use super::recovery::Recovery;
use super::{Next, Parts, Reconciler, aside, configuration, ending, key, placement, removal};
use crate::db::cluster::{ClusterRow, keeps_accounts, keeps_rest, ports, rest_address};
use crate::db::{self, now, resource, tombstone};
use crate::live::status::Done;
use crate::plan::configuration::rows::Rows;
use crate::plan::configuration::search::Changes;
use crate::plan::controller::{Accounts, Failure, Found, Seen, Step, TICK, plan};
use crate::slurm::client::Client;
use crate::slurm::controller_host::{ControllerSpec, RestFiles};
use crate::slurm::rest::{self, Rest};

mod accounts;
mod last_words;
mod pause;
mod suspension;
mod upgrade;

use accounts::Accounting;
use last_words::LastWords;

/// How long a cluster whose rows stay the same is believed to be in order: its controller runs, that is all that is
/// looked at.
const TRUST: Duration = Duration::from_secs(60);

/// The loop of one cluster.
pub struct ClusterReconciler {
    parts: Parts,
    cluster_id: String,
    settled: Option<Settled>,
    recovery: Recovery,
    outage: Outage,
    accounting: Accounting,
    /// No job begins, until the controller answers again or a while is over.
    are_starts_stopped: bool,
    /// Whether a controller that was running before us knows how to reach us.
    introduced: bool,
    /// The suspension that the timeline tells of already.
    announced: Option<String>,
    network: Network,
    last_words: LastWords,
}

/// How many of its daemons have a port.
fn daemons_of(cluster: &ClusterRow) -> usize {
    ports(keeps_accounts(cluster), keeps_rest(cluster))
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
            outage: Outage::new(Sight::Controller),
            accounting: Accounting::default(),
            are_starts_stopped: false,
            introduced: false,
            announced: None,
            network: Network::default(),
            last_words: LastWords::default(),
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
        let (status, row) = (cluster.status, cluster.clone());
        let mut answers = None;
        self.accounting.begin();
        let ran = self.steps(cluster, &mut answers, done).await;
        let health = match status {
            Status::Deleting | Status::CreateFailed => Some(Health::Fine),
            Status::Suspending | Status::Suspended => Some(Health::Fine),
            // How long a new one may take is planned for.
            Status::Creating if answers == Some(false) => Some(Health::Fine),
            _ => Health::of(answers, &ran),
        };
        if let Some(health) = health {
            let noted = self.outage.note(&self.parts, &self.cluster_id, health);
            noted.await?;
        }
        self.accounting.look(&self.parts, &row).await?;
        ran
    }
}

impl ClusterReconciler {
    /// All steps of one run; whether slurmctld answers is put down as soon as it is known.
    async fn steps(
        &mut self,
        cluster: ClusterRow,
        answers: &mut Option<bool>,
        done: &mut Done,
    ) -> anyhow::Result<Next> {
        let (mut rows, mut seen) = self.see(cluster).await?;
        loop {
            let step = plan(&seen);
            let next = self.act(step, &mut rows, &mut seen, done).await?;
            *answers = seen.found.answers;
            if let Some(next) = next {
                return Ok(next);
            }
        }
    }

    async fn see(&mut self, cluster: ClusterRow) -> anyhow::Result<(Rows, Seen)> {
        let mut seen = Seen {
            status: cluster.status,
            age_ms: (now() - cluster.created_at).max(0),
            is_settled: false,
            is_trusted: false,
            was_started: false,
            runs: false,
            is_introduced: self.introduced,
            accounts: Accounts {
                wanted: false,
                has_begun: false,
                has_database: true,
                has_daemon: true,
                is_configured: true,
            },
            has_rest: true,
            upgrade: None,
            is_past_end: false,
            has_leaving: false,
            ended_unclean: false,
            found: Found::default(),
        };
        // What is not kept must go also when nothing of it can be read.
        if matches!(seen.status, Status::Deleting | Status::CreateFailed) {
            let (groups, queues) = (vec![], vec![]);
            let rows = Rows {
                cluster,
                groups,
                queues,
                places: Default::default(),
                is_audited: false,
            };
            return Ok((rows, seen));
        }
        let mut rows = configuration::rows(&self.parts, &cluster).await?;
        self.network.look(&self.parts, &mut rows).await?;
        let controllers = &self.parts.controllers;
        seen.is_settled = rows.is_settled();
        seen.is_trusted = self.trusts(&rows);
        seen.was_started =
            cluster.status != Status::Creating || controllers.conf_in_force(&cluster.id)?.is_some();
        seen.runs = controllers.running(&cluster.id)?;
        seen.ended_unclean = controllers.state(&rows.cluster.id).unclean()?.is_some();
        seen.accounts = self.accounts(&rows)?;
        seen.has_rest = self.has_rest(&rows).await?;
        seen.upgrade = self.see_upgrade(&rows.cluster)?;
        seen.is_past_end = self.is_past_end(&rows.cluster).await?;
        seen.has_leaving = suspension::has_leaving(&rows);
        Ok((rows, seen))
    }

    fn accounts(&self, rows: &Rows) -> anyhow::Result<Accounts> {
        let (controllers, id) = (&self.parts.controllers, &rows.cluster.id);
        let wanted = keeps_accounts(&rows.cluster);
        let daemons = controllers.daemons(id)?;
        let has_daemon = daemons.iter().any(|name| name == SLURMDBD_DAEMON);
        // Before it has a port there is nothing to compare.
        let is_placed = rows.cluster.ports().len() >= daemons_of(&rows.cluster);
        let conf = match is_placed {
            true => self.slurmdbd_conf(rows)?,
            false => None,
        };
        Ok(Accounts {
            wanted,
            has_begun: has_daemon,
            has_database: !wanted || self.parts.database.is_ready(id)?,
            has_daemon: daemons.is_empty() || has_daemon == wanted,
            is_configured: match conf {
                Some(conf) => controllers.slurmdbd_conf(id)? == Some(conf),
                None => true,
            },
        })
    }

    async fn has_rest(&self, rows: &Rows) -> anyhow::Result<bool> {
        let row = &rows.cluster;
        let controllers = &self.parts.controllers;
        // Before it has a port it does not run: whatever runs is to begin again with it.
        if keeps_rest(row) && row.ports().len() < daemons_of(row) {
            return Ok(controllers.daemons(&row.id)?.is_empty());
        }
        let wanted = self.rest_files(row).await?;
        Ok(controllers.has_rest(&row.id, wanted.as_ref())?)
    }

    /// What the REST API goes by; none where there is none.
    async fn rest_files(&self, row: &ClusterRow) -> anyhow::Result<Option<RestFiles>> {
        if !keeps_rest(row) {
            return Ok(None);
        }
        let text = key::of(&self.parts, &row.id, KeyKind::Jwt).await?;
        Ok(Some(RestFiles {
            conf: configuration::render_slurmrestd(row, keeps_accounts(row))?,
            key: BASE64.decode(&*text)?,
        }))
    }

    /// slurmrestd as it is to be started.
    fn slurmrestd(&self, row: &ClusterRow, version: &str) -> anyhow::Result<Daemon> {
        let prefix = self.parts.controllers.prefix(version);
        let api = rest::api(&prefix).with_context(|| {
            format!("Slurm {version} was built without the REST API; run `make setup`")
        })?;
        let rest = Rest {
            address: rest_address(row).context("slurmrestd has no port yet")?,
            has_accounting: keeps_accounts(row),
        };
        Ok(rest::daemon(&prefix, &api, &rest))
    }

    /// What slurmdbd goes by; none where no accounts are kept. A change is put in force with the others: see
    /// [`configuration`]. What is wanted comes first with another version, whose slurmdbd is tried with it.
    fn slurmdbd_conf(&self, rows: &Rows) -> anyhow::Result<Option<String>> {
        let row = &rows.cluster;
        let mut specs = [row.applied_spec.as_ref(), Some(&row.spec)];
        if row.upgrade().is_some() {
            specs.reverse();
        }
        let mut keeping = specs.into_iter().flatten();
        let spec = keeping.find(|spec| spec.has_accounting());
        spec.map(|spec| slurmdbd::render(&self.parts, (row, spec), rows.is_audited))
            .transpose()
    }

    /// Takes one step and puts down what it found; when the next run is, if this one ends with it.
    async fn act(
        &mut self,
        step: Step,
        rows: &mut Rows,
        seen: &mut Seen,
        done: &mut Done,
    ) -> anyhow::Result<Option<Next>> {
        let (id, found) = (self.cluster_id.clone(), &mut seen.found);
        match step {
            Step::Place => found.place = Some(self.place(&mut rows.cluster).await?),
            Step::TryOut => {
                found.trial = Some(configuration::trial_of_new(&self.parts, rows).await?);
            }
            Step::PrepareDatabase => {
                let prepared = self.parts.database.prepare(&id).await;
                let prepared = prepared.map_err(|error| error.to_string());
                self.accounting.stuck = prepared.as_ref().err().cloned();
                found.database = Some(prepared);
            }
            Step::Start => {
                self.start(rows).await?;
                done.note(Work::ControllerStarted, 1);
                self.introduced = true;
                (seen.runs, seen.is_introduced, found.started) = (true, true, true);
                (seen.accounts.has_daemon, seen.accounts.is_configured) = (true, true);
                seen.has_rest = true;
            }
            Step::Pause => {
                self.pause(&rows.cluster).await?;
                seen.runs = false;
            }
            Step::ConfigureAccounts => {
                if let Some(conf) = self.slurmdbd_conf(rows)? {
                    self.parts.controllers.restart_slurmdbd(&id, &conf)?;
                }
                seen.accounts.is_configured = true;
            }
            Step::Introduce => {
                let hook = self.parts.hook_file(&id);
                self.parts.controllers.introduce(&id, &hook)?;
                (self.introduced, seen.is_introduced) = (true, true);
            }
            Step::Ask => {
                self.settled = None;
                let answers = self.answers(&rows.cluster).await?;
                if answers {
                    self.let_start(&rows.cluster).await?;
                }
                found.answers = Some(answers);
            }
            Step::ReadLog => {
                found.log = Some(self.read_log().await?);
            }
            Step::Recover => {
                self.recover(&rows.cluster).await;
                found.recovered = true;
            }
            Step::LookAside => found.aside_runs = Some(aside::any_runs(&self.parts, &id).await?),
            Step::Configure => {
                self.configure(rows).await?;
                done.note(Work::Configured, (!seen.is_settled).into());
                found.configured = true;
            }
            Step::Activate => {
                self.set_active(&rows.cluster).await?;
                done.note(Work::ClusterReady, 1);
                return Ok(Some(Next::After(Duration::ZERO)));
            }
            Step::Fail(failure) => {
                self.create_failed(&rows.cluster, &failure).await?;
                return Ok(Some(Next::After(TICK)));
            }
            Step::EndInstances => {
                let cause = Cause::NotWanted;
                let gone = ending::end_all(&self.parts, &id, |_| true, &cause).await?;
                found.instances_gone = Some(gone);
            }
            Step::EndStrangers => {
                let since = rows.cluster.modified_at;
                let gone = ending::end_strangers(&self.parts, &id, since).await?;
                found.strangers_gone = Some(gone);
            }
            Step::Deliver => found.delivered = Some(self.deliver_last().await?),
            Step::Stop => {
                self.stop_controller().await?;
                found.stopped = true;
            }
            Step::Forget => {
                self.forget(&rows.cluster).await?;
                return Ok(Some(Next::Never));
            }
            Step::Upgrade(step) => return self.upgrade(step, rows, seen).await,
            Step::Suspend => return self.suspend(&rows.cluster).await.map(Some),
            Step::Suspended => return self.suspended(&rows.cluster).await.map(Some),
            Step::RemoveLeaving => return self.remove_leaving(rows).await.map(Some),
            Step::Unsuspend => return self.unsuspend(&rows.cluster).await.map(Some),
            Step::Wait(pause) => return Ok(Some(Next::After(pause))),
            Step::Stuck(words) => anyhow::bail!("{words}"),
        }
        Ok(None)
    }

    fn trusts(&self, rows: &Rows) -> bool {
        let settled = self.settled.as_ref();
        settled.is_some_and(|s| s.rows == *rows && Instant::now() < s.until)
    }

    async fn place(&self, cluster: &mut ClusterRow) -> anyhow::Result<Result<(), String>> {
        let placed = placement::ensure(&self.parts, cluster, daemons_of(cluster)).await?;
        Ok(placed
            .map(|place| cluster.placement = Some(place))
            .map_err(|no_room| no_room.to_string()))
    }

    async fn start(&self, rows: &Rows) -> anyhow::Result<()> {
        let cluster = &rows.cluster;
        let text = key::of(&self.parts, &cluster.id, KeyKind::Slurm).await?;
        let (controllers, versions) = (&self.parts.controllers, self.versions(cluster)?);
        let slurmctld = controllers.slurmctld(&cluster.id, &versions.slurmctld);
        let (mut daemons, mut sees) = (vec![slurmctld], vec![]);
        if keeps_accounts(cluster) {
            let database = &self.parts.database;
            let socket = database.socket();
            daemons.insert(
                0,
                controllers.slurmdbd(&cluster.id, &versions.slurmdbd, &socket),
            );
            sees.push(database.socket_dir());
        }
        if keeps_rest(cluster) {
            daemons.push(self.slurmrestd(cluster, &versions.slurmctld)?);
        }
        let spec = ControllerSpec {
            cluster_id: cluster.id.clone(),
            daemons,
            sees,
            slurmdbd_conf: self.slurmdbd_conf(rows)?,
            rest: self.rest_files(cluster).await?,
            key: BASE64.decode(&*text)?,
            hook: self.parts.hook_file(&cluster.id),
            files: configuration::render(&self.parts, &rows.in_force())?,
        };
        if versions.is_tried {
            let tried = Changes::from([cluster.id.as_str()]);
            let files = configuration::render(&self.parts, &rows.specs(&tried, true))?;
            controllers.take(&cluster.id, &files)?;
        }
        Ok(controllers.ensure(&spec).await?)
    }

    fn client(&self, cluster: &ClusterRow) -> anyhow::Result<Option<Client>> {
        Ok(self.parts.client(&cluster.id, cluster.slurm_version())?)
    }

    async fn answers(&self, cluster: &ClusterRow) -> anyhow::Result<bool> {
        match self.client(cluster)? {
            Some(client) => Ok(client.ping().await.is_ok()),
            None => Ok(false),
        }
    }

    /// What cannot be looked after now is looked after later.
    async fn recover(&mut self, cluster: &ClusterRow) {
        let recovered = match self.client(cluster) {
            Ok(Some(client)) => self.recovery.go_on(&self.parts, &client, &cluster.id).await,
            other => other.map(drop),
        };
        if let Err(error) = recovered {
            tracing::warn!(
                cluster = cluster.name,
                error = format!("{error:#}"),
                "not recovered yet"
            );
        }
    }

    async fn configure(&mut self, rows: &Rows) -> anyhow::Result<()> {
        let client = self.client(&rows.cluster)?;
        let client = client.context("the controller has just ended")?;
        let mut wanted = rows.clone();
        if keeps_rest(&wanted.cluster) && !rows.is_settled() {
            key::keep(&self.parts, &mut wanted.cluster).await?;
        }
        accounts::await_first(&self.parts.controllers, &rows.cluster).await?;
        configuration::reconcile(&self.parts, &client, &wanted).await?;
        self.settled = rows.is_settled().then(|| Settled {
            rows: rows.clone(),
            until: Instant::now() + TRUST,
        });
        Ok(())
    }

    async fn create_failed(
        &mut self,
        cluster: &ClusterRow,
        failure: &Failure,
    ) -> anyhow::Result<()> {
        self.stop_controller().await?;
        let mut failed = cluster.clone();
        failed.status = Status::CreateFailed;
        failed.error_info = vec![ErrorInfo {
            code: Some(failure.code().into()),
            message: Some(failure.message()),
        }];
        let mut write = self.parts.db.write().await?;
        resource::update(&mut write, &failed, false).await?;
        Ok(write.commit().await?)
    }

    async fn set_active(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        let mut row = cluster.clone();
        key::keep(&self.parts, &mut row).await?;
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

    async fn stop_controller(&mut self) -> anyhow::Result<()> {
        let controllers = self.parts.controllers.clone();
        let id = self.cluster_id.clone();
        tokio::task::spawn_blocking(move || controllers.stop(&id)).await??;
        let removed = self.parts.database.remove(&self.cluster_id).await;
        self.accounting.stuck = removed.as_ref().err().map(io::Error::to_string);
        Ok(removed?)
    }

    async fn forget(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        key::forget(&self.parts, cluster).await?;
        let mut write = self.parts.db.write().await?;
        removal::cluster(&self.parts, &mut write, cluster).await?;
        tombstone::put(&mut write, &cluster.id, &cluster.id).await?;
        write.commit().await?;
        self.parts.observed.forget(&cluster.id);
        self.parts.wakers.forget(&cluster.id);
        self.parts.gates.forget(&cluster.id);
        tracing::info!(cluster = cluster.name, "deleted");
        Ok(())
    }
}
