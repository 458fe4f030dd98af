//! Runs the reconcilers: three loops per cluster, started when the cluster appears and ended when it is gone, and what tidies
//! up for the whole server. Notes how each run went.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::anyhow;
use app::model::live::{Change, Kind};
use app::model::system::ReconcilerKind;
use futures::FutureExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::cluster::ClusterReconciler;
use super::job::JobReconciler;
use super::node::NodeReconciler;
use super::sweep::{self, Sweep};
use super::{Next, Parts, Reconciler, home};
use crate::db::server;
use crate::live::pulse::Pulse;
use crate::live::status::{Done, Run, Status};
use crate::live::wake::Waker;

/// How often the server says that it lives, new clusters are looked for and leftovers are swept.
const TICK: Duration = Duration::from_secs(5);
/// How often old rows are removed: they are days old, so there is no hurry.
const PRUNE: Duration = Duration::from_secs(600);
/// The longest wait after failures in a row.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The loops of one cluster; dropped, they end at once (they are idempotent, so anywhere will do).
struct Loops {
    tasks: [JoinHandle<()>; 3],
}

impl Drop for Loops {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Reconciles for as long as `stop` stays false. `pulse` is told whether the database takes writes.
pub async fn run(parts: Parts, pulse: Pulse, mut stop: watch::Receiver<bool>) {
    let mut changes = parts.db.changes().subscribe();
    let mut ticks = tokio::time::interval(TICK);
    let mut prunes = tokio::time::interval(PRUNE);
    let mut loops: HashMap<String, Loops> = HashMap::new();
    let mut house = House::new(&parts);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            change = changes.recv() => match change {
                Ok(change) => on_change(&parts, &mut loops, &change).await,
                Err(RecvError::Lagged(_)) => parts.wakers.wake_all(),
                Err(RecvError::Closed) => break,
            },
            _ = prunes.tick() => house.prune(&parts).await,
            _ = ticks.tick() => {
                let beat = server::beat(&parts.db, &parts.server).await;
                pulse.note(beat.is_ok());
                if let Err(error) = beat {
                    tracing::warn!(%error, "cannot say that this server lives");
                }
                start_missing(&parts, &mut loops).await;
                house.sweep(&parts).await;
            }
        }
    }
}

/// What the server does for itself, beside the clusters.
struct House {
    sweep: Sweep,
    sweeping: Status,
    pruning: Status,
}

impl House {
    fn new(parts: &Parts) -> House {
        House {
            sweep: Sweep::default(),
            sweeping: parts.statuses.begin(ReconcilerKind::Sweep, "", ""),
            pruning: parts.statuses.begin(ReconcilerKind::Prune, "", ""),
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
}

async fn on_change(parts: &Parts, loops: &mut HashMap<String, Loops>, change: &Change) {
    match change.kind {
        Kind::Cluster | Kind::ComputeNodeGroup | Kind::Queue => {
            if !loops.contains_key(&change.cluster_id) {
                start_missing(parts, loops).await;
            }
            parts.wakers.wake_cluster(&change.cluster_id);
        }
        // What the reconcilers say themselves must not wake them.
        Kind::Node | Kind::Job | Kind::Event => {}
    }
}

/// Starts the loops of clusters that have none and forgets those that have ended, or whose cluster another server has.
async fn start_missing(parts: &Parts, loops: &mut HashMap<String, Loops>) {
    let rows = match home::clusters(parts).await {
        Ok(rows) => rows,
        Err(error) => return tracing::warn!(%error, "cannot list the clusters"),
    };
    let is_mine = |id: &String| rows.iter().any(|row| row.id == *id);
    loops.retain(|id, l| is_mine(id) && !l.tasks[0].is_finished());
    for row in rows {
        let waker = parts.wakers.of(&row.id);
        loops.entry(row.id.clone()).or_insert_with(|| {
            let cluster = ClusterReconciler::new(parts.clone(), row.id.clone());
            let node = NodeReconciler::new(parts.clone(), row.id.clone());
            let job = JobReconciler::new(parts.clone(), row.id.clone());
            let status = |kind| parts.statuses.begin(kind, &row.id, &row.name);
            Loops {
                tasks: [
                    start(cluster, &waker.cluster, status),
                    start(node, &waker.node, status),
                    start(job, &waker.job, status),
                ],
            }
        });
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
fn end(run: Run, ended: anyhow::Result<Duration>, again: fn(u32) -> Duration) -> Duration {
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
