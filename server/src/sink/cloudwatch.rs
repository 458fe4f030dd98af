//! Records into a log group of CloudWatch Logs: each log of a cluster is a stream, which is made when it is not there.
//!
//! `PutLogEvents` takes a batch whole. Where its answer was lost, the newest events of the stream say whether it has the
//! batch: nobody else writes to it. They can tell no difference between two batches whose last lines are all the same, of
//! the same millisecond.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::batch::{Batch, Limits, Record};
use super::wire::{self, Wire};
use super::{Attempt, Failure, Sent};

/// Those of `PutLogEvents`. The span of a day is never reached: a batch has one hour.
pub const LIMITS: Limits = Limits {
    records: 10_000,
    bytes: 1_048_576,
    overhead: 26,
};
/// So many of the newest events are compared: a page, however long they are.
const COMPARED: usize = 100;
/// How soon CloudWatch Logs shows what it took.
pub const SETTLE: Duration = Duration::from_secs(5);

const MISSING: &str = "ResourceNotFoundException";
const EXISTS: &str = "ResourceAlreadyExistsException";

pub struct CloudWatch {
    pub wire: Arc<dyn Wire>,
    pub region: String,
    pub group: String,
    /// How long to wait before the stream is asked what it has; [`SETTLE`].
    pub settle: Duration,
}

impl CloudWatch {
    pub(super) async fn send(&self, batch: &Batch, attempt: &Attempt) -> Result<Sent, Failure> {
        let stream = batch.stream();
        let events = in_order(&batch.records);
        if attempt.is_repeat {
            tokio::time::sleep(self.settle).await;
            if self.has(&stream, &events).await? {
                return Ok(Sent::All { refused: 0 });
            }
        }
        let put = || self.put(&stream, &events);
        let said = match put().await {
            Err(failure) if failure.code == MISSING => {
                self.make(&stream).await?;
                put().await?
            }
            said => said?,
        };
        let refused = refused(&said["rejectedLogEventsInfo"], events.len());
        Ok(Sent::All { refused })
    }

    async fn call(&self, operation: &str, input: &Value) -> Result<Value, Failure> {
        let target = format!("Logs_20140328.{operation}");
        wire::json(&*self.wire, "logs", &self.region, &target, input).await
    }

    async fn put(&self, stream: &str, events: &[&Record]) -> Result<Value, Failure> {
        let event = |record: &&Record| json!({"timestamp": record.at, "message": record.json});
        let events: Vec<Value> = events.iter().map(event).collect();
        let input =
            json!({"logGroupName": self.group, "logStreamName": stream, "logEvents": events});
        self.call("PutLogEvents", &input).await
    }

    /// The stream; its group too, if that is missing and may be made.
    async fn make(&self, stream: &str) -> Result<(), Failure> {
        let input = json!({"logGroupName": self.group, "logStreamName": stream});
        let made = unless_there(self.call("CreateLogStream", &input).await);
        match made {
            Err(failure) if failure.code == MISSING => {
                let group = json!({"logGroupName": self.group});
                unless_there(self.call("CreateLogGroup", &group).await)?;
                unless_there(self.call("CreateLogStream", &input).await)
            }
            made => made,
        }
    }

    /// Whether the newest events of the stream are the last of these.
    async fn has(&self, stream: &str, events: &[&Record]) -> Result<bool, Failure> {
        let compared = events.len().min(COMPARED);
        let input = json!({
            "logGroupName": self.group, "logStreamName": stream,
            "limit": compared, "startFromHead": false,
        });
        let said = match self.call("GetLogEvents", &input).await {
            Err(failure) if failure.code == MISSING => return Ok(false),
            said => said?,
        };
        let there = said["events"].as_array();
        let there = there.map(Vec::as_slice).unwrap_or_default();
        let there: Vec<_> = there
            .iter()
            .map(|event| (event["timestamp"].as_i64(), event["message"].as_str()))
            .collect();
        Ok(ends_with(&there, events))
    }
}

/// As it is asked for: by time; those of the same time as they came.
fn in_order(records: &[Record]) -> Vec<&Record> {
    let mut events: Vec<&Record> = records.iter().collect();
    events.sort_by_key(|record| record.at);
    events
}

/// A page may be shorter than what was asked for, when its events are long.
fn ends_with(there: &[(Option<i64>, Option<&str>)], events: &[&Record]) -> bool {
    if there.is_empty() || there.len() > events.len() {
        return false;
    }
    let sent = &events[events.len() - there.len()..];
    there
        .iter()
        .zip(sent)
        .all(|(there, sent)| *there == (Some(sent.at), Some(sent.json.as_str())))
}

fn unless_there(made: Result<Value, Failure>) -> Result<(), Failure> {
    match made {
        Err(failure) if failure.code == EXISTS => Ok(()),
        made => made.map(|_| ()),
    }
}

/// How many of the events were too old or too new. Those before an end, and those from a start on, are.
fn refused(info: &Value, all: usize) -> usize {
    let at = |name: &str| info[name].as_u64().and_then(|at| usize::try_from(at).ok());
    let old = at("tooOldLogEventEndIndex").max(at("expiredLogEventEndIndex"));
    let old = old.unwrap_or(0).min(all);
    let new = at("tooNewLogEventStartIndex").unwrap_or(all).min(all);
    old + (all - new.max(old))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: i64, json: &str) -> Record {
        Record {
            at,
            json: json.into(),
        }
    }

    #[test]
    fn a_batch_is_known_by_its_end() {
        let batch = [record(2, "b"), record(1, "a"), record(2, "c")];
        let events = in_order(&batch);
        for (there, has) in [
            (vec![(1, "a"), (2, "b"), (2, "c")], true),
            (vec![(2, "c")], true),
            (vec![], false),
            (vec![(1, "a"), (2, "b")], false),
            (vec![(0, "z"), (1, "a"), (2, "b"), (2, "c")], false),
        ] {
            let there: Vec<_> = there
                .into_iter()
                .map(|(at, m)| (Some(at), Some(m)))
                .collect();
            assert_eq!(ends_with(&there, &events), has, "{there:?}");
        }
    }

    #[test]
    fn what_is_refused_is_counted() {
        for (info, count) in [
            (json!(null), 0),
            (json!({"tooOldLogEventEndIndex": 3}), 3),
            (
                json!({"tooOldLogEventEndIndex": 3, "expiredLogEventEndIndex": 4}),
                4,
            ),
            (json!({"tooNewLogEventStartIndex": 8}), 2),
            (
                json!({"tooOldLogEventEndIndex": 3, "tooNewLogEventStartIndex": 8}),
                5,
            ),
            (json!({"tooOldLogEventEndIndex": 99}), 10),
        ] {
            assert_eq!(refused(&info, 10), count, "{info}");
        }
    }
}
