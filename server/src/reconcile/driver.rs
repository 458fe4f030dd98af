//! Runs the reconcilers: five loops per cluster, started when the cluster appears and ended when it is gone, and what tidies
//! up for the whole server. Notes how each run went.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::anyhow;
use app::model::live::{Change, Kind};
use app::model::system::ReconcilerKind;
use futures::FutureExt;
use openpcs_provider::lease::{Beat, Lease};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::cluster::ClusterReconciler;
use super::home::{self, Home};
use super::job::JobReconciler;
use super::log::LogReconciler;
use super::metric::Sampler;
use super::node::NodeReconciler;
use super::notification::NotificationReconciler;
use super::past::PastReconciler;
use super::publish::PublishReconciler;
use super::sweep::{self, Sweep};
use super::{Next, Parts, Reconciler};
use crate::live::status::{Done, Run, Status};
use crate::live::wake::Waker;

/// How often new clusters are looked for and leftovers are swept.
const TICK: Duration = Duration::from_secs(5);
/// How often old rows are removed: they are days old, so there is no hurry.
const PRUNE: Duration = Duration::from_secs(600);
/// The longest wait after failures in a row.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The loops of one cluster; dropped, they end at once (they are idempotent, so anywhere will do).
struct Loops {
    name: String,
    /// What they work under.
    lease: Option<Lease>,
    tasks: [JoinHandle<()>; 5],
}

impl Drop for Loops {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Reconciles for as long as `stop` stays false, and while this process is believed to live.
pub async fn run(parts: Parts, beat: Beat, mut stop: watch::Receiver<bool>) {
    let mut changes = parts.db.changes().subscribe();
    let mut words = beat.subscribe();
    let mut ticks = tokio::time::interval(TICK);
    let mut prunes = tokio::time::interval(PRUNE);
    let _telling = tell(&parts, beat.clone());
    let _publishing = publish(&parts, beat.clone());
    let mut clusters = Clusters::new(&parts, beat);
    let mut house = House::new(&parts);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            change = changes.recv() => match change {
                Ok(change) => clusters.on_change(&change).await,
                Err(RecvError::Lagged(_)) => parts.wakers.wake_all(),
                Err(RecvError::Closed) => break,
            },
            _ = words.changed() => clusters.on_word().await,
            _ = prunes.tick() => house.prune(&parts).await,
            _ = sleep(house.sampler.left()) => house.measure(&parts, clusters.loops.keys()).await,
            _ = ticks.tick() => {
                clusters.look().await;
                house.sweep(&parts).await;
            }
        }
    }
}

/// A loop beside those of the clusters. It ends with them.
struct Beside(JoinHandle<()>);

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Messages to people: apart from all else, for it looks at what all clusters did.
fn tell(parts: &Parts, beat: Beat) -> Beside {
    let reconciler = NotificationReconciler::new(parts.clone(), beat);
    let status = |kind| parts.statuses.begin(kind, "", "");
    Beside(start(reconciler, &Waker::default(), status))
}

/// Metrics to the provider's account, where it takes any: apart from all else, for it may be away.
fn publish(parts: &Parts, beat: Beat) -> Option<Beside> {
    if !parts.provider.profile().takes_metrics {
        return None;
    }
    let reconciler = PublishReconciler::new(parts.clone(), beat);
    let status = |kind| parts.statuses.begin(kind, "", "");
    Some(Beside(start(reconciler, &Waker::default(), status)))
}

/// What the server does for itself, beside the clusters.
struct House {
    sweep: Sweep,
    sweeping: Status,
    pruning: Status,
    sampler: Sampler,
    sampling: Status,
}

impl House {
    fn new(parts: &Parts) -> House {
        House {
            sweep: Sweep::default(),
            sweeping: parts.statuses.begin(ReconcilerKind::Sweep, "", ""),
            pruning: parts.statuses.begin(ReconcilerKind::Prune, "", ""),
            sampler: Sampler::new(parts.metrics_every),
            sampling: parts.statuses.begin(ReconcilerKind::Metric, "", ""),
        }
    }

    async fn sweep(&mut self, parts: &Parts) {
        let mut run = self.sweeping.run();
        let swept = self.sweep.leftovers(parts, &mut run.done).await;
        end(run, swept.map(|()| TICK), |_| TICK);
    }

    async fn prune(&self, parts: &Parts) {
        let run = self.pruning.run();
        let pruned = sweep::outdated(parts).await;
        end(run, pruned.map(|()| PRUNE), |_| PRUNE);
    }

    async fn measure(&mut self, parts: &Parts, clusters: impl Iterator<Item = &String>) {
        let mut run = self.sampling.run();
        let measured = self.sampler.run(parts, clusters, &mut run.done).await;
        let left = self.sampler.left();
        end(run, measured.map(|()| left), |_| left);
    }
}

/// The clusters that this process keeps, each with its loops.
struct Clusters {
    parts: Parts,
    /// None where no other process can have them.
    beat: Option<Beat>,
    loops: HashMap<String, Loops>,
    /// Of the beat, at the last look; none: this process was not believed to live.
    chain: Option<u64>,
}

impl Clusters {
    fn new(parts: &Parts, beat: Beat) -> Clusters {
        Clusters {
            beat: (!parts.db.has_one_server()).then_some(beat),
            parts: parts.clone(),
            loops: HashMap::new(),
            chain: None,
        }
    }

    async fn on_change(&mut self, change: &Change) {
        match change.kind {
            Kind::Cluster | Kind::ComputeNodeGroup | Kind::Queue => {
                if !self.loops.contains_key(&change.cluster_id) {
                    self.look().await;
                }
                self.parts.wakers.wake_cluster(&change.cluster_id);
            }
            // What the reconcilers say themselves must not wake them.
            Kind::Node
            | Kind::Job
            | Kind::Event
            | Kind::Metric
            | Kind::Notification
            | Kind::Notice
            | Kind::LogDelivery => {}
        }
    }

    /// This process said that it lives, or was told that it does not.
    async fn on_word(&mut self) {
        if self.chain_now() != self.chain {
            self.look().await;
        }
    }

    fn chain_now(&self) -> Option<u64> {
        self.beat.as_ref().map_or(Some(0), Beat::chain)
    }

    /// Starts the loops of clusters that have none and ends those of clusters that another process has, or may have.
    async fn look(&mut self) {
        self.chain = self.chain_now();
        let Some(chain) = self.chain else {
            return self.end_all();
        };
        let beat = self.beat.as_ref().map(|beat| (beat, chain));
        let homes = match home::clusters(&self.parts, beat).await {
            Ok(homes) => homes,
            Err(error) => return tracing::warn!(%error, "cannot list the clusters"),
        };
        let leases = homes.iter();
        let leases = leases.map(|home| (home.row.id.as_str(), &home.lease));
        let leases: HashMap<&str, &Option<Lease>> = leases.collect();
        let lost = self.loops.extract_if(|id, loops| {
            let is_same = leases.get(id.as_str()) == Some(&&loops.lease);
            !is_same || loops.tasks[0].is_finished()
        });
        let lost: Vec<(String, Loops)> = lost.collect();
        for (id, loops) in lost {
            self.ended(&id, loops);
        }
        for home in homes {
            let id = home.row.id.clone();
            if !self.loops.contains_key(&id) {
                let loops = self.start(home);
                self.loops.insert(id, loops);
            }
        }
    }

    fn start(&self, home: Home) -> Loops {
        let Home { row, lease } = home;
        let parts = match lease.clone() {
            Some(lease) => self.parts.under(lease),
            None => self.parts.clone(),
        };
        let waker = parts.wakers.of(&row.id);
        let cluster = ClusterReconciler::new(parts.clone(), row.id.clone());
        let node = NodeReconciler::new(parts.clone(), row.id.clone());
        let job = JobReconciler::new(parts.clone(), row.id.clone());
        let past = PastReconciler::new(parts.clone(), row.id.clone());
        let log = LogReconciler::new(parts.clone(), row.id.clone());
        let status = |kind| parts.statuses.begin(kind, &row.id, &row.name);
        Loops {
            lease,
            tasks: [
                start(cluster, &waker.cluster, status),
                start(node, &waker.node, status),
                start(job, &waker.job, status),
                // Nothing that happens makes it due at once.
                start(past, &Waker::default(), status),
                start(log, &Waker::default(), status),
            ],
            name: row.name,
        }
    }

    /// Others may have any of them by now.
    fn end_all(&mut self) {
        let away = self.loops.iter();
        let away = away.map(|(id, loops)| (id.as_str(), loops.name.as_str()));
        if !self.loops.is_empty() {
            self.parts.homes.note(away);
        }
        for (id, loops) in std::mem::take(&mut self.loops) {
            self.ended(&id, loops);
        }
    }

    /// Those that ended by themselves have told why.
    fn ended(&self, id: &str, loops: Loops) {
        if loops.tasks[0].is_finished() {
            return;
        }
        if !self.parts.homes.has(id) {
            tracing::warn!(
                cluster = loops.name,
                "another process runs this cluster now, or may: this one has been silent to the database for too long. \
                 It does nothing more for the cluster until it has it again"
            );
        }
        // Whoever waits for what is seen of it need not wait on.
        self.parts.observed.forget(id);
    }
}

fn start<R: Reconciler>(
    reconciler: R,
    wake: &Waker,
    status: impl Fn(ReconcilerKind) -> Status,
) -> JoinHandle<()> {
    tokio::spawn(run_loop(reconciler, wake.clone(), status(R::KIND)))
}

async fn run_loop<R: Reconciler>(mut reconciler: R, wake: Waker, status: Status) {
    loop {
        let mut run = status.run();
        let wait = match whole(&mut reconciler, &mut run.done).await {
            Ok(Next::Never) => return,
            Ok(Next::After(wait)) => end(run, Ok(wait), backoff),
            Err(error) => end(run, Err(error), backoff),
        };
        // A wake-up during the run makes this return at once.
        let _ = tokio::time::timeout(wait, wake.woken()).await;
    }
}

/// A run that panics has failed: the next one looks at everything anew.
async fn whole(reconciler: &mut impl Reconciler, done: &mut Done) -> anyhow::Result<Next> {
    let run = AssertUnwindSafe(reconciler.run(done)).catch_unwind().await;
    run.unwrap_or_else(|_| Err(anyhow!("the run panicked; the server's log says where")))
}

/// Notes how a run ended, says it when that is news, and answers when the next one is at the latest: after so many failures
/// in a row `again` knows.
fn end(run: Run, ended: anyhow::Result<Duration>, again: impl Fn(u32) -> Duration) -> Duration {
    let before = run.before();
    let (reconciler, cluster) = (before.kind.as_str(), &before.cluster_name);
    match ended {
        Ok(wait) => {
            if before.failures > 0 {
                let failures = before.failures;
                tracing::info!(reconciler, cluster, failures, "works again");
            }
            run.succeeded(wait);
            wait
        }
        Err(error) => {
            let (failures, error) = (before.failures.saturating_add(1), format!("{error:#}"));
            let wait = again(failures);
            match run.failed(&error, wait) {
                true => tracing::warn!(reconciler, cluster, failures, error, "run failed"),
                false => tracing::debug!(reconciler, cluster, failures, error, "run failed"),
            }
            wait
        }
    }
}

/// 0.5 s, 1 s, 2 s … 30 s.
fn backoff(failures: u32) -> Duration {
    (Duration::from_millis(250) * 2_u32.saturating_pow(failures.min(10))).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::live::status::Statuses;
    use crate::live::wake::Wakers;

    /// Fails, panics, succeeds, and ends; notes how it stood at the beginning of each run.
    struct Flaky {
        statuses: Statuses,
        wakers: Wakers,
        stood: Arc<Mutex<Vec<(u32, String)>>>,
    }

    impl Reconciler for Flaky {
        const KIND: ReconcilerKind = ReconcilerKind::Node;

        async fn run(&mut self, _: &mut Done) -> anyhow::Result<Next> {
            let all = self.statuses.all();
            let stood = all.iter().map(|one| (one.failures, one.error.clone()));
            let run = {
                let mut noted = self.stood.lock().expect("nobody panics meanwhile");
                noted.extend(stood);
                noted.len()
            };
            // The pause after this run is none.
            self.wakers.wake_cluster("pcs_1");
            match run {
                1 => anyhow::bail!("Slurm is silent"),
                2 => panic!("the test wants it"),
                3 => Ok(Next::After(LONGEST_BACKOFF)),
                _ => Ok(Next::Never),
            }
        }
    }

    #[tokio::test]
    async fn what_fails_or_panics_is_tried_again_and_noted() {
        let (statuses, wakers) = (Statuses::default(), Wakers::default());
        let stood = Arc::default();
        let flaky = Flaky {
            statuses: statuses.clone(),
            wakers: wakers.clone(),
            stood: Arc::clone(&stood),
        };
        let status = |kind| statuses.begin(kind, "pcs_1", "one");
        let ended = start(flaky, &wakers.of("pcs_1").node, status).await;
        assert!(ended.is_ok());
        let stood = stood.lock().expect("it has ended").clone();
        let panicked = stood[2].1.as_str();
        assert!(panicked.contains("panicked"), "{panicked}");
        let right = [(0, ""), (1, "Slurm is silent"), (2, panicked), (0, "")];
        assert_eq!(
            stood,
            right.map(|(failures, words)| (failures, words.to_owned()))
        );
        assert!(statuses.all().is_empty(), "forgotten with its loop");
    }

    #[test]
    fn failures_are_retried_ever_later_but_never_given_up() {
        assert_eq!(backoff(1), Duration::from_millis(500));
        assert_eq!(backoff(2), Duration::from_secs(1));
        assert_eq!(backoff(1000), LONGEST_BACKOFF);
    }
}
