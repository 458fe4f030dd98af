//! Whether a cluster's accounting works (C9): slurmdbd listens before slurmctld is told of it, and what keeps records from
//! being written is told. Jobs go on meanwhile: slurmctld keeps what it has to say.

use std::io;
use std::time::{Duration, Instant};

use app::model::sight::Sight;
use app::model::status::Status;
use openpcs_agent::protocol::SLURMDBD_DAEMON;

use crate::db::cluster::{ClusterRow, ClusterSpec, keeps_accounts};
use crate::parts::Parts;
use crate::plan::start::Log;
use crate::reconcile::configuration::slurmdbd;
use crate::reconcile::outage::{Health, Outage};
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::database::{MISSING_RECORDS, slurmdbd_trouble};

/// How long what works is believed to.
const TRUST: Duration = Duration::from_secs(15);

/// What is known of one cluster's, in memory: it is found again after a restart.
pub struct Accounting {
    outage: Outage,
    /// Until when it is believed to work.
    trusted: Option<Instant>,
    /// Why this run could not go on with the database.
    pub stuck: Option<String>,
}

impl Default for Accounting {
    fn default() -> Accounting {
        Accounting {
            outage: Outage::new(Sight::Accounts),
            trusted: None,
            stuck: None,
        }
    }
}

impl Accounting {
    /// Before each run.
    pub fn begin(&mut self) {
        self.stuck = None;
    }

    /// After each run: tells what is wrong, or that it works again.
    pub async fn look(&mut self, parts: &Parts, cluster: &ClusterRow) -> anyhow::Result<()> {
        let is_kept = match cluster.status {
            Status::Deleting | Status::CreateFailed => false,
            _ => keeps_accounts(cluster),
        };
        let words = match self.stuck.take() {
            Some(words) => Some(words),
            None if !is_kept => None,
            // Bringing the records of years into another form takes as long as it takes.
            None if cluster.upgrade().is_some() || self.is_trusted() => return Ok(()),
            None => trouble(parts, cluster).await,
        };
        self.trusted = words.is_none().then(|| Instant::now() + TRUST);
        let health = words.map_or(Health::Fine, Health::Failed);
        Ok(self.outage.note(parts, &cluster.id, health).await?)
    }

    fn is_trusted(&self) -> bool {
        !self.outage.lasts() && self.trusted.is_some_and(|until| Instant::now() < until)
    }
}

/// What keeps records from being written, and the remedy; none: nothing.
async fn trouble(parts: &Parts, cluster: &ClusterRow) -> Option<String> {
    let has_records = match parts.database.answer(&cluster.id).await {
        Ok(has_records) => has_records,
        Err(error) => return Some(error.to_string()),
    };
    if slurmdbd::answers(cluster).await {
        return (!has_records).then(|| MISSING_RECORDS.to_owned());
    }
    let (controllers, id) = (&parts.controllers, &cluster.id);
    let agent = controllers.agent_log(id).text().await;
    let own = controllers.log(id, SLURMDBD_DAEMON).text().await;
    let said = Log::read(SLURMDBD_DAEMON, &agent, &own).words;
    Some(slurmdbd_trouble(cluster.slurm_version(), &said))
}

/// Where slurmctld is about to learn that accounts are kept: it makes itself known to slurmdbd then, and where nobody
/// listens it has no place in the records, and no job has. The id that it made up for itself without slurmdbd goes: over
/// another than slurmdbd's it would end.
pub async fn await_first(controllers: &ControllerHost, cluster: &ClusterRow) -> io::Result<()> {
    let in_force = cluster.applied_spec.as_ref();
    let begins =
        cluster.spec.has_accounting() && !in_force.is_some_and(ClusterSpec::has_accounting);
    if !begins {
        return Ok(());
    }
    if !slurmdbd::comes_up(cluster).await {
        tracing::warn!(cluster = cluster.name, "slurmdbd does not listen yet");
    }
    controllers.forget_slurms_id(&cluster.id)
}
