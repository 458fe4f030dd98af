//! What EC2 says of the health of instances, asked for now and then: its own checks take minutes to be sure. While it does
//! not answer, what it said last stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_ec2::Client;
use openpcs_provider::Health;

use super::now;
use crate::calls::instance_status::remarkable;

/// It takes three calls, or some more on the day on which much is planned.
const EVERY: Duration = Duration::from_secs(180);

/// By EC2's ids; those of which there is nothing to say are not in it.
pub type Found = Arc<HashMap<String, Health>>;

#[derive(Debug)]
pub struct Checks {
    client: Client,
    state: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    found: Found,
    asked: Option<Instant>,
    is_refused: bool,
}

impl Checks {
    pub fn new(client: Client) -> Arc<Checks> {
        Arc::new(Checks {
            client,
            state: Mutex::default(),
        })
    }

    /// What was said last. If that is long ago, it is asked for beside: the nodes of a cluster do not wait for it.
    pub fn get(self: &Arc<Self>) -> Found {
        let mut state = self.state();
        if state.asked.is_none_or(|at| at.elapsed() >= EVERY) {
            state.asked = Some(Instant::now());
            let this = self.clone();
            tokio::spawn(async move { this.ask().await });
        }
        state.found.clone()
    }

    async fn ask(&self) {
        let answer = remarkable(&self.client, now()).await;
        let mut state = self.state();
        let was_refused = std::mem::replace(&mut state.is_refused, answer.is_err());
        match answer {
            Ok(found) => state.found = Arc::new(found),
            Err(error) if !was_refused => {
                tracing::warn!(%error, "EC2 does not tell the health of instances");
            }
            Err(_) => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, Last> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
