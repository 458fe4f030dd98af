//! Deliveries of the logs of one cluster.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::cluster_delivery::{
    DeliveriesOfCluster, SetUpDeliveryRequest, TestDeliveryResponse,
};
use crate::model::delivery::{Delivery, DeliveryRequest};
use crate::model::error::Result;

#[server(prefix = "/console", endpoint = "cluster-deliveries", input = Json, output = Json)]
pub async fn cluster_deliveries(cluster_identifier: String) -> Result<DeliveriesOfCluster> {
    call(|plane, ctx| async move { plane.cluster_deliveries(&ctx, cluster_identifier).await }).await
}

#[server(prefix = "/console", endpoint = "set-up-delivery", input = Json, output = Json)]
pub async fn set_up_delivery(input: SetUpDeliveryRequest) -> Result<Delivery> {
    call(|plane, ctx| async move { Ok(plane.set_up_delivery(&ctx, input).await?.delivery) }).await
}

#[server(prefix = "/console", endpoint = "remove-delivery", input = Json, output = Json)]
pub async fn remove_delivery(input: DeliveryRequest) -> Result<()> {
    call(|plane, ctx| async move { plane.remove_delivery(&ctx, input).await.map(drop) }).await
}

#[server(prefix = "/console", endpoint = "test-delivery", input = Json, output = Json)]
pub async fn test_delivery(input: DeliveryRequest) -> Result<TestDeliveryResponse> {
    call(|plane, ctx| async move { plane.test_delivery(&ctx, input).await }).await
}
