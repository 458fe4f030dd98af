//! Tags (S6): list, put, remove, for clusters, groups and queues by ARN.

use std::collections::BTreeMap;

use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::limits;
use app::model::live::Kind;
use app::model::name::ArnResource;
use app::model::operation::Operation;
use app::model::tag::*;
use app::port::{Ctx, Tags};
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterSpec;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::{resource, tag};
use crate::fault::internal;
use crate::quota;

/// What a tag's ARN names, as far as announcing a change needs it.
struct Tagged {
    kind: Kind,
    cluster_id: String,
    id: String,
}

#[async_trait]
impl Tags for Service {
    async fn list_tags_for_resource(
        &self,
        ctx: &Ctx,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse> {
        ctx.authorize(Operation::ListTagsForResource, &input.resource_arn)?;
        self.tagged(&input.resource_arn).await?;
        let tags = tag::list(self.parts.db.pool(), &input.resource_arn)
            .await
            .map_err(internal)?;
        Ok(ListTagsForResourceResponse { tags })
    }

    async fn tag_resource(
        &self,
        ctx: &Ctx,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse> {
        ctx.authorize(Operation::TagResource, &input.resource_arn)?;
        let tagged = self.tagged(&input.resource_arn).await?;
        check(Some(&input.tags), "tags")?;
        let (operation, arn) = (Operation::TagResource, input.resource_arn.clone());
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            tag::put(db, &input.resource_arn, &input.tags)
                .await
                .map_err(internal)?;
            let all = tag::list(&mut *db.tx, &input.resource_arn)
                .await
                .map_err(internal)?;
            check_count(all.len())?;
            db.changed(tagged.kind, &tagged.cluster_id, &tagged.id)
                .await
                .map_err(internal)?;
            change.commit(&arn, TagResourceResponse {}).await
        })
        .await
    }

    async fn untag_resource(
        &self,
        ctx: &Ctx,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse> {
        ctx.authorize(Operation::UntagResource, &input.resource_arn)?;
        let tagged = self.tagged(&input.resource_arn).await?;
        let (operation, arn) = (Operation::UntagResource, input.resource_arn.clone());
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            tag::remove(db, &input.resource_arn, &input.tag_keys)
                .await
                .map_err(internal)?;
            db.changed(tagged.kind, &tagged.cluster_id, &tagged.id)
                .await
                .map_err(internal)?;
            change.commit(&arn, UntagResourceResponse {}).await
        })
        .await
    }
}

impl Service {
    /// The resource of that ARN, if it exists.
    async fn tagged(&self, arn: &str) -> Result<Tagged> {
        let missing = || {
            Error::not_found(
                "RESOURCE",
                arn,
                format!(
                    "There is no resource {} in this account and region.",
                    clip(arn)
                ),
            )
        };
        let pool = self.parts.db.pool();
        let (found, tagged) = match self.parts.arns.parse(arn).ok_or_else(missing)? {
            ArnResource::Cluster { cluster_id } => {
                let row = resource::find::<ClusterSpec>(pool, Some(&cluster_id), &cluster_id).await;
                (
                    row.map(|r| r.is_some()),
                    Tagged {
                        kind: Kind::Cluster,
                        id: cluster_id.clone(),
                        cluster_id,
                    },
                )
            }
            ArnResource::ComputeNodeGroup { cluster_id, id } => {
                let row =
                    resource::find::<ComputeNodeGroupSpec>(pool, Some(&cluster_id), &id).await;
                (
                    row.map(|r| r.is_some_and(|r| r.id == id)),
                    Tagged {
                        kind: Kind::ComputeNodeGroup,
                        cluster_id,
                        id,
                    },
                )
            }
            ArnResource::Queue { cluster_id, id } => {
                let row = resource::find::<QueueSpec>(pool, Some(&cluster_id), &id).await;
                (
                    row.map(|r| r.is_some_and(|r| r.id == id)),
                    Tagged {
                        kind: Kind::Queue,
                        cluster_id,
                        id,
                    },
                )
            }
        };
        if found.map_err(internal)? {
            Ok(tagged)
        } else {
            Err(missing())
        }
    }
}

/// The rules for tags that are being set, beyond the model's lengths.
pub(super) fn check(tags: Option<&BTreeMap<String, String>>, field: &str) -> Result<()> {
    let Some(tags) = tags else { return Ok(()) };
    check_count(tags.len())?;
    if let Some(key) = tags
        .keys()
        .find(|k| k.to_ascii_lowercase().starts_with("aws:"))
    {
        return Err(Error::field(
            format!("{field}.{}", clip(key)),
            "Keys that start with aws: belong to AWS. Choose another key.",
        ));
    }
    let control = |text: &str| text.chars().any(char::is_control);
    if let Some((key, _)) = tags.iter().find(|(k, v)| control(k) || control(v)) {
        let name = format!("{field}.{}", clip(key));
        return Err(Error::field(
            name,
            "A tag has no control characters. Remove them from the key and the value.",
        ));
    }
    Ok(())
}

/// A quota to the model: it gives TagResource no other exception for too many.
fn check_count(count: usize) -> Result<()> {
    if count <= limits::TAGS {
        return Ok(());
    }
    Err(Error::quota(
        quota::TAGS,
        format!(
            "A resource has at most {} tags; this would make {count}. Remove some first.",
            limits::TAGS
        ),
    ))
}
