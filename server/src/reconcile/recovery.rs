//! After a controller that was killed: Slurm saves its state every 5 s, so it has forgotten what it was told since.
//! What can be put right is put right, and what cannot is told.
//!
//! Slurm then believes jobs to wait that run and jobs to run that have ended. It starts the former again and, when
//! their node refuses a second copy, holds them for ever; it finds out about the latter at their node's next
//! registration, minutes later.

use std::collections::{BTreeMap, BTreeSet};

use app::explain::What;
use app::model::job::JobAction;
use app::model::job_id::JobId;
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::submit::SubmitJobResponse;
use openpcs_agent::state::{Start, Unclean};

use super::Parts;
use super::asked::{self, Asked, Recall};
use crate::db::set_back::{SetBack, is_over};
use crate::db::submission::{self, MARK, SubmissionRow};
use crate::db::{self, idempotency, instance, job, now};
use crate::slurm::client::{Client, LAUNCH_FAILED, NodeInfo, NodeUpdate, Queued};
use crate::slurm::hostlist;

/// Slurm's reason for draining such a node (`slurmctld/agent.c`).
const STARTED_TWICE: &str = "Duplicate jobid";
/// How often nodes are asked to register: after each start slurmctld believes for so long in a batch job that its node
/// does not know (`BatchStartTimeout` and `MessageTimeout`, 10 s each by default). By itself it asks minutes later.
const REGISTER_EVERY_MS: i64 = 22_000;
/// How many times: the first may come too early, as after a change of the configuration. slurmd starts itself anew to
/// register, and what it was about to launch may be lost.
const REGISTRATIONS: u32 = 2;
/// How long jobs are released that Slurm holds for a start that failed: long enough for all that waited to be tried.
const LASTS_MS: i64 = 180_000;
/// A start so long before the kill may still not have been saved: Slurm's 5 s, and the time until it was noticed.
const UNSAVED_MS: i64 = 10_000;

/// The option of sbatch for a job that waits until it is released.
const HOLD: &str = "--hold";

/// How far it got, beside what the agent's note says. In memory: nodes may register once more after a restart.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Which end it is about ([`Unclean::at`]).
    ended_at: i64,
    /// The first end whose forgotten words were not all looked after, if one came upon the other. The note has it too,
    /// over restarts, but for one of an agent of before.
    asked_before: Option<i64>,
    registered_at: Option<i64>,
    registrations: u32,
    /// Since when time is counted, where the clock was set back after that end.
    counted_from: Option<i64>,
    set_back: SetBack,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Slurm knows nothing of these, although it had taken them.
    TellLost(BTreeSet<u32>),
    TellStartedTwice(u32),
    /// The nodes of jobs that Slurm believes to run since before tell what runs.
    Register,
    Release(u32),
    /// Slurm drained it when it started a job there that runs there already.
    TakeBack(String),
    Done,
}

fn plan(
    unclean: &Unclean,
    recovery: &Recovery,
    queue: &[Queued],
    nodes: &[NodeInfo],
    starts: &[Start],
    now: i64,
) -> Vec<Step> {
    let mut steps = vec![];
    if !unclean.jobs.is_empty() {
        let known: BTreeSet<u32> = queue.iter().flat_map(|q| [q.job, q.array]).collect();
        steps.push(Step::TellLost(&unclean.jobs - &known));
    }
    let twice = started_twice(starts, queue, recovery.unsaved_since(unclean));
    let news = twice.difference(&unclean.started_twice);
    steps.extend(news.map(|job| Step::TellStartedTwice(*job)));
    let from = recovery.counted_from.unwrap_or(unclean.at);
    let since = now - from;
    let registered_at = recovery.registered_at.unwrap_or_default();
    let held = queue.iter().filter(|queued| queued.reason == LAUNCH_FAILED);
    steps.extend(held.map(|queued| Step::Release(queued.job)));
    let drained = nodes
        .iter()
        .filter(|node| node.is_drained_for(&[STARTED_TWICE]));
    steps.extend(drained.map(|node| Step::TakeBack(node.name.clone())));
    let is_due = is_over(registered_at.max(from), now, REGISTER_EVERY_MS);
    if is_due && recovery.registrations < REGISTRATIONS {
        steps.push(Step::Register);
    }
    if since > LASTS_MS {
        steps.push(Step::Done);
    }
    steps
}

/// Jobs with a start since then that Slurm has forgotten: one of the same count came later, or Slurm counts less.
fn started_twice(starts: &[Start], queue: &[Queued], since: i64) -> BTreeSet<u32> {
    let counts: BTreeMap<u32, u32> = queue.iter().map(|q| (q.job, q.restarts)).collect();
    let mut first: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for start in starts {
        let before = first.insert((start.job, start.restarts), start.at);
        let counted = counts.get(&start.job);
        let is_forgotten = before.is_some() || counted.is_some_and(|count| start.restarts > *count);
        if is_forgotten && start.at >= since {
            twice.insert(start.job);
        }
    }
    twice
}

impl Recovery {
    /// What happened since then Slurm may have forgotten, by this end or one before that was not looked after.
    fn unsaved_since(&self, unclean: &Unclean) -> i64 {
        let first = [unclean.unasked_since, self.asked_before];
        let first = first.into_iter().flatten().min();
        first.unwrap_or(unclean.at).min(unclean.at) - UNSAVED_MS
    }

    /// Looks after what the agent noted, as far as the time has come.
    pub async fn go_on(
        &mut self,
        parts: &Parts,
        client: &Client,
        cluster_id: &str,
    ) -> anyhow::Result<()> {
        let state = parts.controllers.state(cluster_id);
        let Some(mut unclean) = state.unclean()? else {
            return Ok(());
        };
        if self.ended_at != unclean.at {
            *self = Recovery {
                ended_at: unclean.at,
                asked_before: self.asked_before.or(Some(unclean.at)),
                ..Recovery::default()
            };
        }
        // In this order: what came between is counted.
        let starts = state.starts();
        let queue = client.queue().await?;
        let nodes = client.nodes().await?;
        let since = self.unsaved_since(&unclean);
        let asked = asked::since(parts, cluster_id, since).await?;
        let now_ms = now();
        self.counted_from = Some(self.set_back.past(unclean.at, now_ms));
        for step in plan(&unclean, self, &queue, &nodes, &starts, now_ms) {
            let mut next = unclean.clone();
            match step {
                Step::TellLost(jobs) => {
                    Lost {
                        parts,
                        client,
                        cluster_id,
                        asked: &asked,
                    }
                    .tell(jobs)
                    .await?;
                    next.jobs.clear();
                }
                Step::TellStartedTwice(job) => {
                    let what = What::JobStartedTwice {
                        job: job.to_string(),
                    };
                    parts.tell(cluster_id, &what).await?;
                    next.started_twice.insert(job);
                }
                Step::Register => {
                    register(parts, client, cluster_id, unclean.at).await?;
                    self.registered_at = Some(now());
                    self.registrations += 1;
                }
                Step::Release(job) => release(parts, client, cluster_id, job).await?,
                Step::TakeBack(node) => {
                    let nodes = [node.clone()];
                    client.update_nodes(&nodes, &NodeUpdate::Undrain).await?;
                    parts
                        .tell(cluster_id, &What::NodeTakenBack { node })
                        .await?;
                }
                Step::Done => {
                    state.looked_after(&unclean)?;
                    *self = Recovery::default();
                    return Ok(());
                }
            }
            if !state.go_on(&unclean, &next)? {
                return Ok(());
            }
            unclean = next;
        }
        let recall = Recall {
            parts,
            client,
            cluster_id,
        };
        let is_first = self.asked_before.or(unclean.unasked_since).is_some();
        recall.go_on(since, unclean.at, is_first).await?;
        let asked = Unclean {
            unasked_since: None,
            ..unclean.clone()
        };
        // After another end meanwhile the note keeps the first one.
        if state.go_on(&unclean, &asked)? {
            self.asked_before = None;
        }
        Ok(())
    }
}

/// What is done about jobs that Slurm had taken and does not know any more.
struct Lost<'a> {
    parts: &'a Parts,
    client: &'a Client,
    cluster_id: &'a str,
    /// The last words on jobs since Slurm saved.
    asked: &'a [Asked],
}

impl Lost<'_> {
    async fn tell(&self, jobs: BTreeSet<u32>) -> anyhow::Result<()> {
        self.parts
            .tell(self.cluster_id, &What::ControllerKilled {})
            .await?;
        let pool = self.parts.db.pool();
        let mut lost: Vec<String> = vec![];
        for job in jobs {
            let id = job.to_string();
            // Those that ended are in the history; Slurm may have forgotten them in order.
            let known = job::find(pool, self.cluster_id, &id).await?.is_some();
            if known || self.was_cancelled(job).await? {
                continue;
            }
            if !self.submit_again(&id).await? {
                lost.push(id);
            }
        }
        if !lost.is_empty() {
            let jobs = lost.join(", ");
            self.parts
                .tell(self.cluster_id, &What::JobsLost { jobs })
                .await?;
        }
        Ok(())
    }

    /// Through the console, before any look had put it into the history: it is not to run.
    async fn was_cancelled(&self, job: u32) -> anyhow::Result<bool> {
        let id = JobId::Whole(job);
        let cancel = Some(JobAction::Cancel);
        let word = asked::of(self.asked, &id).filter(|word| word.action == cancel);
        let Some(word) = word else {
            return Ok(false);
        };
        let what = What::JobCancelledAgain {
            job: job.to_string(),
        };
        self.recall().tell(&id, &word.actor, &what).await?;
        Ok(true)
    }

    fn recall(&self) -> Recall<'_> {
        Recall {
            parts: self.parts,
            client: self.client,
            cluster_id: self.cluster_id,
        }
    }

    /// Of what came through the console everything is known; whether it was submitted.
    async fn submit_again(&self, job: &str) -> anyhow::Result<bool> {
        let found = submission::find(self.parts.db.pool(), self.cluster_id, job).await?;
        let Some(row) = found else {
            return Ok(false);
        };
        let word = job.parse().ok().and_then(|id| asked::of(self.asked, &id));
        let word = word.and_then(|word| Some((word.action?, word)));
        let is_held = matches!(word, Some((JobAction::Hold, _)));
        let hold = is_held.then(|| HOLD.to_owned());
        let options: Vec<String> = row.options.iter().cloned().chain(hold).collect();
        let again = match self.submitted_before(&row).await? {
            Some(id) => id,
            None => {
                let user = &self.parts.job_user;
                match self.client.submit(user, &options, &row.script).await {
                    Ok(id) => id,
                    Err(error) => {
                        tracing::warn!(job, %error, "not submitted again");
                        return Ok(false);
                    }
                }
            }
        };
        self.write_down(&row, again.clone()).await?;
        let id: Option<JobId> = again.parse().ok();
        if let (Some((action, word)), Some(id)) = (word, id) {
            let what = match action {
                JobAction::Hold => What::JobHeldAgain { job: again },
                _ => What::JobAskForgotten { job: again, action },
            };
            let was_held = row.options.iter().any(|option| option == HOLD);
            // Who released it again after holding it has what was wanted, as has who requeued what begins anew.
            if is_held || (was_held && action == JobAction::Release) {
                self.recall().tell(&id, &word.actor, &what).await?;
            }
        }
        Ok(true)
    }

    /// By an earlier run that was cut off.
    async fn submitted_before(&self, row: &SubmissionRow) -> anyhow::Result<Option<String>> {
        let Some(mark) = row
            .options
            .iter()
            .find_map(|option| option.strip_prefix(MARK))
        else {
            return Ok(None);
        };
        let jobs = self.client.jobs().await?;
        let same = jobs.into_iter().find(|record| record.mark == mark);
        Ok(same.map(|record| record.job.who().number().to_string()))
    }

    async fn write_down(&self, row: &SubmissionRow, again: String) -> anyhow::Result<()> {
        let mut write = self.parts.db.write().await?;
        submission::moved(&mut write, row, &again).await?;
        let operation = Operation::SubmitJob.name();
        let answer = serde_json::to_string(&SubmitJobResponse {
            job_id: again.clone(),
        })?;
        idempotency::answer(&mut write, &row.principal, operation, &row.token, &answer).await?;
        let what = What::JobResubmitted {
            job: row.job_id.clone(),
            again,
        };
        let (id, kind) = (self.cluster_id, Kind::Cluster);
        db::event::insert(&mut write, id, kind, id, db::event::RECONCILER, &what).await?;
        Ok(write.commit().await?)
    }
}

/// Has the nodes of jobs that began before then tell what runs on them.
async fn register(
    parts: &Parts,
    client: &Client,
    cluster_id: &str,
    before: i64,
) -> anyhow::Result<()> {
    let jobs = client.jobs().await?;
    let doubtful = jobs
        .iter()
        .map(|record| &record.job)
        .filter(|job| job.state == "RUNNING" && job.started_at < before);
    let nodes: BTreeSet<String> = doubtful
        .flat_map(|job| hostlist::expand(&job.nodes).unwrap_or_default())
        .collect();
    if nodes.is_empty() {
        return Ok(());
    }
    let live = instance::live(parts.db.pool(), cluster_id).await?;
    let there: Vec<String> = live
        .into_iter()
        .filter(|row| nodes.contains(&row.node_name))
        .map(|row| row.id)
        .collect();
    // A slurmd that reads its configuration anew can lose the launch of a job.
    let told = parts.provider.register_again(cluster_id, &there);
    parts.while_no_job_starts(cluster_id, told).await??;
    Ok(())
}

/// A job that was changed meanwhile is refused, and that is fine.
async fn release(parts: &Parts, client: &Client, cluster_id: &str, job: u32) -> anyhow::Result<()> {
    let id = job.to_string();
    match client.release_now(&id).await {
        Ok(()) => Ok(parts
            .tell(cluster_id, &What::JobReleasedAgain { job: id })
            .await?),
        Err(error) => {
            tracing::debug!(job, %error, "not released");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: i64 = 1_000_000;

    fn unclean(jobs: &[u32]) -> Unclean {
        Unclean {
            at: KILLED,
            jobs: jobs.iter().copied().collect(),
            ..Unclean::default()
        }
    }

    fn queued(job: u32, reason: &str) -> Queued {
        Queued {
            job,
            array: job,
            restarts: 0,
            reason: reason.into(),
        }
    }

    fn start(job: u32, restarts: u32, at: i64) -> Start {
        Start { job, restarts, at }
    }

    /// A server that starts between two kills remembers nothing of the first.
    #[test]
    fn the_window_begins_with_the_first_end_that_was_not_looked_after() {
        let first = KILLED - 60_000;
        let started = Recovery::default();
        let goes_on = |asked_before| Recovery {
            asked_before,
            ..Recovery::default()
        };
        for (noted, recovery, since) in [
            (Some(first), &started, first),
            (None, &started, KILLED),
            (None, &goes_on(Some(first)), first),
            (Some(KILLED), &goes_on(Some(first)), first),
            (Some(first), &goes_on(Some(KILLED)), first),
        ] {
            let unclean = Unclean {
                unasked_since: noted,
                ..unclean(&[])
            };
            assert_eq!(recovery.unsaved_since(&unclean), since - UNSAVED_MS);
        }
        let forgotten = [start(5, 0, first - 1_000), start(5, 0, KILLED + 100)];
        let unclean = Unclean {
            unasked_since: Some(first),
            ..unclean(&[])
        };
        let early = [forgotten[0], start(5, 0, first + 500)];
        for starts in [&forgotten, &early] {
            let steps = plan(&unclean, &started, &[], &[], starts, KILLED + 500);
            assert_eq!(steps, [Step::TellStartedTwice(5)]);
        }
    }

    #[test]
    fn what_slurm_does_not_know_is_lost_and_told_once() {
        let queue = [queued(5, "None"), queued(7, "Priority")];
        let recovery = Recovery::default();
        let steps = plan(
            &unclean(&[5, 6, 7]),
            &recovery,
            &queue,
            &[],
            &[],
            KILLED + 500,
        );
        assert_eq!(steps, [Step::TellLost([6].into())]);
        assert_eq!(
            plan(&unclean(&[]), &recovery, &queue, &[], &[], KILLED + 500),
            []
        );
    }

    #[test]
    fn a_task_keeps_the_script_of_its_array() {
        let task = Queued {
            array: 5,
            ..queued(8, "None")
        };
        let steps = plan(
            &unclean(&[5]),
            &Recovery::default(),
            &[task],
            &[],
            &[],
            KILLED,
        );
        assert_eq!(steps, [Step::TellLost([].into())]);
    }

    #[test]
    fn a_job_is_released_only_if_its_start_failed() {
        let queue = [
            queued(5, LAUNCH_FAILED),
            queued(6, "JobHeldUser"),
            queued(7, "launch failure limit exceeded requeued held"),
        ];
        let steps = plan(
            &unclean(&[]),
            &Recovery::default(),
            &queue,
            &[],
            &[],
            KILLED,
        );
        assert_eq!(steps, [Step::Release(5)]);
    }

    #[test]
    fn a_node_that_slurm_drained_for_its_own_slip_comes_back() {
        let node = |state: &str, reason: &str| NodeInfo {
            name: "a-1".into(),
            states: ["IDLE".to_owned(), state.to_owned()].into(),
            reason: Some(reason.to_owned()),
            ..NodeInfo::default()
        };
        let nodes = [
            node("DRAIN", "Duplicate jobid [slurm@2026-01-02T03:04:05]"),
            node("DRAIN", "disk full"),
            node("CLOUD", "Duplicate jobid"),
        ];
        let steps = plan(
            &unclean(&[]),
            &Recovery::default(),
            &[],
            &nodes,
            &[],
            KILLED,
        );
        assert_eq!(steps, [Step::TakeBack("a-1".into())]);
    }

    #[test]
    fn a_start_that_was_forgotten_is_told() {
        let starts = [
            start(5, 0, KILLED - 3_000),
            start(6, 0, KILLED - 3_000),
            start(5, 0, KILLED + 2_000),
            start(6, 1, KILLED + 2_000),
            start(7, 0, KILLED - 90_000),
            start(7, 0, KILLED - 80_000),
        ];
        let recovery = Recovery::default();
        let mut unclean = unclean(&[]);
        let steps = plan(&unclean, &recovery, &[], &[], &starts, KILLED + 3_000);
        assert_eq!(steps, [Step::TellStartedTwice(5)]);
        unclean.started_twice.insert(5);
        assert_eq!(
            plan(&unclean, &recovery, &[], &[], &starts, KILLED + 3_000),
            []
        );
        // It ran on another node meanwhile, and Slurm thinks that it never left the first.
        let forgotten = [queued(6, "None")];
        let steps = plan(
            &unclean,
            &recovery,
            &forgotten,
            &[],
            &starts,
            KILLED + 3_000,
        );
        assert_eq!(steps, [Step::TellStartedTwice(6)]);
    }

    #[test]
    fn nodes_register_twice_and_it_ends() {
        let mut recovery = Recovery::default();
        let steps = |recovery: &Recovery, since| {
            plan(&unclean(&[]), recovery, &[], &[], &[], KILLED + since)
        };
        assert_eq!(
            steps(&recovery, REGISTER_EVERY_MS),
            [],
            "Slurm would not hear of it"
        );
        let due = REGISTER_EVERY_MS + 1;
        assert_eq!(steps(&recovery, due), [Step::Register]);
        recovery.registered_at = Some(KILLED + due);
        assert_eq!(steps(&recovery, due + 1), []);
        assert_eq!(steps(&recovery, 2 * due), [Step::Register]);
        recovery.registrations = REGISTRATIONS;
        assert_eq!(steps(&recovery, 2 * due), []);
        assert_eq!(steps(&recovery, LASTS_MS + 1), [Step::Done]);
    }
}
