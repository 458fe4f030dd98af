//! Puts a configuration in force, by the steps of [`crate::plan::configuration::switch`].

use std::time::Duration;

use app::explain::Cause;
use openpcs_agent::configuration::Files;

use super::{changed, heal, render, slurmdbd, trial};
use crate::db::instance::InstanceRow;
use crate::db::{self, instance};
use crate::plan::configuration::going::Going;
use crate::plan::configuration::rows::{Rows, Specs};
use crate::plan::configuration::search::Changes;
use crate::plan::configuration::switch::{self, End, Step};
use crate::reconcile::reason::one_line;
use crate::reconcile::requeue::start_again;
use crate::reconcile::{Parts, ending};
use crate::slurm::client::{Client, NodeUpdate};

/// slurmctld has heard again of a node that is older: it asks each every third of `SlurmdTimeout`.
const YOUNG_MS: i64 = 30_000;
/// Into a second: the rest of it is more than nodes take to report.
const EARLY_MS: i64 = 400;

/// From what is in force to what is tried.
pub struct Switch<'a> {
    pub parts: &'a Parts,
    pub client: &'a Client,
    pub rows: &'a Rows,
}

impl Switch<'_> {
    /// Tries a configuration; the inner error is Slurm's refusal, with the old configuration in force again.
    pub async fn apply(&self, tried: &Changes<'_>) -> anyhow::Result<Result<(), String>> {
        let cluster_id = &self.rows.cluster.id;
        let specs = self.rows.specs(tried, false);
        let files = render(self.parts, &specs)?;
        let known = self.parts.controllers.conf_in_force(cluster_id)?;
        let conf = known.as_ref().map_or("", |files| &files.slurm_conf);
        let accounts = self.accounts(&specs)?;
        let known_accounts = self.parts.controllers.slurmdbd_conf(cluster_id)?;
        let keeping = self.rows.keeping(conf);
        let kept = keeping.specs(tried, false);
        let mut plan = switch::Switch::new(switch::Seen {
            is_in_force: known.as_ref() == Some(&files),
            has_other_accounts: accounts.is_some() && accounts != known_accounts,
            has_changes: !tried.is_empty(),
            lacks_any: specs.lack_any_of(&kept),
        });
        while let Some(step) = plan.step() {
            let mut answer = Ok(());
            match step {
                Step::TryOut => answer = trial::trial(self.parts, self.rows, tried).await?,
                Step::PutAccounts => answer = self.put_accounts(accounts.as_deref()).await?,
                Step::PutKeeping => {
                    answer = self.put(&render(self.parts, &kept)?).await?;
                }
                Step::Free => {
                    self.free(Going::between(&self.rows.in_force(), &specs))
                        .await?
                }
                Step::Put => answer = self.put(&files).await?,
                Step::PutBack => {
                    if let Some(known) = &known {
                        answer = self.put(known).await?;
                    }
                    self.put_accounts_back(known_accounts.as_deref()).await?;
                }
                Step::Announce => self.announce(tried, &specs).await?,
            }
            plan.answered(answer);
        }
        match plan.end() {
            End::InForce => Ok(Ok(())),
            End::Refused(words) => Ok(Err(words)),
            End::Stuck(words) => {
                anyhow::bail!("slurmctld refuses what was in force before: {words}")
            }
        }
    }

    /// What slurmdbd is to go by; none where no accounts are kept.
    fn accounts(&self, specs: &Specs<'_>) -> anyhow::Result<Option<String>> {
        let is_kept = specs.cluster.1.has_accounting();
        is_kept
            .then(|| slurmdbd::render(self.parts, specs.cluster, specs.is_audited))
            .transpose()
    }

    async fn put_accounts(&self, conf: Option<&str>) -> anyhow::Result<Result<(), String>> {
        match conf {
            Some(conf) => slurmdbd::put(self.parts, &self.rows.cluster, conf).await,
            None => Ok(Ok(())),
        }
    }

    async fn put_accounts_back(&self, known: Option<&str>) -> anyhow::Result<()> {
        let (controllers, cluster) = (&self.parts.controllers, &self.rows.cluster);
        let is_other = controllers.slurmdbd_conf(&cluster.id)?.as_deref() != known;
        if let (true, Some(known)) = (is_other, known) {
            slurmdbd::put_back(self.parts, cluster, known).await?;
        }
        Ok(())
    }

    async fn announce(&self, tried: &Changes<'_>, specs: &Specs<'_>) -> anyhow::Result<()> {
        let cluster_id = &self.rows.cluster.id;
        if changed::job_scripts(self.rows, tried) {
            heal::after_job_scripts(self.parts, self.client, cluster_id).await?;
        }
        if !specs.places().is_subset(&self.rows.in_force().places()) {
            self.look_for_jobs().await;
        }
        self.parts.wakers.wake_node(cluster_id);
        Ok(())
    }

    /// Puts files in force, unless they are; or says why slurmctld refuses them, with what was in force again.
    async fn put(&self, files: &Files) -> anyhow::Result<Result<(), String>> {
        let (controllers, cluster_id) = (&self.parts.controllers, &self.rows.cluster.id);
        if controllers.conf_in_force(cluster_id)?.as_ref() == Some(files) {
            return Ok(Ok(()));
        }
        let reconfigure = self.reconfigure(files);
        let closed = self.parts.while_no_job_starts(cluster_id, reconfigure);
        closed.await?
    }

    /// Jobs may have waited for the nodes that a queue has now: Slurm itself would look for them up to half a minute
    /// later, when its backfill scheduler comes by. It does at once when it is told something of a node, whichever.
    async fn look_for_jobs(&self) {
        let told = async {
            let nodes = self.client.nodes().await?;
            let any = nodes.into_iter().find(|node| node.reason.is_none());
            let any: Vec<String> = any.map(|node| node.name).into_iter().collect();
            self.client.update_nodes(&any, &NodeUpdate::Offer).await
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, "jobs that waited for nodes of a queue start later");
        }
    }

    /// Installs the files and has slurmctld read them; it goes on with the old ones if it refuses.
    async fn reconfigure(&self, files: &Files) -> anyhow::Result<Result<(), String>> {
        let (controllers, cluster_id) = (&self.parts.controllers, &self.rows.cluster.id);
        self.far_from_the_next_second().await?;
        Ok(controllers.apply(cluster_id, files, self.client).await?)
    }

    /// slurmctld reckons in whole seconds when a node booted, anew with each report of the node. A node that came up a
    /// moment ago, and reports at the end of one second what is read in the next, has rebooted for it, and its jobs end.
    /// All nodes report when the configuration changes: then not at the end of a second.
    async fn far_from_the_next_second(&self) -> sqlx::Result<()> {
        let pool = self.parts.db.pool();
        let came_up = instance::live(pool, &self.rows.cluster.id).await?;
        let newest = came_up.iter().filter_map(|row| row.registered_at).max();
        let now = db::now();
        let into_the_second = now % 1000;
        let is_young = newest.is_some_and(|at| now - at < YOUNG_MS);
        if is_young && into_the_second > EARLY_MS {
            let rest = u64::try_from(1000 - into_the_second).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(rest)).await;
        }
        Ok(())
    }

    /// Slurm would cancel all these jobs without a word.
    async fn free(&self, mut going: Going) -> anyhow::Result<()> {
        for queue in &going.queues {
            self.client.cancel_partition(queue).await?;
        }
        if going.has_nodes() {
            going.retain_known(&self.client.nodes().await?);
        }
        if !going.with_group.is_empty() {
            self.client.cancel_jobs_on(&going.with_group).await?;
            let reason = one_line(&Cause::GroupDeleted.english());
            self.client
                .update_nodes(&going.with_group, &NodeUpdate::Down { reason })
                .await?;
        }
        if !going.beyond_maximum.is_empty() {
            self.free_nodes(&going.beyond_maximum, Cause::MaximumLowered)
                .await?;
        }
        Ok(())
    }

    /// Ends these nodes' instances; their jobs start again elsewhere.
    async fn free_nodes(&self, nodes: &[String], cause: Cause) -> anyhow::Result<()> {
        let jobs = self.client.jobs_on(nodes).await?;
        let update = NodeUpdate::Down {
            reason: one_line(&cause.english()),
        };
        self.client.update_nodes(nodes, &update).await?;
        let cluster_id = &self.rows.cluster.id;
        let meant = |row: &InstanceRow| nodes.contains(&row.node_name);
        ending::end_all(self.parts, cluster_id, meant, &cause).await?;
        start_again(self.client, jobs).await;
        Ok(())
    }
}
