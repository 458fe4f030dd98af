//! Compute node groups.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{MOST_RESULTS, call};
use crate::model::compute_node_group::*;
use crate::model::error::Result;

/// All of a cluster by name, each with what only GetComputeNodeGroup tells. One that is deleted in between is left out.
#[server(prefix = "/console", endpoint = "list-compute-node-groups", input = Json, output = Json)]
pub async fn list_compute_node_groups(cluster_identifier: String) -> Result<Vec<ComputeNodeGroup>> {
    use crate::model::error::ErrorKind;
    call(|plane, ctx| async move {
        let mut all = Vec::new();
        let mut next_token = None;
        loop {
            let page = ListComputeNodeGroupsRequest {
                cluster_identifier: cluster_identifier.clone(),
                next_token,
                max_results: Some(MOST_RESULTS),
            };
            let found = plane.list_compute_node_groups(&ctx, page).await?;
            for summary in found.compute_node_groups {
                let input = GetComputeNodeGroupRequest {
                    cluster_identifier: cluster_identifier.clone(),
                    compute_node_group_identifier: summary.id,
                };
                match plane.get_compute_node_group(&ctx, input).await {
                    Ok(found) => all.push(found.compute_node_group),
                    Err(e) if matches!(e.kind, ErrorKind::ResourceNotFound { .. }) => {}
                    Err(e) => return Err(e),
                }
            }
            next_token = found.next_token;
            if next_token.is_none() {
                all.sort_by(|a, b| a.name.cmp(&b.name));
                return Ok(all);
            }
        }
    })
    .await
}

#[server(prefix = "/console", endpoint = "get-compute-node-group", input = Json, output = Json)]
pub async fn get_compute_node_group(
    cluster_identifier: String,
    compute_node_group_identifier: String,
) -> Result<ComputeNodeGroup> {
    let input = GetComputeNodeGroupRequest {
        cluster_identifier,
        compute_node_group_identifier,
    };
    call(|plane, ctx| async move {
        let found = plane.get_compute_node_group(&ctx, input).await?;
        Ok(found.compute_node_group)
    })
    .await
}

#[server(prefix = "/console", endpoint = "create-compute-node-group", input = Json, output = Json)]
pub async fn create_compute_node_group(
    input: CreateComputeNodeGroupRequest,
) -> Result<ComputeNodeGroup> {
    call(|plane, ctx| async move {
        let made = plane.create_compute_node_group(&ctx, input).await?;
        Ok(made.compute_node_group)
    })
    .await
}

/// Refused if somebody has changed the group since it was `modified_at`.
#[server(prefix = "/console", endpoint = "update-compute-node-group", input = Json, output = Json)]
pub async fn update_compute_node_group(
    input: UpdateComputeNodeGroupRequest,
    modified_at: String,
) -> Result<ComputeNodeGroup> {
    let input = UpdateComputeNodeGroupRequest {
        unmodified_since: Some(modified_at),
        ..input
    };
    call(|plane, ctx| async move {
        let updated = plane.update_compute_node_group(&ctx, input).await?;
        Ok(updated.compute_node_group)
    })
    .await
}

#[server(prefix = "/console", endpoint = "delete-compute-node-group", input = Json, output = Json)]
pub async fn delete_compute_node_group(input: DeleteComputeNodeGroupRequest) -> Result<()> {
    call(|plane, ctx| async move { plane.delete_compute_node_group(&ctx, input).await.map(drop) })
        .await
}
