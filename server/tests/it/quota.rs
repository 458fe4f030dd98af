//! How many clusters there may be, and lists of more than one page (C4).

use aws_sdk_pcs::types::*;

use crate::harness::*;

on_both_databases!(five_clusters_are_made_one_at_a_time_and_listed_in_pages);

async fn five_clusters_are_made_one_at_a_time_and_listed_in_pages(plane: &TestPlane) {
    let networks = networking(&[plane.ids().subnet("hpc-networking:PublicSubnetA")], &[]);
    let create = || {
        plane
            .new_cluster("one")
            .networking(networks.clone())
            .client_token("token-of-one")
            .send()
    };
    let one = create().await.unwrap().cluster.unwrap();
    assert_eq!(one.status, ClusterStatus::Creating);
    let default_group = &plane
        .catalogue()
        .vpcs
        .iter()
        .find(|v| v.name == "hpc-networking")
        .unwrap();
    assert_eq!(
        one.networking.as_ref().unwrap().security_group_ids(),
        std::slice::from_ref(&default_group.default_security_group_id)
    );

    let (code, message) = plane.new_cluster("two").send().await.quota();
    assert!(
        code.starts_with("L-") && message.contains("one"),
        "{code} {message}"
    );
    // The same request with its token is the same cluster, also while one is being created.
    assert_eq!(create().await.unwrap().cluster.unwrap().id, one.id);
    plane.wait_cluster("one", ClusterStatus::Active).await;
    assert_eq!(create().await.unwrap().cluster.unwrap().id, one.id);
    plane
        .new_cluster("other")
        .client_token("token-of-one")
        .send()
        .await
        .refused_field("clientToken");

    // Names differ by case alone.
    for name in ["One", "two", "three", "four"] {
        plane.cluster(name, 600).await;
    }
    let (code_of_five, message) = plane.new_cluster("six").send().await.quota();
    assert!(
        code_of_five != code && message.contains('5'),
        "{code_of_five} {message}"
    );

    let pages = plane
        .admin()
        .list_clusters()
        .max_results(2)
        .into_paginator()
        .send();
    let pages: Vec<_> = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(
        pages.iter().map(|p| p.clusters.len()).collect::<Vec<_>>(),
        [2, 2, 1]
    );
    let mut names: Vec<_> = pages
        .iter()
        .flat_map(|p| &p.clusters)
        .map(|c| c.name.as_str())
        .collect();
    names.sort();
    assert_eq!(names, ["One", "four", "one", "three", "two"]);
    for (max, token) in [
        (Some(-1), None),
        (Some(101), None),
        (None, Some("' or 1=1 --")),
    ] {
        let list = plane
            .admin()
            .list_clusters()
            .set_max_results(max)
            .set_next_token(token.map(str::to_string));
        list.send().await.refused_field(if max.is_some() {
            "maxResults"
        } else {
            "nextToken"
        });
    }

    // Room again after a delete; the deleted name may be used again.
    plane.delete_cluster("two").await;
    plane.cluster("two", 600).await;
}
