//! Queues over the API: what is answered, what is refused and with which field (Q1–Q4).

use aws_sdk_pcs::types::*;

use crate::harness::*;

on_both_databases!(
    a_queue_is_found_by_name_and_by_id_and_is_a_partition,
    a_name_that_breaks_a_rule_is_refused,
    groups_are_named_by_id_and_each_once,
    settings_are_checked,
    an_update_changes_groups_and_settings,
    a_token_makes_a_create_and_a_delete_happen_once,
    a_queue_that_is_not_there_is_not_found,
);

const CLUSTER: &str = "shared";

/// A group that all checks may use.
async fn group(plane: &TestPlane) -> String {
    plane.shared_cluster().await;
    let list = plane
        .admin()
        .list_compute_node_groups()
        .cluster_identifier(CLUSTER)
        .send()
        .await
        .unwrap();
    match list
        .compute_node_groups
        .into_iter()
        .find(|g| g.name == "for-all")
    {
        Some(group) => group.id,
        None => plane.group(CLUSTER, "for-all", 0, 2).await.id,
    }
}

async fn a_queue_is_found_by_name_and_by_id_and_is_a_partition(plane: &TestPlane) {
    let group = group(plane).await;
    let cluster = plane.shared_cluster().await;
    for name in ["demo", "test", "third"] {
        plane.queue(CLUSTER, name, &group).await;
    }
    let queue = plane.get_queue(CLUSTER, "demo").await;
    assert_eq!(queue, plane.get_queue(&cluster.id, &queue.id).await);
    assert_eq!(queue.arn, format!("{}/queue/{}", cluster.arn, queue.id));
    assert_eq!(
        queue.compute_node_group_configurations(),
        [in_queue(&group)]
    );
    let mut lines = plane.sinfo(CLUSTER);
    lines.sort();
    let partition = |name: &str| format!("{name} up infinite 2 idle~ for-all-[1-2]");
    assert_eq!(
        lines,
        [partition("demo"), partition("test"), partition("third")]
    );
    let list = plane
        .admin()
        .list_queues()
        .cluster_identifier(CLUSTER)
        .max_results(1)
        .into_paginator()
        .send();
    let pages: Vec<_> = list.collect::<Result<Vec<_>, _>>().await.unwrap();
    let mut names: Vec<_> = pages
        .iter()
        .flat_map(|p| &p.queues)
        .map(|q| q.name.as_str())
        .collect();
    names.sort();
    assert_eq!(names, ["demo", "test", "third"]);
    let (id, _) = plane
        .new_queue(CLUSTER, "demo", &group)
        .send()
        .await
        .conflict("QUEUE");
    assert_eq!(id, queue.id);
    for name in ["demo", "test", "third"] {
        plane.delete_queue(CLUSTER, name).await;
    }
    assert_eq!(plane.sinfo(CLUSTER), [""; 0]);
}

async fn a_name_that_breaks_a_rule_is_refused(plane: &TestPlane) {
    let group = group(plane).await;
    let long = "a".repeat(26);
    for name in [
        "ab",
        "1abc",
        "a b",
        "a_b",
        "a,b",
        "pcs_abc",
        // What all partitions begin with.
        "Default",
        "",
        long.as_str(),
    ] {
        plane
            .new_queue(CLUSTER, name, &group)
            .send()
            .await
            .refused_field("queueName");
    }
}

async fn groups_are_named_by_id_and_each_once(plane: &TestPlane) {
    let group = group(plane).await;
    let list = "computeNodeGroupConfigurations";
    for (groups, field) in [
        (vec!["for-all"], format!("{list}[0].computeNodeGroupId")),
        (
            vec!["pcs_0000000000"],
            format!("{list}[0].computeNodeGroupId"),
        ),
        (
            vec![group.as_str(), group.as_str()],
            format!("{list}[1].computeNodeGroupId"),
        ),
    ] {
        let groups = groups.into_iter().map(in_queue).collect();
        let create = plane
            .new_queue(CLUSTER, "groups", &group)
            .set_compute_node_group_configurations(Some(groups));
        create.send().await.refused_field(&field);
    }
}

async fn settings_are_checked(plane: &TestPlane) {
    let group = group(plane).await;
    for (parameter, value, member) in [
        ("Nodes", "ALL", "parameterName"),
        ("PartitionName", "x", "parameterName"),
        ("Nonsense", "x", "parameterName"),
        ("MaxTime", "soon", "parameterValue"),
        ("MaxTime", "1\nInclude /etc/passwd", "parameterValue"),
    ] {
        let slurm = QueueSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting(parameter, value));
        let create = plane
            .new_queue(CLUSTER, "settings", &group)
            .slurm_configuration(slurm.build());
        let field = format!("slurmConfiguration.slurmCustomSettings[0].{member}");
        create.send().await.refused_field(&field);
    }
}

async fn an_update_changes_groups_and_settings(plane: &TestPlane) {
    let first = group(plane).await;
    let second = plane.group(CLUSTER, "second", 0, 1).await.id;
    plane.queue(CLUSTER, "changing", &first).await;
    let slurm = UpdateQueueSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("MaxTime", "60"));
    let update = plane
        .admin()
        .update_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("changing");
    let update = update
        .compute_node_group_configurations(in_queue(&second))
        .slurm_configuration(slurm.build());
    assert_eq!(
        update.send().await.unwrap().queue.unwrap().status,
        QueueStatus::Updating
    );
    let queue = plane
        .wait_queue(CLUSTER, "changing", QueueStatus::Active)
        .await;
    assert_eq!(
        queue.compute_node_group_configurations(),
        [in_queue(&second)]
    );
    assert_eq!(
        queue.slurm_configuration.unwrap().slurm_custom_settings(),
        [setting("MaxTime", "60")]
    );
    assert_eq!(
        plane.sinfo(CLUSTER),
        ["changing up 1:00:00 1 idle~ second-1"]
    );
    // Who names no settings leaves them as they are.
    let nothing = UpdateQueueSlurmConfigurationRequest::builder().build();
    let update = plane
        .admin()
        .update_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("changing");
    let answer = update.slurm_configuration(nothing).send().await.unwrap();
    let queue = answer.queue.unwrap();
    assert_eq!(queue.status, QueueStatus::Active);
    assert_eq!(
        queue.slurm_configuration.unwrap().slurm_custom_settings(),
        [setting("MaxTime", "60")]
    );
    plane.delete_queue(CLUSTER, "changing").await;
    plane.delete_group(CLUSTER, "second").await;
}

async fn a_token_makes_a_create_and_a_delete_happen_once(plane: &TestPlane) {
    let group = group(plane).await;
    let create = || {
        plane
            .new_queue(CLUSTER, "once", &group)
            .client_token("token-of-a-queue")
            .send()
    };
    let first = create().await.unwrap().queue.unwrap();
    assert_eq!(create().await.unwrap().queue.unwrap(), first);
    plane.wait_queue(CLUSTER, "once", QueueStatus::Active).await;
    let delete = || {
        let delete = plane
            .admin()
            .delete_queue()
            .cluster_identifier(CLUSTER)
            .queue_identifier("once");
        delete.client_token("token-of-a-delete").send()
    };
    delete().await.unwrap();
    delete().await.unwrap();
    let get = plane
        .admin()
        .get_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier(&first.id);
    wait_until("the queue is gone", async || gone(get.clone().send().await)).await;
    delete().await.unwrap();
    plane
        .new_queue(CLUSTER, "twice", &group)
        .client_token("token-of-a-queue")
        .send()
        .await
        .refused_field("clientToken");
}

async fn a_queue_that_is_not_there_is_not_found(plane: &TestPlane) {
    plane.shared_cluster().await;
    let get = plane
        .admin()
        .get_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("nowhere");
    get.send().await.not_found("QUEUE", "nowhere");
    let delete = plane
        .admin()
        .delete_queue()
        .cluster_identifier(CLUSTER)
        .queue_identifier("nowhere");
    delete.send().await.not_found("QUEUE", "nowhere");
}
