//! The bundle for whoever looks for the cause of a trouble: for `openpcs diagnose`, signed like the API, and for a button of
//! the console.

use std::sync::Arc;

use app::port::Backend;
use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::HttpState;
use super::documents::authenticate;
use super::error::Refusal;
use super::layer::RequestId;
use super::output::answer_file;
use crate::service::audit::Recorder;
use crate::service::doors::Diagnostics;

/// Of one cluster, or of all.
#[derive(Deserialize)]
pub struct Of {
    cluster: Option<String>,
}

pub async fn command(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Query(of): Query<Of>,
    request: Request,
) -> Result<Response, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    let made = state.diagnostics.diagnose(&ctx, of.cluster).await;
    state.recorder.heard(&ctx, Value::Null, &made);
    Ok(answer_file(Ok(made?)))
}

pub async fn file(
    State((diagnostics, recorder)): State<(Arc<dyn Diagnostics>, Recorder)>,
    Extension(backend): Extension<Backend>,
    Query(of): Query<Of>,
) -> Response {
    let ctx = match backend.ctx() {
        Ok(ctx) => ctx,
        Err(refusal) => return answer_file(Err(refusal)),
    };
    let made = diagnostics.diagnose(ctx, of.cluster).await;
    recorder.heard(ctx, Value::Null, &made);
    answer_file(made)
}
