//! Plans against what the operation then does: nothing where nothing changes.

use app::model::plan::{Plan, PlanRequest, Warning};
use app::model::status::Status;
use app::port::*;
use serde_json::{Value, json};

use crate::db::cluster::ClusterSpec;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::resource::{self, Noun, Row};
use crate::service::Service;
use crate::service::fixture::{admin, fill, of, service};

/// All as the reconciler leaves them.
async fn settle(service: &Service) {
    settle_all::<ClusterSpec>(service).await;
    settle_all::<ComputeNodeGroupSpec>(service).await;
    settle_all::<QueueSpec>(service).await;
}

async fn settle_all<S: Noun>(service: &Service) {
    let rows: Vec<Row<S>> = resource::list(service.parts.db.pool(), None).await.unwrap();
    let mut write = service.parts.db.write().await.unwrap();
    for mut row in rows {
        row.status = Status::Active;
        row.applied_spec = Some(row.spec.clone());
        resource::update(&mut write, &row, false).await.unwrap();
    }
    write.commit().await.unwrap();
}

fn said(name: &str, value: &str) -> Value {
    let one = json!({"parameterName": name, "parameterValue": value});
    json!({
        "clusterIdentifier": "abc", "computeNodeGroupIdentifier": "group", "queueIdentifier": "queue",
        "slurmConfiguration": {"slurmCustomSettings": [one]},
    })
}

async fn plan(service: &Service, noun: &str, input: Value) -> Plan {
    let request = match noun {
        "cluster" => PlanRequest::UpdateCluster(of(input)),
        "group" => PlanRequest::UpdateComputeNodeGroup(of(input)),
        _ => PlanRequest::UpdateQueue(of(input)),
    };
    let plan = service.plan(&admin(service), request).await.unwrap();
    assert_eq!(plan.refusal, None, "{noun}");
    plan
}

#[tokio::test]
async fn a_plan_minds_no_spelling() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    fill(&service).await;
    settle(&service).await;
    let admin = admin(&service);
    let by = |name: &str| said(name, "7");
    service
        .update_cluster(&admin, of(by("KillWait")))
        .await
        .unwrap();
    let group = service.update_compute_node_group(&admin, of(by("weight")));
    group.await.unwrap();
    service
        .update_queue(&admin, of(by("MAXTIME")))
        .await
        .unwrap();
    settle(&service).await;
    for (noun, names, own) in [
        ("cluster", ["killwait", "KILLWAIT", "KillWait"], "KillWait"),
        ("group", ["WEIGHT", "Weight", "weight"], "Weight"),
        ("queue", ["maxtime", "MaxTime", "MAXTIME"], "MaxTime"),
    ] {
        for name in names {
            let same = plan(&service, noun, said(name, "7")).await;
            assert_eq!(same.changes, [], "{noun} {name}");
            assert!(same.warnings.contains(&Warning::NothingChanges), "{name}");
            assert_eq!(same.nodes, Default::default(), "{noun} {name}");

            let other = plan(&service, noun, said(name, "8")).await;
            let paths: Vec<&str> = other.changes.iter().map(|c| c.path.as_str()).collect();
            let path = format!("slurmConfiguration.slurmCustomSettings.{own}");
            assert_eq!(paths, [path], "{noun} {name}");
            let (before, after) = (&other.changes[0].before, &other.changes[0].after);
            assert_eq!(
                (before.as_deref(), after.as_deref()),
                (Some("7"), Some("8"))
            );
        }
    }
}
