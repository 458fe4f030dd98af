//! Calls of the console's server functions: read whole before they come to the framework, which knows neither a time nor
//! a budget for bodies and takes any content type.

use app::model::error::{Error, ValidationReason};
use app::paths;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::FromServerFnError;

use super::body::{self, SIGNED_IN};
use super::layer;

const JSON: &str = "application/json";

/// Runs for people who are signed in only; all other requests go on as they are.
pub async fn read_call(request: Request, next: Next) -> Response {
    if !is_call(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = match body::read(body, layer::longest(parts.uri.path()), &SIGNED_IN).await {
        Ok(body) => body,
        Err(unread) => {
            let mut response = refused(unread.status(), unread.into());
            if let Some(seconds) = unread.retry_after() {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            return response;
        }
    };
    if !is_json(&parts.headers) {
        let message = format!("The header Content-Type must be {JSON}: this door reads JSON only.");
        let error = Error::validation(ValidationReason::CannotParse, message);
        return refused(StatusCode::BAD_REQUEST, error);
    }
    next.run(Request::from_parts(parts, Body::from(body.bytes)))
        .await
}

fn is_call(request: &Request) -> bool {
    let path = request.uri().path();
    let is_form = [paths::POST_SIGN_IN, paths::POST_SIGN_OUT].contains(&path);
    request.method() == Method::POST && path.starts_with(paths::CONSOLE) && !is_form
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = value.and_then(|v| v.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON))
}

/// As a function itself refuses.
pub fn refused(status: StatusCode, error: Error) -> Response {
    (status, [(CONTENT_TYPE, JSON)], error.ser()).into_response()
}
