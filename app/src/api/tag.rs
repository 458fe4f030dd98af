//! Tags.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;

/// The tags of a cluster, of which the page knows the name or the id but not yet the ARN.
#[server(prefix = "/console", endpoint = "list-cluster-tags", input = Json)]
pub async fn list_cluster_tags(cluster_identifier: String) -> Result<BTreeMap<String, String>> {
    use crate::model::cluster::GetClusterRequest;
    use crate::model::tag::ListTagsForResourceRequest;
    let input = GetClusterRequest { cluster_identifier };
    call(|plane, caller| async move {
        let input = ListTagsForResourceRequest {
            resource_arn: plane.get_cluster(&caller, input).await?.cluster.arn,
        };
        Ok(plane.list_tags_for_resource(&caller, input).await?.tags)
    })
    .await
}
