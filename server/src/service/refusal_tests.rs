//! What a refusal repeats of its request is visible and short, in whichever member it stood.

use app::model::error::Error;
use app::port::*;
use serde_json::{Value, json};

use super::fixture::{admin, fill, service, with};

/// Where the document has texts, as JSON pointers.
fn texts(place: String, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(place),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                texts(format!("{place}/{i}"), item, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(format!("{place}/{name}"), member, found);
            }
        }
        _ => {}
    }
}

fn is_short(method: &str, place: &str, error: &Error) {
    let text = serde_json::to_string(error).unwrap();
    assert!(text.len() < 2_000, "{method} {place}: {}", text.len());
    let hidden = |c: char| c.is_control() && c != '\n';
    assert!(!error.message.contains(hidden), "{method} {place}: {error}");
}

#[tokio::test]
async fn no_refusal_grows_with_its_request() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let arn = fill(&service).await;
    let admin = admin(&service);
    let good = with(json!({
        "resourceArn": arn, "nextToken": "pcs_a.1", "clientToken": "12345678",
        "name": "a", "id": "a", "logType": "PCS_SCHEDULER_LOGS", "deliverySourceName": "a",
        "deliveryDestinationArn": "a", "deliveryDestinationName": "a", "deliveryDestinationPolicy": "{}",
        "slurmConfiguration": {"slurmCustomSettings": [{"parameterName": "MaxTime", "parameterValue": "1"}]},
        "securityGroupIds": ["sg-0b13b907d2e52f47c"], "sshKeyName": "getstarted-key",
        "computeNodeGroupConfigurations": [{"computeNodeGroupId": "pcs_a"}],
    }));
    let mut places = vec![];
    texts(String::new(), &good, &mut places);
    let mut refused = 0;
    for long in ["a".repeat(100_000), "a\u{7}".repeat(50_000)] {
        for place in &places {
            let mut input = good.clone();
            *input.pointer_mut(place).unwrap() = long.clone().into();
            macro_rules! ask {
                ($($method:ident)+) => {$(
                    if let Ok(input) = serde_json::from_value(input.clone())
                        && let Err(error) = service.$method(&admin, input).await
                    {
                        is_short(stringify!($method), place, &error);
                        refused += 1;
                    }
                )+};
            }
            ask! {
                create_cluster get_cluster list_clusters update_cluster delete_cluster
                create_compute_node_group get_compute_node_group list_compute_node_groups
                update_compute_node_group delete_compute_node_group
                create_queue get_queue list_queues update_queue delete_queue
                list_tags_for_resource tag_resource untag_resource get_secret_value
                put_delivery_destination get_delivery_destination describe_delivery_destinations
                delete_delivery_destination put_delivery_destination_policy get_delivery_destination_policy
                delete_delivery_destination_policy put_delivery_source get_delivery_source
                describe_delivery_sources delete_delivery_source create_delivery
                get_delivery describe_deliveries update_delivery_configuration
                delete_delivery
            }
        }
        for (method, answer) in [
            (
                "get_job",
                service
                    .get_job(&admin, "abc".into(), long.clone())
                    .await
                    .map(drop),
            ),
            (
                "get_node",
                service
                    .get_node(&admin, "abc".into(), long.clone())
                    .await
                    .map(drop),
            ),
            (
                "export_cluster",
                service
                    .export_cluster(&admin, long.clone(), Default::default())
                    .await
                    .map(drop),
            ),
        ] {
            is_short(method, "", &answer.unwrap_err());
        }
    }
    assert!(refused > 100, "{refused}");
}
