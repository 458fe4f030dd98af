//! Compute node groups over the API: what is answered, what is refused and with which field (N1–N9, N16).

use aws_sdk_pcs::types::*;
use serde_json::json;

use crate::harness::*;

on_both_databases!(
    a_group_is_found_by_name_and_by_id_and_listed_in_pages,
    a_name_that_breaks_a_rule_is_refused,
    a_name_is_taken_once_in_a_cluster,
    a_group_is_static_dynamic_or_parked,
    instance_types_must_be_known_and_alike,
    subnets_must_be_in_the_clusters_network,
    a_template_must_be_the_customers_own_and_exist,
    an_image_must_exist_and_fit_the_instances,
    a_profile_must_be_made_for_clusters,
    what_a_purchase_cannot_be_is_refused,
    settings_are_checked,
    all_groups_together_keep_to_the_clusters_size,
    an_update_keeps_the_rules,
    a_group_that_a_queue_uses_is_not_deleted,
    a_group_that_is_not_there_is_not_found,
);

const CLUSTER: &str = "shared";

async fn a_group_is_found_by_name_and_by_id_and_listed_in_pages(plane: &TestPlane) {
    let cluster = plane.shared_cluster().await;
    let by_path = plane.ids().profile("getstarted-by-path");
    let create = plane
        .new_group(CLUSTER, "compute-1", 0, 2)
        .iam_instance_profile_arn(by_path);
    let created = create.send().await.unwrap().compute_node_group.unwrap();
    assert_eq!(created.status, ComputeNodeGroupStatus::Creating);
    let group = plane
        .wait_group(CLUSTER, "compute-1", ComputeNodeGroupStatus::Active)
        .await;
    assert_eq!(group, plane.get_group(&cluster.id, &group.id).await);
    assert_eq!(
        group.arn,
        format!("{}/computenodegroup/{}", cluster.arn, group.id)
    );
    assert_eq!(
        (&group.cluster_id, group.instance_configs()),
        (&cluster.id, &[instance("c6i.xlarge")][..])
    );
    assert_eq!(group.purchase_option, Some(PurchaseOption::Ondemand));
    let scaling = group.scaling_configuration.unwrap();
    assert_eq!(
        (scaling.min_instance_count, scaling.max_instance_count),
        (0, 2)
    );

    for name in ["compute-2", "compute-3"] {
        plane.group(CLUSTER, name, 0, 1).await;
    }
    let list = plane
        .admin()
        .list_compute_node_groups()
        .cluster_identifier(CLUSTER)
        .max_results(2);
    let pages: Vec<_> = list
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    let mut names: Vec<_> = pages
        .iter()
        .flat_map(|p| &p.compute_node_groups)
        .map(|g| g.name.clone())
        .collect();
    names.sort();
    assert_eq!(
        (pages.len(), names),
        (
            2,
            ["compute-1", "compute-2", "compute-3"]
                .map(String::from)
                .to_vec()
        )
    );
    for name in ["compute-1", "compute-2", "compute-3"] {
        plane.delete_group(CLUSTER, name).await;
    }
}

async fn a_name_that_breaks_a_rule_is_refused(plane: &TestPlane) {
    plane.shared_cluster().await;
    let long = "a".repeat(26);
    for name in [
        "ab",
        "1abc",
        "a b",
        "a_b",
        "a.b",
        "pcs_abc",
        "",
        long.as_str(),
    ] {
        plane
            .new_group(CLUSTER, name, 0, 1)
            .send()
            .await
            .refused_field("computeNodeGroupName");
    }
}

async fn a_name_is_taken_once_in_a_cluster(plane: &TestPlane) {
    plane.shared_cluster().await;
    let first = plane.group(CLUSTER, "taken", 0, 1).await;
    let (id, _) = plane
        .new_group(CLUSTER, "taken", 0, 1)
        .send()
        .await
        .conflict("COMPUTE_NODE_GROUP");
    assert_eq!(id, first.id);
    plane.delete_group(CLUSTER, "taken").await;
}

async fn a_group_is_static_dynamic_or_parked(plane: &TestPlane) {
    plane.shared_cluster().await;
    for (min, max) in [(1, 2), (2, 1), (2, 0)] {
        plane
            .new_group(CLUSTER, "scaling", min, max)
            .send()
            .await
            .refused_field("scalingConfiguration");
    }
    let negative = plane.new_group(CLUSTER, "scaling", -1, 4).send().await;
    negative.refused_field("scalingConfiguration.minInstanceCount");
}

async fn instance_types_must_be_known_and_alike(plane: &TestPlane) {
    plane.shared_cluster().await;
    let types = |names: &[&str]| Some(names.iter().map(|n| instance(n)).collect());
    for (names, field, word) in [
        (
            &["c99.huge"][..],
            "instanceConfigs[0].instanceType",
            "c99.huge",
        ),
        (
            &["c6i.xlarge", "c7g.xlarge"],
            "instanceConfigs[1].instanceType",
            "architecture",
        ),
        (
            &["c6i.xlarge", "c6i.2xlarge"],
            "instanceConfigs[1].instanceType",
            "vCPU",
        ),
        (&[], "instanceConfigs", "at least one"),
    ] {
        let create = plane
            .new_group(CLUSTER, "types", 0, 1)
            .set_instance_configs(types(names));
        let message = create.send().await.refused_field(field);
        assert!(message.contains(word), "{message}");
    }
}

async fn subnets_must_be_in_the_clusters_network(plane: &TestPlane) {
    plane.shared_cluster().await;
    for subnet in [
        plane.ids().subnet("samples:PrivateSubnetA"),
        "subnet-00000000000000000".into(),
    ] {
        let create = plane
            .new_group(CLUSTER, "subnets", 0, 1)
            .set_subnet_ids(Some(vec![subnet]));
        create.send().await.refused_field("subnetIds[0]");
    }
    let none = plane
        .new_group(CLUSTER, "subnets", 0, 1)
        .set_subnet_ids(Some(vec![]));
    none.send().await.refused_field("subnetIds");
}

async fn a_template_must_be_the_customers_own_and_exist(plane: &TestPlane) {
    plane.shared_cluster().await;
    let ids = plane.ids();
    let template = |id: &str, version: &str| {
        CustomLaunchTemplate::builder()
            .id(id)
            .version(version)
            .build()
            .unwrap()
    };
    let good = ids.template("compute-getstarted-lt");
    for (template, field) in [
        (
            template("lt-00000000000000000", "1"),
            "customLaunchTemplate.id",
        ),
        (template(&good.id, "99"), "customLaunchTemplate.version"),
        (
            template(&good.id, "$Latest"),
            "customLaunchTemplate.version",
        ),
        (
            ids.template("pcs-0123456789-do-not-delete"),
            "customLaunchTemplate.id",
        ),
    ] {
        let create = plane
            .new_group(CLUSTER, "templates", 0, 1)
            .custom_launch_template(template);
        create.send().await.refused_field(field);
    }
    let none = plane
        .new_group(CLUSTER, "templates", 0, 1)
        .set_custom_launch_template(None);
    none.send().await.refused_field("customLaunchTemplate");
    // A member that this SDK does not have yet.
    let both = json!({
        "clusterIdentifier": CLUSTER,
        "computeNodeGroupName": "templates",
        "subnetIds": [ids.subnet("hpc-networking:PublicSubnetA")],
        "launchTemplateMode": "MANAGED",
        "customLaunchTemplate": {"id": good.id, "version": "1"},
        "iamInstanceProfileArn": ids.profile("AWSPCS-getstarted-role"),
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
        "instanceConfigs": [{"instanceType": "c6i.xlarge"}],
    });
    let answer = plane
        .http()
        .call("CreateComputeNodeGroup", both.to_string())
        .await;
    answer.refused_field("customLaunchTemplate");
    let elsewhere = ids.template("refused-other-vpc-lt");
    plane
        .new_group(CLUSTER, "templates", 0, 1)
        .custom_launch_template(elsewhere)
        .send()
        .await
        .refused();
}

async fn an_image_must_exist_and_fit_the_instances(plane: &TestPlane) {
    plane.shared_cluster().await;
    let ids = plane.ids();
    for (image, word) in [
        ("ami-00000000000000000".into(), "ami-0"),
        (ids.image("refused-deregistered"), "deregistered"),
        (
            ids.image("aws-pcs-sample_ami-amzn2-arm64-slurm-24.11"),
            "arm64",
        ),
    ] {
        let message = plane
            .new_group(CLUSTER, "images", 0, 1)
            .ami_id(image)
            .send()
            .await
            .refused_field("amiId");
        assert!(message.contains(word), "{message}");
    }
    let create = plane
        .new_group(CLUSTER, "images", 0, 1)
        .custom_launch_template(ids.template("no-image-lt"));
    create.set_ami_id(None).send().await.refused_field("amiId");
}

async fn a_profile_must_be_made_for_clusters(plane: &TestPlane) {
    plane.shared_cluster().await;
    let unknown = "arn:aws:iam::111122223333:instance-profile/AWSPCS-nowhere".to_string();
    for arn in [
        plane.ids().profile("refused-by-name"),
        unknown,
        "no arn".into(),
    ] {
        let create = plane
            .new_group(CLUSTER, "profiles", 0, 1)
            .iam_instance_profile_arn(arn);
        create.send().await.refused_field("iamInstanceProfileArn");
    }
}

async fn what_a_purchase_cannot_be_is_refused(plane: &TestPlane) {
    plane.shared_cluster().await;
    let spot = plane
        .new_group(CLUSTER, "purchase", 0, 1)
        .purchase_option(PurchaseOption::Spot);
    spot.send().await.refused_field("purchaseOption");
    let options = SpotOptions::builder()
        .allocation_strategy(SpotAllocationStrategy::LowestPrice)
        .build();
    let strategy = plane
        .new_group(CLUSTER, "purchase", 0, 1)
        .spot_options(options);
    strategy
        .send()
        .await
        .refused_field("spotOptions.allocationStrategy");
}

async fn settings_are_checked(plane: &TestPlane) {
    plane.shared_cluster().await;
    let with = ComputeNodeGroupSlurmConfigurationRequest::builder;
    let list = "slurmConfiguration.slurmCustomSettings[0]";
    for (parameter, value, member) in [
        ("NodeName", "x", "parameterName"),
        ("Nonsense", "1", "parameterName"),
        ("Weight", "-1", "parameterValue"),
        ("Weight", "heavy", "parameterValue"),
        ("Features", "a b\nInclude x", "parameterValue"),
    ] {
        let slurm = with()
            .slurm_custom_settings(setting(parameter, value))
            .build();
        let create = plane
            .new_group(CLUSTER, "settings", 0, 1)
            .slurm_configuration(slurm);
        create
            .send()
            .await
            .refused_field(&format!("{list}.{member}"));
    }
    for seconds in [0, -2] {
        let slurm = with().scale_down_idle_time_in_seconds(seconds).build();
        let create = plane
            .new_group(CLUSTER, "settings", 0, 1)
            .slurm_configuration(slurm);
        create
            .send()
            .await
            .refused_field("slurmConfiguration.scaleDownIdleTimeInSeconds");
    }
    let good = with().slurm_custom_settings(setting("Weight", "7")).build();
    plane
        .new_group(CLUSTER, "settings", 0, 1)
        .slurm_configuration(good)
        .send()
        .await
        .unwrap();
    plane
        .wait_group(CLUSTER, "settings", ComputeNodeGroupStatus::Active)
        .await;
    assert_eq!(plane.node(CLUSTER, "settings-1")["Weight"], "7");
    plane.delete_group(CLUSTER, "settings").await;
}

async fn all_groups_together_keep_to_the_clusters_size(plane: &TestPlane) {
    plane.shared_cluster().await;
    plane
        .new_group(CLUSTER, "too-many", 0, 33)
        .send()
        .await
        .quota();
    plane.group(CLUSTER, "twenty", 0, 20).await;
    let (code, message) = plane
        .new_group(CLUSTER, "thirteen", 0, 13)
        .send()
        .await
        .quota();
    assert!(
        code.starts_with("L-") && message.contains("12"),
        "{code} {message}"
    );
    plane
        .new_group(CLUSTER, "most", 0, i32::MAX)
        .send()
        .await
        .quota();
    plane.group(CLUSTER, "twelve", 0, 12).await;
    let more = plane
        .admin()
        .update_compute_node_group()
        .cluster_identifier(CLUSTER);
    let more = more
        .compute_node_group_identifier("twelve")
        .scaling_configuration(scaling(0, 13));
    more.send().await.quota();
    plane.delete_group(CLUSTER, "twelve").await;
    plane.delete_group(CLUSTER, "twenty").await;
}

async fn an_update_keeps_the_rules(plane: &TestPlane) {
    plane.shared_cluster().await;
    plane.group(CLUSTER, "updated", 0, 1).await;
    let update = || {
        let update = plane
            .admin()
            .update_compute_node_group()
            .cluster_identifier(CLUSTER);
        update.compute_node_group_identifier("updated")
    };
    update()
        .scaling_configuration(scaling(1, 3))
        .send()
        .await
        .refused_field("scalingConfiguration");
    update()
        .ami_id("ami-00000000000000000")
        .send()
        .await
        .refused_field("amiId");
    let subnet = plane.ids().subnet("samples:PrivateSubnetA");
    update()
        .subnet_ids(subnet)
        .send()
        .await
        .refused_field("subnetIds[0]");
    update()
        .purchase_option(PurchaseOption::Spot)
        .send()
        .await
        .refused_field("purchaseOption");
    let before = plane.get_group(CLUSTER, "updated").await;
    assert_eq!(before.status, ComputeNodeGroupStatus::Active);
    let other = plane.ids().subnet("hpc-networking:PrivateSubnetB");
    let answer = update()
        .subnet_ids(&other)
        .send()
        .await
        .unwrap()
        .compute_node_group
        .unwrap();
    assert_eq!(answer.status, ComputeNodeGroupStatus::Updating);
    let after = plane
        .wait_group(CLUSTER, "updated", ComputeNodeGroupStatus::Active)
        .await;
    assert_eq!(after.subnet_ids(), [other]);
    assert_eq!(
        (after.id, after.scaling_configuration),
        (before.id, before.scaling_configuration)
    );
    plane.delete_group(CLUSTER, "updated").await;
}

async fn a_group_that_a_queue_uses_is_not_deleted(plane: &TestPlane) {
    plane.shared_cluster().await;
    let group = plane.group(CLUSTER, "used", 0, 1).await;
    plane.queue(CLUSTER, "user", &group.id).await;
    let delete = plane
        .admin()
        .delete_compute_node_group()
        .cluster_identifier(CLUSTER);
    let (id, message) = delete
        .compute_node_group_identifier("used")
        .send()
        .await
        .conflict("COMPUTE_NODE_GROUP");
    assert!(
        id == group.id && message.contains("queue user"),
        "{id} {message}"
    );
    plane.delete_queue(CLUSTER, "user").await;
    plane.delete_group(CLUSTER, "used").await;
}

async fn a_group_that_is_not_there_is_not_found(plane: &TestPlane) {
    plane.shared_cluster().await;
    for identifier in ["nowhere", "pcs_0000000000"] {
        let get = plane
            .admin()
            .get_compute_node_group()
            .cluster_identifier(CLUSTER);
        let answer = get.compute_node_group_identifier(identifier).send().await;
        answer.not_found("COMPUTE_NODE_GROUP", identifier);
    }
    plane
        .new_group("nowhere", "compute-1", 0, 1)
        .send()
        .await
        .not_found("CLUSTER", "nowhere");
}
