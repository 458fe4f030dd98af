//! What the controller's plugin asks and what it is answered: values in hexadecimal, so that no byte of a job's can mean
//! anything to a shell or to Lua.
//!
//! ```text
//! asked, with commas between:                    answered, a line each:
//!   event:job_submit|job_modify                    refused
//!   uid:N                                          say HEX             to the user
//!   job:FIELD:s:HEX                                set FIELD s HEX     empty: not given any more
//!   job:FIELD:n:NUMBER                             set FIELD n NUMBER
//!   record:FIELD:s|n:…   what is there already
//!   partition:NAME:FIELD:s|n:…
//! ```

use serde_json::{Map, Value};

use crate::script::Verdict;

/// What a script is asked.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    pub event: Event,
    /// Of whoever submits or changes.
    pub uid: i64,
    /// Field to string or number; what is not set is not there.
    pub job: Map<String, Value>,
    /// The job as it is, for a change.
    pub record: Map<String, Value>,
    /// Name to its fields.
    pub partitions: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Event {
    #[default]
    Submit,
    Modify,
}

impl Event {
    /// The function of the script.
    pub fn function(self) -> &'static str {
        match self {
            Event::Submit => "job_submit",
            Event::Modify => "job_modify",
        }
    }

    /// What it is called with, in this order.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Event::Submit => &["job", "partitions", "uid"],
            Event::Modify => &["job", "record", "partitions", "uid"],
        }
    }
}

pub fn read(asked: &str) -> Result<Asked, String> {
    let mut told = Asked::default();
    for line in asked.split(',') {
        let words: Vec<&str> = line.split(':').collect();
        let understood = told.take(&words);
        understood.map_err(|why| format!("{line:?} was not understood: {why}"))?;
    }
    Ok(told)
}

impl Asked {
    fn take(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["event", "job_submit"] => self.event = Event::Submit,
            ["event", "job_modify"] => self.event = Event::Modify,
            ["uid", uid] => self.uid = number(uid)?,
            ["job", field, kind, value] => put(&mut self.job, field, kind, value)?,
            ["record", field, kind, value] => put(&mut self.record, field, kind, value)?,
            ["partition", name, field, kind, value] => {
                let name = text(name)?;
                let fields = self.partitions.entry(name);
                let fields = fields.or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(fields) = fields {
                    put(fields, field, kind, value)?;
                }
            }
            _ => return Err("no such words".into()),
        }
        Ok(())
    }
}

fn put(
    fields: &mut Map<String, Value>,
    field: &str,
    kind: &str,
    value: &str,
) -> Result<(), String> {
    let value = match kind {
        "s" => Value::String(text(value)?),
        _ => Value::from(number(value)?),
    };
    fields.insert(field.to_owned(), value);
    Ok(())
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

/// What is no UTF-8 is shown as such: a job's fields are bytes.
pub fn text(hex: &str) -> Result<String, String> {
    let bytes = hex::decode(hex).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub fn answer(verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    if verdict.is_refused {
        lines.push("refused".to_owned());
    }
    let said = verdict.said.iter().flat_map(|said| said.lines());
    lines.extend(said.map(|line| format!("say {}", hex::encode(line))));
    let changes = verdict.changes.iter();
    lines.extend(changes.map(|(field, value)| match value {
        Value::Number(number) => format!("set {field} n {number}"),
        Value::String(text) => format!("set {field} s {}", hex::encode(text)),
        // The plugin unsets a text by an empty one.
        _ => format!("set {field} s "),
    }));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read() {
        let name = hex::encode("big\nqueue; $(rm)");
        let lines = format!(
            "event:job_modify,uid:1000,job:time_limit:n:60,job:name:s:{},record:qos:s:{},partition:{name}:max_time:n:5",
            hex::encode(b"a\xffb"),
            hex::encode("normal"),
        );
        let told = read(&lines).unwrap();
        assert_eq!(told.event, Event::Modify);
        assert_eq!(told.uid, 1000);
        assert_eq!(told.job["time_limit"], 60);
        assert_eq!(told.job["name"], "a\u{fffd}b");
        assert_eq!(told.record["qos"], "normal");
        assert_eq!(told.partitions["big\nqueue; $(rm)"]["max_time"], 5);
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for lines in [
            "event:dance",
            "uid:many",
            "job:a:s:zz",
            "job:a:n:1.5",
            "more",
        ] {
            let why = read(lines).unwrap_err();
            assert!(why.contains("was not understood"), "{lines}: {why}");
        }
    }
}
