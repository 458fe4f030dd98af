//! Deliveries of logs as `aws logs` asks for them (L1), typed into the real AWS CLI.

use serde_json::{Value, json};

use crate::harness::*;

on_both_databases!(
    the_guides_three_commands_connect_a_cluster_with_a_destination,
    each_rule_is_said_with_its_remedy,
    lists_come_page_by_page,
    a_cluster_takes_its_sources_with_it,
);

const BUCKET: &str = "arn:aws:s3:::amzn-s3-demo-bucket";
const GROUP: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/pcs/scheduler:*";
const STREAM: &str = "arn:aws:firehose:us-east-1:111122223333:deliverystream/pcs";
const DIRECTORY: &str = "arn:aws:pcs:us-east-1:111122223333:log-directory/pcs";

fn run(plane: &TestPlane, command: &str) -> std::process::Output {
    let words: Vec<&str> = command.split_whitespace().collect();
    plane.server.aws(&[&["logs"][..], &words].concat())
}

/// What a command of `aws logs` prints, as JSON; it must succeed.
#[track_caller]
pub fn logs(plane: &TestPlane, command: &str) -> Value {
    let output = run(plane, command);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "aws logs {command}: {complaint}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// That it is refused by this exception, in words that hold all these.
#[track_caller]
fn refused(plane: &TestPlane, command: &str, exception: &str, words: &[&str]) {
    let output = run(plane, command);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "aws logs {command} succeeded");
    for word in [&[exception], words].concat() {
        assert!(
            complaint.contains(word),
            "aws logs {command}: no {word} in {complaint}"
        );
    }
}

/// A destination of that name; its ARN.
fn put(plane: &TestPlane, name: &str, resource: &str) -> String {
    let put = format!(
        "put-delivery-destination --name {name} --delivery-destination-configuration destinationResourceArn={resource}"
    );
    let made = logs(plane, &put);
    made["deliveryDestination"]["arn"].as_str().unwrap().into()
}

fn put_source(name: &str, cluster: &str, log_type: &str) -> String {
    format!("put-delivery-source --name {name} --resource-arn {cluster} --log-type {log_type}")
}

fn connect(source: &str, destination: &str) -> String {
    format!(
        "create-delivery --delivery-source-name {source} --delivery-destination-arn {destination}"
    )
}

/// The id of the delivery that the command makes.
fn made(plane: &TestPlane, command: &str) -> String {
    let made = logs(plane, command);
    made["delivery"]["id"].as_str().unwrap().into()
}

async fn the_guides_three_commands_connect_a_cluster_with_a_destination(plane: &TestPlane) {
    let cluster = plane.cluster("delivered", 600).await.arn;
    let destination = logs(
        plane,
        &format!(
            "put-delivery-destination --region us-east-1 --name pcs-logs-destination --tags team=a \
             --delivery-destination-configuration destinationResourceArn={BUCKET}"
        ),
    );
    let arn = "arn:aws:logs:us-east-1:111122223333:delivery-destination:pcs-logs-destination";
    let wanted = json!({
        "name": "pcs-logs-destination", "arn": arn, "deliveryDestinationType": "S3", "outputFormat": "json",
        "deliveryDestinationConfiguration": {"destinationResourceArn": BUCKET}, "tags": {"team": "a"},
    });
    assert_eq!(destination["deliveryDestination"], wanted);
    let source = logs(
        plane,
        &put_source("delivered-source", &cluster, "PCS_SCHEDULER_LOGS"),
    );
    let wanted = json!({
        "name": "delivered-source", "arn": "arn:aws:logs:us-east-1:111122223333:delivery-source:delivered-source",
        "resourceArns": [cluster], "service": "pcs", "logType": "PCS_SCHEDULER_LOGS",
    });
    assert_eq!(source["deliverySource"], wanted);
    let delivery = logs(plane, &connect("delivered-source", arn))["delivery"].clone();
    let id = delivery["id"].as_str().unwrap();
    assert_eq!(delivery["deliverySourceName"], "delivered-source");
    assert_eq!(delivery["deliveryDestinationArn"], arn);
    assert_eq!(delivery["deliveryDestinationType"], "S3");
    assert_eq!(delivery["recordFields"][0], "resource_id");

    // Each is told as it was made, and the same again is the same.
    let again = logs(
        plane,
        &put_source("delivered-source", &cluster, "PCS_SCHEDULER_LOGS"),
    );
    assert_eq!(again, source);
    let again = put(plane, "pcs-logs-destination", BUCKET);
    assert_eq!(again, arn);
    let got = logs(
        plane,
        "get-delivery-destination --name pcs-logs-destination",
    );
    assert_eq!(got, destination);
    assert_eq!(
        logs(plane, "get-delivery-source --name delivered-source"),
        source
    );
    let got = logs(plane, &format!("get-delivery --id {id}"));
    assert_eq!(got["delivery"], delivery);
    logs(plane, &format!("update-delivery-configuration --id {id}"));

    // Whoever else may deliver there.
    let of = "--delivery-destination-name pcs-logs-destination";
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    logs(
        plane,
        &format!("put-delivery-destination-policy {of} --delivery-destination-policy {policy}"),
    );
    let got = logs(plane, &format!("get-delivery-destination-policy {of}"));
    assert_eq!(got["policy"]["deliveryDestinationPolicy"], policy);
    logs(plane, &format!("delete-delivery-destination-policy {of}"));
    let got = logs(plane, &format!("get-delivery-destination-policy {of}"));
    assert_eq!(got["policy"], json!({}));

    // What is in use stays.
    refused(
        plane,
        "delete-delivery-source --name delivered-source",
        "ConflictException",
        &[id],
    );
    let delete = "delete-delivery-destination --name pcs-logs-destination";
    refused(
        plane,
        delete,
        "ConflictException",
        &[id, "delivered-source"],
    );
    let elsewhere = format!(
        "put-delivery-destination --name pcs-logs-destination \
         --delivery-destination-configuration destinationResourceArn={STREAM}"
    );
    refused(plane, &elsewhere, "ConflictException", &["in use"]);
    logs(plane, &format!("delete-delivery --id {id}"));
    logs(plane, &elsewhere);
    logs(plane, "delete-delivery-source --name delivered-source");
    logs(plane, delete);
    for gone in [
        &format!("get-delivery --id {id}"),
        "get-delivery-source --name delivered-source",
        "get-delivery-destination --name pcs-logs-destination",
        &format!("delete-delivery --id {id}"),
    ] {
        refused(plane, gone, "ResourceNotFoundException", &["There is no"]);
    }
}

async fn each_rule_is_said_with_its_remedy(plane: &TestPlane) {
    let cluster = plane.shared_cluster().await.arn.clone();
    let destination = |more: &str| format!("put-delivery-destination --name a {more}");
    let to = |arn: &str| {
        destination(&format!(
            "--delivery-destination-configuration destinationResourceArn={arn}"
        ))
    };
    let invalid = "ValidationException";
    for (command, words) in [
        (
            to("arn:aws:sqs:us-east-1:111122223333:a"),
            ["destinationResourceArn", "log-group:NAME"],
        ),
        (
            to("arn:aws:pcs:us-east-1:111122223333:log-directory/.."),
            ["destinationResourceArn", "log-directory/NAME"],
        ),
        (
            to(BUCKET) + " --output-format w3c",
            ["outputFormat", "json"],
        ),
        (
            to(BUCKET) + " --delivery-destination-type FH",
            ["deliveryDestinationType", "S3"],
        ),
        (
            destination("--delivery-destination-type XRAY"),
            ["deliveryDestinationConfiguration", "ARN"],
        ),
        (
            to(BUCKET).replace("--name a", "--name a.b"),
            ["name", "hyphens"],
        ),
        (to(BUCKET) + " --tags aws:a=b", ["tags", "another key"]),
        (
            put_source("a", &cluster, "ACCESS_LOGS"),
            ["logType", "PCS_JOBCOMP_LOGS"],
        ),
        (
            put_source("a", BUCKET, "PCS_SCHEDULER_LOGS"),
            ["resourceArn", "get-cluster"],
        ),
    ] {
        refused(plane, &command, invalid, &words);
    }
    let nobody = format!("{cluster}x");
    let command = put_source("a", &nobody, "PCS_SCHEDULER_LOGS");
    refused(
        plane,
        &command,
        "ResourceNotFoundException",
        &["no cluster"],
    );

    logs(plane, &put_source("rules", &cluster, "PCS_SCHEDULER_LOGS"));
    let command = put_source("twin", &cluster, "PCS_SCHEDULER_LOGS");
    refused(plane, &command, "ConflictException", &["rules already"]);
    let places = [GROUP, BUCKET, STREAM, DIRECTORY];
    let arns: Vec<String> = (places.iter().enumerate())
        .map(|(i, place)| put(plane, &format!("rules-{i}"), place))
        .collect();
    let to_bucket = connect("rules", &arns[1]);
    for (more, words) in [
        ("--record-fields message", ["recordFields", "all of them"]),
        ("--field-delimiter ,", ["fieldDelimiter", "Leave it out"]),
        (
            "--s3-delivery-configuration suffixPath=a",
            ["suffixPath", "PREFIX"],
        ),
        (
            "--s3-delivery-configuration enableHiveCompatiblePath=true",
            ["enableHiveCompatiblePath", "false"],
        ),
    ] {
        refused(plane, &format!("{to_bucket} {more}"), invalid, &words);
    }
    let missing = "ResourceNotFoundException";
    refused(
        plane,
        &connect("nobody", &arns[0]),
        missing,
        &["describe-delivery-sources"],
    );
    let nowhere = format!("{}x", arns[0]);
    refused(
        plane,
        &connect("rules", &nowhere),
        missing,
        &["describe-delivery-destinations"],
    );
    refused(
        plane,
        &connect("rules", BUCKET),
        missing,
        &["describe-delivery-destinations"],
    );
    let ids: Vec<String> = (arns[..3].iter())
        .map(|arn| made(plane, &connect("rules", arn)))
        .collect();
    refused(
        plane,
        &to_bucket,
        "ConflictException",
        &["one delivery of each type"],
    );
    let fourth = connect("rules", &arns[3]);
    refused(
        plane,
        &fourth,
        "ServiceQuotaExceededException",
        &["3 deliveries", &ids[0]],
    );
    logs(plane, &format!("delete-delivery --id {}", ids[0]));
    let fourth = logs(plane, &fourth)["delivery"].clone();
    assert_eq!(fourth["deliveryDestinationType"], "LOCAL");
    for id in [&*ids[1], &ids[2], fourth["id"].as_str().unwrap()] {
        logs(plane, &format!("delete-delivery --id {id}"));
    }
    logs(plane, "delete-delivery-source --name rules");
}

async fn lists_come_page_by_page(plane: &TestPlane) {
    let names = ["page-a", "page-b", "page-c"];
    for name in names {
        put(plane, name, BUCKET);
    }
    let all = "describe-delivery-destinations --page-size 1 --query deliveryDestinations[].name";
    let found = logs(plane, all);
    let found: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mine: Vec<&&str> = found.iter().filter(|name| names.contains(name)).collect();
    assert_eq!(mine, [&"page-a", &"page-b", &"page-c"]);
    let first = logs(
        plane,
        "describe-delivery-destinations --no-paginate --limit 1",
    );
    assert_eq!(first["deliveryDestinations"].as_array().unwrap().len(), 1);
    let token = first["nextToken"].as_str().unwrap();
    let next = logs(
        plane,
        &format!("describe-delivery-destinations --no-paginate --limit 1 --next-token {token}"),
    );
    assert_ne!(next["deliveryDestinations"], first["deliveryDestinations"]);
    for list in ["deliveries", "delivery-sources"] {
        let other = format!("describe-{list} --no-paginate --next-token {token}");
        refused(plane, &other, "ValidationException", &["nextToken"]);
    }
    let many = "describe-deliveries --no-paginate --limit 51";
    refused(plane, many, "ValidationException", &["limit"]);
}

async fn a_cluster_takes_its_sources_with_it(plane: &TestPlane) {
    let cluster = plane.cluster("taken", 600).await.arn;
    let arn = put(plane, "stays", DIRECTORY);
    let source = put_source("goes", &cluster, "PCS_SCHEDULER_LOGS") + " --tags team=a";
    logs(plane, &source);
    let id = made(plane, &connect("goes", &arn));
    plane.delete_cluster("taken").await;
    let missing = "ResourceNotFoundException";
    refused(
        plane,
        "get-delivery-source --name goes",
        missing,
        &["There is no"],
    );
    refused(
        plane,
        &format!("get-delivery --id {id}"),
        missing,
        &["There is no"],
    );
    logs(plane, "delete-delivery-destination --name stays");
    let again = plane.cluster("taken", 600).await.arn;
    let source = logs(plane, &put_source("goes", &again, "PCS_SCHEDULER_LOGS"));
    assert_eq!(source["deliverySource"]["tags"], Value::Null);
}
