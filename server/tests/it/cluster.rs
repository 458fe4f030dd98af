//! Clusters over the API: what is answered, what is refused and with which field (C1–C11).

use aws_sdk_pcs::types::*;

use crate::harness::*;

on_both_databases!(
    a_cluster_is_found_by_name_and_by_id,
    a_name_that_breaks_a_rule_is_refused,
    a_name_is_taken_once,
    a_slurm_version_that_is_not_here_is_refused_with_those_that_are,
    a_network_that_cannot_work_is_refused_before_anything_is_made,
    settings_that_slurm_or_the_service_does_not_take_are_refused,
    what_a_cluster_cannot_have_is_refused_by_field,
    an_update_changes_what_it_names_and_keeps_the_rest,
    a_token_makes_an_update_happen_once,
    a_cluster_with_groups_or_queues_is_not_deleted,
    a_cluster_that_is_not_there_is_not_found,
);

async fn a_cluster_is_found_by_name_and_by_id(plane: &TestPlane) {
    let made = plane.shared_cluster().await;
    let cluster = plane.get_cluster(&made.id).await;
    assert_eq!(cluster, plane.get_cluster(&made.name).await);
    let id = cluster.id.strip_prefix("pcs_").unwrap();
    assert!(
        id.len() == 10
            && id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        "{id}"
    );
    assert_eq!(
        cluster.arn,
        format!("arn:aws:pcs:us-east-1:111122223333:cluster/{}", cluster.id)
    );
    assert_eq!(
        (&cluster.status, &cluster.size),
        (&ClusterStatus::Active, &Size::Small)
    );
    let endpoint = &cluster.endpoints()[0];
    assert_eq!(endpoint.r#type, EndpointType::Slurmctld);
    assert!(endpoint.port.parse::<u16>().is_ok());
    let slurm = cluster.slurm_configuration.unwrap();
    assert_eq!(slurm.scale_down_idle_time_in_seconds, Some(600));
    let key = slurm.auth_key.unwrap();
    assert!(
        key.secret_arn
            .contains(&format!("pcs!slurm-secret-{}", cluster.id)),
        "{key:?}"
    );
    assert!(!key.secret_version.is_empty());
    assert!(cluster.modified_at.as_secs_f64() >= cluster.created_at.as_secs_f64());
    let listed = plane.admin().list_clusters().send().await.unwrap().clusters;
    assert!(
        listed
            .iter()
            .any(|c| c.id == cluster.id && c.name == "shared" && c.arn == cluster.arn)
    );
}

async fn a_name_that_breaks_a_rule_is_refused(plane: &TestPlane) {
    let long = "a".repeat(41);
    for name in [
        "ab",
        "1abc",
        "-abc",
        "a b c",
        "a.b",
        "a_b",
        "pcs_abcdef",
        "naïve",
        "",
        long.as_str(),
    ] {
        plane
            .new_cluster(name)
            .send()
            .await
            .refused_field("clusterName");
    }
}

async fn a_name_is_taken_once(plane: &TestPlane) {
    let shared = plane.shared_cluster().await;
    let (id, message) = plane.new_cluster("shared").send().await.conflict("CLUSTER");
    assert_eq!(id, shared.id);
    assert!(message.contains("shared"), "{message}");
}

async fn a_slurm_version_that_is_not_here_is_refused_with_those_that_are(plane: &TestPlane) {
    let known = &plane.catalogue().slurm_versions;
    let absent = known.iter().filter(|v| !v.installed).map(|v| v.id.as_str());
    for version in absent.chain(["1.0", "24.11.5", ""]) {
        let scheduler = SchedulerRequest::builder()
            .r#type(SchedulerType::Slurm)
            .version(version)
            .build()
            .unwrap();
        let refused = plane
            .new_cluster("versions")
            .scheduler(scheduler)
            .send()
            .await;
        let message = refused.refused_field("scheduler.version");
        assert!(message.contains("24.11"), "{version}: {message}");
    }
}

async fn a_network_that_cannot_work_is_refused_before_anything_is_made(plane: &TestPlane) {
    let ids = plane.ids();
    let good = ids.subnet("hpc-networking:PublicSubnetA");
    let sample = ids.subnet("samples:PrivateSubnetA");
    let group = ids.security_group("cluster-getstarted-sg");
    let strange = "subnet-00000000000000000".to_string();
    let strange_group = "sg-00000000000000000".to_string();
    let cases: &[(&[String], &[String], &str, &str)] = &[
        (&[], &[], "networking.subnetIds", "at least 1"),
        (
            std::slice::from_ref(&strange),
            &[],
            "networking.subnetIds[0]",
            "subnet-00000000000000000",
        ),
        (
            &[good.clone(), sample.clone()],
            &[],
            "networking.subnetIds",
            "one VPC",
        ),
        (
            &[ids.subnet("refused-no-free-address")],
            &[],
            "networking.subnetIds[0]",
            "free address",
        ),
        (
            &[ids.subnet("refused-local-zone")],
            &[],
            "networking.subnetIds[0]",
            "local-zone",
        ),
        (
            std::slice::from_ref(&good),
            std::slice::from_ref(&strange_group),
            "networking.securityGroupIds[0]",
            "sg-0",
        ),
        (
            std::slice::from_ref(&sample),
            std::slice::from_ref(&group),
            "networking.securityGroupIds[0]",
            "VPC",
        ),
        (
            std::slice::from_ref(&good),
            &(0..6)
                .map(|n| format!("sg-0123456789abcde{n}"))
                .collect::<Vec<_>>(),
            "networking.securityGroupIds",
            "5",
        ),
    ];
    for (subnets, groups, field, word) in cases {
        let answer = plane
            .new_cluster("networks")
            .networking(networking(subnets, groups))
            .send()
            .await;
        let message = answer.refused_field(field);
        assert!(message.contains(word), "{message}");
    }
    for subnet in plane
        .catalogue()
        .subnets
        .iter()
        .filter(|s| s.name.starts_with("refused-"))
    {
        let answer = plane
            .new_cluster("networks")
            .networking(networking(std::slice::from_ref(&subnet.id), &[]))
            .send()
            .await;
        let aws_sdk_pcs::Error::ValidationException(e) = answer.refused() else {
            panic!("{}", subnet.name)
        };
        assert!(
            e.field_list()[0].name().starts_with("networking.subnetIds"),
            "{e:?}"
        );
    }
    let ipv6 = NetworkingRequest::builder()
        .subnet_ids(&good)
        .network_type(NetworkType::Ipv6)
        .build();
    plane
        .new_cluster("networks")
        .networking(ipv6)
        .send()
        .await
        .refused_field("networking.networkType");
    let left = plane.admin().list_clusters().send().await.unwrap().clusters;
    assert!(left.iter().all(|c| c.name != "networks"), "{left:?}");
}

async fn settings_that_slurm_or_the_service_does_not_take_are_refused(plane: &TestPlane) {
    let name = "slurmConfiguration.slurmCustomSettings[0].parameterName";
    let value = "slurmConfiguration.slurmCustomSettings[0].parameterValue";
    let long = "x".repeat(10_000);
    for (parameter, text, field) in [
        ("NoSuchParameter", "1", name),
        ("Include", "/etc/passwd", name),
        ("SlurmctldPort", "6817", name),
        ("AuthType", "auth/none", name),
        ("SlurmUser", "root", name),
        ("Prolog\nInclude", "/x", name),
        ("Prolog", "relative/path", value),
        ("Prolog", "/a/../b", value),
        ("Prolog", "/a\nInclude /etc/passwd", value),
        ("Prolog", "/a;reboot", value),
        ("Prolog", "/$(id)", value),
        ("Prolog", "/a\"b", value),
        ("SelectTypeParameters", "CR_Nonsense", value),
        ("MaxArraySize", "-1", value),
        ("SchedulerParameters", long.as_str(), value),
    ] {
        let slurm = ClusterSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting(parameter, text))
            .build();
        let message = plane
            .new_cluster("settings")
            .slurm_configuration(slurm)
            .send()
            .await
            .refused_field(field);
        assert!(
            !message.is_empty() && message.len() < 1_000,
            "{parameter}: {message}"
        );
    }
    for seconds in [0, -1, 10_000_001] {
        let answer = plane
            .new_cluster("settings")
            .slurm_configuration(idle(seconds))
            .send()
            .await;
        answer.refused_field("slurmConfiguration.scaleDownIdleTimeInSeconds");
    }
}

async fn what_a_cluster_cannot_have_is_refused_by_field(plane: &TestPlane) {
    let with = ClusterSlurmConfigurationRequest::builder;
    let of_slurmdbd = SlurmdbdCustomSetting::builder()
        .parameter_name("CommitDelay")
        .parameter_value("5")
        .build()
        .unwrap();
    plane
        .new_cluster("lacking")
        .slurm_configuration(with().slurmdbd_custom_settings(of_slurmdbd).build())
        .send()
        .await
        .refused_field("slurmConfiguration.slurmdbdCustomSettings");
    let scheduler = UpdateSchedulerRequest::builder().version("25.05").build();
    let cluster = &plane.shared_cluster().await.id;
    let update = plane.admin().update_cluster().cluster_identifier(cluster);
    update
        .scheduler(scheduler.unwrap())
        .send()
        .await
        .refused_field("scheduler.version");
}

fn idle_update(seconds: i32) -> UpdateClusterSlurmConfigurationRequest {
    UpdateClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(seconds)
        .build()
}

async fn an_update_changes_what_it_names_and_keeps_the_rest(plane: &TestPlane) {
    let before = plane.shared_cluster().await;
    let limit = UpdateClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("KillWait", "20"));
    let update = plane
        .admin()
        .update_cluster()
        .cluster_identifier(&before.id);
    let answer = update
        .slurm_configuration(limit.build())
        .send()
        .await
        .unwrap()
        .cluster
        .unwrap();
    assert_eq!(answer.status, ClusterStatus::Updating);
    let after = plane.wait_cluster("shared", ClusterStatus::Active).await;
    let (old, new) = (
        before.slurm_configuration.clone().unwrap(),
        after.slurm_configuration.unwrap(),
    );
    assert_eq!(new.slurm_custom_settings(), [setting("KillWait", "20")]);
    assert_eq!(
        new.scale_down_idle_time_in_seconds,
        old.scale_down_idle_time_in_seconds
    );
    assert_eq!(new.auth_key, old.auth_key);
    assert_eq!(
        (after.name, after.created_at),
        (before.name.clone(), before.created_at)
    );
    let config = plane.connect("shared", &["scontrol", "show", "config"]);
    let line = config.lines().find(|l| l.starts_with("KillWait")).unwrap();
    assert!(line.contains("= 20 sec"), "{line}");
}

async fn a_token_makes_an_update_happen_once(plane: &TestPlane) {
    let id = plane.shared_cluster().await.id.clone();
    let update = |seconds| {
        let update = plane
            .admin()
            .update_cluster()
            .cluster_identifier(&id)
            .client_token("token-of-an-update");
        update.slurm_configuration(idle_update(seconds)).send()
    };
    let first = update(700).await.unwrap();
    let again = update(700).await.unwrap();
    assert_eq!(first.cluster, again.cluster);
    update(800).await.refused_field("clientToken");
    let cluster = plane.wait_cluster("shared", ClusterStatus::Active).await;
    assert_eq!(
        cluster
            .slurm_configuration
            .unwrap()
            .scale_down_idle_time_in_seconds,
        Some(700)
    );
    let short = plane
        .admin()
        .update_cluster()
        .cluster_identifier(&id)
        .client_token("short");
    short
        .slurm_configuration(idle_update(900))
        .send()
        .await
        .refused_field("clientToken");
}

async fn a_cluster_with_groups_or_queues_is_not_deleted(plane: &TestPlane) {
    let id = &plane.shared_cluster().await.id;
    let group = plane.group("shared", "in-the-way", 0, 1).await;
    plane.queue("shared", "also-in-the-way", &group.id).await;
    let answer = plane
        .admin()
        .delete_cluster()
        .cluster_identifier("shared")
        .send()
        .await;
    let (resource, message) = answer.conflict("CLUSTER");
    assert_eq!(&resource, id);
    assert!(
        message.contains("queue also-in-the-way") && message.contains("group in-the-way"),
        "{message}"
    );
    plane.delete_queue("shared", "also-in-the-way").await;
    plane.delete_group("shared", "in-the-way").await;
}

async fn a_cluster_that_is_not_there_is_not_found(plane: &TestPlane) {
    for identifier in ["nowhere", "pcs_0000000000", "Shared"] {
        let client = plane.admin();
        client
            .get_cluster()
            .cluster_identifier(identifier)
            .send()
            .await
            .not_found("CLUSTER", identifier);
        client
            .delete_cluster()
            .cluster_identifier(identifier)
            .send()
            .await
            .not_found("CLUSTER", identifier);
        let update = client
            .update_cluster()
            .cluster_identifier(identifier)
            .slurm_configuration(idle_update(60));
        update.send().await.not_found("CLUSTER", identifier);
        client
            .list_queues()
            .cluster_identifier(identifier)
            .send()
            .await
            .not_found("CLUSTER", identifier);
        let groups = client
            .list_compute_node_groups()
            .cluster_identifier(identifier)
            .send()
            .await;
        groups.not_found("CLUSTER", identifier);
    }
}
