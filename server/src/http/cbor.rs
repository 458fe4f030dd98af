//! Documents in CBOR (RFC 8949), as Smithy's RPC v2 has them: times are marked by a tag, all else is as in JSON.

use app::model::error::Error;
use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

use super::error::cannot_parse;
use super::protocol::is_time;

/// Of seconds since 1970.
const TIME: u64 = 1;

/// The document as JSON. Reading stops at a few hundred levels, so that none is too deep to be walked.
pub fn read(body: &[u8]) -> Result<Value, Error> {
    let wrong = |cause: String| {
        cannot_parse(format!(
            "The request body is not the CBOR that it should be: {cause}."
        ))
    };
    let read: Cbor = ciborium::from_reader(body).map_err(|e| wrong(e.to_string()))?;
    json(read).map_err(|what| wrong(format!("it has {what}")))
}

fn json(value: Cbor) -> Result<Value, &'static str> {
    Ok(match value {
        Cbor::Integer(number) => i64::try_from(number)
            .map_err(|_| "a number that is too large")?
            .into(),
        Cbor::Float(number) => Number::from_f64(number)
            .map(Value::Number)
            .ok_or("a number that is none")?,
        Cbor::Text(text) => Value::String(text),
        Cbor::Bool(yes) => Value::Bool(yes),
        Cbor::Null => Value::Null,
        Cbor::Tag(TIME, inner) => json(*inner)?,
        Cbor::Array(list) => list.into_iter().map(json).collect::<Result<_, _>>()?,
        Cbor::Map(members) => Value::Object(object(members)?),
        _ => return Err("bytes or a tag, of which no input has any"),
    })
}

fn object(members: Vec<(Cbor, Cbor)>) -> Result<Map<String, Value>, &'static str> {
    let member = |(name, value)| match name {
        Cbor::Text(name) => Ok((name, json(value)?)),
        _ => Err("a member whose name is no text"),
    };
    members.into_iter().map(member).collect()
}

/// The document in CBOR.
pub fn write(document: &Value) -> Result<Vec<u8>, Error> {
    let mut written = vec![];
    ciborium::into_writer(&cbor("", document), &mut written).map_err(|cause| {
        tracing::error!(%cause, "an answer could not be written as CBOR");
        Error::internal()
    })?;
    Ok(written)
}

/// `member`: of which it is the value, or one of its values.
fn cbor(member: &str, value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(yes) => Cbor::Bool(*yes),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Number(number) if is_time(member) => Cbor::Tag(TIME, Box::new(figure(number))),
        Value::Number(number) => figure(number),
        Value::Array(list) => Cbor::Array(list.iter().map(|one| cbor(member, one)).collect()),
        Value::Object(members) => {
            let pair =
                |(name, value): (&String, &Value)| (Cbor::Text(name.clone()), cbor(name, value));
            Cbor::Map(members.iter().map(pair).collect())
        }
    }
}

fn figure(number: &Number) -> Cbor {
    match number.as_i64() {
        Some(whole) => Cbor::Integer(whole.into()),
        None => Cbor::Float(number.as_f64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_the_same_there_and_back() {
        let document = json!({"Id": "m1", "Timestamps": [60.0, 120.5], "Values": [0.5, 1.0], "Period": 60,
            "Nested": [{"StartTime": 1, "Yes": true, "No": null}]});
        let written = write(&document).unwrap();
        assert_eq!(read(&written).unwrap(), document);
        // Times are marked, values are not: tag 1, and a float as short as it is exact.
        let marks = written
            .windows(2)
            .filter(|two| two[0] == 0xc1 && (0xf9..=0xfb).contains(&two[1]));
        assert_eq!(marks.count(), 2);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = [0x81; 100_000];
        for wrong in [
            &b"\xff"[..],
            b"\xa1\x01\x02",
            b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\x41a",
            b"\xf9\x7e\x00",
            b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
            &deep,
        ] {
            let refusal = read(wrong).unwrap_err();
            assert!(refusal.message.contains("CBOR"), "{refusal}");
        }
    }
}
