//! Tags.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;

/// The tags of a cluster, of which the page knows the name or the id but not yet the ARN.
#[server(prefix = "/console", endpoint = "list-cluster-tags", input = Json, output = Json)]
pub async fn list_cluster_tags(cluster_identifier: String) -> Result<BTreeMap<String, String>> {
    use crate::model::cluster::GetClusterRequest;
    use crate::model::tag::ListTagsForResourceRequest;
    let input = GetClusterRequest { cluster_identifier };
    call(|plane, ctx| async move {
        let input = ListTagsForResourceRequest {
            resource_arn: plane.get_cluster(&ctx, input).await?.cluster.arn,
        };
        Ok(plane.list_tags_for_resource(&ctx, input).await?.tags)
    })
    .await
}

/// Removes and sets tags of one resource: what a form that was changed in several places needs.
#[server(prefix = "/console", endpoint = "update-cluster-tags", input = Json, output = Json)]
pub async fn update_cluster_tags(
    cluster_identifier: String,
    set: BTreeMap<String, String>,
    remove: Vec<String>,
) -> Result<()> {
    use crate::model::cluster::GetClusterRequest;
    use crate::model::tag::{TagResourceRequest, UntagResourceRequest};
    let input = GetClusterRequest { cluster_identifier };
    call(|plane, ctx| async move {
        let resource_arn = plane.get_cluster(&ctx, input).await?.cluster.arn;
        if !remove.is_empty() {
            let input = UntagResourceRequest {
                resource_arn: resource_arn.clone(),
                tag_keys: remove,
            };
            plane.untag_resource(&ctx, input).await?;
        }
        if !set.is_empty() {
            let input = TagResourceRequest {
                resource_arn,
                tags: set,
            };
            plane.tag_resource(&ctx, input).await?;
        }
        Ok(())
    })
    .await
}
