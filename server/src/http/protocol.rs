//! The protocols that clients of AWS speak: how their requests name an operation, and how they read an error.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

pub const JSON_1_0: &str = "application/x-amz-json-1.0";
pub const JSON_1_1: &str = "application/x-amz-json-1.1";
/// The header that says so of what is newer than the others, in requests and answers.
pub const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
pub const CBOR: &str = "rpc-v2-cbor";
const FORM: &str = "application/x-www-form-urlencoded";

/// The protocols of AWS, by the form of their errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON of either version, and REST-JSON.
    #[default]
    Json,
    Cbor,
    /// AWS query (IAM, STS, CloudFormation, …), and REST-XML beside S3.
    Xml,
    Ec2,
    S3,
}

impl Protocol {
    /// Of a request for that service. What names its operation in a header speaks JSON; forms are sent by query alone;
    /// few services speak REST-XML.
    pub fn of(headers: &HeaderMap, service: Option<&str>) -> Protocol {
        let begins = |name: HeaderName, value: &str| {
            let given = headers.get(name).and_then(|given| given.to_str().ok());
            given.is_some_and(|given| given.starts_with(value))
        };
        if begins(SMITHY_PROTOCOL, CBOR) {
            return Protocol::Cbor;
        }
        if target(headers).is_some() {
            return Protocol::Json;
        }
        match service {
            Some("ec2") => Protocol::Ec2,
            Some("cloudfront" | "route53") => Protocol::Xml,
            Some("s3" | "s3express" | "s3-object-lambda" | "s3-outposts") => Protocol::S3,
            _ if begins(CONTENT_TYPE, FORM) => Protocol::Xml,
            _ => Protocol::Json,
        }
    }

    /// Of its errors.
    pub fn content_type(self) -> &'static str {
        match self {
            Protocol::Json => JSON_1_0,
            Protocol::Cbor => "application/cbor",
            Protocol::Xml | Protocol::Ec2 | Protocol::S3 => "text/xml",
        }
    }

    /// An error's document. JSON alone has room for members beside code and message.
    pub fn document(self, code: &str, message: &str, members: Map<String, Value>) -> Vec<u8> {
        let error = || {
            let (code, message) = (escape(code), escape(message));
            format!("<Code>{code}</Code><Message>{message}</Message>")
        };
        let xml = match self {
            Protocol::Json => return json(code, message, members),
            Protocol::Cbor => return cbor(&[("__type", code), ("message", message)]),
            Protocol::Xml => format!(
                "<ErrorResponse><Error><Type>Sender</Type>{}</Error></ErrorResponse>",
                error()
            ),
            Protocol::Ec2 => format!(
                "<Response><Errors><Error>{}</Error></Errors></Response>",
                error()
            ),
            Protocol::S3 => format!("<Error>{}</Error>", error()),
        };
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}").into_bytes()
    }
}

fn json(code: &str, message: &str, mut members: Map<String, Value>) -> Vec<u8> {
    members.insert("__type".into(), code.into());
    members.insert("message".into(), message.into());
    Value::Object(members).to_string().into_bytes()
}

/// As text in an element: what XML cannot hold is left out.
pub fn escape(text: &str) -> String {
    let legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| legal(*c)) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A map of texts (RFC 8949): a head of type and length before each.
fn cbor(members: &[(&str, &str)]) -> Vec<u8> {
    const MAP: u8 = 0xa0;
    const TEXT_U32: u8 = 0x7a;
    let mut document = vec![MAP | members.len() as u8];
    for text in members.iter().flat_map(|(name, value)| [name, value]) {
        document.push(TEXT_U32);
        document.extend((text.len() as u32).to_be_bytes());
        document.extend(text.as_bytes());
    }
    document
}

/// Members that are a time: seconds in JSON, marked as a time in CBOR, written out in XML.
pub fn is_time(member: &str) -> bool {
    matches!(member, "StartTime" | "EndTime" | "Timestamp" | "Timestamps")
}

pub fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_holds_any_text_and_is_well_formed() {
        let say = |protocol: Protocol| {
            let document = protocol.document("Code", "a<b>&\u{0}\u{fffe}\"é\"", Map::new());
            String::from_utf8(document).unwrap()
        };
        let error = "<Code>Code</Code><Message>a&lt;b&gt;&amp;\"é\"</Message>";
        for (protocol, before, after) in [
            (Protocol::S3, "<Error>", "</Error>"),
            (
                Protocol::Ec2,
                "<Response><Errors><Error>",
                "</Error></Errors></Response>",
            ),
            (
                Protocol::Xml,
                "<ErrorResponse><Error><Type>Sender</Type>",
                "</Error></ErrorResponse>",
            ),
        ] {
            let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
            assert_eq!(say(protocol), format!("{head}{before}{error}{after}"));
        }
        let read: Value = serde_json::from_str(&say(Protocol::Json)).unwrap();
        assert_eq!(read["message"], "a<b>&\u{0}\u{fffe}\"é\"");
        let cbor = Protocol::Cbor.document("C", "é", Map::new());
        let expected =
            b"\xa2\x7a\0\0\0\x06__type\x7a\0\0\0\x01C\x7a\0\0\0\x07message\x7a\0\0\0\x02\xc3\xa9";
        assert_eq!(cbor, expected);
    }
}
