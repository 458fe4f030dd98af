//! The guide's commands, typed into the real AWS CLI.

use serde_json::Value;

use crate::harness::*;

/// What a command prints, as JSON; it must succeed.
#[track_caller]
fn aws(plane: &TestPlane, command: &str) -> Value {
    let words: Vec<&str> = command.split_whitespace().collect();
    let output = plane.server.aws(&words);
    assert!(
        output.status.success(),
        "aws {command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// What a command complains of; it must fail.
#[track_caller]
fn complaint(plane: &TestPlane, command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let output = plane.server.aws(&words);
    assert!(!output.status.success(), "aws {command} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

async fn wait_active(plane: &TestPlane, command: &str, noun: &str) -> Value {
    wait_until(&format!("aws {command} shows ACTIVE"), async || {
        let answer = aws(plane, command);
        if answer[noun]["status"] == "ACTIVE" {
            Ok(answer[noun].clone())
        } else {
            Err(answer.to_string())
        }
    })
    .await
}

#[tokio::test]
async fn the_guides_commands_do_what_the_guide_says() {
    let plane = TestPlane::start(Database::Postgres).await;
    let ids = plane.ids();
    let (subnet, group) = (
        ids.subnet("hpc-networking:PublicSubnetA"),
        ids.security_group("cluster-getstarted-sg"),
    );
    let create = format!(
        "pcs create-cluster --region us-east-1 --cluster-name my-cluster --scheduler type=SLURM,version=24.11 --size SMALL \
         --networking subnetIds={subnet},securityGroupIds={group} --slurm-configuration scaleDownIdleTimeInSeconds=5 \
         --tags team=a"
    );
    let made = aws(&plane, &create);
    assert_eq!(
        (
            made["cluster"]["status"].as_str(),
            made["cluster"]["size"].as_str()
        ),
        (Some("CREATING"), Some("SMALL"))
    );
    let cluster = wait_active(
        &plane,
        "pcs get-cluster --cluster-identifier my-cluster",
        "cluster",
    )
    .await;
    assert_eq!(cluster["endpoints"][0]["type"], "SLURMCTLD");

    let template = ids.template("compute-getstarted-lt").id;
    let profile = ids.profile("AWSPCS-getstarted-role");
    aws(
        &plane,
        &format!(
            "pcs create-compute-node-group --cluster-identifier my-cluster --compute-node-group-name my-node-group \
             --subnet-ids {subnet} --custom-launch-template id={template},version=1 --iam-instance-profile-arn {profile} \
             --scaling-config minInstanceCount=0,maxInstanceCount=2 --instance-configs instanceType=t3.large"
        ),
    );
    let get = "pcs get-compute-node-group --cluster-identifier my-cluster --compute-node-group-identifier my-node-group";
    let group = wait_active(&plane, get, "computeNodeGroup").await;
    let group_id = group["id"].as_str().unwrap();
    aws(
        &plane,
        &format!(
            "pcs create-queue --queue-name my-queue --cluster-identifier my-cluster \
             --compute-node-group-configurations computeNodeGroupId={group_id}"
        ),
    );
    let get = "pcs get-queue --cluster-identifier my-cluster --queue-identifier my-queue";
    wait_active(&plane, get, "queue").await;
    assert_eq!(
        plane.sinfo("my-cluster"),
        ["my-queue up infinite 2 idle~ my-node-group-[1-2]"]
    );
    let job = plane.sbatch("my-cluster", &["--partition=my-queue"], "hostname");
    plane.wait_job("my-cluster", &job, "COMPLETED").await;

    lists_and_tags(&plane, &cluster).await;
    refusals_name_the_exception_and_the_field(&plane);
    other_services_are_told_what_is_answered_here(&plane);
    for (command, noun) in [
        (
            "pcs delete-queue --queue-identifier my-queue --cluster-identifier my-cluster",
            "queues",
        ),
        (
            "pcs delete-compute-node-group --compute-node-group-identifier my-node-group --cluster-identifier my-cluster",
            "compute-node-groups",
        ),
    ] {
        aws(&plane, command);
        let list = format!("pcs list-{noun} --cluster-identifier my-cluster");
        wait_until(&format!("{noun} are gone"), async || {
            match aws(&plane, &list) {
                list if list
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|v| v.as_array().is_some_and(Vec::is_empty)) =>
                {
                    Ok(())
                }
                list => Err(list.to_string()),
            }
        })
        .await;
    }
    aws(&plane, "pcs delete-cluster --cluster-identifier my-cluster");
    wait_until("the cluster is gone", async || {
        match aws(&plane, "pcs list-clusters")["clusters"].as_array() {
            Some(clusters) if clusters.is_empty() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let missing = complaint(&plane, "pcs get-cluster --cluster-identifier my-cluster");
    assert!(missing.contains("(ResourceNotFoundException)"), "{missing}");
    plane.finish().await;
}

async fn lists_and_tags(plane: &TestPlane, cluster: &Value) {
    let clusters = aws(plane, "pcs list-clusters");
    assert_eq!(clusters["clusters"][0]["name"], "my-cluster");
    let arn = cluster["arn"].as_str().unwrap();
    aws(
        plane,
        &format!("pcs tag-resource --resource-arn {arn} --tags stage=test"),
    );
    aws(
        plane,
        &format!("pcs untag-resource --resource-arn {arn} --tag-keys team"),
    );
    let tags = aws(
        plane,
        &format!("pcs list-tags-for-resource --resource-arn {arn}"),
    );
    assert_eq!(tags["tags"], serde_json::json!({"stage": "test"}));
    let update = "pcs update-compute-node-group --cluster-identifier my-cluster \
                  --compute-node-group-identifier my-node-group --scaling-configuration minInstanceCount=0,maxInstanceCount=3";
    aws(plane, update);
    let get = "pcs get-compute-node-group --cluster-identifier my-cluster --compute-node-group-identifier my-node-group";
    let group = wait_active(plane, get, "computeNodeGroup").await;
    assert_eq!(group["scalingConfiguration"]["maxInstanceCount"], 3);
}

fn refusals_name_the_exception_and_the_field(plane: &TestPlane) {
    for (command, words) in [
        (
            "pcs get-cluster --cluster-identifier nowhere",
            ["(ResourceNotFoundException)", "nowhere"],
        ),
        (
            "pcs delete-cluster --cluster-identifier my-cluster",
            ["(ConflictException)", "my-queue"],
        ),
        (
            "pcs create-queue --cluster-identifier my-cluster --queue-name 1st",
            ["(ValidationException)", "queueName"],
        ),
    ] {
        let text = complaint(plane, command);
        assert!(words.iter().all(|w| text.contains(w)), "{command}: {text}");
    }
}

/// Whatever protocol a service speaks, its client shows our words.
fn other_services_are_told_what_is_answered_here(plane: &TestPlane) {
    std::fs::write(plane.server.home().join("large"), vec![b'x'; 3 << 20]).unwrap();
    for command in [
        "s3 ls",
        "s3 ls s3://bucket/key",
        "s3 cp large s3://bucket/key",
        "ec2 describe-instances",
        "sts get-caller-identity",
        "iam list-users",
        "cloudformation list-stacks",
        "route53 list-hosted-zones",
        "sqs list-queues",
        "lambda list-functions",
        "dynamodb list-tables",
    ] {
        let text = complaint(plane, command);
        for words in ["This server does not answer", "AWS_ENDPOINT_URL_PCS"] {
            assert!(text.contains(words), "{command}: {text}");
        }
    }
}

/// The words of a command as a shell makes them.
fn words(command: &str) -> Vec<String> {
    let script = format!("set -- {command}; for word; do printf '%s\\0' \"$word\"; done");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Runs the command that a form shows for that input, as pasted into a shell.
fn paste(plane: &TestPlane, operation: app::model::operation::Operation, input: &Value) {
    let command = app::command::aws_cli(operation, input);
    let words = words(&command);
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let output = plane.server.aws(&arguments);
    assert!(output.status.success(), "{command}\n{output:?}");
}

/// What is a list in one place and has commas of its own in another.
async fn groups_and_a_queue_from_a_form(plane: &TestPlane) {
    use app::model::operation::Operation;
    use aws_sdk_pcs::types::{ComputeNodeGroupStatus, QueueStatus};

    let ids = plane.ids();
    let subnets = ["PublicSubnetA", "PrivateSubnetA"]
        .map(|name| ids.subnet(&format!("hpc-networking:{name}")));
    let types = ["c6i.xlarge", "m6i.xlarge", "r6i.xlarge"];
    let mut groups = vec![];
    for name in ["one", "two"] {
        let template = ids.template("compute-getstarted-lt").id;
        let input = serde_json::json!({
            "clusterIdentifier": "from-form",
            "computeNodeGroupName": name,
            "subnetIds": subnets,
            "customLaunchTemplate": { "id": template, "version": "1" },
            "iamInstanceProfileArn": ids.profile("AWSPCS-getstarted-role"),
            "instanceConfigs": types.map(|name| serde_json::json!({ "instanceType": name })),
            "scalingConfiguration": { "minInstanceCount": 0, "maxInstanceCount": 1 },
            "slurmConfiguration": { "slurmCustomSettings": [
                { "parameterName": "Features", "parameterValue": "neuron,cores4" }
            ] },
        });
        paste(plane, Operation::CreateComputeNodeGroup, &input);
        let active = ComputeNodeGroupStatus::Active;
        let group = plane.wait_group("from-form", name, active).await;
        assert_eq!(group.subnet_ids, subnets);
        let found = group
            .instance_configs
            .iter()
            .map(|config| config.instance_type());
        assert_eq!(found.collect::<Vec<_>>(), types.map(Some));
        groups.push(group.id);
    }
    let weights = "CPU=1.0,Mem=0.25G";
    let input = serde_json::json!({
        "clusterIdentifier": "from-form",
        "queueName": "both",
        "computeNodeGroupConfigurations": groups.iter()
            .map(|id| serde_json::json!({ "computeNodeGroupId": id }))
            .collect::<Vec<_>>(),
        "slurmConfiguration": { "slurmCustomSettings": [
            { "parameterName": "TRESBillingWeights", "parameterValue": weights },
            { "parameterName": "MaxTime", "parameterValue": "2-00:00:00" }
        ] },
    });
    paste(plane, Operation::CreateQueue, &input);
    let queue = plane
        .wait_queue("from-form", "both", QueueStatus::Active)
        .await;
    let found = queue.compute_node_group_configurations.iter();
    let found: Vec<&str> = found
        .filter_map(|one| one.compute_node_group_id())
        .collect();
    assert_eq!(found, groups);
    let slurm = queue.slurm_configuration.unwrap();
    assert_eq!(slurm.slurm_custom_settings()[0].parameter_value, weights);
}

#[tokio::test]
async fn the_command_that_a_form_shows_does_what_the_form_does() {
    use app::model::cluster::*;
    use app::model::operation::Operation;
    use app::model::setting::SlurmCustomSetting;
    use std::collections::BTreeMap;

    let plane = TestPlane::start(Database::OfRun).await;
    let ids = plane.ids();
    let tags: BTreeMap<String, String> = [
        ("owner", "R&D 'a' \"b\" $HOME `id`"),
        ("k", "a=b,c"),
        ("cost centre", "R&D, \"blue\" = 50 %"),
        ("责任人", "李"),
    ]
    .map(|(key, value)| (key.to_string(), value.to_string()))
    .into();
    let input = CreateClusterRequest {
        cluster_name: "from-form".into(),
        scheduler: Scheduler {
            r#type: SchedulerType::Slurm,
            version: VERSION.into(),
        },
        size: Size::Small,
        networking: Networking {
            subnet_ids: Some(vec![ids.subnet("hpc-networking:PublicSubnetA")]),
            security_group_ids: Some(vec![
                ids.security_group("cluster-getstarted-sg"),
                ids.security_group("inbound-ssh-getstarted-sg"),
            ]),
            network_type: None,
        },
        slurm_configuration: Some(ClusterSlurmConfigurationRequest {
            scale_down_idle_time_in_seconds: Some(60),
            slurm_custom_settings: Some(vec![SlurmCustomSetting {
                parameter_name: "SelectTypeParameters".into(),
                parameter_value: "CR_CPU".into(),
            }]),
            ..Default::default()
        }),
        client_token: Some("not-shown".into()),
        tags: Some(tags.clone()),
    };
    let command = app::command::aws_cli(Operation::CreateCluster, &input);
    assert!(!command.contains("not-shown"), "{command}");
    let words = words(&command);
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let output = plane.server.aws(&arguments);
    assert!(output.status.success(), "{command}\n{output:?}");

    let cluster = plane.get_cluster("from-form").await;
    let slurm = cluster.slurm_configuration().unwrap();
    assert_eq!(slurm.scale_down_idle_time_in_seconds, Some(60));
    assert_eq!(slurm.slurm_custom_settings()[0].parameter_value, "CR_CPU");
    let networking = cluster.networking().unwrap();
    assert_eq!(networking.security_group_ids().len(), 2);
    let list = plane.admin().list_tags_for_resource();
    let found = list.resource_arn(&cluster.arn).send().await.unwrap();
    let found: BTreeMap<String, String> = found.tags.unwrap_or_default().into_iter().collect();
    assert_eq!(found, tags);
    plane
        .wait_cluster("from-form", aws_sdk_pcs::types::ClusterStatus::Active)
        .await;
    groups_and_a_queue_from_a_form(&plane).await;
    plane.finish().await;
}
