//! Takes a cluster's daemons to another version of Slurm, and back when that does not work: the steps of
//! [`crate::plan::upgrade`].

use std::time::Duration;

use anyhow::Context as _;
use app::explain::What;
use app::model::live::Kind;
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use openpcs_agent::protocol::{SLURMCTLD_DAEMON, SLURMDBD_DAEMON};

use super::{ClusterReconciler, keeps_accounts};
use crate::db::cluster::ClusterRow;
use crate::db::{self, now, suspension};
use crate::plan::configuration::rows::Rows;
use crate::plan::controller::Seen;
use crate::plan::start::Log;
use crate::plan::upgrade::{Stage, Step, Upgrade};
use crate::reconcile::Next;
use crate::reconcile::configuration::slurmdbd;
use crate::slurm::upgrade::{Begun, BegunStage, UpgradeFiles};

/// Of an error's code, as `errorInfo` has it.
const REFUSED: &str = "VersionRefused";
const FAILED: &str = "UpgradeFailed";

impl BegunStage {
    fn planned(&self) -> Stage {
        match self {
            BegunStage::Accounts => Stage::Accounts,
            BegunStage::Controller => Stage::Controller,
            BegunStage::Back { .. } => Stage::Back,
        }
    }

    /// The daemon that is tried.
    fn daemon(&self) -> &'static str {
        match self {
            BegunStage::Accounts | BegunStage::Back { accounts: true, .. } => SLURMDBD_DAEMON,
            BegunStage::Controller | BegunStage::Back { .. } => SLURMCTLD_DAEMON,
        }
    }
}

/// The versions of the daemons that are to run.
pub(super) struct Versions {
    pub slurmctld: String,
    pub slurmdbd: String,
    /// The new controller goes by what is wanted, all others by what is in force.
    pub is_tried: bool,
}

impl ClusterReconciler {
    fn upgrade_files(&self) -> UpgradeFiles {
        UpgradeFiles::new(self.parts.controllers.dir(&self.cluster_id))
    }

    pub(super) fn see_upgrade(&self, cluster: &ClusterRow) -> anyhow::Result<Option<Upgrade>> {
        let files = self.upgrade_files();
        let begun = files.begun()?;
        let Some(wanted) = cluster.upgrade() else {
            return Ok(begun.map(|_| Upgrade {
                stage: Some(Stage::Over),
                age_ms: 0,
                has_old_accounts: false,
            }));
        };
        let begun = begun.filter(|begun| begun.to == wanted);
        let accounts = files.accounts_version()?;
        let accounts = accounts.as_deref().unwrap_or(cluster.slurm_version());
        Ok(Some(Upgrade {
            age_ms: begun.as_ref().map_or(0, |begun| (now() - begun.at).max(0)),
            stage: begun.map(|begun| begun.stage.planned()),
            has_old_accounts: keeps_accounts(cluster) && accounts < wanted,
        }))
    }

    pub(super) fn versions(&self, cluster: &ClusterRow) -> anyhow::Result<Versions> {
        let files = self.upgrade_files();
        let in_force = cluster.slurm_version().to_owned();
        let ahead = files.accounts_version()?;
        let accounts = ahead.filter(|ahead| *ahead > in_force);
        let accounts = accounts.unwrap_or_else(|| in_force.clone());
        let tried = cluster.upgrade().map(str::to_owned);
        let begun = files.begun()?.map(|begun| begun.stage);
        Ok(match (tried, begun) {
            (Some(to), Some(BegunStage::Controller)) => Versions {
                slurmctld: to.clone(),
                slurmdbd: to,
                is_tried: true,
            },
            (Some(to), Some(BegunStage::Accounts)) => Versions {
                slurmctld: in_force,
                slurmdbd: to,
                is_tried: false,
            },
            _ => Versions {
                slurmctld: in_force,
                slurmdbd: accounts,
                is_tried: false,
            },
        })
    }

    /// What is logged of the daemon that is tried, since it is; else of slurmctld, ever.
    pub(super) async fn read_log(&self) -> anyhow::Result<Log> {
        let begun = self.upgrade_files().begun()?;
        let daemon = begun
            .as_ref()
            .map_or(SLURMCTLD_DAEMON, |b| b.stage.daemon());
        let (agent, own) = begun.map_or((0, 0), |begun| (begun.agent_log, begun.own_log));
        let controllers = &self.parts.controllers;
        let agent_log = controllers.agent_log(&self.cluster_id);
        let own_log = controllers.log(&self.cluster_id, daemon);
        let (agent, own) = (
            agent_log.text_since(agent).await,
            own_log.text_since(own).await,
        );
        Ok(Log::read(daemon, &agent, &own))
    }

    /// Takes one step; when the next run is, if this one ends with it.
    pub(super) async fn upgrade(
        &mut self,
        step: Step,
        rows: &Rows,
        seen: &mut Seen,
    ) -> anyhow::Result<Option<Next>> {
        let cluster = &rows.cluster;
        match step {
            Step::Begin(stage) => {
                self.begin_upgrade(cluster, stage).await?;
                (seen.runs, seen.is_introduced) = (false, false);
                let found = &mut seen.found;
                (found.answers, found.accounts_answer, found.log) = (None, None, None);
                seen.upgrade = self.see_upgrade(cluster)?;
                return Ok(None);
            }
            Step::AskAccounts => {
                seen.found.accounts_answer = Some(slurmdbd::answers(cluster).await);
                return Ok(None);
            }
            Step::Clean => {
                self.clean_up(cluster).await?;
                seen.upgrade = None;
                return Ok(None);
            }
            Step::Refuse(words) => self.upgrade_refused(cluster, REFUSED, &words).await?,
            Step::GoBack(words) => self.go_back(cluster, words).await?,
            Step::Finish => self.upgraded(cluster).await?,
        }
        self.settled = None;
        Ok(Some(Next::After(Duration::ZERO)))
    }

    async fn begin_upgrade(&mut self, cluster: &ClusterRow, stage: Stage) -> anyhow::Result<()> {
        let to = cluster
            .upgrade()
            .context("no other version is wanted any more")?;
        let files = self.upgrade_files();
        let stage = match stage {
            Stage::Accounts => BegunStage::Accounts,
            _ => BegunStage::Controller,
        };
        // The one before has just come up.
        if matches!(files.begun()?, Some(before) if before.stage == BegunStage::Accounts) {
            files.set_accounts_version(to)?;
        }
        tracing::info!(cluster = cluster.name, to, ?stage, "begins an upgrade");
        self.pause(cluster).await?;
        match stage {
            BegunStage::Accounts => self.parts.database.copy(&cluster.id).await?,
            _ => {
                let files = self.upgrade_files();
                tokio::task::spawn_blocking(move || files.keep_state()).await??;
            }
        }
        let controllers = &self.parts.controllers;
        let own = controllers.log(&cluster.id, stage.daemon());
        files.note(&Begun {
            to: to.to_owned(),
            at: now(),
            agent_log: controllers.agent_log(&cluster.id).size().await.unwrap_or(0),
            own_log: own.size().await.unwrap_or(0),
            stage,
        })?;
        Ok(())
    }

    async fn upgraded(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        let (from, to) = (cluster.slurm_version(), &cluster.spec.scheduler.version);
        let mut row = cluster.clone();
        row.status = Status::Active;
        row.applied_spec = Some(row.spec.clone());
        row.error_info.clear();
        let upgraded = What::Upgraded {
            from: from.to_owned(),
            to: to.clone(),
        };
        let active = What::Active {
            noun: Kind::Cluster,
            name: row.name.clone(),
        };
        self.settle_upgrade(&row, &[upgraded, active]).await?;
        tracing::info!(cluster = cluster.name, from, to, "upgraded");
        self.clean_up(cluster).await?;
        self.parts.wakers.wake_node(&cluster.id);
        Ok(())
    }

    /// To what was before, as often as it takes.
    async fn go_back(&mut self, cluster: &ClusterRow, words: String) -> anyhow::Result<()> {
        let files = self.upgrade_files();
        let mut begun = files.begun()?.context("nothing is kept to go back to")?;
        let (accounts, words) = match &begun.stage {
            BegunStage::Back { accounts, words } => (*accounts, words.clone()),
            stage => (*stage == BegunStage::Accounts, words),
        };
        begun.stage = BegunStage::Back {
            accounts,
            words: words.clone(),
        };
        files.note(&begun)?;
        tracing::warn!(
            cluster = cluster.name,
            words,
            "goes back to the old version"
        );
        self.pause(cluster).await?;
        if accounts {
            self.parts.database.put_back(&cluster.id).await?;
        } else {
            let files = self.upgrade_files();
            tokio::task::spawn_blocking(move || files.put_state_back()).await??;
            self.parts.controllers.restore(&cluster.id)?;
        }
        // From here on what was kept is older than what is.
        files.forget()?;
        self.forget_copy(cluster).await?;
        self.upgrade_refused(cluster, FAILED, &words).await
    }

    /// The copies are older than what is in force, whoever wrote them.
    async fn clean_up(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        self.upgrade_files().forget()?;
        self.forget_copy(cluster).await
    }

    async fn forget_copy(&self, cluster: &ClusterRow) -> anyhow::Result<()> {
        match keeps_accounts(cluster) {
            true => Ok(self.parts.database.forget_copy(&cluster.id).await?),
            false => Ok(()),
        }
    }

    /// The row as it was, with the reason.
    async fn upgrade_refused(
        &self,
        cluster: &ClusterRow,
        code: &str,
        words: &str,
    ) -> anyhow::Result<()> {
        let (from, to) = (cluster.slurm_version(), &cluster.spec.scheduler.version);
        let mut row = cluster.clone();
        let what = match cluster.status {
            Status::Resuming => {
                row.status = Status::Suspended;
                What::ResumeFailed {
                    to: to.clone(),
                    words: words.to_owned(),
                }
            }
            _ => {
                row.status = Status::UpdateFailed;
                What::UpgradeFailed {
                    from: from.to_owned(),
                    to: to.clone(),
                    words: words.to_owned(),
                }
            }
        };
        if let Some(applied) = &row.applied_spec {
            row.spec = applied.clone();
        }
        row.error_info = vec![ErrorInfo {
            code: Some(code.into()),
            message: Some(what.english()),
        }];
        self.settle_upgrade(&row, &[what]).await
    }

    async fn settle_upgrade(&self, row: &ClusterRow, events: &[What]) -> anyhow::Result<()> {
        let mut write = self.parts.db.write().await?;
        suspension::update(&mut write, row).await?;
        for what in events {
            let (kind, by) = (Kind::Cluster, db::event::RECONCILER);
            db::event::insert(&mut write, &row.id, kind, &row.id, by, what).await?;
        }
        Ok(write.commit().await?)
    }
}
