//! Accounts, users, QOS, reservations, licences: asked of the cluster's own Slurm each time, and changed there (C9, C18).

use app::explain::refusal;
use app::i18n::Language;
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::shares::*;
use app::model::status::Status;
use app::port::{Ctx, Sharing};
use async_trait::async_trait;

use super::qos_check::{self, queue_qos};
use super::shares_check as check;
use super::{Service, resource, whole};
use crate::db::cluster::{ClusterRow, has_accounts};
use crate::db::queue::QueueRow;
use crate::fault::internal;
use crate::slurm::accounts;
use crate::slurm::client::{Associations, Client, SlurmError};

#[async_trait]
impl Sharing for Service {
    async fn list_shares(&self, ctx: &Ctx, cluster: String) -> Result<Shares> {
        let operation = Operation::ListAccounts;
        let cluster = self.observed_cluster(ctx, operation, &cluster).await?;
        let accounting = Accounting::of(&cluster);
        if accounting != Accounting::On {
            return Ok(Shares {
                is_starting: accounting == Accounting::Starting,
                ..Shares::default()
            });
        }
        let slurm = self.slurm(&cluster).await?;
        let told = |error: SlurmError| refused(ctx.language, &cluster, &error);
        let shares = slurm.shares().await.map_err(told)?;
        let mut qos = slurm.qos().await.map_err(told)?;
        let queues = self.queues_of(&cluster).await?;
        for one in &mut qos {
            one.queues = qos_check::queues_naming(&queues, &one.name);
        }
        Ok(Shares {
            has_accounting: true,
            is_starting: false,
            shares,
            qos,
        })
    }

    async fn list_reservations(&self, ctx: &Ctx, cluster: String) -> Result<Reservations> {
        let operation = Operation::ListReservations;
        let cluster = self.observed_cluster(ctx, operation, &cluster).await?;
        let slurm = self.slurm(&cluster).await?;
        let told = |error: SlurmError| refused(ctx.language, &cluster, &error);
        Ok(Reservations {
            reservations: slurm.reserved().await.map_err(told)?,
            licenses: slurm.licenses().await.map_err(told)?,
        })
    }

    async fn usage(&self, ctx: &Ctx, cluster: String, days: u32) -> Result<UsageReport> {
        let operation = Operation::GetUsage;
        let cluster = self.observed_cluster(ctx, operation, &cluster).await?;
        if !(1..=MOST_USAGE_DAYS).contains(&days) {
            let rules = &ctx.language.text().share_rules;
            return Err(Error::field("days", rules.days(MOST_USAGE_DAYS)));
        }
        if Accounting::of(&cluster) != Accounting::On {
            return Ok(UsageReport::default());
        }
        let slurm = self.slurm(&cluster).await?;
        let usage = slurm.usage(days).await;
        usage.map_err(|error| refused(ctx.language, &cluster, &error))
    }

    async fn change_shares(&self, ctx: &Ctx, input: ChangeShares) -> Result<()> {
        let (service, ctx) = (self.clone(), ctx.clone());
        whole(async move { service.change_share(&ctx, input).await }).await
    }
}

impl Service {
    async fn change_share(&self, ctx: &Ctx, input: ChangeShares) -> Result<()> {
        let operation = input.change.operation();
        let cluster = self
            .observed_cluster(ctx, operation, &input.cluster_identifier)
            .await?;
        check::well_formed(ctx.language.text(), &input.change)?;
        if check::needs_accounting(&input.change) {
            Accounting::wanted(ctx.language, &cluster)?;
        }
        let slurm = self.slurm(&cluster).await?;
        let arn = self.parts.arns.cluster(&cluster.id);
        let effect = self.told(ctx.language, &cluster, &slurm, &input.change);
        let ((), intent) = self.intended(ctx, operation, &input, &arn, effect).await?;
        self.look_again(&cluster.id);
        self.change(ctx, operation, &input, None, async |mut change| {
            change.fulfil(intent);
            change.commit(&arn, ()).await
        })
        .await
    }

    /// Looks at what Slurm has, so that a refusal says what is the matter, and tells it what differs.
    async fn told(
        &self,
        language: Language,
        cluster: &ClusterRow,
        slurm: &Client,
        change: &SharesChange,
    ) -> Result<()> {
        let failed = |error: SlurmError| refused(language, cluster, &error);
        let commands = match change {
            SharesChange::PutShare(wanted) => {
                let (shares, qos) = there(slurm).await.map_err(failed)?;
                let before = check::share(language, &shares, &qos, wanted)?;
                accounts::put_share(before, wanted)
            }
            SharesChange::DeleteShare { account, user } => {
                let Associations { shares, of_queues } =
                    slurm.associations().await.map_err(failed)?;
                let is_last = check::deletable_share(language, &shares, &of_queues, account, user)?;
                vec![accounts::delete_share(account, user, is_last)]
            }
            SharesChange::PutQos(wanted) => {
                let qos = slurm.qos().await.map_err(failed)?;
                accounts::put_qos(qos_check::qos(language, &qos, wanted)?, wanted)
            }
            SharesChange::DeleteQos { name } => {
                let qos = slurm.qos().await.map_err(failed)?;
                let queues = self.queues_of(cluster).await?;
                qos_check::deletable(language, &qos, &queues, name)?;
                vec![accounts::delete_qos(name)]
            }
            SharesChange::PutReservation(wanted) => {
                let words = accounts::put_reservation(wanted);
                return slurm.change_reservation(words).await.map_err(failed);
            }
            SharesChange::DeleteReservation { name } => {
                return slurm.delete_reservation(name).await.map_err(failed);
            }
        };
        for words in commands {
            slurm.change_accounts(words).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn queues_of(&self, cluster: &ClusterRow) -> Result<Vec<QueueRow>> {
        let queues = crate::db::resource::list(self.parts.db.pool(), Some(&cluster.id)).await;
        queues.map_err(internal)
    }

    /// Refuses a queue's settings that name a QOS which is not there: Slurm would start no such queue (C18).
    pub(super) async fn check_queue_qos(
        &self,
        language: Language,
        cluster: &ClusterRow,
        asked: Option<&app::model::queue::QueueSlurmConfiguration>,
    ) -> Result<()> {
        let named = queue_qos(asked);
        if named.is_empty() || Accounting::of(cluster) == Accounting::Off {
            return Ok(());
        }
        Accounting::wanted(language, cluster)?;
        let slurm = self.slurm(cluster).await?;
        let qos = slurm.qos().await;
        let qos = qos.map_err(|error| refused(language, cluster, &error))?;
        qos_check::queue(language, &qos, &named)
    }

    /// Refuses an upgrade with which the cluster would not come back: see [`qos_check::upgrade`].
    pub(super) async fn check_upgrade_qos(
        &self,
        language: Language,
        cluster: &ClusterRow,
    ) -> Result<()> {
        let queues = self.queues_of(cluster).await?;
        let names_some = |queue: &QueueRow| !queue_qos(queue.spec.slurm.as_ref()).is_empty();
        let is_up = cluster.status == Status::Active && Accounting::of(cluster) == Accounting::On;
        if !is_up || !queues.iter().any(names_some) {
            return Ok(());
        }
        let slurm = self.slurm(cluster).await?;
        let qos = slurm.qos().await;
        let qos = qos.map_err(|error| refused(language, cluster, &error))?;
        qos_check::upgrade(language, &qos, &queues)
    }
}

/// Whether accounts are kept by the controller that runs: a switch takes its time, and Slurm refuses what comes before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accounting {
    Off,
    Starting,
    On,
}

impl Accounting {
    fn of(cluster: &ClusterRow) -> Accounting {
        match (cluster.spec.has_accounting(), has_accounts(cluster)) {
            (false, _) => Accounting::Off,
            (true, false) => Accounting::Starting,
            (true, true) => Accounting::On,
        }
    }

    /// Refuses what only a cluster that keeps accounts can do.
    fn wanted(language: Language, cluster: &ClusterRow) -> Result<()> {
        let values = [("cluster", cluster.name.clone())];
        let message = match Accounting::of(cluster) {
            Accounting::On => return Ok(()),
            Accounting::Starting => refusal(language, |t| t.accounting_starts, &values),
            Accounting::Off => refusal(language, |t| t.no_accounting, &values),
        };
        Err(resource::refused(cluster, message))
    }
}

async fn there(slurm: &Client) -> std::result::Result<(Vec<Share>, Vec<Qos>), SlurmError> {
    Ok((slurm.shares().await?, slurm.qos().await?))
}

/// In Slurm's words.
fn refused(language: Language, cluster: &ClusterRow, error: &SlurmError) -> Error {
    let values = [("words", error.message.clone())];
    resource::refused(cluster, refusal(language, |t| t.slurm, &values))
}
