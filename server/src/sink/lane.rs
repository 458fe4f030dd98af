//! One log of one delivery. A step delivers one batch: read, decide, write the decision down, send, go on.
//!
//! It may end anywhere: the next step, of this process or the next, finds the decision and sends the same batch.

use std::future::Future;
use std::time::Duration;

use app::model::log::Log;

use super::batch::{Batch, Limits};
use super::journal::{Cursor, Intent, Journal};
use super::names::Origin;
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

    /// The number of the last line of the log that this process has put there; 0: none. Asks nobody.
    fn newest(&self, log: Log) -> i64;

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
    rest: Option<Rest>,
}

/// There is nothing to do before that time, in milliseconds since 1970, unless a line behind that number comes.
#[derive(Clone, Copy)]
struct Rest {
    until: i64,
    newest: i64,
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
/// How often it is asked for lines that nobody told of, in milliseconds.
const ASKED_MS: i64 = 60_000;

impl<S: Source> Lane<S> {
    pub fn new(source: S, journal: Journal, origin: Origin, log: Log, begin: i64) -> Lane<S> {
        Lane {
            source,
            journal,
            origin,
            log,
            begin,
            repeats: true,
            rest: None,
        }
    }

    /// `now` in milliseconds since 1970.
    pub async fn step(&mut self, sink: &Sink, now: i64) -> Result<Step, Failure> {
        if let Some(rest) = self.rest(now) {
            return Ok(Step::Rest(rest));
        }
        let newest = self.source.newest(self.log);
        let cursor = self.cursor().await?;
        let limits = sink.limits();
        let lines = self.source.after(self.log, cursor.after, &limits).await?;
        let (batch, decided) = match &cursor.intent {
            Some(intent) => match self.decided(&lines, intent, &limits) {
                Some(batch) => (batch, cursor),
                None => return self.skip(&cursor, intent).await,
            },
            None => {
                self.repeats = false;
                let Some(batch) = Batch::of(&self.origin, self.log, &lines, &limits) else {
                    return Ok(self.rests(ASKED_MS, newest, now));
                };
                let left = wait(&batch, sink.linger(), now);
                if !left.is_zero() {
                    // Twice as many lines may be a full batch: read again and again, they are read twice at most.
                    let many = batch.last_seq.saturating_add(count(batch.records.len()));
                    return Ok(self.rests(count(left.as_millis()), many, now));
                }
                let decided = self.decide(&cursor, &batch, sink).await?;
                (batch, decided)
            }
        };
        let lost = self.source.lost(self.log, decided.after).await?;
        self.send(sink, &decided, batch, lost).await
    }

    async fn cursor(&self) -> Result<Cursor, Failure> {
        if let Some(cursor) = self.journal.read().await? {
            return Ok(cursor);
        }
        self.journal.begin(self.begin).await?;
        let after = self.begin;
        Ok(Cursor {
            after,
            intent: None,
        })
    }

    /// How long there is nothing to do, as far as is known without asking.
    fn rest(&mut self, now: i64) -> Option<Duration> {
        let rest = self.rest?;
        let left = rest.until.saturating_sub(now);
        // A clock that was set back must not stop it.
        let is_over = !(1..=ASKED_MS).contains(&left);
        if is_over || self.source.newest(self.log) > rest.newest {
            self.rest = None;
            return None;
        }
        Some(Duration::from_millis(left.unsigned_abs()).min(IDLE))
    }

    fn rests(&mut self, millis: i64, newest: i64, now: i64) -> Step {
        let millis = millis.clamp(1, ASKED_MS);
        self.rest = Some(Rest {
            until: now.saturating_add(millis),
            newest,
        });
        Step::Rest(Duration::from_millis(millis.unsigned_abs()).min(IDLE))
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

    /// The cursor with the decision.
    async fn decide(&self, cursor: &Cursor, batch: &Batch, sink: &Sink) -> Result<Cursor, Failure> {
        let intent = Intent {
            until: batch.last_seq,
            version: self.origin.version.clone(),
            mark: sink.mark(batch).await?,
        };
        let decided = Cursor {
            intent: Some(intent.clone()),
            ..cursor.clone()
        };
        self.journal.advance(cursor, &decided).await?;
        Ok(decided)
    }

    async fn send(
        &mut self,
        sink: &Sink,
        decided: &Cursor,
        batch: Batch,
        lost: u64,
    ) -> Result<Step, Failure> {
        let intent = decided.intent.clone().unwrap_or_default();
        let attempt = Attempt {
            mark: intent.mark.clone(),
            is_repeat: std::mem::replace(&mut self.repeats, true),
        };
        match sink.send(&batch, &attempt).await? {
            Sent::All { refused } => {
                let after = Cursor {
                    after: batch.last_seq,
                    intent: None,
                };
                self.journal.advance(decided, &after).await?;
                Ok(Step::Delivered(Delivered {
                    lines: batch.records.len(),
                    refused,
                    lost,
                }))
            }
            Sent::Part { mark, why } => {
                let left = Cursor {
                    after: decided.after,
                    intent: Some(Intent { mark, ..intent }),
                };
                self.journal.advance(decided, &left).await?;
                Ok(Step::Part(why))
            }
        }
    }

    /// All lines of what was decided have been removed meanwhile.
    async fn skip(&self, cursor: &Cursor, intent: &Intent) -> Result<Step, Failure> {
        let lost = self.source.lost(self.log, cursor.after).await?;
        let after = Cursor {
            after: intent.until.max(cursor.after),
            intent: None,
        };
        self.journal.advance(cursor, &after).await?;
        Ok(Step::Delivered(Delivered {
            lost,
            ..Delivered::default()
        }))
    }
}

fn count<N>(number: N) -> i64
where
    i64: TryFrom<N>,
{
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How long the batch may wait for more lines. A clock that was set back must not stop it for long.
fn wait(batch: &Batch, linger: Duration, now: i64) -> Duration {
    if batch.is_full {
        return Duration::ZERO;
    }
    let age = u64::try_from(now - batch.at).unwrap_or(0);
    linger.saturating_sub(Duration::from_millis(age))
}
