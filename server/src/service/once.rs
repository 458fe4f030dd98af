//! One after the other where it is about the same: whoever comes second finds what the first one did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The turns that somebody has or waits for, by what they are about.
#[derive(Clone, Default)]
pub struct Once(Arc<Mutex<HashMap<String, Weak<Turn<()>>>>>);

impl Once {
    /// Waits until nobody else is at it. The turn lasts as long as the guard.
    pub async fn turn(&self, about: String) -> OwnedMutexGuard<()> {
        let turn = {
            // A poisoned lock means that another thread panicked between two map operations: the map is still sound.
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(&about).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(about, Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_waits() {
        let once = Once::default();
        let held = once.turn("a".into()).await;
        let other = once.turn("b".into()).await;
        let second = tokio::spawn({
            let once = once.clone();
            async move { drop(once.turn("a".into()).await) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop((held, other));
        assert!(second.await.is_ok());
        drop(once.turn("c".into()).await);
        let left = once.0.lock().map_or(0, |turns| turns.len());
        assert!(left <= 1, "{left} turns are kept");
    }
}
