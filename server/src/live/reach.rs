//! Whether the database answers, for all who ask: it is asked at most once in a while, and nothing is written.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::db::Db;

/// How long it may take to answer, and how often it is asked at most.
const TIMEOUT: Duration = Duration::from_secs(3);
const EVERY: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Reach {
    db: Db,
    last: Arc<Mutex<Option<Look>>>,
}

#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    took: Option<Duration>,
}

impl Reach {
    pub fn new(db: Db) -> Reach {
        Reach {
            db,
            last: Arc::default(),
        }
    }

    /// How long it took to answer; none: it did not. One question for all who ask meanwhile.
    pub async fn answer(&self) -> Option<Duration> {
        let mut last = self.last.lock().await;
        if let Some(look) = *last
            && look.at.elapsed() < EVERY
        {
            return look.took;
        }
        let began = Instant::now();
        let took = match tokio::time::timeout(TIMEOUT, self.db.ping()).await {
            Ok(Ok(())) => Some(began.elapsed()),
            Ok(Err(cause)) => {
                tracing::warn!(%cause, "the database cannot be read");
                None
            }
            Err(_) => None,
        };
        let at = Instant::now();
        *last = Some(Look { at, took });
        took
    }
}
