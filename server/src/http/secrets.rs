//! The one operation of AWS Secrets Manager that is answered here, `GetSecretValue` for a cluster's key, in that
//! service's AWS JSON 1.1.

use app::model::error::Error;
use app::model::secret::GetSecretValueRequest;
use app::port::{Ctx, Principal};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use super::HttpState;
use super::error::{Refusal, cannot_parse};
use super::protocol::{GET_SECRET_VALUE, target};
use crate::auth::sigv4::{Denied, SECRETS};

const JSON_1_1: &str = "application/x-amz-json-1.1";

/// Whether the request is for this door.
pub fn is_asked(parts: &Parts) -> bool {
    target(&parts.headers) == Some(GET_SECRET_VALUE)
}

pub async fn authenticate(
    state: &HttpState,
    parts: &Parts,
    body: &[u8],
) -> Result<Principal, Denied> {
    let now = Utc::now();
    state.verifier.verify_for(SECRETS, parts, body, now).await
}

pub async fn answer(state: &HttpState, ctx: &Ctx, body: &[u8]) -> Result<Response, Refusal> {
    let input: GetSecretValueRequest = serde_json::from_slice(body).map_err(|e| {
        cannot_parse(format!(
            "The request body is not the input of GetSecretValue: {e}."
        ))
    })?;
    let answer = state.plane.get_secret_value(ctx, input).await?;
    let body = serde_json::to_string(&answer).map_err(|_| Error::internal())?;
    let headers = [(CONTENT_TYPE, JSON_1_1), (CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}
