//! What the agents on instances and controllers call; the messages are in `openpcs_agent::protocol`.

use app::model::error::Error;
use app::model::limits::REQUEST_BYTES;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::Extensions;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use openpcs_agent::actions::message::SealedAnswer;
use openpcs_agent::protocol::{ClaimAnswer, HookAnswer, Hosts};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::error::{Refusal, cannot_parse};
use super::front::Ends;

/// Says nothing: whoever asks wants to see the proof ([`super::proof`]) before it sends a secret.
pub async fn prove() -> StatusCode {
    StatusCode::NO_CONTENT
}

pub async fn step(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let bearer = bearer(&headers)?;
    state.hooks.step(bearer, message(body).await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn log(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let bearer = bearer(&headers)?;
    state.hooks.log(bearer, message(body).await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn claim(
    State(state): State<HttpState>,
    extensions: Extensions,
    body: Body,
) -> Result<Json<ClaimAnswer>, Refusal> {
    let peer = extensions.get::<Ends>().map(|ends| ends.peer.ip());
    let answer = state.hooks.claim(message(body).await?, peer).await?;
    Ok(Json(answer))
}

/// What is asked of names.
#[derive(Deserialize)]
pub struct Names {
    after: Option<String>,
}

pub async fn hosts(
    State(state): State<HttpState>,
    Query(names): Query<Names>,
    headers: HeaderMap,
) -> Result<Json<Hosts>, Refusal> {
    let bearer = bearer(&headers)?;
    let hosts = state.hooks.hosts(bearer, names.after.as_deref()).await?;
    Ok(Json(hosts))
}

pub async fn duties(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SealedAnswer>, Refusal> {
    let bearer = bearer(&headers)?;
    let answer = state.hooks.duties(bearer, message(body).await?).await?;
    Ok(Json(answer))
}

pub async fn script(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SealedAnswer>, Refusal> {
    let bearer = bearer(&headers)?;
    let answer = state.hooks.script(bearer, message(body).await?).await?;
    Ok(Json(answer))
}

/// 204: Slurm has taken the node as up; 202: not yet.
pub async fn ready(
    State(state): State<HttpState>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    Ok(match state.hooks.is_up(bearer(&headers)?).await? {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::ACCEPTED,
    })
}

pub async fn hook(
    State(state): State<HttpState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<HookAnswer>, Refusal> {
    let bearer = bearer(&headers)?;
    let answer = state.hooks.hook(bearer, message(body).await?).await?;
    Ok(Json(answer))
}

fn bearer(headers: &HeaderMap) -> Result<&str, Error> {
    let value = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    value
        .and_then(|v| v.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| {
            Error::access_denied(
                "The request carries no token: send `Authorization: Bearer TOKEN`.",
            )
        })
}

async fn message<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    serde_json::from_slice(&body.bytes)
        .map_err(|e| cannot_parse(format!("The message is not the one of this path: {e}.")).into())
}
