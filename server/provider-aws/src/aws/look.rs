//! One look at all instances of the account that carry our tag, for all clusters, kept for as long as it is good enough:
//! seconds where nothing happens, a second or so after something was asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_ec2::Client;
use openpcs_provider::{ProviderError, State};

use super::now;
use crate::calls::instance::{CLUSTER, Seen, with_tag};

/// For each page that a look takes: of thousands of instances it takes some. With what is asked of their health it comes to
/// six calls a minute.
const CALM: Duration = Duration::from_secs(12);
const BUSY: Duration = Duration::from_secs(1);
/// So long after a change it may not even show yet.
const SHOWS: Duration = Duration::from_secs(15);
/// So long what is on its way up or down is looked at often.
const SETTLES: Duration = Duration::from_secs(5 * 60);

#[derive(Clone, Debug)]
pub struct Look {
    began: Instant,
    pages: u32,
    /// In milliseconds since 1970.
    pub taken_at: i64,
    pub seen: Vec<Seen>,
}

impl Look {
    pub fn of_cluster(&self, cluster_id: &str) -> impl Iterator<Item = &Seen> {
        let is_of = move |it: &&Seen| it.cluster_id.as_deref() == Some(cluster_id);
        self.seen.iter().filter(is_of)
    }

    pub fn any_lives(&self) -> bool {
        let mut states = self.seen.iter().map(|it| &it.state);
        states.any(|state| matches!(state, State::Pending | State::Running))
    }

    fn is_moving(&self) -> bool {
        let mut states = self.seen.iter().map(|it| &it.state);
        states.any(|state| matches!(state, State::Pending | State::Stopping))
    }
}

/// The last look, and when another one is due.
#[derive(Debug)]
pub struct Looks {
    client: Client,
    state: Mutex<Last>,
    /// One looks at a time; who waits takes what was seen.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Last {
    look: Option<Arc<Look>>,
    /// When something was asked for last.
    changed: Option<Instant>,
    refused: Option<(Instant, ProviderError)>,
}

impl Looks {
    pub fn new(client: Client) -> Looks {
        Looks {
            client,
            state: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// Instances were asked for, or their end.
    pub fn changed(&self) {
        self.state().changed = Some(Instant::now());
    }

    pub async fn get(&self) -> Result<Arc<Look>, ProviderError> {
        if let Some(known) = self.known() {
            return known;
        }
        let _one = self.looking.lock().await;
        // Somebody else has looked meanwhile.
        if let Some(known) = self.known() {
            return known;
        }
        let began = Instant::now();
        let taken_at = now();
        let answer = with_tag(&self.client, CLUSTER, None).await;
        let mut state = self.state();
        match answer {
            Ok((seen, pages)) => {
                let look = Arc::new(Look {
                    began,
                    pages: pages.max(1),
                    taken_at,
                    seen,
                });
                state.look = Some(look.clone());
                state.refused = None;
                Ok(look)
            }
            Err(error) => {
                let error = ProviderError::from(error);
                state.refused = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// What can be told without a call: the last look, or that AWS has just refused one.
    fn known(&self) -> Option<Result<Arc<Look>, ProviderError>> {
        let state = self.state();
        if let Some((at, error)) = &state.refused {
            return (at.elapsed() < BUSY).then(|| Err(error.clone()));
        }
        let look = state.look.as_ref()?;
        let good_for = good_for(look, state.changed, Instant::now());
        (look.began.elapsed() < good_for).then(|| Ok(look.clone()))
    }

    fn state(&self) -> MutexGuard<'_, Last> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn good_for(look: &Look, changed: Option<Instant>, now: Instant) -> Duration {
    let is_settled = changed.is_none_or(|at| {
        let since = now.saturating_duration_since(at);
        look.began > at && since >= SHOWS && (since >= SETTLES || !look.is_moving())
    });
    let of_page = if is_settled { CALM } else { BUSY };
    of_page * look.pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn often_until_what_was_asked_for_has_settled() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let look = |began: u64, pages: u32, state: State| Look {
            began: at(began),
            pages,
            taken_at: 0,
            seen: vec![Seen {
                id: "i-1".into(),
                cluster_id: None,
                launch_token: None,
                state,
                addresses: vec![],
            }],
        };
        for (look, changed, now, seconds) in [
            (look(10, 1, State::Running), None, 12, 12),
            (look(10, 3, State::Running), None, 12, 36),
            (look(10, 1, State::Pending), None, 12, 12),
            // Nothing of it can be in this look.
            (look(10, 1, State::Running), Some(11), 400, 1),
            (look(10, 2, State::Running), Some(11), 12, 2),
            // It may not show yet.
            (look(10, 1, State::Running), Some(5), 12, 1),
            (look(30, 1, State::Running), Some(5), 31, 12),
            (look(30, 1, State::Stopping), Some(5), 31, 1),
            (look(310, 1, State::Stopping), Some(5), 311, 12),
        ] {
            let changed = changed.map(at);
            assert_eq!(
                good_for(&look, changed, at(now)),
                Duration::from_secs(seconds),
                "{look:?} {changed:?}"
            );
        }
    }
}
