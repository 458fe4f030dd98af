//! From where a request comes, for the audit trail; and records of those that come to no operation.

use app::port::Caller;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::HttpState;
use super::error::Refusal;
use super::front::Client;
use super::protocol::target;
use super::service::Service;
use crate::db::audit::record::Record;

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
        access_key: text(key),
        ..of(&parts.extensions, &parts.headers)
    }
}

/// The same of a request that is not taken apart yet.
pub fn of_request(request: &Request) -> Caller {
    of(request.extensions(), request.headers())
}

fn text(given: Option<&str>) -> String {
    given.unwrap_or_default().chars().take(LONGEST).collect()
}

/// A request that was refused before anybody knew what to do: a signature that is wrong, a document that cannot be read.
pub fn turned_away(state: &HttpState, parts: &Parts, request_id: &str, refusal: &Refusal) {
    let target = target(&parts.headers).unwrap_or_default();
    let service = Service::of_target(target);
    let (source, operation) = match service {
        Some(service) => (
            service.source(),
            target.rsplit('.').next().unwrap_or_default(),
        ),
        None => ("openpcs".to_owned(), parts.uri.path()),
    };
    let operation = text(Some(operation));
    let record = Record::of_stranger(&source, &operation, request_id, signed(parts));
    let (code, message) = refusal.words();
    state.recorder.record_stranger(record.failed(code, message));
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
