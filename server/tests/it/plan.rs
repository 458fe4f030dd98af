//! Plans (X3) and documents (X8), as people ask for them: `openpcs plan`, `export`, `apply`.

use std::process::Output;

use aws_sdk_pcs::types::*;
use serde_json::{Value, json};

use crate::harness::*;

/// `openpcs SUBCOMMAND …` with that text on its standard input.
fn openpcs(plane: &TestPlane, arguments: &[&str], input: &str) -> Output {
    use std::io::Write;
    use std::process::Stdio;
    let mut command = plane.server.openpcs();
    command
        .args(arguments)
        .args(["--endpoint", &plane.server.endpoint(), "--data-dir"])
        .arg(plane.server.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that has seen enough closes it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The plan, and whether the operation would be done.
pub fn plan(plane: &TestPlane, operation: &str, input: &Value) -> (Value, bool) {
    let arguments = ["plan", operation, "--cli-input-json", "-", "--json"];
    let output = openpcs(plane, &arguments, &input.to_string());
    let plan = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    (plan, output.status.success())
}

#[track_caller]
fn stdout(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The rows that an operation would write, as numbers of each table.
async fn modified(plane: &TestPlane, cluster: &str, group: &str, queue: &str) -> String {
    let c = plane.get_cluster(cluster).await;
    let g = plane.get_group(cluster, group).await;
    let q = plane.get_queue(cluster, queue).await;
    format!("{:?}{:?}{:?}", c, g, q)
}

#[tokio::test]
async fn a_plan_tells_what_the_operation_then_does() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster("planned", 600).await;
    let group = plane.group("planned", "compute", 0, 3).await;
    plane.queue("planned", "demo", &group.id).await;
    let first = plane.sbatch("planned", &["-N2", "--job-name=wide"], "sleep 300");
    plane.wait_job("planned", &first, "RUNNING").await;
    let before = modified(&plane, "planned", "compute", "demo").await;

    let update = json!({
        "clusterIdentifier": "planned", "computeNodeGroupIdentifier": "compute",
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
    });
    let (told, possible) = plan(&plane, "update-compute-node-group", &update);
    assert!(possible, "{told}");
    assert_eq!(told["nodes"]["removed"], json!(["compute-2", "compute-3"]));
    assert_eq!(told["nodes"]["ending"], json!(["compute-2"]));
    assert_eq!(told["jobs"][0]["id"].as_str(), Some(first.as_str()));
    assert_eq!(
        (&told["jobs"][0]["name"], &told["jobs"][0]["effect"]),
        (&json!("wide"), &json!("requeued"))
    );
    assert_eq!(
        told["changes"][0]["path"],
        "scalingConfiguration.maxInstanceCount"
    );
    assert_eq!(
        (&told["quotas"][0]["before"], &told["quotas"][0]["after"]),
        (&json!(3), &json!(1))
    );
    let (told, _) = plan(
        &plane,
        "update-compute-node-group",
        &json!({
            "clusterIdentifier": "planned", "computeNodeGroupIdentifier": "compute",
            "amiId": plane.ids().image("aws-pcs-sample_ami-amzn2-x86_64-slurm-24.11"),
            "purchaseOption": "ONDEMAND",
        }),
    );
    assert_eq!(told["warnings"], json!([{"what": "nothingChanges"}]));
    let (told, _) = plan(
        &plane,
        "update-compute-node-group",
        &json!({
            "clusterIdentifier": "planned", "computeNodeGroupIdentifier": "compute", "amiId": "",
        }),
    );
    assert_eq!(
        told["nodes"]["replacedAfterJobs"],
        json!(["compute-1", "compute-2"])
    );
    assert_eq!(told["jobCounts"]["finishesFirst"], 1);

    let queue = json!({"clusterIdentifier": "planned", "queueIdentifier": "demo"});
    let (told, possible) = plan(&plane, "delete-queue", &queue);
    assert!(possible && told["jobCounts"]["cancelled"] == 1, "{told}");
    let (told, possible) = plan(
        &plane,
        "delete-cluster",
        &json!({"clusterIdentifier": "planned"}),
    );
    assert!(!possible, "{told}");
    assert_eq!(told["refusal"]["kind"], "conflict");
    assert_eq!(told["inTheWay"][0]["name"], "demo");
    assert_eq!(told["inTheWay"][1]["name"], "compute");

    assert_eq!(modified(&plane, "planned", "compute", "demo").await, before);
    plane.finish().await;
}

#[tokio::test]
async fn a_plan_refuses_what_the_operation_refuses() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster("refusing", 600).await;
    let profile = plane.ids().profile("AWSPCS-getstarted-role");
    let group = |change: Value| {
        let mut input = json!({
            "clusterIdentifier": "refusing", "computeNodeGroupName": "compute",
            "subnetIds": [plane.ids().subnet("hpc-networking:PublicSubnetA")],
            "customLaunchTemplate": {"id": plane.ids().template("compute-getstarted-lt").id, "version": "1"},
            "iamInstanceProfileArn": profile,
            "instanceConfigs": [{"instanceType": "c6i.xlarge"}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
        });
        let members = input.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        input
    };
    let cases = [
        group(json!({"scalingConfiguration": {"minInstanceCount": 1, "maxInstanceCount": 4}})),
        group(json!({"scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 33}})),
        group(json!({"computeNodeGroupName": "1st"})),
        group(json!({"clusterIdentifier": "nowhere"})),
        group(json!({"subnetIds": []})),
        group(json!({"amiId": "ami-0000000000000000f"})),
        json!({"clusterIdentifier": "refusing"}),
    ];
    for input in cases {
        let (told, possible) = plan(&plane, "create-compute-node-group", &input);
        assert!(!possible, "{input}: {told}");
        let answer = plane
            .http()
            .call("CreateComputeNodeGroup", input.to_string())
            .await
            .json();
        assert_eq!(
            told["refusal"]["message"], answer["message"],
            "{input}: {answer}"
        );
    }
    let (told, possible) = plan(&plane, "create-compute-node-group", &group(json!({})));
    assert!(possible, "{told}");
    assert_eq!(told["nodes"]["created"].as_array().unwrap().len(), 4);
    let groups = plane
        .admin()
        .list_compute_node_groups()
        .cluster_identifier("refusing");
    assert!(groups.send().await.unwrap().compute_node_groups.is_empty());
    plane.finish().await;
}

#[tokio::test]
async fn a_cluster_is_exported_cloned_and_kept_as_its_document_says() {
    let plane = TestPlane::start(Database::Postgres).await;
    plane.cluster("original", 60).await;
    let group = plane.group("original", "compute", 0, 2).await;
    let spare = plane.group("original", "spare", 0, 1).await;
    plane
        .new_queue("original", "demo", &group.id)
        .compute_node_group_configurations(in_queue(&spare.id))
        .tags("team", "yes")
        .send()
        .await
        .unwrap();
    plane
        .wait_queue("original", "demo", QueueStatus::Active)
        .await;
    let document = stdout(openpcs(&plane, &["export", "original"], ""));
    for secret in ["pcs_", "secret", "arn:aws:pcs", "authKey", "port"] {
        assert!(!document.contains(secret), "{secret}: {document}");
    }

    let preview = stdout(openpcs(
        &plane,
        &["apply", "-f", "-", "--name", "copy", "--dry-run"],
        &document,
    ));
    assert!(preview.contains("would create cluster copy"), "{preview}");
    let told = stdout(openpcs(
        &plane,
        &["apply", "-f", "-", "--name", "copy", "--wait"],
        &document,
    ));
    let order: Vec<&str> = told.lines().collect();
    assert_eq!(
        order,
        [
            "create cluster copy",
            "create compute-node-group compute",
            "create compute-node-group spare",
            "create queue demo"
        ]
    );
    let copy = stdout(openpcs(&plane, &["export", "copy"], ""));
    assert_eq!(copy.replace("name: copy", "name: original"), document);
    let again = stdout(openpcs(&plane, &["apply", "-f", "-", "--wait"], &copy));
    assert!(again.starts_with("Nothing to do"), "{again}");

    // Another maximum, and a document without the spare group.
    let json = stdout(openpcs(&plane, &["export", "copy", "--format", "json"], ""));
    let mut changed: Value = serde_json::from_str(&json).unwrap();
    changed["computeNodeGroups"][0]["scalingConfiguration"]["maxInstanceCount"] = json!(3);
    changed["computeNodeGroups"].as_array_mut().unwrap().pop();
    changed["queues"][0]["computeNodeGroups"] = json!(["compute"]);
    // A queue that names one further down.
    let alternate = json!({"parameterName": "Alternate", "parameterValue": "behind"});
    let queues = changed["queues"].as_array_mut().unwrap();
    queues.insert(
        0,
        json!({"name": "ahead", "slurmConfiguration": {"slurmCustomSettings": [alternate]}}),
    );
    queues.push(json!({"name": "behind"}));
    let told = stdout(openpcs(
        &plane,
        &["apply", "-f", "-", "--prune", "--wait"],
        &changed.to_string(),
    ));
    let mut told: Vec<&str> = told.lines().collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "create queue ahead",
            "create queue behind",
            "delete compute-node-group spare",
            "update compute-node-group compute",
            "update queue demo"
        ]
    );
    let groups = plane
        .admin()
        .list_compute_node_groups()
        .cluster_identifier("copy");
    assert_eq!(groups.send().await.unwrap().compute_node_groups.len(), 1);

    let named = json!({"clusterIdentifier": "copy", "queueIdentifier": "behind"});
    let (told, possible) = plan(&plane, "delete-queue", &named);
    assert!(!possible, "{told}");
    assert_eq!(told["inTheWay"][0]["name"], "ahead", "{told}");
    let refused = plane.http().call("DeleteQueue", named.to_string()).await;
    refused.refused("ConflictException");
    assert!(
        refused.message().contains("delete ahead first"),
        "{}",
        refused.text
    );

    let wrong = document.replace("size: SMALL", "size: LARGE");
    let output = openpcs(&plane, &["apply", "-f", "-"], &wrong);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && complaint.contains("size"),
        "{complaint}"
    );
    // It names the other one, so it goes first.
    plane.delete_queue("copy", "ahead").await;
    plane.finish().await;
}
