//! How an error leaves by the API's door: JSON 1.0, as every AWS SDK of this service reads it; in another protocol for
//! clients of other services. The one mapping.

use app::model::error::{Error, ErrorKind, ValidationReason};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::body::Unread;
use super::protocol::{CBOR, Protocol, SMITHY_PROTOCOL};
use crate::auth::sigv4::Denied;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const SERVICE_CODE: &str = "pcs";

/// An answer that says no.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    members: Map<String, Value>,
    retry_after: Option<i64>,
    protocol: Protocol,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code,
            message: message.into(),
            members: Map::new(),
            retry_after: None,
            protocol: Protocol::Json,
        }
    }

    /// Code and message.
    pub fn words(&self) -> (&'static str, &str) {
        (self.code, &self.message)
    }

    /// The same under another service's name for it.
    pub fn called(self, code: &'static str) -> Refusal {
        Refusal { code, ..self }
    }

    pub fn spoken(self, protocol: Protocol) -> Refusal {
        Refusal { protocol, ..self }
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Refusal {
        let code = match unread {
            Unread::TooLarge(_) => "RequestEntityTooLargeException",
            Unread::Incomplete => "RequestTimeoutException",
            Unread::NoRoom => "ServiceUnavailableException",
        };
        let mut refusal = Refusal::new(unread.status(), code, unread.message());
        refusal.retry_after = unread.retry_after();
        refusal
    }
}

/// The request's document or form is not understood.
pub fn cannot_parse(message: impl Into<String>) -> Error {
    Error::validation(ValidationReason::CannotParse, message)
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let status = match error.kind {
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let code = error.code();
        let mut refusal = Refusal::new(status, code, error.message);
        let members = match error.kind {
            ErrorKind::Validation { reason, fields } => {
                json!({"reason": reason, "fieldList": fields})
            }
            ErrorKind::Conflict {
                resource_id,
                resource_type,
            }
            | ErrorKind::ResourceNotFound {
                resource_id,
                resource_type,
            } => json!({"resourceId": resource_id, "resourceType": resource_type}),
            ErrorKind::ServiceQuotaExceeded {
                quota_code,
                resource_id,
                resource_type,
            } => json!({
                "serviceCode": SERVICE_CODE,
                "quotaCode": quota_code,
                "resourceId": resource_id,
                "resourceType": resource_type,
            }),
            ErrorKind::Throttling {
                retry_after_seconds,
            } => {
                refusal.retry_after = Some(retry_after_seconds);
                json!({"retryAfterSeconds": retry_after_seconds})
            }
            ErrorKind::AccessDenied | ErrorKind::Internal => Value::Null,
        };
        if let Value::Object(members) = members {
            refusal.members = members.into_iter().filter(|(_, v)| !v.is_null()).collect();
        }
        refusal
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Refusal {
        let code = match denied {
            Denied::Missing => "MissingAuthenticationTokenException",
            Denied::Incomplete(_) => "IncompleteSignatureException",
            Denied::Invalid(_) => "InvalidSignatureException",
            Denied::Unrecognized | Denied::SessionToken => "UnrecognizedClientException",
            Denied::Internal => return Error::internal().into(),
        };
        Refusal::new(StatusCode::BAD_REQUEST, code, denied.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let protocol = self.protocol;
        let body = protocol.document(self.code, &self.message, self.members);
        let content_type = [(CONTENT_TYPE, protocol.content_type())];
        let mut response = (self.status, content_type, body).into_response();
        let headers = response.headers_mut();
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.code));
        if protocol == Protocol::Cbor {
            headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static(CBOR));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
