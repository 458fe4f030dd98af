//! The one operation of AWS Secrets Manager that is answered here, `GetSecretValue` for a cluster's key, in that
//! service's AWS JSON 1.1; and what everybody is told who takes this server for another service of AWS.

use app::model::error::{Error, ValidationReason};
use app::model::secret::GetSecretValueRequest;
use app::port::{Caller, Principal};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use super::HttpState;
use super::error::{Refusal, cannot_parse};
use crate::auth::sigv4::{Denied, SECRETS};

/// What X-Amz-Target says then.
const TARGET: &str = "secretsmanager.GetSecretValue";
const JSON_1_1: &str = "application/x-amz-json-1.1";
/// Of a foreign operation's name, in characters.
const ECHO_MAX: usize = 60;

/// Whether the request is for this door.
pub fn is_asked(parts: &Parts) -> bool {
    target(&parts.headers) == Some(TARGET)
}

pub async fn authenticate(
    state: &HttpState,
    parts: &Parts,
    body: &[u8],
) -> Result<Principal, Denied> {
    let now = Utc::now();
    state.verifier.verify_for(SECRETS, parts, body, now).await
}

pub async fn answer(state: &HttpState, caller: &Caller, body: &[u8]) -> Result<Response, Refusal> {
    let input: GetSecretValueRequest = serde_json::from_slice(body).map_err(|e| {
        cannot_parse(format!(
            "The request body is not the input of GetSecretValue: {e}."
        ))
    })?;
    let answer = state.plane.get_secret_value(caller, input).await?;
    let body = serde_json::to_string(&answer).map_err(|_| Error::internal())?;
    let headers = [(CONTENT_TYPE, JSON_1_1), (CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}

/// No operation of this server: by the header's name or, where there is none, by the service that it is signed for.
pub fn foreign(headers: &HeaderMap) -> Option<Error> {
    let wanted = match target(headers) {
        Some(target) if !target.starts_with(super::aws_json::TARGET_PREFIX) => target,
        Some(_) => return None,
        None => signed_for(headers).filter(|service| *service != crate::auth::sigv4::SERVICE)?,
    };
    let wanted: String = wanted.escape_debug().take(ECHO_MAX).collect();
    Some(Error::validation(
        ValidationReason::UnknownOperation,
        format!(
            "This server does not answer {wanted}. It answers AWS Parallel Computing Service (aws pcs), and of AWS \
             Secrets Manager only get-secret-value for the keys of its clusters. To have all else go to AWS, name this \
             address in AWS_ENDPOINT_URL_PCS and AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL; what \
             there is to choose from, networks, images and instance types, shows `openpcs catalogue`."
        ),
    ))
}

fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = value.split_once("Credential=")?.1.split(',').next()?;
    scope.split('/').nth(3)
}
