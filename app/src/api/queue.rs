//! Queues.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{MOST_RESULTS, call};
use crate::model::error::Result;
use crate::model::queue::*;

/// All of a cluster, each with what only GetQueue tells. One that is deleted in between is left out.
#[server(prefix = "/console", endpoint = "list-queues", input = Json, output = Json)]
pub async fn list_queues(cluster_identifier: String) -> Result<Vec<Queue>> {
    use crate::model::error::ErrorKind;
    call(|plane, ctx| async move {
        let mut all = Vec::new();
        let mut next_token = None;
        loop {
            let page = ListQueuesRequest {
                cluster_identifier: cluster_identifier.clone(),
                next_token,
                max_results: Some(MOST_RESULTS),
            };
            let found = plane.list_queues(&ctx, page).await?;
            for summary in found.queues {
                let input = GetQueueRequest {
                    cluster_identifier: cluster_identifier.clone(),
                    queue_identifier: summary.id,
                };
                match plane.get_queue(&ctx, input).await {
                    Ok(found) => all.push(found.queue),
                    Err(e) if matches!(e.kind, ErrorKind::ResourceNotFound { .. }) => {}
                    Err(e) => return Err(e),
                }
            }
            next_token = found.next_token;
            if next_token.is_none() {
                return Ok(all);
            }
        }
    })
    .await
}

#[server(prefix = "/console", endpoint = "get-queue", input = Json, output = Json)]
pub async fn get_queue(cluster_identifier: String, queue_identifier: String) -> Result<Queue> {
    let input = GetQueueRequest {
        cluster_identifier,
        queue_identifier,
    };
    call(|plane, ctx| async move { Ok(plane.get_queue(&ctx, input).await?.queue) }).await
}

#[server(prefix = "/console", endpoint = "create-queue", input = Json, output = Json)]
pub async fn create_queue(input: CreateQueueRequest) -> Result<Queue> {
    call(|plane, ctx| async move { Ok(plane.create_queue(&ctx, input).await?.queue) }).await
}

/// Refused if somebody has changed the queue since it was `modified_at`.
#[server(prefix = "/console", endpoint = "update-queue", input = Json, output = Json)]
pub async fn update_queue(input: UpdateQueueRequest, modified_at: String) -> Result<Queue> {
    let input = UpdateQueueRequest {
        unmodified_since: Some(modified_at),
        ..input
    };
    call(|plane, ctx| async move { Ok(plane.update_queue(&ctx, input).await?.queue) }).await
}

#[server(prefix = "/console", endpoint = "delete-queue", input = Json, output = Json)]
pub async fn delete_queue(input: DeleteQueueRequest) -> Result<()> {
    call(|plane, ctx| async move { plane.delete_queue(&ctx, input).await.map(drop) }).await
}
