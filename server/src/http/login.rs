//! Where `openpcs connect` is to go: `GET /openpcs/v1/clusters/{identifier}/login`, signed like the API.

use app::port::Caller;
use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use chrono::Utc;

use super::HttpState;
use super::error::Refusal;
use super::layer::{RequestId, read_body};
use super::port::LoginTarget;

pub async fn handle(
    State(state): State<HttpState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(identifier): Path<String>,
    request: Request,
) -> Result<Json<LoginTarget>, Refusal> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let principal = state.verifier.verify(&parts, &body, Utc::now()).await?;
    let caller = Caller {
        request_id,
        principal,
    };
    Ok(Json(state.logins.login_target(&caller, &identifier).await?))
}
