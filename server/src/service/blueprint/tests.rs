//! Documents against a database of their own; what the reconciler would write down is written here.

use std::path::Path;

use app::model::apply::*;
use app::model::cluster::UpdateClusterRequest;
use app::model::compute_node_group::UpdateComputeNodeGroupRequest;
use app::model::live::Kind;
use app::model::queue::UpdateQueueRequest;
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use app::model::tag::TagResourceRequest;
use app::port::*;
use serde_json::{Value, json};

use crate::db::cluster::ClusterSpec;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::resource::{self, Row};
use crate::service::Service;
use crate::service::fixture::{admin, fill, of, service, with};
use crate::service::resource::Resource;

/// A cluster, a group and a queue, each of them ACTIVE.
async fn filled(dir: &Path) -> Service {
    let service = service(dir).await;
    fill(&service).await;
    settle(&service, Status::Active).await;
    service
}

/// What was asked for is in force, or has failed so.
async fn settle(service: &Service, status: Status) {
    settle_all::<ClusterSpec>(service, status).await;
    settle_all::<ComputeNodeGroupSpec>(service, status).await;
    settle_all::<QueueSpec>(service, status).await;
}

async fn settle_all<S: Resource>(service: &Service, status: Status) {
    let rows: Vec<Row<S>> = resource::list(service.parts.db.pool(), None).await.unwrap();
    let mut write = service.parts.db.write().await.unwrap();
    for mut row in rows {
        match status {
            Status::Active => row.applied_spec = Some(row.spec.clone()),
            _ => {
                row.spec = row.applied_spec.clone().unwrap();
                row.error_info = vec![ErrorInfo {
                    code: None,
                    message: Some("Slurm said no.".into()),
                }];
            }
        }
        row.status = status;
        resource::update(&mut write, &row, false).await.unwrap();
    }
    write.commit().await.unwrap();
}

async fn export(service: &Service) -> String {
    let admin = admin(service);
    let exported = service.export_cluster(&admin, "abc".into(), Format::Json);
    exported.await.unwrap()
}

async fn pass(service: &Service, request: &ApplyRequest) -> ApplyOutcome {
    let admin = admin(service);
    service.apply(&admin, request.clone()).await.unwrap()
}

fn changed(document: &str, change: impl Fn(&mut Value)) -> ApplyRequest {
    let mut changed: Value = serde_json::from_str(document).unwrap();
    change(&mut changed);
    ApplyRequest {
        document: changed.to_string(),
        ..Default::default()
    }
}

fn states(outcome: &ApplyOutcome, kind: Kind) -> &ApplyState {
    let mut steps = outcome.steps.iter();
    &steps.find(|step| step.kind == kind).unwrap().state
}

#[tokio::test]
async fn what_a_run_has_begun_in_vain_it_does_not_begin_again() {
    let dir = tempfile::tempdir().unwrap();
    let service = filled(dir.path()).await;
    let document = export(&service).await;
    let max_time = json!([{"parameterName": "MaxTime", "parameterValue": "60"}]);
    let mut request = changed(&document, |d| {
        d["cluster"]["slurmConfiguration"]["scaleDownIdleTimeInSeconds"] = 7.into();
        d["computeNodeGroups"][0]["slurmConfiguration"]["scaleDownIdleTimeInSeconds"] = 7.into();
        d["queues"][0]["slurmConfiguration"]["slurmCustomSettings"] = max_time.clone();
    });
    let kinds = [Kind::Cluster, Kind::ComputeNodeGroup, Kind::Queue];
    let begun = pass(&service, &request).await;
    for kind in kinds {
        assert_eq!(*states(&begun, kind), ApplyState::Begun, "{begun:?}");
    }
    let fresh = request.clone();
    request.note(&begun);
    let under_way = pass(&service, &request).await;
    assert_eq!(under_way.refusal(), None, "{under_way:?}");

    settle(&service, Status::UpdateFailed).await;
    for _ in 0..2 {
        let refused = pass(&service, &request).await;
        for kind in kinds {
            let ApplyState::Refused { error } = states(&refused, kind) else {
                panic!("{kind:?}: {refused:?}");
            };
            assert!(error.message.contains("Slurm said no."), "{error}");
        }
        assert!(!refused.is_done() && !refused.is_waiting(), "{refused:?}");
        request.note(&refused);
    }
    // Somebody may have mended what stood in the way: whoever begins anew is not held back by what was.
    let again = pass(&service, &fresh).await;
    assert_eq!(*states(&again, Kind::Queue), ApplyState::Begun, "{again:?}");
}

/// A pass says of whatever it finds that it waits, is done, or cannot be: nothing is waited for that will never come.
#[tokio::test]
async fn nothing_is_waited_for_in_vain() {
    let dir = tempfile::tempdir().unwrap();
    let service = filled(dir.path()).await;
    let document = export(&service).await;
    let of_queue_only = changed(&document, |d| {
        d["computeNodeGroups"] = json!([]);
        d["queues"][0]["computeNodeGroups"] = json!(["group"]);
        d["queues"][0]["slurmConfiguration"]["slurmCustomSettings"] = json!([]);
    });
    for status in [
        Status::CreateFailed,
        Status::DeleteFailed,
        Status::Suspended,
    ] {
        settle_all::<ComputeNodeGroupSpec>(&service, status).await;
        let outcome = pass(&service, &of_queue_only).await;
        let (step, error) = outcome.refusal().unwrap();
        assert_eq!(step.kind, Kind::Queue);
        assert!(error.message.contains(status.as_str()), "{error}");
    }
}

/// One change of each member: what was exported before brings it back.
#[tokio::test]
async fn an_exported_document_brings_back_all_that_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let service = filled(dir.path()).await;
    let admin = admin(&service);
    let document = export(&service).await;
    let same = ApplyRequest {
        document: document.clone(),
        ..Default::default()
    };
    assert!(pass(&service, &same).await.is_done());
    let setting = |name: &str, value: &str| {
        let one = json!({"parameterName": name, "parameterValue": value});
        json!({"slurmCustomSettings": [one]})
    };
    let sg = json!(["sg-0169b01ec4ef0ef5b"]);
    let group = arn_of::<ComputeNodeGroupSpec>(&service).await;
    let group_id = group.rsplit('/').next().unwrap();
    for (noun, change) in [
        (
            "cluster",
            json!({"slurmConfiguration": setting("KillWait", "77")}),
        ),
        (
            "cluster",
            json!({"slurmConfiguration": {"scaleDownIdleTimeInSeconds": 77}}),
        ),
        ("cluster", json!({"tags": {"a": "c", "new": ""}})),
        (
            "group",
            json!({"scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 3}}),
        ),
        ("group", json!({"securityGroupIds": sg})),
        ("group", json!({"sshKeyName": "getstarted-key"})),
        (
            "group",
            json!({"launchTemplateMode": "MANAGED", "securityGroupIds": sg, "customLaunchTemplate": null}),
        ),
        ("group", json!({"amiId": ""})),
        (
            "group",
            json!({"slurmConfiguration": {"scaleDownIdleTimeInSeconds": 77}}),
        ),
        (
            "group",
            json!({"slurmConfiguration": setting("Weight", "77")}),
        ),
        ("group", json!({"tags": {"new": ""}})),
        (
            "queue",
            json!({"slurmConfiguration": setting("MaxTime", "77")}),
        ),
        (
            "queue",
            json!({"computeNodeGroupConfigurations": [{"computeNodeGroupId": group_id}]}),
        ),
        ("queue", json!({"tags": {"new": ""}})),
    ] {
        let found = service.find_cluster("abc").await.unwrap();
        let arn = match noun {
            "cluster" => service.parts.arns.cluster(&found.id),
            "group" => arn_of::<ComputeNodeGroupSpec>(&service).await,
            _ => arn_of::<QueueSpec>(&service).await,
        };
        let mut input = json!({
            "clusterIdentifier": "abc", "computeNodeGroupIdentifier": "group", "queueIdentifier": "queue",
        });
        input
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let asked = match noun {
            _ if change.get("tags").is_some() => {
                let input: TagResourceRequest = of(with(json!({
                    "resourceArn": arn, "tags": change["tags"]
                })));
                service.tag_resource(&admin, input).await.map(drop)
            }
            "cluster" => {
                let input: UpdateClusterRequest = of(input);
                service.update_cluster(&admin, input).await.map(drop)
            }
            "group" => {
                let input: UpdateComputeNodeGroupRequest = of(input);
                service
                    .update_compute_node_group(&admin, input)
                    .await
                    .map(drop)
            }
            _ => {
                let input: UpdateQueueRequest = of(input);
                service.update_queue(&admin, input).await.map(drop)
            }
        };
        assert_eq!(asked, Ok(()), "{noun} {change}");
        settle(&service, Status::Active).await;
        assert_ne!(export(&service).await, document, "{noun} {change}");
        let outcome = pass(&service, &same).await;
        assert_eq!(outcome.refusal(), None, "{noun} {change}");
        settle(&service, Status::Active).await;
        assert_eq!(export(&service).await, document, "{noun} {change}");
        assert!(pass(&service, &same).await.is_done(), "{noun} {change}");
    }
    // And makes another one that is the same.
    let copy = ApplyRequest {
        name: Some("copy".into()),
        ..same
    };
    for _ in 0..3 {
        assert_eq!(pass(&service, &copy).await.refusal(), None);
        settle(&service, Status::Active).await;
    }
    let copied = service.export_cluster(&admin, "copy".into(), Format::Json);
    let copied = copied.await.unwrap();
    assert_eq!(copied.replace("\"copy\"", "\"abc\""), document);
}

async fn arn_of<S: Resource>(service: &Service) -> String {
    let rows: Vec<Row<S>> = resource::list(service.parts.db.pool(), None).await.unwrap();
    S::arn(&service.parts.arns, &rows[0].cluster_id, &rows[0].id)
}

#[tokio::test]
async fn logs_go_where_the_document_says() {
    let dir = tempfile::tempdir().unwrap();
    let service = filled(dir.path()).await;
    let document = export(&service).await;
    let directory = |name: &str| {
        let arn = format!("arn:aws:pcs:us-east-1:111122223333:log-directory/{name}");
        json!({"logType": "PCS_JOBCOMP_LOGS", "destinationResourceArn": arn})
    };
    let bucket = json!({
        "logType": "PCS_SCHEDULER_LOGS", "destinationResourceArn": "arn:aws:s3:::logs", "destinationName": "shared",
    });
    let with = |deliveries: Value| changed(&document, |d| d["logDeliveries"] = deliveries.clone());
    let told = |outcome: &ApplyOutcome| {
        let steps = outcome.steps.iter();
        let own = steps.filter(|step| step.kind == Kind::LogDelivery);
        let own = own.map(|step| (step.name.clone(), step.action, step.state.clone()));
        own.collect::<Vec<_>>()
    };
    let of = |action: ApplyAction, state: ApplyState| {
        let names = ["PCS_JOBCOMP_LOGS to LOCAL", "PCS_SCHEDULER_LOGS to S3"];
        names.map(|name| (name.to_owned(), action, state.clone()))
    };
    let both = with(json!([directory("a"), bucket]));
    let dry = ApplyRequest {
        dry_run: true,
        ..both.clone()
    };
    for (request, action, state) in [
        (&dry, ApplyAction::Create, ApplyState::Planned),
        (&both, ApplyAction::Create, ApplyState::Begun),
        (&both, ApplyAction::Keep, ApplyState::Done),
    ] {
        assert_eq!(told(&pass(&service, request).await), of(action, state));
    }
    let exported: Value = serde_json::from_str(&export(&service).await).unwrap();
    assert_eq!(exported["logDeliveries"], json!([directory("a"), bucket]));

    // Another place for one of them; what is not named stays, unless it is to go.
    let moved = with(json!([directory("b")]));
    let dry = ApplyRequest {
        dry_run: true,
        ..moved.clone()
    };
    let planned = pass(&service, &dry).await;
    let plan = planned.steps.last().unwrap().plan.as_ref().unwrap();
    assert_eq!(plan.changes.len(), 1, "{plan:?}");
    assert_eq!(plan.changes[0].path, "destinationResourceArn");
    let begun = told(&pass(&service, &moved).await);
    assert_eq!((begun.len(), begun[0].1), (1, ApplyAction::Update));
    assert!(pass(&service, &moved).await.is_done());
    let exported: Value = serde_json::from_str(&export(&service).await).unwrap();
    assert_eq!(exported["logDeliveries"], json!([directory("b"), bucket]));
    let silent = changed(&document, |d| {
        d.as_object_mut().unwrap().remove("logDeliveries");
    });
    let prune = |request: ApplyRequest| ApplyRequest {
        prune: true,
        ..request
    };
    assert_eq!(told(&pass(&service, &prune(silent)).await), []);
    let gone = told(&pass(&service, &prune(moved)).await);
    assert_eq!(gone[1].1, ApplyAction::Delete, "{gone:?}");
    assert_eq!(
        told(&pass(&service, &prune(with(json!([])))).await).len(),
        1
    );
    assert_eq!(export(&service).await, document);

    let admin = admin(&service);
    let twice = with(json!([directory("a"), directory("b")]));
    let refused = service.apply(&admin, twice).await.unwrap_err();
    assert!(refused.message.contains("stands twice"), "{refused}");
    let nowhere =
        json!({"logType": "PCS_JOBCOMP_LOGS", "destinationResourceArn": "arn:aws:sqs:::a"});
    let outcome = pass(&service, &with(json!([nowhere]))).await;
    let (_, error) = outcome.refusal().unwrap();
    assert!(error.message.contains("log-directory/NAME"), "{error}");
}
