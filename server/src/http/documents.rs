//! What `openpcs plan`, `export`, `apply`, `token`, `why`, `metrics` and `server` ask for, and programs that set
//! notifications up, beyond the service model: under `/openpcs/v1`, signed like the API.

use app::model::apply::{ApplyOutcome, ApplyRequest, Format};
use app::model::error::Error;
use app::model::job::JobDetail;
use app::model::limits::REQUEST_BYTES;
use app::model::metric::{GetMetricsRequest, Metrics};
use app::model::notification::{
    ChangeNotifications, NotificationChanged, Notifications, TestNotificationChannelRequest,
    TestNotificationChannelResponse,
};
use app::model::operation::Operation;
use app::model::plan::{Plan, PlanRequest};
use app::model::server::{ForgetServerRequest, ForgetServerResponse, Server};
use app::model::token::CreateSlurmTokenRequest;
use app::port::{Ctx, Why};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use chrono::Utc;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::caller;
use super::error::{Refusal, cannot_parse};
use super::layer::RequestId;
use super::wire::Wire;
use crate::service::{shape, whole};

/// `{"operation": "CreateQueue", "input": {…}}`. An input of the wrong shape is a refusal of the operation, so it is
/// part of the plan.
pub async fn plan(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<Plan>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let document: Value = decode(&body)?;
    let operation = document["operation"].as_str().and_then(Operation::parse);
    if let Some(operation) = operation
        && let Err(refusal) = shape::check(operation, &document["input"])
    {
        return Ok(Json(Plan::refused(refusal)));
    }
    let request: PlanRequest = serde_json::from_value(document).map_err(|e| {
        cannot_parse(format!(
            "The request names no operation that can be planned: {e}."
        ))
    })?;
    Ok(Json(state.plane.plan(&ctx, request).await?))
}

#[derive(Deserialize)]
pub struct ExportQuery {
    #[serde(default)]
    format: Format,
}

pub async fn export(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(identifier): Path<String>,
    Query(query): Query<ExportQuery>,
    request: Request,
) -> Result<String, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    let export = state.plane.export_cluster(&ctx, identifier, query.format);
    Ok(export.await?)
}

/// Runs to its end even when the client hangs up half-way.
pub async fn apply(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<ApplyOutcome>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request: ApplyRequest = decode(&body)?;
    let work = async move { state.plane.apply(&ctx, request).await };
    Ok(Json(whole(work).await?))
}

pub async fn get_metrics(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<Metrics>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request: GetMetricsRequest = decode(&body)?;
    Ok(Json(state.plane.get_metrics(&ctx, request).await?))
}

pub async fn list_notifications(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<Notifications>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.list_notifications(&ctx).await?))
}

pub async fn change_notifications(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<NotificationChanged>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request: ChangeNotifications = decode(&body)?;
    Ok(Json(state.plane.change_notifications(&ctx, request).await?))
}

pub async fn test_notification_channel(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<TestNotificationChannelResponse>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request: TestNotificationChannelRequest = decode(&body)?;
    let tested = state.plane.test_notification_channel(&ctx, request);
    Ok(Json(tested.await?))
}

pub async fn list_servers(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<Vec<Server>>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.list_servers(&ctx).await?))
}

pub async fn forget_server(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<ForgetServerResponse>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request: ForgetServerRequest = decode(&body)?;
    Ok(Json(state.plane.forget_server(&ctx, request).await?))
}

#[derive(Deserialize)]
pub struct JobQuery {
    id: String,
}

pub async fn get_job(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(identifier): Path<String>,
    Query(job): Query<JobQuery>,
    request: Request,
) -> Result<Json<JobDetail>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.get_job(&ctx, identifier, job.id).await?))
}

/// For the cluster of the path, whatever the body says.
pub async fn create_token(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(cluster_identifier): Path<String>,
    request: Request,
) -> Result<impl IntoResponse, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let request = CreateSlurmTokenRequest {
        cluster_identifier,
        ..decode(&body)?
    };
    let made = state.plane.create_slurm_token(&ctx, request).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(made)))
}

pub(super) async fn authenticate(
    state: &HttpState,
    RequestId(request_id): RequestId,
    request: Request,
) -> Result<(Ctx, Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    let verified = state.verifier.verify(&parts, &body.bytes, Utc::now()).await;
    let who = verified.map_err(Refusal::from).inspect_err(|refusal| {
        caller::turned_away(state, Wire::Json, &parts, &request_id, refusal);
    })?;
    let ctx = Ctx::new(who, Why::Command, request_id).from(caller::signed(&parts));
    Ok((ctx, body.bytes))
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| {
        cannot_parse(format!(
            "The request body is not the JSON that it should be: {e}."
        ))
    })
}
