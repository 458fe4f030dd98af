//! The bundle for whoever looks for the cause of a trouble: for `openpcs diagnose`, signed like the API, and for a button of
//! the console.

use std::sync::Arc;

use app::port::Backend;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::HttpState;
use super::error::Refusal;
use super::output::answer_file;
use super::signed::Signed;
use crate::service::audit::Recorder;
use crate::service::doors::Diagnostics;

/// Of one cluster, or of all.
#[derive(Deserialize)]
pub struct Of {
    cluster: Option<String>,
}

pub async fn command(
    State(state): State<HttpState>,
    Query(of): Query<Of>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let made = state.diagnostics.diagnose(&signed.ctx, of.cluster).await;
    state.recorder.heard(&signed.ctx, Value::Null, &made);
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
