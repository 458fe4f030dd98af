//! What programs ask and change of who shares a cluster: accounts, users, QOS, reservations, usage. Under
//! `/openpcs/v1/clusters/CLUSTER`, signed like the API.

use app::model::shares::{ChangeShares, Reservations, Shares, SharesChange, Usage};
use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HttpState;
use super::documents::{authenticate, decode};
use super::error::Refusal;
use super::layer::RequestId;
use crate::service::whole;

pub async fn list(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(cluster): Path<String>,
    request: Request,
) -> Result<Json<Shares>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.list_shares(&ctx, cluster).await?))
}

/// One [`SharesChange`]: `{"putShare": {"account": "lab", "parent": "root", "isNew": true, "fairShare": "1"}}`. It runs to its
/// end even when the client hangs up half-way.
pub async fn change(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(cluster_identifier): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let (ctx, body) = authenticate(&state, id, request).await?;
    let change: SharesChange = decode(&body)?;
    let input = ChangeShares {
        cluster_identifier,
        change,
    };
    whole(async move { state.plane.change_shares(&ctx, input).await }).await?;
    Ok(Json(json!({})))
}

pub async fn reservations(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(cluster): Path<String>,
    request: Request,
) -> Result<Json<Reservations>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.list_reservations(&ctx, cluster).await?))
}

#[derive(Deserialize)]
pub struct Days {
    #[serde(default = "month")]
    days: u32,
}

fn month() -> u32 {
    30
}

pub async fn usage(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    Path(cluster): Path<String>,
    Query(Days { days }): Query<Days>,
    request: Request,
) -> Result<Json<Vec<Usage>>, Refusal> {
    let (ctx, _) = authenticate(&state, id, request).await?;
    Ok(Json(state.plane.usage(&ctx, cluster, days).await?))
}
