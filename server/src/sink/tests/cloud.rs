//! AWS, as far as sinks see it, behind a wire that fails as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::sink::Failure;
use crate::sink::wire::{Answer, Call, Wire};

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Well,
    Down,
    /// It arrives, and nobody is told so.
    AnswerLost,
    Broken,
    /// It arrives, and the answer is that it did not.
    Lie,
    /// Of the records, every second is taken.
    Half,
}

/// AWS, as far as sinks see it.
#[derive(Default)]
pub struct Cloud {
    /// Of the next calls, the last first.
    pub fates: Mutex<Vec<Fate>>,
    pub objects: Mutex<BTreeMap<String, Vec<u8>>>,
    group: Mutex<bool>,
    pub stream: Mutex<Option<Vec<(i64, String)>>>,
    pub firehose: Mutex<Vec<String>>,
}

#[async_trait]
impl Wire for Cloud {
    async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        let fate = self.fates.lock().unwrap().pop().unwrap_or(Fate::Well);
        let lost = || Err(Failure::new("SinkUnreachable", "no answer"));
        match fate {
            Fate::Down => return lost(),
            Fate::Broken => return Ok(answer(500, "")),
            _ => {}
        }
        let given = self.take(call, fate == Fate::Half);
        match fate {
            Fate::AnswerLost => lost(),
            Fate::Lie => Ok(answer(500, "")),
            _ => Ok(given),
        }
    }
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        body: body.as_bytes().to_vec(),
    }
}

fn refusal(code: &str) -> Answer {
    answer(400, &json!({"__type": code, "message": "no"}).to_string())
}

impl Cloud {
    fn take(&self, call: &Call, half: bool) -> Answer {
        if call.method == "PUT" {
            let mut objects = self.objects.lock().unwrap();
            objects.insert(call.path.clone(), call.body.clone());
            return answer(200, "");
        }
        let input: Value = serde_json::from_slice(&call.body).unwrap();
        let target = &call.headers[1].1;
        match target.rsplit('.').next().unwrap() {
            "PutRecordBatch" => self.put_records(&input, half),
            "CreateLogGroup" => {
                *self.group.lock().unwrap() = true;
                answer(200, "")
            }
            "CreateLogStream" if !*self.group.lock().unwrap() => {
                refusal("ResourceNotFoundException")
            }
            "CreateLogStream" => {
                let mut stream = self.stream.lock().unwrap();
                match stream.replace(vec![]) {
                    Some(there) => {
                        *stream = Some(there);
                        refusal("ResourceAlreadyExistsException")
                    }
                    None => answer(200, ""),
                }
            }
            "PutLogEvents" => match self.stream.lock().unwrap().as_mut() {
                None => refusal("ResourceNotFoundException"),
                Some(events) => {
                    let sent = input["logEvents"].as_array().unwrap().iter();
                    events.extend(sent.map(|event| {
                        let message = event["message"].as_str().unwrap().to_owned();
                        (event["timestamp"].as_i64().unwrap(), message)
                    }));
                    answer(200, "{}")
                }
            },
            "GetLogEvents" => match self.stream.lock().unwrap().as_ref() {
                None => refusal("ResourceNotFoundException"),
                Some(events) => {
                    let limit = input["limit"].as_u64().unwrap() as usize;
                    let newest = &events[events.len().saturating_sub(limit)..];
                    let newest = newest.iter();
                    let newest: Vec<Value> = newest
                        .map(|(at, message)| json!({"timestamp": at, "message": message}))
                        .collect();
                    answer(200, &json!({"events": newest}).to_string())
                }
            },
            other => panic!("{other}"),
        }
    }

    fn put_records(&self, input: &Value, half: bool) -> Answer {
        use base64::Engine as _;
        let records = input["Records"].as_array().unwrap();
        let mut answers = vec![];
        for (number, record) in records.iter().enumerate() {
            if half && number % 2 == 1 {
                answers.push(json!({"ErrorCode": "ServiceUnavailableException"}));
                continue;
            }
            let data = record["Data"].as_str().unwrap();
            let data = base64::engine::general_purpose::STANDARD
                .decode(data)
                .unwrap();
            self.firehose
                .lock()
                .unwrap()
                .push(String::from_utf8(data).unwrap());
            answers.push(json!({"RecordId": "1"}));
        }
        let failed = answers
            .iter()
            .filter(|answer| answer["ErrorCode"].is_string());
        let said = json!({"FailedPutCount": failed.count(), "RequestResponses": answers});
        answer(200, &said.to_string())
    }
}

#[async_trait]
impl Wire for Arc<Cloud> {
    async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        self.as_ref().call(call).await
    }
}
