//! Tags of clusters, groups and queues (S6).
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `ListTagsForResourceRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceRequest {
    /// The Amazon Resource Name (ARN) of the resource for which to list tags.
    pub resource_arn: String,
}

/// `ListTagsForResourceResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceResponse {
    /// 1 or more tags added to the resource.
    pub tags: BTreeMap<String, String>,
}

/// `TagResourceRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagResourceRequest {
    /// The Amazon Resource Name (ARN) of the resource.
    pub resource_arn: String,
    /// 1 or more tags added to the resource.
    pub tags: BTreeMap<String, String>,
}

/// `TagResourceResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagResourceResponse {}

/// `UntagResourceRequest` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UntagResourceRequest {
    /// The Amazon Resource Name (ARN) of the resource.
    pub resource_arn: String,
    /// 1 or more tag keys to remove from the resource.
    pub tag_keys: Vec<String>,
}

/// `UntagResourceResponse` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UntagResourceResponse {}
