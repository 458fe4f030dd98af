//! Looks at the jobs of a cluster: what they are at for the console, those that ended for the history.
//!
//! A loop of its own, because jobs are many: asking for thousands takes seconds of processor time, in which the node
//! loop starts and ends nodes.
//!
//! It also sees jobs come back to the queue: their lives are written down, and they start again at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::job::{Job, JobRecord};
use app::model::sight::Sight;
use app::model::system::{ReconcilerKind, Work};

use super::comments::Comments;
use super::forecast::{self, BootTimes};
use super::history::History;
use super::lives::{self, Lives};
use super::pace::Pace;
use super::requeue::start_again;
use super::sight::Looks;
use super::signs::Signs;
use super::waiting_tasks::WaitingTasks;
use super::{Next, Parts, Reconciler};
use crate::db::cluster::ClusterRow;
use crate::db::{self, now, resource};
use crate::live::cancelled;
use crate::live::status::Done;
use crate::live::wake::Waker;
use crate::slurm::client::{Client, JobTable, Reservation};

/// How often the signs are looked at: nobody else says that a job started.
const TICK: Duration = Duration::from_millis(200);
/// Slurm is asked at least this often even when nothing seems to happen.
const LONGEST_SILENCE_MS: i64 = 60_000;
/// The same while jobs wait: what Slurm expects of them changes without a sign.
const LONGEST_WAIT_MS: i64 = 15_000;
const SHORTEST_REST: Duration = Duration::from_millis(500);
/// Ended jobs that a server remembers at its start.
const ENDED: i64 = 500;

/// The loop of one cluster.
pub struct JobReconciler {
    parts: Parts,
    cluster_id: String,
    waker: Waker,
    looked: Signs,
    /// Nothing had happened since the last look.
    quiet_at: i64,
    /// There is more to note of jobs that ended than one look may ask for.
    has_more: bool,
    looks: Looks,
    history: History,
    lives: Lives,
    waiting_tasks: WaitingTasks,
    boot_times: BootTimes,
    comments: Comments,
    table: JobTable,
    pace: Pace,
}

impl JobReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            waker: parts.wakers.of(&cluster_id).job,
            looked: Signs::default(),
            quiet_at: 0,
            has_more: false,
            looks: Looks::new(Sight::Jobs),
            history: History::new(&cluster_id),
            lives: Lives::new(&cluster_id),
            waiting_tasks: WaitingTasks::new(&cluster_id),
            boot_times: BootTimes::default(),
            comments: Comments::new(&cluster_id),
            table: JobTable::default(),
            pace: Pace::new(SHORTEST_REST),
            parts,
            cluster_id,
        }
    }

    /// The jobs of the last look, and up to when it is known that nothing had changed; before there was one what another
    /// process left: those that ended, and the tasks that waited.
    async fn before(&mut self, memory_ms: i64) -> sqlx::Result<(i64, Arc<Vec<Job>>)> {
        let latest = self.parts.observed.latest(&self.cluster_id);
        if latest.jobs_asked_at > 0 {
            let seen_at = self.quiet_at.max(latest.jobs_asked_at);
            return Ok((seen_at, latest.jobs.clone()));
        }
        let db = &self.parts.db;
        let ended = db::job::list(db.pool(), &self.cluster_id, ENDED).await?;
        let (seen_at, waited) = self.waiting_tasks.before(db, memory_ms, now()).await?;
        let ended = ended.into_iter().map(|record| record.job);
        Ok((seen_at, Arc::new(ended.chain(waited).collect())))
    }

    /// How many there are.
    async fn look(
        &mut self,
        client: &Client,
        signs: Signs,
        memory_ms: i64,
    ) -> anyhow::Result<usize> {
        let asked_at = now();
        let found = self.table.look(client).await;
        let mut records = self
            .looks
            .note(&self.parts, &self.cluster_id, asked_at, found)
            .await?;
        (self.looked, self.has_more) = (signs, false);
        let (seen_at, before) = self.before(memory_ms).await?;
        cancelled::name(&mut records, before.iter());
        if now() - seen_at < memory_ms {
            cancelled::add(&mut records, before.iter(), now());
        }
        let parts = &self.parts;
        let waiting = lives::to_start(&records, now());
        let (controller, log) = (
            parts.controllers.state(&self.cluster_id),
            parts.controller_log(&self.cluster_id),
        );
        let data_dir = parts.controllers.data_dir();
        let data_dir = parts.provider.profile().shares_files.then_some(data_dir);
        // Before the next life writes to the same file; whether it could be noted or not, that life begins.
        let kept = self
            .lives
            .keep(&parts.db, &controller, &log, data_dir, &mut records)
            .await;
        start_again(client, waiting).await;
        kept?;
        let over = records.iter().filter(|record| record.job.is_over());
        self.has_more = self.history.keep(&self.parts.db, client, over).await?;
        forecast::settle(&mut records, now());
        self.boot_times
            .expect(&self.parts.db, &self.cluster_id, &mut records)
            .await?;
        self.comments.seen(&records, now());
        let reservations = reservations(client, &records).await;
        let observed = &self.parts.observed;
        observed.reservations(&self.cluster_id, reservations);
        let jobs: Vec<Job> = records.iter().map(JobRecord::listed).collect();
        let count = jobs.len();
        let db = &self.parts.db;
        self.waiting_tasks.keep(db, asked_at, &jobs).await?;
        self.parts.observed.jobs(&self.cluster_id, asked_at, jobs);
        Ok(count)
    }
}

/// Slurm is asked where it says of a job that nodes are reserved; that it does not answer leaves an explanation with less.
async fn reservations(client: &Client, records: &[JobRecord]) -> Vec<Reservation> {
    let is_meant =
        |record: &JobRecord| record.job.is_pending() && record.description.contains("eserved");
    match records.iter().any(is_meant) {
        true => client.reservations().await.unwrap_or_default(),
        false => vec![],
    }
}

impl Reconciler for JobReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Job;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let rest = self.pace.left();
        if !rest.is_zero() {
            return Ok(Next::After(rest));
        }
        let signs = Signs::now(&self.parts, &self.cluster_id, &self.waker).await;
        let latest = self.parts.observed.latest(&self.cluster_id);
        if signs == self.looked {
            self.quiet_at = now();
        }
        let silence = match self.comments.any_waits() {
            true => LONGEST_WAIT_MS,
            false => LONGEST_SILENCE_MS,
        };
        let is_silent =
            !self.has_more && signs == self.looked && now() - latest.jobs_asked_at < silence;
        if is_silent && !self.comments.are_due() {
            return Ok(Next::After(TICK));
        }
        let found: Option<ClusterRow> =
            resource::find(self.parts.db.pool(), None, &self.cluster_id).await?;
        let Some(cluster) = found else {
            return Ok(Next::Never);
        };
        if cluster.applied_spec.is_some() && cluster.status.can_be_used() {
            let version = cluster.slurm_version();
            if let Some(client) = self.parts.client(&cluster.id, version)? {
                let began = Instant::now();
                let memory_ms = cancelled::memory_ms(&cluster.spec);
                let looked = match is_silent {
                    true => Ok(None),
                    false => self.look(&client, signs, memory_ms).await.map(Some),
                };
                let told = match self.comments.are_due() {
                    true => self.comments.tell(&self.parts, &client).await,
                    false => Ok(()),
                };
                self.pace.ended(began);
                if let Some(count) = looked? {
                    done.note(Work::JobsLookedAt, count);
                }
                told?;
            }
        }
        Ok(Next::After(TICK))
    }
}
