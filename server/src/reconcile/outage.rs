//! Whether a cluster has its controller, and its accounting. One that does not start or does not answer is told since when
//! and why: in what GetCluster answers, and in the cluster's timeline.

use app::explain::What;
use app::model::sight::Sight;
use openpcs_agent::protocol::SLURMCTLD_DAEMON;

use super::Parts;
use crate::db::now;
use crate::plan::start::Log;

/// A controller that starts anew does not answer for some seconds: that alone is none.
const PATIENCE_MS: i64 = 15_000;
/// How often its words are read again while it lasts.
const AGAIN_MS: i64 = 10_000;
/// Characters of the words that are told.
const LONGEST: usize = 1_000;

/// What a run of the cluster's loop found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Fine,
    /// slurmctld does not answer: its log may say why.
    Silent,
    /// There is none that could answer, for this reason.
    Failed(String),
}

impl Health {
    /// Of a run that ended so, and in which slurmctld was heard or not, if it was asked.
    pub fn of<T>(answers: Option<bool>, run: &anyhow::Result<T>) -> Option<Health> {
        match (answers, run) {
            (Some(true), _) | (None, Ok(_)) => Some(Health::Fine),
            (Some(false), _) => Some(Health::Silent),
            // It says nothing of the controller.
            (None, Err(error)) if error.chain().any(|cause| cause.is::<sqlx::Error>()) => None,
            (None, Err(error)) => Some(Health::Failed(format!("{error:#}"))),
        }
    }
}

/// What is known of one cluster's, in memory: it is found again after a restart.
#[derive(Debug)]
pub struct Outage {
    of: Sight,
    since: Option<i64>,
    /// When it was told last; 0: not yet.
    told_at: i64,
}

impl Outage {
    pub fn new(of: Sight) -> Outage {
        Outage {
            of,
            since: None,
            told_at: 0,
        }
    }

    pub fn lasts(&self) -> bool {
        self.since.is_some()
    }

    pub async fn note(
        &mut self,
        parts: &Parts,
        cluster_id: &str,
        health: Health,
    ) -> sqlx::Result<()> {
        if health == Health::Fine {
            return self.over(parts, cluster_id).await;
        }
        let Some(since) = self.due(now()) else {
            return Ok(());
        };
        let words = match health {
            Health::Failed(words) => words,
            _ => last_words(parts, cluster_id).await,
        };
        let words: String = words.chars().take(LONGEST).collect();
        let of = self.of;
        if self.told_at == 0 {
            let words = words.clone();
            let what = What::LookFails { of, words };
            parts.tell(cluster_id, &what).await?;
        }
        self.told_at = now();
        let observed = &parts.observed;
        observed.set_trouble(cluster_id, of, since, Some(words));
        Ok(())
    }

    /// Since when it lasts, if it is to be told now.
    fn due(&mut self, now: i64) -> Option<i64> {
        let since = *self.since.get_or_insert(now);
        let is_due = now - since >= PATIENCE_MS && now - self.told_at >= AGAIN_MS;
        is_due.then_some(since)
    }

    async fn over(&mut self, parts: &Parts, cluster_id: &str) -> sqlx::Result<()> {
        let of = self.of;
        if self.told_at > 0 {
            parts.tell(cluster_id, &What::LookWorks { of }).await?;
            parts.observed.set_trouble(cluster_id, of, now(), None);
        }
        *self = Outage::new(of);
        Ok(())
    }
}

/// slurmctld's, or of what was to start it.
async fn last_words(parts: &Parts, cluster_id: &str) -> String {
    let agent = parts.controllers.agent_log(cluster_id).text().await;
    let slurmctld = parts.controller_log(cluster_id).text().await;
    let of_agent = agent.lines().next_back().unwrap_or_default();
    let said = Log::read(SLURMCTLD_DAEMON, &agent, &slurmctld).words;
    match said.is_empty() || of_agent.is_empty() {
        true => format!("{said}{of_agent}"),
        false => format!("{said} | {of_agent}"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn what_a_run_tells_of_the_controller() {
        let fails = || Err(anyhow!("no Slurm 24.11 here"));
        let database = || Err(anyhow::Error::new(sqlx::Error::PoolTimedOut).context("read rows"));
        for (answers, run, health) in [
            (Some(true), Ok(()), Some(Health::Fine)),
            // It is for others to say why a configuration is not in force.
            (Some(true), fails(), Some(Health::Fine)),
            (Some(false), Ok(()), Some(Health::Silent)),
            (Some(false), fails(), Some(Health::Silent)),
            (None, Ok(()), Some(Health::Fine)),
            (
                None,
                fails(),
                Some(Health::Failed("no Slurm 24.11 here".into())),
            ),
            (None, database(), None),
        ] {
            assert_eq!(Health::of(answers, &run), health, "{answers:?} {run:?}");
        }
    }

    #[test]
    fn only_what_lasts_is_told_and_then_now_and_again() {
        let mut outage = Outage::new(Sight::Controller);
        let begin = 1_700_000_000_000;
        assert_eq!(outage.due(begin), None);
        assert_eq!(outage.due(begin + PATIENCE_MS - 1), None);
        assert_eq!(outage.due(begin + PATIENCE_MS), Some(begin));
        outage.told_at = begin + PATIENCE_MS;
        assert_eq!(outage.due(begin + PATIENCE_MS + 1), None);
        assert_eq!(outage.due(begin + PATIENCE_MS + AGAIN_MS), Some(begin));
    }
}
