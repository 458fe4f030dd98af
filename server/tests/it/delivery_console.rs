//! Deliveries of logs as a cluster's page sets them up and shows them (L1).

use serde_json::{Value, json};

use super::job_parts::ask;
use crate::harness::*;

on_both_databases!(
    a_delivery_is_set_up_and_removed_in_one_step,
    what_is_there_is_used_and_stays,
);

const DIRECTORY: &str = "arn:aws:pcs:us-east-1:111122223333:log-directory/pcs";
const BUCKET: &str = "arn:aws:s3:::amzn-s3-demo-bucket";

async fn set_up(
    visitor: &Visitor,
    cluster: &str,
    name: &str,
    arn: Option<&str>,
) -> Result<Value, Value> {
    let input = json!({
        "clusterIdentifier": cluster, "destinationName": name, "destinationResourceArn": arn,
    });
    ask(visitor, "set-up-delivery", json!({ "input": input })).await
}

async fn remove(visitor: &Visitor, delivery: &Value) {
    let input = json!({ "id": delivery["id"] });
    let removed = ask(visitor, "remove-delivery", json!({ "input": input })).await;
    removed.unwrap();
}

async fn deliveries(visitor: &Visitor, cluster: &str) -> Value {
    let body = json!({ "cluster_identifier": cluster });
    ask(visitor, "cluster-deliveries", body).await.unwrap()
}

/// The destinations that are named after that cluster.
fn names<'f>(found: &'f Value, cluster: &str) -> Vec<&'f str> {
    let all = found["destinations"].as_array().unwrap().iter();
    let names = all.map(|one| one["name"].as_str().unwrap());
    names.filter(|name| name.starts_with(cluster)).collect()
}

/// What the audit trail says that the console did to the source or destination of that name.
async fn audited(plane: &TestPlane, arn_end: &str) -> Vec<String> {
    let pool = plane.database().await;
    let query = sqlx::query_scalar(
        "select operation from audit where why = 'console' and resource_arn like $1 order by at",
    );
    let found = query.bind(format!("%:{arn_end}")).fetch_all(&pool).await;
    pool.close().await;
    found.unwrap()
}

async fn a_delivery_is_set_up_and_removed_in_one_step(plane: &TestPlane) {
    let cluster = plane.cluster("in-one-step", 600).await;
    let visitor = Visitor::sign_in(plane).await;
    let before = deliveries(&visitor, &cluster.id).await;
    assert_eq!(before["deliveries"], json!([]));
    let source = format!("{}-scheduler-logs", cluster.id);
    assert_eq!(before["logs"].as_array().unwrap().len(), 3);
    let log = &before["logs"][0];
    assert_eq!(log["sourceName"], source);
    let record = log["sample"]["record"].as_str().unwrap();
    let record: Value = serde_json::from_str(record).unwrap();
    assert_eq!(record["resource_id"], cluster.id);
    let stream = log["sample"]["stream"].as_str().unwrap();
    assert!(stream.starts_with(&format!("AWSLogs/PCS/{}/slurmctld_", cluster.id)));

    let named = |what: &str| format!("{}-{what}", cluster.id);
    let (local, s3) = (named("local"), named("s3"));
    let made = set_up(&visitor, &cluster.id, &local, Some(DIRECTORY)).await;
    let made = made.unwrap();
    assert_eq!(made["deliverySourceName"], source);
    let id = &made["id"];
    let test = || ask(&visitor, "test-delivery", json!({ "input": { "id": id } }));
    let tested = test().await.unwrap();
    assert_eq!(tested["error"], "", "{tested}");
    let place = tested["place"].as_str().unwrap();
    let text = std::fs::read_to_string(place).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let message = record["message"].as_str().unwrap();
    assert!(message.contains("Nothing has happened"), "{message}");
    // It is told in words what stands in the way.
    let folder = std::path::Path::new(place).parent().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    std::fs::write(folder, "no directory").unwrap();
    let tested = test().await.unwrap();
    let error = tested["error"].as_str().unwrap();
    assert!(error.contains("cannot be written"), "{error}");
    std::fs::remove_file(folder).unwrap();
    set_up(&visitor, "in-one-step", &s3, Some(BUCKET))
        .await
        .unwrap();

    // What the last step refuses leaves nothing of the others.
    let twin = set_up(&visitor, &cluster.id, &named("twin"), Some(DIRECTORY)).await;
    let refusal = twin.unwrap_err().to_string();
    assert!(
        refusal.contains("has one delivery of each type"),
        "{refusal}"
    );
    let wrong = set_up(
        &visitor,
        &cluster.id,
        &named("wrong"),
        Some("arn:aws:sqs:a"),
    )
    .await;
    let refusal = wrong.unwrap_err().to_string();
    assert!(refusal.contains("destinationResourceArn"), "{refusal}");
    let unknown = set_up(&visitor, &cluster.id, "unknown", None).await;
    let refusal = unknown.unwrap_err().to_string();
    assert!(
        refusal.contains("There is no delivery destination"),
        "{refusal}"
    );

    let found = deliveries(&visitor, &cluster.id).await;
    assert_eq!(names(&found, &cluster.id), [&local, &s3]);
    let all = found["deliveries"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    let one = all.iter().find(|one| one["kind"] == "LOCAL").unwrap();
    assert_eq!(one["id"], made["id"]);
    assert_eq!(one["destinationResourceArn"], DIRECTORY);
    assert_eq!(one["logType"], "PCS_SCHEDULER_LOGS");

    assert_eq!(audited(plane, &local).await, ["PutDeliveryDestination"]);
    for one in all {
        remove(&visitor, one).await;
    }
    let after = deliveries(&visitor, &cluster.id).await;
    assert_eq!(
        (names(&after, &cluster.id), &after["deliveries"]),
        (vec![], &json!([]))
    );
    let done = audited(plane, &local).await;
    assert_eq!(
        done,
        ["PutDeliveryDestination", "DeleteDeliveryDestination"]
    );
    let done = audited(plane, &source).await;
    assert_eq!(
        done.last().map(String::as_str),
        Some("DeleteDeliverySource")
    );
    let output = plane
        .server
        .aws(&["logs", "describe-delivery-sources", "--output", "json"]);
    let left = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !left.contains(&source), "{left}");
}

async fn what_is_there_is_used_and_stays(plane: &TestPlane) {
    let first = plane.cluster("first", 600).await;
    let second = plane.cluster("second", 600).await;
    let visitor = Visitor::sign_in(plane).await;
    let shared = format!("{}-s3", first.id);
    let made = set_up(&visitor, &first.id, &shared, Some(BUCKET))
        .await
        .unwrap();
    let other = set_up(&visitor, &second.id, &shared, None).await.unwrap();
    remove(&visitor, &made).await;
    let found = deliveries(&visitor, &second.id).await;
    assert_eq!(names(&found, &first.id), [&shared]);
    assert_eq!(found["deliveries"][0]["id"], other["id"]);
    // Its name is of the other cluster's: it is nothing that was made for this one.
    remove(&visitor, &other).await;
    let found = deliveries(&visitor, &second.id).await;
    assert_eq!(names(&found, &first.id), [&shared]);
}
