//! What instances, their volumes and their interfaces carry: the customer's tags and the service's (N11).

use aws_sdk_ec2::types::{
    LaunchTemplateInstanceMetadataTagsState, LaunchTemplateTagSpecificationRequest,
    RequestLaunchTemplateData, ResourceType, Tag,
};

use super::{Context, Review};

/// Of one resource, AWS's own not counted.
const MOST: usize = 50;

const FIELD: &str = "LaunchTemplateData.TagSpecifications";

/// Whatever an instance brings with it.
const TAGGED: [ResourceType; 3] = [
    ResourceType::Instance,
    ResourceType::Volume,
    ResourceType::NetworkInterface,
];

pub(super) fn tag(
    data: &mut RequestLaunchTemplateData,
    context: &Context<'_>,
    review: &mut Review,
) {
    let mut all = data.tag_specifications.take().unwrap_or_default();
    // Tags of the template itself: EC2 does not take them in here.
    all.retain(|of| of.resource_type != Some(ResourceType::LaunchTemplate));
    for kind in TAGGED {
        let tags = tags_of(&mut all, &kind);
        for (key, value) in ours(context) {
            tags.retain(|tag| tag.key.as_deref() != Some(key.as_str()));
            tags.push(Tag::builder().key(key).value(value).build());
        }
        let counted = |tag: &&Tag| !is_aws(tag.key.as_deref().unwrap_or_default());
        let count = tags.iter().filter(counted).count() + at_launch(&kind, tags);
        if count > MOST {
            review.refuse(
                FIELD,
                format!("With the service's own, a resource of kind {kind} has {count} tags; EC2 takes {MOST}."),
                format!("Leave out {} of them.", count - MOST),
            );
        }
    }
    if in_metadata(data) {
        let tags = tags_of(&mut all, &ResourceType::Instance);
        readable(tags, review);
    }
    data.tag_specifications = Some(all);
}

/// How many more the fleet gives each instance: which launch it is of and, where it has none, a name.
fn at_launch(kind: &ResourceType, tags: &[Tag]) -> usize {
    let has_name = tags.iter().any(|tag| tag.key.as_deref() == Some("Name"));
    match kind {
        ResourceType::Instance => 1 + usize::from(!has_name),
        _ => 0,
    }
}

/// Those of this kind of resource, made if there are none.
fn tags_of<'a>(
    all: &'a mut Vec<LaunchTemplateTagSpecificationRequest>,
    kind: &ResourceType,
) -> &'a mut Vec<Tag> {
    let found = all
        .iter()
        .position(|of| of.resource_type.as_ref() == Some(kind));
    let at = found.unwrap_or(all.len());
    if found.is_none() {
        let none = LaunchTemplateTagSpecificationRequest::builder();
        all.push(none.resource_type(kind.clone()).build());
    }
    // There is one at that place: found, or just pushed.
    all[at].tags.get_or_insert_with(Vec::new)
}

fn ours<'a>(context: &Context<'a>) -> Vec<(String, &'a str)> {
    let mut tags = vec![("AWSPCSManaged".to_owned(), "true")];
    let prefixes: &[&str] = match context.aws_tags {
        true => &["", "aws:"],
        false => &[""],
    };
    for prefix in prefixes {
        tags.push((format!("{prefix}pcs:cluster-id"), context.cluster_id));
        tags.push((
            format!("{prefix}pcs:compute-node-group-id"),
            context.group_id,
        ));
    }
    tags
}

fn is_aws(key: &str) -> bool {
    key.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Whether programs of the instance read its tags from its metadata.
fn in_metadata(data: &RequestLaunchTemplateData) -> bool {
    let options = data.metadata_options.as_ref();
    let tags = options.and_then(|options| options.instance_metadata_tags.as_ref());
    tags == Some(&LaunchTemplateInstanceMetadataTagsState::Enabled)
}

/// A key is part of an address there; with any other no instance would start.
fn readable(tags: &[Tag], review: &mut Review) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-=.,_:@".contains(c);
    let keys = tags.iter().filter_map(|tag| tag.key.as_deref());
    let bad = |key: &&str| !key.chars().all(plain) || matches!(*key, "." | ".." | "_index");
    for key in keys.filter(bad) {
        review.refuse(
            FIELD,
            format!("The key `{key}` cannot be read through instance metadata, so that no instance would start."),
            "Use letters, digits and + - = . , _ : @ only, or set MetadataOptions.InstanceMetadataTags to disabled.",
        );
    }
}
