//! Accounts, users, QOS, reservations.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, call_in};
use crate::model::error::Result;
use crate::model::shares::*;

#[server(name = ListShares, prefix = "/console", endpoint = "list-shares", input = Json, output = Json)]
pub async fn list_shares(cluster_identifier: String) -> Result<Shares> {
    call(|plane, ctx| async move { plane.list_shares(&ctx, cluster_identifier).await }).await
}

#[server(name = ListReservations, prefix = "/console", endpoint = "list-reservations", input = Json, output = Json)]
pub async fn list_reservations(cluster_identifier: String) -> Result<Reservations> {
    call(|plane, ctx| async move { plane.list_reservations(&ctx, cluster_identifier).await }).await
}

#[server(name = GetUsage, prefix = "/console", endpoint = "usage", input = Json, output = Json)]
pub async fn usage(cluster_identifier: String, days: u32) -> Result<UsageReport> {
    call(|plane, ctx| async move { plane.usage(&ctx, cluster_identifier, days).await }).await
}

#[server(name = SendSharesChange, prefix = "/console", endpoint = "change-shares", input = Json, output = Json)]
pub async fn change_shares(input: ChangeShares, language: String) -> Result<()> {
    call_in(&language, |plane, ctx| async move {
        plane.change_shares(&ctx, input).await
    })
    .await
}
