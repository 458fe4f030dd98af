//! Tags over the API (S6).

use std::collections::HashMap;

use serde_json::json;

use crate::harness::*;

on_both_databases!(
    every_resource_can_be_tagged_on_create_and_later,
    a_resource_has_at_most_fifty_tags,
    a_key_or_value_that_breaks_a_rule_is_refused,
    an_arn_of_nothing_is_not_found,
);

async fn tags(plane: &TestPlane, arn: &str) -> HashMap<String, String> {
    plane
        .admin()
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .unwrap()
        .tags
        .unwrap_or_default()
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect()
}

async fn every_resource_can_be_tagged_on_create_and_later(plane: &TestPlane) {
    let cluster = plane.shared_cluster().await.arn.clone();
    let create = plane
        .new_group("shared", "tagged", 0, 1)
        .tags("team", "a")
        .tags("Stage", "");
    let group = create.send().await.unwrap().compute_node_group.unwrap();
    plane
        .wait_group(
            "shared",
            "tagged",
            aws_sdk_pcs::types::ComputeNodeGroupStatus::Active,
        )
        .await;
    let queue = plane
        .new_queue("shared", "tagged", &group.id)
        .tags("team", "a")
        .tags("Stage", "")
        .send()
        .await;
    let queue = queue.unwrap().queue.unwrap();
    plane
        .wait_queue("shared", "tagged", aws_sdk_pcs::types::QueueStatus::Active)
        .await;
    assert_eq!(tags(plane, &cluster).await, map(&[]));
    plane
        .admin()
        .tag_resource()
        .resource_arn(&cluster)
        .tags("team", "a")
        .tags("Stage", "")
        .send()
        .await
        .unwrap();
    for arn in [&cluster, &group.arn, &queue.arn] {
        assert_eq!(
            tags(plane, arn).await,
            map(&[("team", "a"), ("Stage", "")]),
            "{arn}"
        );
        let add = plane
            .admin()
            .tag_resource()
            .resource_arn(arn)
            .tags("team", "b");
        add.tags("naïve 'quoted' key", "a = \"b\"; $(c) \\ 中文")
            .send()
            .await
            .unwrap();
        let all = map(&[
            ("team", "b"),
            ("Stage", ""),
            ("naïve 'quoted' key", "a = \"b\"; $(c) \\ 中文"),
        ]);
        assert_eq!(tags(plane, arn).await, all);
        let remove = plane
            .admin()
            .untag_resource()
            .resource_arn(arn)
            .tag_keys("team")
            .tag_keys("never-there");
        remove
            .tag_keys("Stage")
            .tag_keys("naïve 'quoted' key")
            .send()
            .await
            .unwrap();
        assert_eq!(tags(plane, arn).await, map(&[]));
    }
    plane.delete_queue("shared", "tagged").await;
    plane.delete_group("shared", "tagged").await;
    plane
        .admin()
        .list_tags_for_resource()
        .resource_arn(&queue.arn)
        .send()
        .await
        .refused();
}

async fn a_resource_has_at_most_fifty_tags(plane: &TestPlane) {
    let arn = plane.shared_cluster().await.arn.clone();
    let many = |n: usize| {
        (0..n)
            .map(|i| (format!("key-{i}"), String::new()))
            .collect::<HashMap<_, _>>()
    };
    let tag = |tags| {
        plane
            .admin()
            .tag_resource()
            .resource_arn(&arn)
            .set_tags(Some(tags))
            .send()
    };
    let (code, message) = tag(many(51)).await.quota();
    assert!(
        code.starts_with("L-") && message.contains("50"),
        "{code} {message}"
    );
    tag(many(50)).await.unwrap();
    tag(map(&[("one-more", "")])).await.quota();
    tag(map(&[("key-7", "again")])).await.unwrap();
    let all = tags(plane, &arn).await;
    assert_eq!((all.len(), all["key-7"].as_str()), (50, "again"));
    let keys = all.into_keys().collect();
    plane
        .admin()
        .untag_resource()
        .resource_arn(&arn)
        .set_tag_keys(Some(keys))
        .send()
        .await
        .unwrap();
}

async fn a_key_or_value_that_breaks_a_rule_is_refused(plane: &TestPlane) {
    let arn = plane.shared_cluster().await.arn.clone();
    let long_key = "k".repeat(129);
    let long_value = "v".repeat(257);
    for (key, value) in [
        ("aws:mine", "x"),
        ("AWS:mine", "x"),
        ("", "x"),
        (long_key.as_str(), "x"),
        ("key", long_value.as_str()),
        ("key", "line\nbreak"),
        ("nul\0", "x"),
    ] {
        // The model gives this operation no ValidationException, so the SDK has no type for it.
        let body = json!({"resourceArn": arn, "tags": {key: value}});
        let answer = plane.http().call("TagResource", body.to_string()).await;
        answer.refused("ValidationException");
        let field = answer.json()["fieldList"][0]["name"].clone();
        assert!(
            field.as_str().unwrap().starts_with("tags"),
            "{}",
            answer.text
        );
    }
    assert_eq!(tags(plane, &arn).await, map(&[]));
    let create = plane.new_cluster("tagged").tags("aws:mine", "x");
    create.send().await.refused_field("tags.aws:mine");
}

async fn an_arn_of_nothing_is_not_found(plane: &TestPlane) {
    let arn = plane.shared_cluster().await.arn.clone();
    for nothing in [
        "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_0000000000".to_string(),
        arn.replace("us-east-1", "eu-west-1"),
        arn.replace("111122223333", "444455556666"),
        format!("{arn}/queue/pcs_0000000000"),
        format!("{arn}/computenodegroup/pcs_0000000000"),
    ] {
        let refused = plane
            .admin()
            .tag_resource()
            .resource_arn(&nothing)
            .tags("a", "b")
            .send()
            .await
            .refused();
        assert!(
            matches!(refused, aws_sdk_pcs::Error::ResourceNotFoundException(_)),
            "{nothing}: {refused:?}"
        );
    }
    for no_arn in ["", "arn", "arn:aws:s3:::bucket"] {
        let body = json!({"resourceArn": no_arn}).to_string();
        let answer = plane.http().call("ListTagsForResource", body).await;
        answer.refused_field("resourceArn");
    }
}
