//! Records into a stream of Firehose. It can refuse some of a call's records and take the others: those alone are sent again.
//! It cannot be asked what it has: a call whose answer was lost is made again, and its records may arrive twice.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::batch::{Batch, Limits};
use super::wire::{self, Wire, refused};
use super::{Attempt, Failure, Sent};

/// Those of `PutRecordBatch`, 500 records and 4 MiB: so many bytes are less than that in base64, whichever AWS counts.
pub const LIMITS: Limits = Limits {
    records: 500,
    bytes: 3_000_000,
    overhead: 1,
};

pub struct Firehose {
    pub wire: Arc<dyn Wire>,
    pub region: String,
    pub stream: String,
}

impl Firehose {
    /// The mark: the numbers of the records that are left, as JSON; empty: all are.
    pub(super) async fn send(&self, batch: &Batch, attempt: &Attempt) -> Result<Sent, Failure> {
        let left: Option<Vec<usize>> = serde_json::from_str(&attempt.mark).ok();
        let mut left = left.unwrap_or_else(|| (0..batch.records.len()).collect());
        left.retain(|number| *number < batch.records.len());
        let data = |number: &usize| {
            let line = format!("{}\n", batch.records[*number].json);
            json!({"Data": STANDARD.encode(line)})
        };
        let records: Vec<Value> = left.iter().map(data).collect();
        let input = json!({"DeliveryStreamName": self.stream, "Records": records});
        let target = "Firehose_20150804.PutRecordBatch";
        let said = wire::json(&*self.wire, "firehose", &self.region, target, &input).await?;
        if said["FailedPutCount"].as_u64().unwrap_or(0) == 0 {
            return Ok(Sent::All { refused: 0 });
        }
        let answers = said["RequestResponses"].as_array();
        let answers = answers.map(Vec::as_slice).unwrap_or_default();
        let code = |answer: &Value| answer["ErrorCode"].as_str().map(str::to_owned);
        let failed = left.iter().zip(answers);
        let failed = failed.filter_map(|(number, answer)| Some((*number, code(answer)?)));
        let failed: Vec<(usize, String)> = failed.collect();
        let Some((_, code)) = failed.first() else {
            return Ok(Sent::All { refused: 0 });
        };
        let words = format!("{} records of {} were not taken.", failed.len(), left.len());
        let why = refused("firehose:PutRecordBatch", 200, code, &words);
        let numbers: Vec<usize> = failed.iter().map(|(number, _)| *number).collect();
        let mark = json!(numbers).to_string();
        Ok(Sent::Part { mark, why })
    }
}
