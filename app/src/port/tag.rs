//! Tags.

use crate::model::tag::*;

port! {
    /// The service model's operations for tags.
    Tags {
        ListTagsForResource => list_tags_for_resource(input: ListTagsForResourceRequest) -> ListTagsForResourceResponse;
        TagResource => tag_resource(input: TagResourceRequest) -> TagResourceResponse;
        UntagResource => untag_resource(input: UntagResourceRequest) -> UntagResourceResponse;
    }
}
