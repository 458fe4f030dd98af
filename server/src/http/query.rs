//! Documents of AWS query: a form comes in, of names as `Dimensions.member.1.Name`, and XML goes out.

use app::model::date;
use app::model::error::Error;
use serde_json::{Map, Number, Value};

use super::error::cannot_parse;
use super::protocol::{escape, is_time};

/// What stands in a name before the number of a list's member.
const MEMBER: &str = "member";
/// No list of an input may be longer, and none of its names goes deeper.
const LONGEST: usize = 1_000;
const DEEPEST: usize = 16;
const XMLNS: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

fn pairs(body: &[u8]) -> Option<Vec<(String, String)>> {
    serde_urlencoded::from_bytes(body).ok()
}

/// The operation that a form names.
pub fn action(body: &[u8]) -> Option<String> {
    let mut pairs = pairs(body)?.into_iter();
    pairs.find_map(|(name, value)| (name == "Action").then_some(value))
}

/// The form's document.
pub fn read(body: &[u8]) -> Result<Value, Error> {
    let pairs = pairs(body)
        .ok_or_else(|| cannot_parse("The request body is not the form that it should be."))?;
    let mut document = Value::Object(Map::new());
    // Where each place of the lists is filled, names have no more of them: room is not made for what a name only claims.
    let mut room = LONGEST + pairs.len() * DEEPEST / 2;
    for (name, text) in &pairs {
        let path: Vec<&str> = name.split('.').collect();
        let placed = match path.len() <= DEEPEST {
            true => place(&mut document, &path, &path, text, &mut room),
            false => None,
        };
        placed.ok_or_else(|| {
            cannot_parse(format!(
                "The form has a name that no input has, {}. Members of lists are numbered from 1: \
                 Dimensions.member.1.Name.",
                app::model::echo::clip(name)
            ))
        })?;
    }
    Ok(document)
}

/// Puts a text where the rest of its name says. None where something else stands, or a list is too long, or all lists.
fn place(at: &mut Value, name: &[&str], rest: &[&str], text: &str, room: &mut usize) -> Option<()> {
    match rest {
        [] if at.is_null() || at.is_object() => *at = scalar(name, text)?,
        [MEMBER, index, rest @ ..] => {
            let index = index.parse::<usize>().ok()?.checked_sub(1)?;
            if at.is_null() {
                *at = Value::Array(vec![]);
            }
            let list = at.as_array_mut()?;
            if index >= LONGEST {
                return None;
            }
            if list.len() <= index {
                *room = room.checked_sub(index + 1 - list.len())?;
                list.resize(index + 1, Value::Null);
            }
            place(&mut list[index], name, rest, text, room)?;
        }
        [next, rest @ ..] => {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            let member = at.as_object_mut()?.entry(*next).or_insert(Value::Null);
            place(member, name, rest, text, room)?;
        }
        [] => return None,
    }
    Some(())
}

/// A text as what its member is: forms know texts only.
fn scalar(name: &[&str], text: &str) -> Option<Value> {
    let is_word = |part: &&&str| **part != MEMBER && part.parse::<u32>().is_err();
    let member = name.iter().rfind(is_word)?;
    Some(match *member {
        "Period" | "MaxDatapoints" => text.parse::<i64>().map_or(text.into(), Value::from),
        "ReturnData" => text.parse::<bool>().map_or(text.into(), Value::from),
        time if is_time(time) => seconds(text).map_or(text.into(), Value::Number),
        _ => text.into(),
    })
}

/// Of a time as forms have it: written out, or seconds since 1970.
fn seconds(text: &str) -> Option<Number> {
    let zulu = text.strip_suffix("+00:00").map(|at| format!("{at}Z"));
    let at = date::parse(zulu.as_deref().unwrap_or(text)).map(|at| at as f64 / 1000.0);
    Number::from_f64(at.or_else(|| text.parse().ok())?)
}

/// The answer of an operation.
pub fn write(operation: &str, request_id: &str, document: &Value) -> Vec<u8> {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{operation}Response xmlns=\"{XMLNS}\">"
    );
    element(&mut text, &format!("{operation}Result"), document);
    text += &format!(
        "<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{operation}Response>",
        escape(request_id)
    );
    text.into_bytes()
}

fn element(text: &mut String, name: &str, value: &Value) {
    *text += &format!("<{name}>");
    inside(text, name, value);
    *text += &format!("</{name}>");
}

fn inside(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(yes) => *text += &yes.to_string(),
        Value::String(value) => *text += &escape(value),
        Value::Number(number) if is_time(name) => {
            let at = number.as_f64().unwrap_or_default() * 1000.0;
            *text += &date::machine(at as i64);
        }
        Value::Number(number) => *text += &number.to_string(),
        Value::Array(list) => {
            for one in list {
                *text += "<member>";
                inside(text, name, one);
                *text += "</member>";
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                element(text, name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_its_document() {
        let form = b"Action=GetMetricData&Version=2010-08-01&StartTime=2026-11-29T00%3A00%3A00Z&EndTime=60\
            &MetricDataQueries.member.1.Id=m1&MetricDataQueries.member.1.ReturnData=true\
            &MetricDataQueries.member.1.MetricStat.Period=300\
            &MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=ClusterId\
            &Statistics.member.2=Sum&Statistics.member.1=Average";
        assert_eq!(action(form).as_deref(), Some("GetMetricData"));
        let document = read(form).unwrap();
        assert_eq!(
            document,
            json!({"Action": "GetMetricData", "Version": "2010-08-01", "StartTime": 1795910400.0, "EndTime": 60.0,
                "MetricDataQueries": [{"Id": "m1", "ReturnData": true, "MetricStat": {
                    "Period": 300, "Metric": {"Dimensions": [{"Name": "ClusterId"}]}}}],
                "Statistics": ["Average", "Sum"]})
        );
    }

    #[test]
    fn names_that_claim_too_much_are_refused() {
        let deep = "a.".repeat(100_000) + "=1";
        let sparse: Vec<String> = (0..100).map(|i| format!("a{i}.member.1000=1")).collect();
        let sparse = sparse.join("&");
        for wrong in [
            "a.member.0=1",
            "a.member.99999999=1",
            "a.member.x=1",
            "a=1&a.b=2",
            "a.b=1&a.member.1=1",
            &deep,
            &sparse,
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{}", &wrong[..12]);
        }
        assert_eq!(action(b"Version=1"), None);
    }

    #[test]
    fn a_list_is_read_in_any_order() {
        let backwards = (1..=LONGEST).rev().map(|i| format!("a.member.{i}={i}"));
        let form = backwards.collect::<Vec<_>>().join("&");
        let document = read(form.as_bytes()).unwrap();
        assert_eq!(document["a"].as_array().unwrap().len(), LONGEST);
        assert_eq!(document["a"][0], "1");
    }

    #[test]
    fn an_answer_is_xml() {
        let document =
            json!({"Label": "a<b", "Datapoints": [{"Timestamp": 60.0, "Sum": 1.5}], "None": []});
        let text = String::from_utf8(write("GetMetricStatistics", "id", &document)).unwrap();
        let inner = "<Datapoints><member><Sum>1.5</Sum><Timestamp>1970-01-01T00:01:00Z</Timestamp></member></Datapoints>\
                     <Label>a&lt;b</Label><None></None>";
        assert_eq!(
            text,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GetMetricStatisticsResponse xmlns=\"{XMLNS}\">\
                 <GetMetricStatisticsResult>{inner}</GetMetricStatisticsResult><ResponseMetadata><RequestId>id</RequestId>\
                 </ResponseMetadata></GetMetricStatisticsResponse>"
            )
        );
    }
}
