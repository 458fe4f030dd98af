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

/// MiB that batches under way take, of all deliveries of this process.
#[derive(Clone)]
pub struct Memory(Arc<Semaphore>);

impl Default for Memory {
    fn default() -> Memory {
        Memory(Arc::new(Semaphore::new(80)))
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
    /// In a row.
    failures: u32,
    last: Option<Failure>,
    works: bool,
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
        match self.round().await {
            Ok(pause) => {
                if !fared.works {
                    self.report.recovered().await;
                }
                *fared = Fared {
                    works: true,
                    ..Fared::default()
                };
                pause
            }
            Err(failure) => {
                if fared.last.as_ref() != Some(&failure) {
                    self.report.failed(&failure).await;
                }
                *fared = Fared {
                    failures: fared.failures.saturating_add(1),
                    last: Some(failure),
                    works: false,
                };
                backoff(fared.failures, (self.clock)())
            }
        }
    }

    /// A batch of each lane, also behind one that fails; how long there is nothing more to do, or the first failure.
    async fn round(&mut self) -> Result<Duration, Failure> {
        let (mut pause, mut failure) = (Duration::MAX, None);
        for lane in &mut self.lanes {
            let step = {
                let _held = self.memory.0.acquire_many(cost(&self.sink)).await;
                lane.step(&self.sink, (self.clock)()).await
            };
            match step {
                Ok(Step::Rest(rest)) => pause = pause.min(rest),
                Ok(Step::Delivered(delivered)) => {
                    pause = Duration::ZERO;
                    self.report.delivered(delivered).await;
                }
                Ok(Step::Part(why)) | Err(why) => {
                    failure.get_or_insert(why);
                }
            }
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(pause.min(LONGEST_PAUSE)),
        }
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
