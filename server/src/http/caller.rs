//! From where a request comes, for the audit trail; and records of those that come to no operation.

use app::model::error::Error;
use app::port::{Caller, Why};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::HttpState;
use super::error::Refusal;
use super::front::Client;
use super::protocol::target;
use super::service::Service;
use super::wire::Wire;
use crate::db::audit::record::Record;
use crate::service::audit::Recorder;

/// Characters of what a client says of itself that are kept.
const LONGEST: usize = 256;

/// Of a request that is signed, or of a browser.
pub fn of(extensions: &Extensions, headers: &HeaderMap) -> Caller {
    let client = Client::of(extensions);
    Caller {
        source_ip: client.map_or_else(String::new, |Client(address)| address.to_string()),
        user_agent: text(
            headers
                .get(USER_AGENT)
                .and_then(|agent| agent.to_str().ok()),
        ),
        access_key: String::new(),
    }
}

/// With the id of the key that the request is signed with, or says that it is.
pub fn signed(parts: &Parts) -> Caller {
    let authorization = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = authorization
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, scope)| scope.split('/').next());
    Caller {
        access_key: text(key.filter(|key| is_key_id(key))),
        ..of(&parts.extensions, &parts.headers)
    }
}

/// The same of a request that is not taken apart yet.
pub fn of_request(request: &Request) -> Caller {
    of(request.extensions(), request.headers())
}

/// Whether it can be the id of a key: who mistook the key itself for it had better not find it here.
fn is_key_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn text(given: Option<&str>) -> String {
    given.unwrap_or_default().chars().take(LONGEST).collect()
}

/// A request that was refused before anybody knew what to do: a signature that is wrong, an operation that is not answered.
pub fn turned_away(
    state: &HttpState,
    wire: Wire,
    parts: &Parts,
    request_id: &str,
    refusal: &Refusal,
) {
    let (source, operation) = wanted(wire, parts);
    let operation = text(Some(operation));
    let record = Record::of_stranger(&source, &operation, request_id, signed(parts));
    let (code, message) = refusal.words();
    state.recorder.record_stranger(record.failed(code, message));
}

/// A call of the console without a session.
pub fn not_signed_in(recorder: &Recorder, request: &Request, request_id: &str, refusal: &Error) {
    let operation = text(Some(request.uri().path()));
    let caller = of_request(request);
    let record = Record {
        why: Why::Console.as_str().into(),
        ..Record::of_stranger("openpcs", &operation, request_id, caller)
    };
    recorder.record_stranger(record.refused(refusal));
}

/// Of which service, and what: as far as header and path say it.
fn wanted(wire: Wire, parts: &Parts) -> (String, &str) {
    let path = parts.uri.path();
    match (target(&parts.headers), wire) {
        (Some(target), _) => {
            let (service, name) = target.rsplit_once('.').unwrap_or(("", target));
            let known = Service::of_target(target).map(Service::source);
            (known.unwrap_or_else(|| text(Some(service))), name)
        }
        (None, Wire::Cbor | Wire::Query) => {
            let name = path.rsplit('/').next().unwrap_or_default();
            (Service::CloudWatch.source(), name)
        }
        (None, Wire::Json) => ("openpcs".into(), path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_known_by_address_agent_and_key() {
        let (mut parts, ()) = axum::http::Request::builder()
            .header(USER_AGENT, "aws-cli/1.40")
            .header(
                AUTHORIZATION,
                "AWS4-HMAC-SHA256 Credential=AKIA1/20261129/r/pcs/aws4_request, Signature=x",
            )
            .body(())
            .unwrap()
            .into_parts();
        parts.extensions.insert(Client([10, 0, 0, 1].into()));
        let expected = Caller {
            source_ip: "10.0.0.1".into(),
            user_agent: "aws-cli/1.40".into(),
            access_key: "AKIA1".into(),
        };
        assert_eq!(signed(&parts), expected);
        parts.headers.clear();
        assert_eq!(signed(&parts).access_key, "");
    }
}
