//! One answer of AWS that is kept, and asked for again when it has become old: at most once at a time, however many wait.
//!
//! Whoever asks gets what is fresh, waits a moment for a new one when it is not, and after that moment takes the old one:
//! in a small account everybody sees what is there now, in a large one nobody waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openpcs_provider::ProviderError;

/// How long one waits for a new answer where there is an old one.
const PATIENCE: Duration = Duration::from_millis(500);
/// So long AWS is not asked again after it refused: each letter of a search would.
const REFUSED: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// Younger ones are told without a question.
    pub fresh: Duration,
    /// Older ones are not told any more.
    pub keep: Duration,
}

#[derive(Debug)]
pub struct Cached<T> {
    state: Mutex<State<T>>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    last: Option<(Instant, Arc<T>)>,
    refusal: Option<(Instant, ProviderError)>,
}

impl<T> Default for Cached<T> {
    fn default() -> Cached<T> {
        Cached {
            state: Mutex::new(State {
                last: None,
                refusal: None,
            }),
            asking: tokio::sync::Mutex::default(),
        }
    }
}

impl<T: Send + Sync + 'static> Cached<T> {
    /// How old the last answer is; none before the first.
    pub fn age(&self) -> Option<Duration> {
        self.state().last.as_ref().map(|(at, _)| at.elapsed())
    }

    pub async fn get<F, A>(self: &Arc<Self>, ages: Ages, ask: F) -> Result<Arc<T>, ProviderError>
    where
        F: FnOnce() -> A + Send + 'static,
        A: Future<Output = Result<T, ProviderError>> + Send + 'static,
    {
        if let Some(fresh) = self.younger(ages.fresh) {
            return Ok(fresh);
        }
        // A task of its own: it is not lost with whoever waits no longer.
        let this = self.clone();
        let mut new = tokio::spawn(async move { this.refresh(ages, ask).await });
        let Some(old) = self.younger(ages.keep) else {
            return new.await.map_err(|_| stopped())?;
        };
        match tokio::time::timeout(PATIENCE, &mut new).await {
            Ok(Ok(Ok(new))) => Ok(new),
            _ => Ok(old),
        }
    }

    async fn refresh<F, A>(&self, ages: Ages, ask: F) -> Result<Arc<T>, ProviderError>
    where
        F: FnOnce() -> A,
        A: Future<Output = Result<T, ProviderError>>,
    {
        let began = Instant::now();
        let _one = self.asking.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(new) = self.younger(ages.fresh.max(began.elapsed())) {
            return Ok(new);
        }
        if let Some(refusal) = self.refused_just_now() {
            return Err(refusal);
        }
        let answer = ask().await;
        let mut state = self.state();
        match answer {
            Ok(new) => {
                let new = Arc::new(new);
                state.last = Some((Instant::now(), new.clone()));
                state.refusal = None;
                Ok(new)
            }
            Err(error) => {
                tracing::warn!(code = error.code, cause = error.message, "not listed");
                state.refusal = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn younger(&self, than: Duration) -> Option<Arc<T>> {
        let state = self.state();
        let last = state.last.as_ref().filter(|(at, _)| at.elapsed() < than);
        last.map(|(_, value)| value.clone())
    }

    fn refused_just_now(&self) -> Option<ProviderError> {
        let state = self.state();
        let refusal = state.refusal.as_ref();
        let recent = refusal.filter(|(at, _)| at.elapsed() < REFUSED);
        recent.map(|(_, error)| error.clone())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> ProviderError {
    ProviderError {
        code: "AwsStopped".into(),
        message: "The server stopped before AWS answered. Try again.".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{join_all, pending};

    use super::*;

    const FOREVER: Duration = Duration::from_secs(3_600);
    /// Always fresh.
    const FRESH: Ages = Ages {
        fresh: FOREVER,
        keep: FOREVER,
    };
    /// Never fresh, but kept.
    const OLD: Ages = Ages {
        fresh: Duration::ZERO,
        keep: FOREVER,
    };

    fn refusal() -> ProviderError {
        ProviderError {
            code: "Throttling".into(),
            message: "no".into(),
        }
    }

    #[tokio::test]
    async fn many_who_wait_ask_once() {
        let (cached, calls) = (Arc::<Cached<usize>>::default(), AtomicUsize::new(0));
        let calls = Arc::new(calls);
        assert_eq!(cached.age(), None);
        let ask = || {
            let calls = calls.clone();
            cached.get(FRESH, async move || {
                tokio::task::yield_now().await;
                Ok(calls.fetch_add(1, Ordering::SeqCst))
            })
        };
        let answers = join_all((0..20).map(|_| ask())).await;
        assert!(answers.iter().all(|answer| **answer.as_ref().unwrap() == 0));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert!(cached.age().is_some());
    }

    #[tokio::test]
    async fn an_old_answer_is_told_when_there_is_no_new_one_soon() {
        let cached = Arc::<Cached<usize>>::default();
        assert_eq!(*cached.get(OLD, async || Ok(1)).await.unwrap(), 1);
        assert_eq!(*cached.get(OLD, async || Ok(2)).await.unwrap(), 2);
        let refused = cached.get(OLD, async || Err(refusal())).await;
        assert_eq!(*refused.unwrap(), 2);
        let cached = Arc::<Cached<usize>>::default();
        cached.get(OLD, async || Ok(1)).await.unwrap();
        assert_eq!(*cached.get(OLD, pending).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn who_was_refused_does_not_ask_again_at_once() {
        let cached = Arc::<Cached<usize>>::default();
        let refused = cached.get(FRESH, async || Err(refusal())).await;
        assert_eq!(refused.unwrap_err(), refusal());
        let again = cached.get(FRESH, async || Ok(1)).await;
        assert_eq!(again.unwrap_err(), refusal());
    }
}
