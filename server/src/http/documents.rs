//! What `openpcs plan`, `export`, `apply`, `token`, `why`, `metrics` and `server` ask for, and programs that set
//! notifications up, beyond the service model: under `/openpcs/v1`, signed like the API.

use app::model::apply::{ApplyOutcome, ApplyRequest, Format};
use app::model::job::JobDetail;
use app::model::metric::{GetMetricsRequest, Metrics};
use app::model::notification::{
    ChangeNotifications, NotificationChanged, Notifications, TestNotificationChannelRequest,
    TestNotificationChannelResponse,
};
use app::model::operation::Operation;
use app::model::plan::{Plan, PlanRequest};
use app::model::server::{ForgetServerRequest, ForgetServerResponse, Server};
use app::model::token::CreateSlurmTokenRequest;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

use super::HttpState;
use super::error::{Refusal, cannot_parse};
use super::signed::Signed;
use crate::service::{shape, whole};

/// `{"operation": "CreateQueue", "input": {…}}`. An input of the wrong shape is a refusal of the operation, so it is
/// part of the plan.
pub async fn plan(State(state): State<HttpState>, signed: Signed) -> Result<Json<Plan>, Refusal> {
    let document: Value = signed.input()?;
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
    Ok(Json(state.plane.plan(&signed.ctx, request).await?))
}

#[derive(Deserialize)]
pub struct ExportQuery {
    #[serde(default)]
    format: Format,
}

pub async fn export(
    State(state): State<HttpState>,
    Path(identifier): Path<String>,
    Query(query): Query<ExportQuery>,
    signed: Signed,
) -> Result<String, Refusal> {
    let export = state
        .plane
        .export_cluster(&signed.ctx, identifier, query.format);
    Ok(export.await?)
}

/// Runs to its end even when the client hangs up half-way.
pub async fn apply(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<ApplyOutcome>, Refusal> {
    let request: ApplyRequest = signed.input()?;
    let work = async move { state.plane.apply(&signed.ctx, request).await };
    Ok(Json(whole(work).await?))
}

pub async fn get_metrics(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<Metrics>, Refusal> {
    let request: GetMetricsRequest = signed.input()?;
    Ok(Json(state.plane.get_metrics(&signed.ctx, request).await?))
}

pub async fn list_notifications(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<Notifications>, Refusal> {
    Ok(Json(state.plane.list_notifications(&signed.ctx).await?))
}

pub async fn change_notifications(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<NotificationChanged>, Refusal> {
    let request: ChangeNotifications = signed.input()?;
    Ok(Json(
        state
            .plane
            .change_notifications(&signed.ctx, request)
            .await?,
    ))
}

pub async fn test_notification_channel(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<TestNotificationChannelResponse>, Refusal> {
    let request: TestNotificationChannelRequest = signed.input()?;
    let tested = state.plane.test_notification_channel(&signed.ctx, request);
    Ok(Json(tested.await?))
}

pub async fn list_servers(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<Vec<Server>>, Refusal> {
    Ok(Json(state.plane.list_servers(&signed.ctx).await?))
}

pub async fn forget_server(
    State(state): State<HttpState>,
    signed: Signed,
) -> Result<Json<ForgetServerResponse>, Refusal> {
    let request: ForgetServerRequest = signed.input()?;
    Ok(Json(state.plane.forget_server(&signed.ctx, request).await?))
}

#[derive(Deserialize)]
pub struct JobQuery {
    id: String,
}

pub async fn get_job(
    State(state): State<HttpState>,
    Path(identifier): Path<String>,
    Query(job): Query<JobQuery>,
    signed: Signed,
) -> Result<Json<JobDetail>, Refusal> {
    Ok(Json(
        state.plane.get_job(&signed.ctx, identifier, job.id).await?,
    ))
}

/// For the cluster of the path, whatever the body says.
pub async fn create_token(
    State(state): State<HttpState>,
    Path(cluster_identifier): Path<String>,
    signed: Signed,
) -> Result<impl IntoResponse, Refusal> {
    let request = CreateSlurmTokenRequest {
        cluster_identifier,
        ..signed.input()?
    };
    let made = state.plane.create_slurm_token(&signed.ctx, request).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(made)))
}
