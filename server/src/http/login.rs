//! Where `openpcs connect` is to go: `GET /openpcs/v1/clusters/{identifier}/login`, signed like the API.

use app::model::limits::REQUEST_BYTES;
use app::port::{Ctx, Why};
use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use chrono::Utc;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::error::Refusal;
use super::layer::RequestId;
use crate::service::doors::LoginTarget;

pub async fn handle(
    State(state): State<HttpState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(identifier): Path<String>,
    request: Request,
) -> Result<Json<LoginTarget>, Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    let who = state
        .verifier
        .verify(&parts, &body.bytes, Utc::now())
        .await?;
    let ctx = Ctx::new(who, Why::Command, request_id);
    Ok(Json(state.logins.login_target(&ctx, &identifier).await?))
}
