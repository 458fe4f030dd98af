//! What happens around every request: an id, a log line, a net under panics, a limit, and careful headers.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use app::model::error::Error;
use app::model::limits::{REQUEST_BYTES, SUBMISSION_BYTES};
use app::model::operation::Operation;
use app::paths::SUBMIT_JOB;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http_body_util::Limited;
use tracing::Instrument;
use uuid::Uuid;

use super::body::{Unread, discard};
use super::error::Refusal;
use super::{door, foreign, service};
use crate::live::meter::Meter;

const AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The id of a request: in every answer, log line and audit record. Found in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// A UUID of version 4.
    fn new() -> RequestId {
        RequestId(Uuid::new_v4().to_string())
    }
}

/// Gives the request its id, refuses too large ones, catches panics, counts and logs how it ended, and adds the headers
/// that every answer has. `tls`: browsers reach the server by TLS, and are told never to come without.
pub async fn observe<F>(
    request: Request,
    tls: bool,
    meter: Meter,
    answer: impl FnOnce(Request, RequestId) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let id = RequestId::new();
    let span = tracing::info_span!("request", request_id = id.0);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let quiet = is_read(&request);
    let start = Instant::now();
    let answer = within_limit(request, |request| answer(request, id.clone()));
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let mut response = answer.instrument(span.clone()).await.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("the request's handler panicked"));
        Refusal::from(Error::internal()).into_response()
    });
    let (status, took) = (response.status(), start.elapsed());
    let micros = took.as_micros();
    meter.answered(door::of(&method, uri.path()), status.as_u16(), took);
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(%method, path = uri.path(), status = status.as_u16(), micros, "answered")
        };
    }
    span.in_scope(|| {
        if status.is_server_error() {
            answered!(error);
        } else if quiet && !status.is_client_error() {
            answered!(debug);
        } else {
            answered!(info);
        }
    });
    add_headers(&mut response, &id, tls);
    response
}

/// Reads that succeed are many and say little: they are logged for whoever turns on `debug`.
fn is_read(request: &Request) -> bool {
    *request.method() == Method::GET
        || operation(request.headers()).is_some_and(Operation::is_read_only)
}

/// The operation that the headers name, if any.
pub fn operation(headers: &HeaderMap) -> Option<Operation> {
    let (_, operation) = service::asked(headers)?;
    Some(operation)
}

fn add_headers(response: &mut Response, id: &RequestId, tls: bool) {
    let headers = response.headers_mut();
    headers.reserve(10);
    // An id is hexadecimal, so it is always a header's value.
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(AMZN_REQUEST_ID, id.clone());
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    // The console needs none of what it could ask a person for.
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
        ),
    );
    if tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    // A page brings its own policy, with its nonce: see `page_policy`.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
}

/// The content security policy of a page whose inline scripts carry this nonce. Leptos needs the nonce for the
/// scripts that it streams and `wasm-unsafe-eval` to compile the console; all else is from this server.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' \
         'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Refuses bodies past the limit: at once where the length is told, else where reading passes it.
async fn within_limit<F>(request: Request, answer: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let (size, limit) = (request.body().size_hint(), longest(request.uri().path()));
    if size.lower() > limit as u64 {
        let refusal = foreign::refusal(request.headers());
        discard(request.into_body()).await;
        let too_large = || Refusal::from(Unread::TooLarge(limit));
        return refusal.unwrap_or_else(too_large).into_response();
    }
    if size.exact().is_some() {
        return answer(request).await;
    }
    answer(request.map(|body| Body::new(Limited::new(body, limit)))).await
}

/// The most bytes that a request to that path may have.
pub fn longest(path: &str) -> usize {
    match path == SUBMIT_JOB {
        true => SUBMISSION_BYTES,
        false => REQUEST_BYTES,
    }
}
/// Go on there with a GET.
pub(super) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
