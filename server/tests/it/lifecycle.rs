//! Scripts in a node's life (N17), as a group asks for them: order, arguments, what follows a failure, what a person sees of
//! it, and that a change replaces nodes. And what becomes of a node with a fault (N19).

use std::path::PathBuf;

use aws_sdk_pcs::types::ComputeNodeGroupStatus;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::*;
use crate::job_parts::ask;
use crate::plan::plan;

const CLUSTER: &str = "life";
const TELL: &str =
    "#!/bin/sh\nout=$1; shift\necho \"$OPENPCS_STAGE $OPENPCS_NODE_NAME $*\" >> $out\n";
const FAIL: &str = "#!/bin/sh\necho it is the disk >&2\nexit 3\n";

fn script(name: &str, key: &str, more: Value) -> Value {
    let mut script =
        json!({"name": name, "scriptSource": {"scriptLocation": format!("s3://scripts/{key}")}});
    for (name, value) in more.as_object().unwrap() {
        script[name] = value.clone();
    }
    script
}

/// Tells that it ran, with these words.
fn tell(plane: &TestPlane, name: &str, words: &[&str]) -> Value {
    let out = out(plane).display().to_string();
    let arguments: Vec<&str> = std::iter::once(out.as_str())
        .chain(words.iter().copied())
        .collect();
    let mut script = script(name, "tell it.sh", json!({"arguments": arguments}));
    script["scriptSource"]["checksum"] = hex::encode_upper(Sha256::digest(TELL)).into();
    script
}

fn out(plane: &TestPlane) -> PathBuf {
    plane.server.home().join("told")
}

async fn wait_told(plane: &TestPlane, lines: &[&str]) {
    wait_until("the scripts told of themselves", async || {
        let told = std::fs::read_to_string(out(plane)).unwrap_or_default();
        match told.lines().collect::<Vec<_>>() == lines {
            true => Ok(()),
            false => Err(told),
        }
    })
    .await;
}

fn of_group(members: Value) -> Value {
    let mut request = json!({"clusterIdentifier": CLUSTER, "computeNodeGroupIdentifier": "work"});
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

async fn update(plane: &TestPlane, actions: &Value) -> Answer {
    let request = of_group(json!({"nodeLifecycleActions": actions})).to_string();
    plane.http().call("UpdateComputeNodeGroup", request).await
}

/// The runs of scripts on the node, oldest first, each with its instance.
async fn runs(visitor: &Visitor) -> Vec<Value> {
    let node = json!({"cluster_identifier": CLUSTER, "node_name": "work-1"});
    let runs = ask(visitor, "node-scripts", node).await.unwrap();
    runs.as_array().unwrap().iter().rev().cloned().collect()
}

async fn wait_event(plane: &TestPlane, words: &str) {
    wait_until(&format!("an event tells: {words}"), async || {
        let events = plane.events().await;
        match events.iter().any(|event| event.contains(words)) {
            true => Ok(()),
            false => Err(events.join("\n")),
        }
    })
    .await;
}

#[tokio::test]
async fn scripts_run_in_a_nodes_life_as_its_group_says() {
    let mut server = Server::new(None);
    let bucket = Bucket::start();
    bucket.put("tell%20it.sh", TELL);
    bucket.put("fail.sh", FAIL);
    bucket.is_known_to(&mut server);
    let plane = TestPlane::on(server, None).await;
    let visitor = Visitor::sign_in(&plane).await;
    plane.cluster(CLUSTER, 600).await;
    plane.group(CLUSTER, "work", 0, 1).await;
    what_is_wrong_is_refused(&plane).await;

    let go_on = json!({"onError": "CONTINUE"});
    let stop = json!({"onError": "STOP_SEQUENCE"});
    let actions = json!({"stages": {
        "nodeBootstrapped": [
            tell(&plane, "First one", &["a b", "$HOME"]),
            script("broken", "fail.sh", go_on),
            tell(&plane, "last", &["c"]),
        ],
        "nodeReady": [
            tell(&plane, "ready", &[]),
            script("missing", "no.sh", stop),
            tell(&plane, "never", &["never"]),
        ],
    }});
    let request = of_group(json!({
        "nodeLifecycleActions": actions,
        "scalingConfiguration": {"minInstanceCount": 1, "maxInstanceCount": 1},
    }));
    let answer = plane.http();
    let answer = answer
        .call("UpdateComputeNodeGroup", request.to_string())
        .await;
    assert_eq!(
        answer.json()["computeNodeGroup"]["nodeLifecycleActions"],
        actions
    );
    let first = [
        "nodeBootstrapped work-1 a b $HOME",
        "nodeBootstrapped work-1 c",
        "nodeReady work-1 ",
    ];
    wait_told(&plane, &first).await;
    wait_event(&plane, "script missing of nodeReady failed").await;
    wait_event(
        &plane,
        "script broken of nodeBootstrapped failed: exit status 3",
    )
    .await;
    let ran = runs(&visitor).await;
    let names: Vec<&str> = ran
        .iter()
        .map(|it| it["run"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["First one", "broken", "last", "ready", "missing"]);
    assert_eq!(ran[1]["run"]["failure"], "exit status 3");
    assert_eq!(ran[1]["run"]["log"], "it is the disk");
    let missing = ran[4]["run"]["failure"].as_str().unwrap();
    assert!(missing.contains("NoSuchKey: It is not there"), "{missing}");
    the_logs_are_there(&visitor, &ran[0]).await;

    said_in_other_words_it_changes_nothing(&plane, &actions).await;
    let mut other = actions.clone();
    other["stages"]["nodeBootstrapped"] = json!([tell(&plane, "other", &["d"])]);
    other["stages"]["nodeReady"] = json!([script("broken", "fail.sh", json!({}))]);
    assert_eq!(update(&plane, &other).await.status, 200);
    // The node is another one, and its last script ends it; so is the next.
    wait_event(&plane, "script broken of nodeReady: exit status 3").await;
    let ran_again = runs(&visitor).await;
    let (old, new) = (&ran[0]["instanceId"], &ran_again[5]["instanceId"]);
    assert_ne!(old, new, "{ran_again:?}");
    assert_eq!(ran_again[5]["run"]["name"], "other");

    let none = json!({"stages": {}});
    assert_eq!(update(&plane, &none).await.status, 200);
    plane
        .wait_group(CLUSTER, "work", ComputeNodeGroupStatus::Active)
        .await;
    wait_until("the node stays", async || {
        let state = plane.try_node(CLUSTER, "work-1")?["State"].clone();
        match state.starts_with("IDLE+CLOUD") && !state.contains("POWER") {
            true => Ok(()),
            false => Err(state),
        }
    })
    .await;
    let request = of_group(json!({})).to_string();
    let group = plane.http().call("GetComputeNodeGroup", request).await;
    assert_eq!(
        group.json()["computeNodeGroup"]["nodeLifecycleActions"],
        Value::Null
    );
    plane.finish().await;
}

async fn what_is_wrong_is_refused(plane: &TestPlane) {
    for (source, field) in [
        (
            json!({"scriptLocation": "file:///etc/passwd"}),
            "scriptSource.scriptLocation",
        ),
        (
            json!({"scriptLocation": "https://example.com/a", "s3VersionId": "1"}),
            "scriptSource.s3VersionId",
        ),
    ] {
        let script = json!({"name": "a", "scriptSource": source});
        let actions = json!({"stages": {"nodeReady": [script]}});
        let field = format!("nodeLifecycleActions.stages.nodeReady[0].{field}");
        update(plane, &actions).await.refused_field(&field);
    }
}

async fn the_logs_are_there(visitor: &Visitor, run: &Value) {
    let view =
        json!({"instance": run["instanceId"], "daemon": "script-nodeBootstrapped-02-broken.log"});
    let of = json!({"cluster_identifier": CLUSTER, "node_name": "work-1", "view": view});
    let found = ask(visitor, "search-node-log", of).await.unwrap();
    assert_eq!(found["page"]["lines"][0]["text"], "it is the disk");
}

async fn said_in_other_words_it_changes_nothing(plane: &TestPlane, actions: &Value) {
    let mut same = actions.clone();
    same["scriptCachingPolicy"] = "CACHE_ONCE".into();
    let first = &mut same["stages"]["nodeBootstrapped"][0];
    first["onError"] = "TERMINATE".into();
    first["executionPolicy"] = "FIRST_BOOT_ONLY".into();
    let request = of_group(json!({"nodeLifecycleActions": same}));
    let (told, _) = plan(plane, "update-compute-node-group", &request);
    assert_eq!(
        told["warnings"],
        json!([{"what": "nothingChanges"}]),
        "{told}"
    );
    let answer = update(plane, &same).await;
    assert_eq!(answer.json()["computeNodeGroup"]["status"], "ACTIVE");
    let mut other = actions.clone();
    other["scriptCachingPolicy"] = "REFRESH_ON_REBOOT".into();
    let request = of_group(json!({"nodeLifecycleActions": other}));
    let (told, _) = plan(plane, "update-compute-node-group", &request);
    let replaced = told["nodes"].to_string();
    assert!(replaced.contains("work-1"), "{told}");
}

/// A group of one node whose health is looked after.
async fn looked_after(plane: &TestPlane, name: &str, repair: &str) {
    plane.group(CLUSTER, name, 0, 1).await;
    let request = json!({
        "clusterIdentifier": CLUSTER, "computeNodeGroupIdentifier": name,
        "scalingConfiguration": {"minInstanceCount": 1, "maxInstanceCount": 1},
        "instanceHealthChecks": {"healthMonitoring": {"mode": "STANDARD", "repairAction": repair}},
    });
    let answer = plane.http();
    let answer = answer.call("UpdateComputeNodeGroup", request.to_string());
    let answer = answer.await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_node_with_a_fault_is_kept_or_replaced_as_its_group_says() {
    let mut server = Server::new(None);
    let shared = server.home().join("shared");
    std::fs::create_dir(&shared).unwrap();
    server.option("--shared-dir", shared.to_str().unwrap());
    let plane = TestPlane::on(server, None).await;
    std::fs::remove_dir(&shared).unwrap();
    plane.cluster(CLUSTER, 600).await;
    looked_after(&plane, "keep", "ISOLATE").await;
    looked_after(&plane, "swap", "REPLACE").await;
    wait_event(&plane, "Health check shared-directory of node keep-1 found").await;
    // Whatever was found first: the disk of the host that the tests run on may be full.
    wait_event(&plane, "swap-1: health-failed.").await;
    wait_until("the node is up and gets no jobs", async || {
        let node = plane.try_node(CLUSTER, "keep-1")?;
        // Of what Slurm says only the first word is there.
        let is_kept = node["State"].starts_with("IDLE+CLOUD+DRAIN");
        match is_kept && node["Reason"] == "health" {
            true => Ok(()),
            false => Err(format!("{node:?}")),
        }
    })
    .await;
    plane.finish().await;
}
