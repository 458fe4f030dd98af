//! What programs ask and change of who shares a cluster: accounts, users, QOS, reservations, usage. Under
//! `/openpcs/v1/clusters/CLUSTER`, signed like the API.

use app::model::shares::{ChangeShares, Reservations, Shares, SharesChange, UsageReport};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HttpState;
use super::error::Refusal;
use super::signed::Signed;
use crate::service::whole;

pub async fn list(
    State(state): State<HttpState>,
    Path(cluster): Path<String>,
    signed: Signed,
) -> Result<Json<Shares>, Refusal> {
    Ok(Json(state.plane.list_shares(&signed.ctx, cluster).await?))
}

/// One [`SharesChange`]: `{"putShare": {"account": "lab", "parent": "root", "isNew": true, "fairShare": "1"}}`. It runs to its
/// end even when the client hangs up half-way.
pub async fn change(
    State(state): State<HttpState>,
    Path(cluster_identifier): Path<String>,
    signed: Signed,
) -> Result<Json<Value>, Refusal> {
    let change: SharesChange = signed.input()?;
    let input = ChangeShares {
        cluster_identifier,
        change,
    };
    whole(async move { state.plane.change_shares(&signed.ctx, input).await }).await?;
    Ok(Json(json!({})))
}

pub async fn reservations(
    State(state): State<HttpState>,
    Path(cluster): Path<String>,
    signed: Signed,
) -> Result<Json<Reservations>, Refusal> {
    Ok(Json(
        state.plane.list_reservations(&signed.ctx, cluster).await?,
    ))
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
    Path(cluster): Path<String>,
    Query(Days { days }): Query<Days>,
    signed: Signed,
) -> Result<Json<UsageReport>, Refusal> {
    Ok(Json(state.plane.usage(&signed.ctx, cluster, days).await?))
}
