//! Where `openpcs connect` is to go: `GET /openpcs/v1/clusters/{identifier}/login`, signed like the API; with `?as=admin`
//! where Slurm is administered.

use app::model::limits::REQUEST_BYTES;
use app::port::{Ctx, Why};
use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use chrono::Utc;
use serde_json::Value;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::caller;
use super::error::Refusal;
use super::layer::RequestId;
use super::wire::Wire;
use crate::service::doors::{LoginTarget, Person};

pub async fn handle(
    State(state): State<HttpState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(identifier): Path<String>,
    request: Request,
) -> Result<Json<LoginTarget>, Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    let verified = state.verifier.verify(&parts, &body.bytes, Utc::now()).await;
    let who = verified.map_err(Refusal::from).inspect_err(|refusal| {
        caller::turned_away(&state, Wire::Json, &parts, &request_id, refusal);
    })?;
    let person = match parts.uri.query() {
        Some("as=admin") => Person::Administrator,
        _ => Person::User,
    };
    let ctx = Ctx::new(who, Why::Command, request_id).from(caller::signed(&parts));
    let target = state.logins.login_target(&ctx, &identifier, person).await;
    state.recorder.heard(&ctx, Value::Null, &target);
    Ok(Json(target?))
}
