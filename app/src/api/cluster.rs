//! Clusters.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{MOST_RESULTS, call};
use crate::model::cluster::*;
use crate::model::error::Result;
use crate::model::set_aside::AllSetAside;
use crate::model::sight::Trouble;

#[server(prefix = "/console", endpoint = "get-cluster", input = Json, output = Json)]
pub async fn get_cluster(cluster_identifier: String) -> Result<Cluster> {
    let input = GetClusterRequest { cluster_identifier };
    call(|plane, ctx| async move { Ok(plane.get_cluster(&ctx, input).await?.cluster) }).await
}

/// What cannot be seen of a cluster at the moment.
#[server(prefix = "/console", endpoint = "troubles", input = Json, output = Json)]
pub async fn troubles(cluster_identifier: String) -> Result<Vec<Trouble>> {
    call(|plane, ctx| async move { plane.troubles(&ctx, cluster_identifier).await }).await
}

/// What is on disk and the database does not know.
#[server(name = GetSetAside, prefix = "/console", endpoint = "set-aside", input = Json, output = Json)]
pub async fn set_aside() -> Result<AllSetAside> {
    call(|plane, ctx| async move { plane.set_aside(&ctx).await }).await
}

/// All clusters with what only GetCluster tells, for the list shows version and size. One that is deleted in between
/// is left out.
#[server(prefix = "/console", endpoint = "list-clusters", input = Json, output = Json)]
pub async fn list_clusters() -> Result<Vec<Cluster>> {
    use crate::model::error::ErrorKind;
    call(|plane, ctx| async move {
        let mut clusters = Vec::new();
        let mut page = ListClustersRequest {
            max_results: Some(MOST_RESULTS),
            next_token: None,
        };
        loop {
            let found = plane.list_clusters(&ctx, page).await?;
            for summary in found.clusters {
                let input = GetClusterRequest {
                    cluster_identifier: summary.id,
                };
                match plane.get_cluster(&ctx, input).await {
                    Ok(found) => clusters.push(found.cluster),
                    Err(e) if matches!(e.kind, ErrorKind::ResourceNotFound { .. }) => {}
                    Err(e) => return Err(e),
                }
            }
            if found.next_token.is_none() {
                return Ok(clusters);
            }
            page = ListClustersRequest {
                next_token: found.next_token,
                max_results: Some(MOST_RESULTS),
            };
        }
    })
    .await
}

#[server(prefix = "/console", endpoint = "create-cluster", input = Json, output = Json)]
pub async fn create_cluster(input: CreateClusterRequest) -> Result<Cluster> {
    call(|plane, ctx| async move { Ok(plane.create_cluster(&ctx, input).await?.cluster) }).await
}

/// Refused if somebody has changed the cluster since it was `modified_at`.
#[server(prefix = "/console", endpoint = "update-cluster", input = Json, output = Json)]
pub async fn update_cluster(input: UpdateClusterRequest, modified_at: String) -> Result<Cluster> {
    let input = UpdateClusterRequest {
        unmodified_since: Some(modified_at),
        ..input
    };
    call(|plane, ctx| async move { Ok(plane.update_cluster(&ctx, input).await?.cluster) }).await
}

#[server(prefix = "/console", endpoint = "delete-cluster", input = Json, output = Json)]
pub async fn delete_cluster(input: DeleteClusterRequest) -> Result<()> {
    call(|plane, ctx| async move { plane.delete_cluster(&ctx, input).await.map(|_| ()) }).await
}
