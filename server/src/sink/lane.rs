//! One log of one delivery. A step delivers one batch: read, decide, write the decision down, send, go on.
//!
//! It may end anywhere: the next step, of this process or the next, finds the decision and sends the same batch.

use std::future::Future;
use std::time::Duration;

use super::batch::{Batch, Limits};
use super::journal::{Cursor, Intent, Journal};
use super::names::{Log, Origin};
use super::record::Line;
use super::{Attempt, Failure, Sent, Sink};

/// Where lines are kept.
pub trait Source: Send + Sync {
    /// The first lines of the log behind that one, ascending: at most so many, and about so many bytes.
    fn after(
        &self,
        log: Log,
        seq: i64,
        limits: &Limits,
    ) -> impl Future<Output = Result<Vec<Line>, Failure>> + Send;

    /// How many lines of the log behind that one are not kept any more.
    fn lost(&self, log: Log, seq: i64) -> impl Future<Output = Result<u64, Failure>> + Send;
}

pub struct Lane<S> {
    pub source: S,
    pub journal: Journal,
    pub origin: Origin,
    pub log: Log,
    /// The line behind which a new delivery begins.
    pub begin: i64,
    /// This lane has not sent before what was decided: whoever did, its end is not known.
    repeats: bool,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is nothing to deliver, or nothing before that time.
    Rest(Duration),
    Delivered(Delivered),
    /// Some of the records are not there yet.
    Part(Failure),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub lines: usize,
    /// Of them, those that the destination refuses for ever.
    pub refused: usize,
    /// Lines before them that were removed, for their age, before they could be delivered.
    pub lost: u64,
}

/// How soon it is looked for new lines.
const IDLE: Duration = Duration::from_secs(1);

impl<S: Source> Lane<S> {
    pub fn new(source: S, journal: Journal, origin: Origin, log: Log, begin: i64) -> Lane<S> {
        Lane {
            source,
            journal,
            origin,
            log,
            begin,
            repeats: true,
        }
    }

    /// `now` in milliseconds since 1970.
    pub async fn step(&mut self, sink: &Sink, now: i64) -> Result<Step, Failure> {
        let cursor = self.journal.read().await?.unwrap_or(Cursor {
            after: self.begin,
            intent: None,
        });
        let lost = self.source.lost(self.log, cursor.after).await?;
        let limits = sink.limits();
        let lines = self.source.after(self.log, cursor.after, &limits).await?;
        let (batch, intent) = match cursor.intent.clone() {
            Some(intent) => match self.decided(&lines, &intent, &limits) {
                Some(batch) => (batch, intent),
                None => return self.skip(cursor, intent, lost).await,
            },
            None => {
                self.repeats = false;
                let Some(batch) = Batch::of(&self.origin, self.log, &lines, &limits) else {
                    return Ok(Step::Rest(IDLE));
                };
                let left = wait(&batch, sink.linger(), now);
                if !left.is_zero() {
                    return Ok(Step::Rest(left.min(IDLE)));
                }
                let intent = self.decide(&cursor, &batch, sink).await?;
                (batch, intent)
            }
        };
        self.send(sink, cursor, batch, intent, lost).await
    }

    /// The batch as it was decided; what has been removed since cannot be in it.
    fn decided(&self, lines: &[Line], intent: &Intent, limits: &Limits) -> Option<Batch> {
        let origin = Origin {
            version: intent.version.clone(),
            ..self.origin.clone()
        };
        let end = lines.partition_point(|line| line.seq <= intent.until);
        Batch::of(&origin, self.log, &lines[..end], limits)
    }

    async fn decide(&self, cursor: &Cursor, batch: &Batch, sink: &Sink) -> Result<Intent, Failure> {
        let intent = Intent {
            until: batch.last_seq,
            version: self.origin.version.clone(),
            mark: sink.mark(batch).await?,
        };
        let cursor = Cursor {
            intent: Some(intent.clone()),
            ..cursor.clone()
        };
        self.journal.write(&cursor).await?;
        Ok(intent)
    }

    async fn send(
        &mut self,
        sink: &Sink,
        cursor: Cursor,
        batch: Batch,
        intent: Intent,
        lost: u64,
    ) -> Result<Step, Failure> {
        let attempt = Attempt {
            mark: intent.mark.clone(),
            is_repeat: std::mem::replace(&mut self.repeats, true),
        };
        match sink.send(&batch, &attempt).await? {
            Sent::All { refused } => {
                let cursor = Cursor {
                    after: batch.last_seq,
                    intent: None,
                };
                self.journal.write(&cursor).await?;
                Ok(Step::Delivered(Delivered {
                    lines: batch.records.len(),
                    refused,
                    lost,
                }))
            }
            Sent::Part { mark, why } => {
                let intent = Some(Intent { mark, ..intent });
                self.journal.write(&Cursor { intent, ..cursor }).await?;
                Ok(Step::Part(why))
            }
        }
    }

    /// All lines of what was decided have been removed meanwhile.
    async fn skip(&self, cursor: Cursor, intent: Intent, lost: u64) -> Result<Step, Failure> {
        let cursor = Cursor {
            after: intent.until.max(cursor.after),
            intent: None,
        };
        self.journal.write(&cursor).await?;
        Ok(Step::Delivered(Delivered {
            lost,
            ..Delivered::default()
        }))
    }
}

/// How long the batch may wait for more lines. A clock that was set back must not stop it for long.
fn wait(batch: &Batch, linger: Duration, now: i64) -> Duration {
    if batch.is_full {
        return Duration::ZERO;
    }
    let age = u64::try_from(now - batch.at).unwrap_or(0);
    linger.saturating_sub(Duration::from_millis(age))
}
