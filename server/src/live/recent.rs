//! What changed lately: a page that was rendered before its stream was opened has missed that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::model::live::{Change, Kind};
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tokio::time::Instant;

/// From rendering a page until its stream is open: the browser loads and starts the program in between.
const LATELY: Duration = Duration::from_secs(30);

/// The last change of each kind in each cluster.
#[derive(Clone, Default)]
pub struct Recent(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    last: HashMap<(Kind, String), (Instant, Change)>,
    /// When some changes went by unseen.
    missed_at: Option<Instant>,
}

impl Recent {
    /// Listens from now on, as long as there is anybody who tells. To be called inside the runtime.
    pub fn follow(changes: &Sender<Change>) -> Recent {
        let recent = Recent::default();
        tokio::spawn(recent.clone().listen(changes.subscribe()));
        recent
    }

    async fn listen(self, mut changes: Receiver<Change>) {
        loop {
            let told = changes.recv().await;
            let (now, mut known) = (Instant::now(), self.known());
            match told {
                Ok(change) => {
                    let of = (change.kind, change.cluster_id.clone());
                    known.last.insert(of, (now, change));
                    known.last.retain(|_, (at, _)| now - *at < LATELY);
                }
                Err(RecvError::Lagged(_)) => known.missed_at = Some(now),
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// One change of each kind and cluster; none when not all are known.
    pub fn changes(&self) -> Option<Vec<Change>> {
        self.before(Instant::now())
    }

    fn before(&self, now: Instant) -> Option<Vec<Change>> {
        let known = self.known();
        let is_recent = |at: Instant| now - at < LATELY;
        if known.missed_at.is_some_and(is_recent) {
            return None;
        }
        let recent = known.last.values().filter(|(at, _)| is_recent(*at));
        Some(recent.map(|(_, change)| change.clone()).collect())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;
    use tokio::task::yield_now;

    use super::*;

    fn change(kind: Kind) -> Change {
        Change {
            kind,
            cluster_id: "a".into(),
            resource_id: String::new(),
        }
    }

    #[tokio::test]
    async fn what_changed_lately_is_told_once() {
        let (sender, _) = broadcast::channel(8);
        let recent = Recent::follow(&sender);
        for kind in [Kind::Node, Kind::Job, Kind::Job] {
            sender.send(change(kind)).unwrap();
        }
        yield_now().await;
        let told = recent.changes().unwrap();
        assert!(
            told.len() == 2 && told.contains(&change(Kind::Job)),
            "{told:?}"
        );
        assert_eq!(recent.before(Instant::now() + LATELY), Some(vec![]));
    }

    #[tokio::test]
    async fn what_went_by_unseen_is_not_made_up() {
        let (sender, _) = broadcast::channel(2);
        let recent = Recent::follow(&sender);
        yield_now().await;
        for _ in 0..5 {
            sender.send(change(Kind::Job)).unwrap();
        }
        yield_now().await;
        assert_eq!(recent.changes(), None);
        assert_eq!(recent.before(Instant::now() + LATELY), Some(vec![]));
    }
}
