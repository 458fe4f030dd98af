//! What is done outside the database is in the audit trail before it is done, and what became of it after.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::harness::*;

const CLUSTER: &str = "audit";

async fn outcomes(plane: &TestPlane) -> Vec<String> {
    let pool = plane.database().await;
    let query = sqlx::query_scalar(
        "select outcome from audit where operation = 'DrainNode' and why = 'console' order by at",
    );
    let found = query.fetch_all(&pool).await.unwrap();
    pool.close().await;
    found
}

fn all(signal: Signal, plane: &TestPlane) {
    for pid in slurmctld(plane) {
        kill(pid, signal).unwrap();
    }
}

#[tokio::test]
async fn what_was_asked_of_slurm_is_in_the_trail_though_nobody_came_back() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let drain = |node: &str| {
        let input = json!({
            "clusterIdentifier": CLUSTER, "nodeNames": [node], "action": "drain", "reason": "x"
        });
        visitor.post(
            "/console/act-on-nodes",
            json!({ "input": input }).to_string(),
        )
    };
    wait_until("the node is seen", async || {
        match drain("compute-1-1").await.status().as_u16() {
            200 => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;

    // slurmctld stands still, and the server dies before it can tell what became of it.
    all(Signal::SIGSTOP, &plane);
    let asked = wait_until("it is written down", async || {
        match outcomes(&plane).await.as_slice() {
            [first, second] if first == "done" && second == "asked" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    tokio::select! {
        answer = drain("compute-1-2") => panic!("answered: {answer:?}"),
        () = asked => {}
    }
    plane.server.kill();
    all(Signal::SIGCONT, &plane);
    plane.server.start().await;
    assert_eq!(outcomes(&plane).await, ["done", "asked"]);
    plane.finish().await;
}

async fn only_what_is_too_old_leaves_the_trail(database: Database) {
    let mut plane = TestPlane::start(database).await;
    let pool = plane.database().await;
    // A server looks at its trail as it starts, which may be only now.
    plane.server.stop();
    for days in [800, 399] {
        let at = chrono::Utc::now().timestamp_millis() - days * 24 * 3_600_000;
        let old = sqlx::query(
            "insert into audit (id, at, request_id, principal, why, operation, resource_arn, request, outcome) \
             values ($1, $2, '', '', '', 'DrainNode', '', '', 'done')",
        );
        let old = old.bind(format!("{days} days")).bind(at).execute(&pool);
        old.await.unwrap();
    }
    let ids = async || {
        let query = sqlx::query_scalar("select id from audit").fetch_all(&pool);
        query.await.map(BTreeSet::<String>::from_iter)
    };
    let before = ids().await.unwrap();
    plane.server.start().await;
    let after = wait_until("it is gone", async || match ids().await {
        Ok(left) if !left.contains("800 days") => Ok(left),
        other => Err(format!("{other:?}")),
    })
    .await;
    let lost: Vec<_> = before.difference(&after).collect();
    assert_eq!(lost, ["800 days"]);
    pool.close().await;
    plane.finish().await;
}

#[tokio::test]
async fn an_old_trail_on_sqlite() {
    only_what_is_too_old_leaves_the_trail(Database::Sqlite).await;
}

#[tokio::test]
async fn an_old_trail_on_postgres() {
    only_what_is_too_old_leaves_the_trail(Database::Postgres).await;
}

/// The trail by the real AWS CLI, the newest first.
fn lookup(plane: &TestPlane, more: &[&str]) -> Result<Vec<serde_json::Value>, String> {
    let mut words = vec!["cloudtrail", "lookup-events", "--output", "json"];
    words.extend(more);
    let output = plane.server.aws(&words);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    Ok(answer["Events"].as_array().unwrap().clone())
}

fn named(plane: &TestPlane, operation: &str) -> Vec<serde_json::Value> {
    let attribute = format!("AttributeKey=EventName,AttributeValue={operation}");
    let found = lookup(plane, &["--lookup-attributes", &attribute]).unwrap();
    let record = |event: &serde_json::Value| {
        serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
    };
    found.iter().map(record).collect()
}

async fn whoever_asks_is_in_the_trail(database: Database) {
    let mut plane = TestPlane::start(database).await;
    // By the API: allowed, not found, of a wrong shape, with a wrong key.
    assert!(plane.server.aws(&["pcs", "list-clusters"]).status.success());
    let get = ["pcs", "get-cluster", "--cluster-identifier", "nobody"];
    assert!(!plane.server.aws(&get).status.success());
    let wrong = ["pcs", "get-cluster", "--cluster-identifier", "no body!"];
    assert!(!plane.server.aws(&wrong).status.success());
    // By the console.
    let visitor = Visitor::sign_in(&plane).await;
    for _ in 0..3 {
        let answer = visitor.post("/console/list-clusters", "{}").await;
        assert_eq!(answer.status(), 200);
    }
    let canary = "CANARY-password-3f1";
    let client = client_at([127, 0, 0, 9]);
    sign_in(&client, &plane.server, "admin", canary).await;
    sign_in(&client, &plane.server, canary, canary).await;

    let listed = named(&plane, "ListClusters");
    let doors: Vec<&str> = listed
        .iter()
        .map(|one| one["additionalEventData"]["door"].as_str().unwrap())
        .collect();
    assert_eq!(doors, ["console", "api"]);
    let api = &listed[1];
    let key = &plane.server.access_key().id;
    for (member, expected) in [
        ("/eventSource", "pcs.amazonaws.com"),
        ("/userIdentity/type", "IAMUser"),
        ("/userIdentity/userName", "admin"),
        ("/userIdentity/accessKeyId", key.as_str()),
        ("/awsRegion", "us-east-1"),
        ("/recipientAccountId", "111122223333"),
        ("/sourceIPAddress", "127.0.0.1"),
        ("/eventType", "AwsApiCall"),
        ("/eventCategory", "Management"),
    ] {
        assert_eq!(api.pointer(member).unwrap(), expected, "{member}: {api:#}");
    }
    assert_eq!(api["readOnly"], true);
    assert!(api["userAgent"].as_str().unwrap().contains("aws-cli"));
    let refused: Vec<String> = named(&plane, "GetCluster")
        .iter()
        .map(|one| one["errorCode"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        refused,
        ["ValidationException", "ResourceNotFoundException"]
    );
    let logins = named(&plane, "ConsoleLogin");
    let ends: Vec<&str> = logins
        .iter()
        .map(|one| one["responseElements"]["ConsoleLogin"].as_str().unwrap())
        .collect();
    assert_eq!(ends, ["Failure", "Failure", "Success"]);
    assert_eq!(
        logins[0]["userIdentity"]["userName"],
        "HIDDEN_DUE_TO_SECURITY_REASONS"
    );

    // Paged, and refused as AWS does.
    let page = lookup(&plane, &["--max-items", "3", "--page-size", "2"]).unwrap();
    assert_eq!(page.len(), 3);
    for (words, exception) in [
        (
            &[
                "--lookup-attributes",
                "AttributeKey=ReadOnly,AttributeValue=perhaps",
            ][..],
            "InvalidLookupAttributesException",
        ),
        (
            &["--start-time", "2026-01-02", "--end-time", "2026-01-01"],
            "InvalidTimeRangeException",
        ),
        (
            &["--no-paginate", "--next-token", "x"],
            "InvalidNextTokenException",
        ),
    ] {
        let refusal = lookup(&plane, words).unwrap_err();
        assert!(refusal.contains(exception), "{refusal}");
    }

    // It outlives the server, and nothing of it can be taken away in silence.
    plane.server.stop();
    plane.server.start().await;
    assert_eq!(named(&plane, "ConsoleLogin").len(), 3);
    let verify = || plane.command(&["audit", "verify"]).output().unwrap();
    assert!(verify().status.success(), "{:?}", verify());
    let export = plane.command(&["audit", "export"]).output().unwrap();
    let export = String::from_utf8(export.stdout).unwrap();
    assert!(
        export.lines().count() > 6 && !export.contains(canary),
        "{export}"
    );
    let file = visitor
        .request(reqwest::Method::GET, "/console/audit?form=csv")
        .send()
        .await
        .unwrap();
    let file = file.text().await.unwrap();
    assert!(
        file.contains("\"ConsoleLogin\"") && !file.contains(canary),
        "{file}"
    );
    let page = visitor.request(reqwest::Method::GET, "/audit?outcome=refused&verify=yes");
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("ResourceNotFoundException"), "{page}");
    assert!(page.contains("none missing or changed"), "{page}");

    let pool = plane.database().await;
    let gone = sqlx::query("delete from audit where number = 4");
    gone.execute(&pool).await.unwrap();
    pool.close().await;
    let broken = verify();
    let words = String::from_utf8_lossy(&broken.stderr);
    assert!(
        !broken.status.success() && words.contains("record 4"),
        "{words}"
    );
    plane.finish().await;
}

#[tokio::test]
async fn whoever_asks_is_in_the_trail_on_sqlite() {
    whoever_asks_is_in_the_trail(Database::Sqlite).await;
}

#[tokio::test]
async fn whoever_asks_is_in_the_trail_on_postgres() {
    whoever_asks_is_in_the_trail(Database::Postgres).await;
}

/// What the service did by itself, and what a change was answered, when all of it is gone.
#[tokio::test]
async fn the_trail_outlives_the_cluster_and_has_no_secret() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let visitor = Visitor::sign_in(&plane).await;
    let canary = "CANARY-script-7c2";
    let job = json!({"input": {
        "clusterIdentifier": CLUSTER, "queue": "none", "name": "a", "workingDirectory": "/tmp",
        "script": format!("#!/bin/sh\nexport KEY={canary}\n"), "array": "", "hold": false,
    }});
    let answer = visitor.post("/console/submit-job", job.to_string()).await;
    assert!(!answer.status().is_success());
    let delete = ["pcs", "delete-cluster", "--cluster-identifier", CLUSTER];
    assert!(plane.server.aws(&delete).status.success());
    wait_until("it is gone", async || {
        match named(&plane, "Deleted").is_empty() {
            true => Err("not yet".to_owned()),
            false => Ok(()),
        }
    })
    .await;
    let service = &named(&plane, "Deleted")[0];
    assert_eq!(service["userIdentity"]["type"], "AWSService");
    assert_eq!(service["userIdentity"]["invokedBy"], "pcs.amazonaws.com");
    assert_eq!(service["eventType"], "AwsServiceEvent");
    let created = &named(&plane, "CreateCluster")[0];
    assert_eq!(created["requestParameters"]["clusterName"], CLUSTER);
    assert_eq!(created["responseElements"]["cluster"]["name"], CLUSTER);
    assert_eq!(created["resources"][0]["type"], "AWS::PCS::Cluster");

    let pool = plane.database().await;
    let all = sqlx::query_scalar("select record || request || outcome from audit");
    let all: Vec<String> = all.fetch_all(&pool).await.unwrap();
    pool.close().await;
    let key = plane.server.access_key().secret;
    for text in &all {
        assert!(!text.contains(canary) && !text.contains(&*key), "{text}");
    }
    plane.finish().await;
}
