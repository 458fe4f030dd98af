//! One delivery at work: all its lanes, one after the other, for as long as it is wanted. It has a task of its own, so that
//! a destination that is slow or gone keeps nobody else waiting; dropping it anywhere loses nothing.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::lane::{Delivered, Lane, Source, Step};
use super::{Failure, Sink};

const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// MiB that batches under way take, of all deliveries of this process. Those that failed last have their own: however many
/// destinations do not answer, the others need not wait for them.
#[derive(Clone)]
pub struct Memory {
    works: Arc<Semaphore>,
    fails: Arc<Semaphore>,
}

impl Default for Memory {
    fn default() -> Memory {
        let of = |mebibytes| Arc::new(Semaphore::new(mebibytes));
        Memory {
            works: of(56),
            fails: of(24),
        }
    }
}

/// Who is told how a delivery fares.
pub trait Report: Send {
    fn delivered(&mut self, delivered: Delivered) -> impl Future<Output = ()> + Send;
    /// Told once, until it works again, or fails for another reason.
    fn failed(&mut self, failure: &Failure) -> impl Future<Output = ()> + Send;
    /// Told at the first success, too: a process before may have failed.
    fn recovered(&mut self) -> impl Future<Output = ()> + Send;
}

pub struct Courier<S, R> {
    pub sink: Sink,
    pub lanes: Vec<Lane<S>>,
    pub memory: Memory,
    pub report: R,
    /// Milliseconds since 1970.
    pub clock: fn() -> i64,
}

/// How the rounds before went.
#[derive(Default)]
pub(super) struct Fared {
    lanes: Vec<Trouble>,
    /// What was told last.
    told: Option<Failure>,
    works: bool,
}

/// Of one lane; each waits for itself, so that one that cannot go on keeps no other from it.
#[derive(Clone, Default)]
struct Trouble {
    /// In a row.
    failures: u32,
    why: Option<Failure>,
    /// When it is tried again, in milliseconds since 1970.
    until: i64,
}

impl<S: Source, R: Report> Courier<S, R> {
    /// Never ends by itself.
    pub async fn run(mut self) {
        let mut fared = Fared::default();
        loop {
            let pause = self.turn(&mut fared).await;
            sleep(pause).await;
        }
    }

    /// One round, and what is told of it; how long the next one has time.
    pub(super) async fn turn(&mut self, fared: &mut Fared) -> Duration {
        fared.lanes.resize(self.lanes.len(), Trouble::default());
        let pause = self.round(&mut fared.lanes).await;
        let failure = fared.lanes.iter().find_map(|lane| lane.why.clone());
        match &failure {
            Some(failure) if fared.told.as_ref() != Some(failure) => {
                self.report.failed(failure).await;
            }
            None if !fared.works => self.report.recovered().await,
            _ => {}
        }
        fared.works = failure.is_none();
        fared.told = failure;
        pause
    }

    /// A batch of each lane that does not wait; how long there is nothing more to do.
    async fn round(&mut self, troubles: &mut [Trouble]) -> Duration {
        let mut pause = LONGEST_PAUSE;
        for (lane, trouble) in self.lanes.iter_mut().zip(troubles) {
            let now = (self.clock)();
            if let Some(left) = trouble.left(now) {
                pause = pause.min(left);
                continue;
            }
            let step = {
                let memory = match trouble.failures {
                    0 => &self.memory.works,
                    _ => &self.memory.fails,
                };
                let _held = memory.acquire_many(cost(&self.sink)).await;
                lane.step(&self.sink, now).await
            };
            pause = pause.min(match step {
                Ok(Step::Part(why)) | Err(why) => trouble.grow(why, (self.clock)()),
                Ok(Step::Rest(rest)) => {
                    *trouble = Trouble::default();
                    rest
                }
                Ok(Step::Delivered(delivered)) => {
                    *trouble = Trouble::default();
                    self.report.delivered(delivered).await;
                    Duration::ZERO
                }
            });
        }
        pause
    }
}

impl Trouble {
    /// How long it waits yet. A clock that was set back must not stop it for long.
    fn left(&self, now: i64) -> Option<Duration> {
        let left = u64::try_from(self.until.saturating_sub(now)).ok()?;
        let left = Duration::from_millis(left);
        (!left.is_zero() && left <= LONGEST_PAUSE).then_some(left)
    }

    fn grow(&mut self, why: Failure, now: i64) -> Duration {
        let failures = self.failures.saturating_add(1);
        let pause = backoff(failures, now);
        let millis = i64::try_from(pause.as_millis()).unwrap_or(0);
        *self = Trouble {
            failures,
            why: Some(why),
            until: now.saturating_add(millis),
        };
        pause
    }
}

/// Lines, records, and the request that is made of them.
fn cost(sink: &Sink) -> u32 {
    u32::try_from((4 * sink.limits().bytes).div_ceil(1 << 20)).unwrap_or(u32::MAX)
}

/// 0.5 s, 1 s, 2 s … 60 s, and up to half of it less by chance: not all that failed together come back together.
fn backoff(failures: u32, chance: i64) -> Duration {
    let pause = Duration::from_millis(250) * 2_u32.saturating_pow(failures.min(10));
    let less = u32::try_from(chance.rem_euclid(500)).unwrap_or(0);
    pause.min(LONGEST_PAUSE) * (1000 - less) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute() {
        for (failures, chance, millis) in [
            (1, 0, 500),
            (2, 0, 1_000),
            (2, 250, 750),
            (9, 0, 60_000),
            (u32::MAX, 0, 60_000),
            (9, 499, 30_060),
            (9, -1, 30_060),
        ] {
            let right = Duration::from_millis(millis);
            assert_eq!(backoff(failures, chance), right, "{failures} {chance}");
        }
    }
}
