//! Who says again what is so already, as CloudFormation and Terraform do, changes nothing (N21); what the newest clients
//! know and this release does not (C16); a group's own time, groups, key and template, and the way back (N5, N9).

use aws_sdk_pcs::types::*;
use serde_json::{Value, json};

use crate::harness::*;
use crate::plan::plan;

const CLUSTER: &str = "again";

/// The request for that group or queue with these members.
fn with(names: Value, members: &Value) -> Value {
    let mut request = names;
    let members = members.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(members);
    request
}

fn of_group(members: &Value) -> Value {
    let names = json!({"clusterIdentifier": CLUSTER, "computeNodeGroupIdentifier": "work"});
    with(names, members)
}

fn of_queue(members: &Value) -> Value {
    let names = json!({"clusterIdentifier": CLUSTER, "queueIdentifier": "demo"});
    with(names, members)
}

/// The answer to an update that is taken.
async fn updated(plane: &TestPlane, request: Value) -> Value {
    let answer = plane.http();
    let answer = answer
        .call("UpdateComputeNodeGroup", request.to_string())
        .await;
    let told = answer.json();
    assert_eq!(answer.status, 200, "{request}: {told}");
    told["computeNodeGroup"].clone()
}

/// The group after an update that changes something.
async fn changed(plane: &TestPlane, members: Value) -> Value {
    let answer = updated(plane, of_group(&members)).await;
    assert_eq!(answer["status"], "UPDATING", "{members}");
    plane
        .wait_group(CLUSTER, "work", ComputeNodeGroupStatus::Active)
        .await;
    get(plane).await
}

async fn get(plane: &TestPlane) -> Value {
    let request = of_group(&json!({})).to_string();
    let answer = plane.http().call("GetComputeNodeGroup", request).await;
    answer.json()["computeNodeGroup"].clone()
}

#[tokio::test]
async fn who_says_it_again_changes_nothing() {
    let plane = TestPlane::start(Database::OfRun).await;
    let ids = plane.ids();
    plane.cluster(CLUSTER, 600).await;
    let subnets =
        ["PublicSubnetA", "PublicSubnetB"].map(|n| ids.subnet(&format!("hpc-networking:{n}")));
    let slurm = ComputeNodeGroupSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("Weight", "7"))
        .slurm_custom_settings(setting("Features", "a"));
    plane
        .new_group(CLUSTER, "work", 0, 1)
        .set_subnet_ids(Some(subnets.to_vec()))
        .slurm_configuration(slurm.build())
        .send()
        .await
        .unwrap();
    let group = plane
        .wait_group(CLUSTER, "work", ComputeNodeGroupStatus::Active)
        .await;
    let other = plane.group(CLUSTER, "other", 0, 1).await;
    let create = plane.new_queue(CLUSTER, "demo", &group.id);
    let create = create.compute_node_group_configurations(in_queue(&other.id));
    create.send().await.unwrap();
    plane.wait_queue(CLUSTER, "demo", QueueStatus::Active).await;
    let job = plane.sbatch(
        CLUSTER,
        &["--partition=demo", "--constraint=a"],
        "sleep 600",
    );
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let runs = || {
        let all = processes(plane.server.root());
        let slurmd = all
            .into_iter()
            .find(|(_, line)| line.contains("-N work-1 "));
        slurmd.map(|(pid, _)| pid)
    };
    let before = (runs(), get(&plane).await);
    assert!(before.0.is_some());
    assert_eq!(before.1["launchTemplateMode"], "CUSTOM");

    let now = &before.1;
    let reversed = |list: &Value| {
        let list: Vec<Value> = list.as_array().unwrap().iter().rev().cloned().collect();
        json!(list)
    };
    let settings = &now["slurmConfiguration"]["slurmCustomSettings"];
    for members in [
        json!({}),
        json!({
            "amiId": now["amiId"], "subnetIds": now["subnetIds"], "purchaseOption": now["purchaseOption"],
            "customLaunchTemplate": now["customLaunchTemplate"], "scalingConfiguration": now["scalingConfiguration"],
            "iamInstanceProfileArn": now["iamInstanceProfileArn"],
        }),
        json!({"launchTemplateMode": "CUSTOM"}),
        json!({"securityGroupIds": [], "sshKeyName": ""}),
        json!({"slurmConfiguration": {"scaleDownIdleTimeInSeconds": -1}}),
        json!({"slurmConfiguration": {"slurmCustomSettings": settings, "gresCustomSettings": []}}),
        json!({"slurmConfiguration": {"slurmCustomSettings": reversed(settings)}}),
        json!({"subnetIds": reversed(&now["subnetIds"])}),
        json!({"spotOptions": {}}),
        json!({"instanceHealthChecks": {
            "healthMonitoring": {"mode": "NONE"}, "deepHealthChecks": {"onStart": {"profile": "NONE"}},
        }}),
    ] {
        let request = of_group(&members);
        let (told, _) = plan(&plane, "update-compute-node-group", &request);
        assert_eq!(
            told["warnings"],
            json!([{"what": "nothingChanges"}]),
            "{members}: {told}"
        );
        assert_eq!(told["changes"], json!([]), "{members}");
        let answer = updated(&plane, request).await;
        assert_eq!(answer["status"], "ACTIVE", "{members}");
        assert_eq!(answer["modifiedAt"], now["modifiedAt"], "{members}");
    }
    // People get back what they wrote.
    let after = get(&plane).await;
    assert_eq!(after["subnetIds"], reversed(&now["subnetIds"]));
    assert_eq!(
        after["slurmConfiguration"]["slurmCustomSettings"],
        reversed(settings)
    );
    assert_eq!(
        after["instanceHealthChecks"]["healthMonitoring"],
        json!({"mode": "NONE"})
    );

    let groups = |ids: [&str; 2]| json!(ids.map(|id| json!({"computeNodeGroupId": id})));
    for members in [
        json!({"computeNodeGroupConfigurations": groups([&other.id, &group.id])}),
        json!({"slurmConfiguration": {"slurmCustomSettings": []}}),
    ] {
        let request = of_queue(&members);
        let (told, _) = plan(&plane, "update-queue", &request);
        assert_eq!(
            told["warnings"],
            json!([{"what": "nothingChanges"}]),
            "{members}"
        );
        let answer = plane
            .http()
            .call("UpdateQueue", request.to_string())
            .await
            .json();
        assert_eq!(answer["queue"]["status"], "ACTIVE", "{members}: {answer}");
    }
    let none = json!({
        "jobSubmitPlugins": [], "slurmCustomSettings": [], "accounting": {"mode": "NONE"}, "slurmRest": {"mode": "NONE"},
    });
    let request = json!({"clusterIdentifier": CLUSTER, "slurmConfiguration": none});
    let answer = plane
        .http()
        .call("UpdateCluster", request.to_string())
        .await
        .json();
    assert_eq!(answer["cluster"]["status"], "ACTIVE", "{answer}");

    assert_eq!(runs(), before.0);
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    plane.finish().await;
}

#[tokio::test]
async fn what_a_group_has_of_its_own_is_given_and_taken_away() {
    let plane = TestPlane::start(Database::OfRun).await;
    let ids = plane.ids();
    plane.cluster(CLUSTER, 600).await;
    plane.group(CLUSTER, "work", 0, 1).await;
    let idle =
        |seconds: i64| json!({"slurmConfiguration": {"scaleDownIdleTimeInSeconds": seconds}});
    let group = changed(&plane, idle(30)).await;
    assert_eq!(
        group["slurmConfiguration"]["scaleDownIdleTimeInSeconds"],
        30
    );
    let group = changed(&plane, idle(-1)).await;
    assert_eq!(
        group["slurmConfiguration"]["scaleDownIdleTimeInSeconds"],
        Value::Null
    );

    let own = ids.security_group("cluster-getstarted-sg");
    let key = &plane.catalogue().key_pairs[0].name;
    let group = changed(
        &plane,
        json!({"securityGroupIds": [own], "sshKeyName": key}),
    )
    .await;
    assert_eq!(
        (&group["securityGroupIds"], &group["sshKeyName"]),
        (&json!([own]), &json!(key))
    );
    let template = group["customLaunchTemplate"].clone();
    let group = changed(&plane, json!({"launchTemplateMode": "MANAGED"})).await;
    assert_eq!(group["launchTemplateMode"], "MANAGED");
    assert_eq!(group["customLaunchTemplate"], Value::Null);
    for (members, field) in [
        (json!({"securityGroupIds": []}), "securityGroupIds"),
        (json!({"amiId": ""}), "amiId"),
        (json!({"sshKeyName": "no-such-key"}), "sshKeyName"),
        (
            json!({"launchTemplateMode": "CUSTOM"}),
            "customLaunchTemplate",
        ),
        (
            json!({"customLaunchTemplate": template}),
            "customLaunchTemplate",
        ),
        (json!({"instanceHealthChecks": {}}), "instanceHealthChecks"),
        (
            json!({"instanceHealthChecks": {"deepHealthChecks": {"onStart": {"profile": "QUICK"}}}}),
            "instanceHealthChecks.deepHealthChecks.onStart.profile",
        ),
    ] {
        let request = of_group(&members).to_string();
        let answer = plane.http().call("UpdateComputeNodeGroup", request).await;
        answer.refused_field(field);
    }
    let back = json!({
        "launchTemplateMode": "CUSTOM", "customLaunchTemplate": template, "securityGroupIds": [], "sshKeyName": "",
    });
    let group = changed(&plane, back).await;
    assert_eq!(
        (&group["securityGroupIds"], &group["sshKeyName"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(group["customLaunchTemplate"], template);
    plane.finish().await;
}
