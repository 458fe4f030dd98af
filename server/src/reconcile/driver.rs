//! Runs the reconcilers: three loops per cluster, started when the cluster appears and ended when it is gone.

use std::collections::HashMap;
use std::time::Duration;

use app::model::live::{Change, Kind};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::cluster::ClusterReconciler;
use super::job::JobReconciler;
use super::node::NodeReconciler;
use super::sweep::Sweep;
use super::{Next, Parts, Reconciler, home};
use crate::db::server;
use crate::live::pulse::Pulse;
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
    let mut sweep = Sweep::default();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            change = changes.recv() => match change {
                Ok(change) => on_change(&parts, &mut loops, &change).await,
                Err(RecvError::Lagged(_)) => parts.wakers.wake_all(),
                Err(RecvError::Closed) => break,
            },
            _ = prunes.tick() => sweep.outdated(&parts).await,
            _ = ticks.tick() => {
                let beat = server::beat(&parts.db, &parts.server).await;
                pulse.note(beat.is_ok());
                if let Err(error) = beat {
                    tracing::warn!(%error, "cannot say that this server lives");
                }
                start_missing(&parts, &mut loops).await;
                sweep.leftovers(&parts).await;
            }
        }
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

/// Starts the loops of clusters that have none and forgets those that have ended.
async fn start_missing(parts: &Parts, loops: &mut HashMap<String, Loops>) {
    loops.retain(|_, l| !l.tasks[0].is_finished());
    let rows = match home::clusters(parts).await {
        Ok(rows) => rows,
        Err(error) => return tracing::warn!(%error, "cannot list the clusters"),
    };
    for row in rows {
        let waker = parts.wakers.of(&row.id);
        loops.entry(row.id.clone()).or_insert_with(|| {
            let cluster = ClusterReconciler::new(parts.clone(), row.id.clone());
            let node = NodeReconciler::new(parts.clone(), row.id.clone());
            let job = JobReconciler::new(parts.clone(), row.id.clone());
            Loops {
                tasks: [
                    tokio::spawn(run_loop(cluster, waker.cluster.clone())),
                    tokio::spawn(run_loop(node, waker.node.clone())),
                    tokio::spawn(run_loop(job, waker.job.clone())),
                ],
            }
        });
    }
}

async fn run_loop(mut reconciler: impl Reconciler, wake: Waker) {
    let mut failures = 0;
    loop {
        let wait = match reconciler.run().await {
            Ok(Next::Never) => return,
            Ok(Next::After(wait)) => {
                failures = 0;
                wait
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(
                    reconciler = reconciler.name(),
                    failures,
                    error = format!("{error:#}"),
                    "run failed"
                );
                backoff(failures)
            }
        };
        // A wake-up during the run makes this return at once.
        let _ = tokio::time::timeout(wait, wake.woken()).await;
    }
}

/// 0.5 s, 1 s, 2 s … 30 s.
fn backoff(failures: u32) -> Duration {
    (Duration::from_millis(250) * 2_u32.saturating_pow(failures.min(10))).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_retried_ever_later_but_never_given_up() {
        assert_eq!(backoff(1), Duration::from_millis(500));
        assert_eq!(backoff(2), Duration::from_secs(1));
        assert_eq!(backoff(1000), LONGEST_BACKOFF);
    }
}
