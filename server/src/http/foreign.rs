//! What a client is told that takes this server for another service of AWS: in the protocol that it speaks, or it would
//! show its user bytes that it cannot read.

use app::model::error::{Error, ValidationReason};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::aws_json::TARGET_PREFIX;
use super::error::{JSON_1_0, Refusal};
use super::secrets;
use crate::auth::sigv4::SERVICE;

/// Of what the request wants, in characters.
const ECHO_MAX: usize = 60;
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
    fn of(headers: &HeaderMap, service: Option<&str>) -> Protocol {
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
fn escape(text: &str) -> String {
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

/// Of a request that is for no operation of this server: by the header's name or, where there is none, by the service
/// that it is signed for.
pub fn refusal(headers: &HeaderMap) -> Option<Refusal> {
    let service = signed_for(headers);
    let wanted = match target(headers) {
        Some(target) if target.starts_with(TARGET_PREFIX) || target == secrets::TARGET => {
            return None;
        }
        Some(target) => target,
        None => service.filter(|service| *service != SERVICE)?,
    };
    let wanted: String = wanted.escape_debug().take(ECHO_MAX).collect();
    let error = Error::validation(
        ValidationReason::UnknownOperation,
        format!(
            "This server does not answer {wanted}. It answers AWS Parallel Computing Service (aws pcs), and of AWS \
             Secrets Manager only get-secret-value for the keys of its clusters. To have all else go to AWS, name this \
             address in AWS_ENDPOINT_URL_PCS and AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL; what \
             there is to choose from, networks, images and instance types, shows `openpcs catalogue`."
        ),
    );
    Some(Refusal::from(error).spoken(Protocol::of(headers, service)))
}

pub fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = value.split_once("Credential=")?.1.split(',').next()?;
    scope.split('/').nth(3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(service: &str, more: &[(&'static str, &str)]) -> HeaderMap {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, Signature=0"
        );
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, scope.parse().unwrap());
        for (name, value) in more {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn each_client_is_answered_in_its_protocol() {
        let form = (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let json = ("content-type", "application/json");
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        let cbor = ("smithy-protocol", "rpc-v2-cbor");
        for (service, more, protocol) in [
            ("s3", &[][..], Protocol::S3),
            ("s3express", &[json], Protocol::S3),
            ("ec2", &[form], Protocol::Ec2),
            ("sts", &[form], Protocol::Xml),
            ("iam", &[form], Protocol::Xml),
            ("cloudformation", &[form], Protocol::Xml),
            ("elasticloadbalancing", &[form], Protocol::Xml),
            ("route53", &[], Protocol::Xml),
            ("cloudfront", &[], Protocol::Xml),
            ("lambda", &[], Protocol::Json),
            ("batch", &[json], Protocol::Json),
            ("dynamodb", &[target], Protocol::Json),
            ("monitoring", &[cbor], Protocol::Cbor),
            ("monitoring", &[form], Protocol::Xml),
        ] {
            let headers = headers(service, more);
            assert_eq!(
                Protocol::of(&headers, signed_for(&headers)),
                protocol,
                "{service}"
            );
            assert!(refusal(&headers).is_some(), "{service}");
        }
        let ours = [("x-amz-target", "AWSParallelComputingService.ListClusters")];
        let secret = [("x-amz-target", secrets::TARGET)];
        for headers in [
            headers("pcs", &ours),
            headers("secretsmanager", &secret),
            headers("pcs", &[]),
            HeaderMap::new(),
        ] {
            assert!(refusal(&headers).is_none(), "{headers:?}");
        }
    }

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

    #[test]
    fn what_is_repeated_of_the_request_is_bounded() {
        let long = "x".repeat(4000);
        let refusal = refusal(&headers(&long, &[])).unwrap();
        assert!(format!("{refusal:?}").len() < 1000);
    }
}
