//! How a request of the API and its answer are written. All are read into one document and written from one, so that nothing
//! behind the door knows the protocol: AWS JSON, and the two others that clients of CloudWatch speak: RPC with CBOR, which the
//! newest do, and query, forms answered in XML.

use app::model::error::Error;
use app::model::operation::Operation;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::error::{Refusal, cannot_parse};
use super::protocol::{CBOR, Protocol, SMITHY_PROTOCOL};
use super::service::{self, Service};
use super::{cbor, query};

/// What the path of a call of CBOR says before the operation.
const RPC: &str = "/service/GraniteServiceVersion20100801/operation/";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Json,
    Cbor,
    Query,
}

/// Whether the path is the API's.
pub fn is_api(path: &str) -> bool {
    path == "/" || path.starts_with(RPC)
}

impl Wire {
    pub fn of(headers: &HeaderMap) -> Wire {
        match Protocol::of(headers, None) {
            Protocol::Cbor => Wire::Cbor,
            Protocol::Xml => Wire::Query,
            Protocol::Json | Protocol::Ec2 | Protocol::S3 => Wire::Json,
        }
    }

    /// Whether a client that signs for that service is understood in it: by the header that JSON has each is.
    pub fn is_spoken_by(self, signed_for: &str) -> bool {
        self != Wire::Json && signed_for == Service::CloudWatch.signing_name()
    }

    fn protocol(self) -> Protocol {
        match self {
            Wire::Json => Protocol::Json,
            Wire::Cbor => Protocol::Cbor,
            Wire::Query => Protocol::Xml,
        }
    }

    /// What a request is for.
    pub fn asked(self, parts: &Parts, body: &[u8]) -> Option<(Service, Operation)> {
        match self {
            Wire::Json => service::asked(&parts.headers),
            Wire::Cbor => Service::CloudWatch.named(parts.uri.path().strip_prefix(RPC)?),
            Wire::Query => Service::CloudWatch.named(&query::action(body)?),
        }
    }

    /// The input that the body is; nothing at all is one without members.
    pub fn document(self, body: &Bytes) -> Result<Value, Error> {
        if body.is_empty() {
            return Ok(Value::Object(Default::default()));
        }
        match self {
            Wire::Json => serde_json::from_slice(body).map_err(|e| {
                cannot_parse(format!(
                    "The request body is not the JSON that it should be: {e}."
                ))
            }),
            Wire::Cbor => cbor::read(body),
            Wire::Query => query::read(body),
        }
    }

    /// The answer, of its document as JSON.
    pub fn answer(
        self,
        (service, operation): (Service, Operation),
        request_id: &str,
        json: Vec<u8>,
    ) -> Result<Response, Error> {
        let written = match self {
            Wire::Json => json,
            Wire::Cbor => cbor::write(&again(&json)?)?,
            Wire::Query => query::write(operation.name(), request_id, &again(&json)?),
        };
        let content_type = match self {
            Wire::Json => service.content_type(),
            other => other.protocol().content_type(),
        };
        let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
        let answer = (headers, written).into_response();
        Ok(match self {
            Wire::Cbor => ([(SMITHY_PROTOCOL, CBOR)], answer).into_response(),
            _ => answer,
        })
    }

    pub fn refuse(self, refusal: Refusal) -> Refusal {
        match self {
            // JSON is what a refusal is written in of itself.
            Wire::Json => refusal,
            other => refusal.spoken(other.protocol()),
        }
    }
}

fn again(json: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(json).map_err(|cause| {
        tracing::error!(%cause, "an answer that was written as JSON is none");
        Error::internal()
    })
}
