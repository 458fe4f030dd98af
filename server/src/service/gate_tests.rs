//! Nobody gets past the gate: each method of the port refuses a stranger, for an operation that the port names for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use app::model::catalogue::SlurmVersion;
use app::model::error::{ErrorKind, Result};
use app::model::job::JobAction;
use app::model::name::Arns;
use app::model::node::NodeAction;
use app::model::operation::Operation;
use app::model::page::PageRequest;
use app::model::setting::SettingScope;
use app::model::status::Status;
use app::model::submit::SubmitJobRequest;
use app::port::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Service;
use super::system::Itself;
use crate::auth::seal::Seal;
use crate::db::{Db, resource};
use crate::live::meter::Meter;
use crate::live::observed::Observed;
use crate::live::reach::Reach;
use crate::live::status::Statuses;
use crate::provider::local::Local;
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::job_user::JobUser;

/// One that can write down what is wanted; nothing starts for it.
async fn service(dir: &Path) -> Service {
    let url = format!("sqlite://{}/test.db?mode=rwc", dir.display());
    let db = Db::connect(&url).await.unwrap();
    let version = SlurmVersion {
        id: "24.11".into(),
        name: "Slurm 24.11".into(),
        end_of_life: "2026-05-29".into(),
        installed: true,
    };
    let agent = dir.join("agent");
    let meter = Meter::default();
    Service {
        arns: Arns {
            region: "us-east-1".into(),
            account: "111122223333".into(),
        },
        provider: Arc::new(Local::new(dir, dir, &agent, "unix:none", vec![version]).unwrap()),
        seal: Arc::new(Seal::new(&[7; 32]).unwrap()),
        ports: "40000-49999".parse().unwrap(),
        server_id: "here".into(),
        observed: Observed::new(db.changes()),
        controllers: ControllerHost::new(dir, dir, agent),
        wakers: Default::default(),
        submissions: Default::default(),
        job_user: JobUser::own().unwrap(),
        itself: Arc::new(Itself {
            started_at: 0,
            database: url.parse().unwrap(),
            scheduler_root: dir.into(),
            statuses: Statuses::new(meter.clone()),
            meter,
            pulse: Default::default(),
            reach: Reach::new(db.clone()),
            versions: Default::default(),
        }),
        db,
    }
}

/// What any operation asks for; an input takes of it what is its own.
fn everything() -> Value {
    json!({
        "clusterIdentifier": "abc", "computeNodeGroupIdentifier": "group", "queueIdentifier": "queue",
        "clusterName": "abc", "computeNodeGroupName": "group", "queueName": "queue", "size": "SMALL",
        "scheduler": {"type": "SLURM", "version": "24.11"},
        "networking": {"subnetIds": ["subnet-03ef3990a11e7a351"], "securityGroupIds": ["sg-0b13b907d2e52f47c"]},
        "subnetIds": ["subnet-03ef3990a11e7a351"], "amiId": "ami-0a5c0000241100000",
        "customLaunchTemplate": {"id": "lt-049ee8a3d752bbe70", "version": "1"},
        "iamInstanceProfileArn": "arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role",
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
        "instanceConfigs": [{"instanceType": "c6i.xlarge"}],
        "tags": {"a": "b"}, "tagKeys": ["a"], "SecretId": "any", "bootstrapId": "any",
        "jobId": "1", "nodeNames": ["group-1"], "reason": "none",
        "resourceType": "", "resourceId": "", "document": "", "prune": false, "dryRun": false,
    })
}

fn with(more: Value) -> Value {
    let mut all = everything();
    let members = all.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    all
}

fn of<T: DeserializeOwned>(input: Value) -> T {
    serde_json::from_value(input).unwrap()
}

fn word(action: impl Serialize) -> Value {
    serde_json::to_value(action).unwrap()
}

/// A cluster `abc` with a group `group` and a queue `queue`; the cluster's ARN.
async fn fill(service: &Service) -> String {
    let user = Principal::User {
        name: "admin".into(),
        arn: service.arns.user("admin"),
    };
    let admin = Ctx::new(user, Why::Api, "request".into());
    let made = service.create_cluster(&admin, of(everything())).await;
    let arn = made.unwrap().cluster.arn;
    let mut row = (*service.find_cluster("abc").await.unwrap()).clone();
    row.status = Status::Active;
    let mut write = service.db.write().await.unwrap();
    resource::update(&mut write, &row, false).await.unwrap();
    write.commit().await.unwrap();
    let group = service.create_compute_node_group(&admin, of(everything()));
    group.await.unwrap();
    let queue = service.create_queue(&admin, of(everything()));
    queue.await.unwrap();
    arn
}

/// The action that it was refused for.
fn refused(method: &str, answer: Result<()>) -> String {
    let error = answer.expect_err(method);
    assert_eq!(error.kind, ErrorKind::AccessDenied, "{method}: {error}");
    let action = error.message.split("perform: ").nth(1);
    let action = action.and_then(|rest| rest.split(' ').next());
    action.unwrap_or(&error.message).to_owned()
}

#[tokio::test]
async fn every_method_asks_before_it_answers() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path()).await;
    let arn = fill(&service).await;
    let empty_dir = tempfile::tempdir().unwrap();
    let empty = self::service(empty_dir.path()).await;
    let stranger = Ctx::new(Principal::Anonymous, Why::Api, "request".into());
    let mut actions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    macro_rules! ask {
        ($($method:ident($($input:expr),*);)+) => {
            $({
                let method = stringify!($method);
                let answer = service.$method(&stranger, $($input),*).await.map(drop);
                // What is there and what is not is refused in the same words.
                let nothing = empty.$method(&stranger, $($input),*).await.map(drop);
                assert_eq!(nothing, answer, "{method}");
                let action = refused(method, answer);
                actions.entry(stringify!($method)).or_default().insert(action);
            })+
        };
    }
    let cluster = || "abc".to_owned();
    let tagged = || with(json!({"resourceArn": arn}));
    let version = || "24.11".to_owned();
    let page = PageRequest::default;
    ask! {
        create_cluster(of(everything()));
        get_cluster(of(everything()));
        list_clusters(of(everything()));
        update_cluster(of(everything()));
        delete_cluster(of(everything()));
        create_compute_node_group(of(everything()));
        get_compute_node_group(of(everything()));
        list_compute_node_groups(of(everything()));
        update_compute_node_group(of(everything()));
        delete_compute_node_group(of(everything()));
        create_queue(of(everything()));
        get_queue(of(everything()));
        list_queues(of(everything()));
        update_queue(of(everything()));
        delete_queue(of(everything()));
        list_tags_for_resource(of(tagged()));
        tag_resource(of(tagged()));
        untag_resource(of(tagged()));
        get_secret_value(of(everything()));
        list_jobs(Some(cluster()), page());
        list_jobs(None, page());
        count_jobs(cluster());
        get_job(cluster(), "1".into());
        submit_job(SubmitJobRequest { cluster_identifier: cluster(), ..Default::default() });
        job_output(of(everything()));
        controller_log(of(everything()));
        list_nodes(Some(cluster()), page());
        list_nodes(None, page());
        count_nodes(Some(cluster()));
        count_nodes(None);
        get_node(cluster(), "group-1".into());
        node_logs(cluster(), "i-1".into());
        list_events(of(everything()), page());
        export_cluster(cluster(), Default::default());
        apply(of(with(json!({"document": DOCUMENT}))));
        list_settings(SettingScope::Cluster, version());
        check_settings(SettingScope::Cluster, version(), vec![]);
        identity();
        refusals(cluster());
        troubles(cluster());
        catalogue();
        set_aside();
        system();
    }
    for action in JobAction::ALL {
        ask! { act_on_job(of(with(json!({"action": word(action)})))); }
    }
    for action in NodeAction::ALL {
        ask! { act_on_nodes(of(with(json!({"action": word(action)})))); }
    }
    let changes = Operation::PCS.iter().filter(|one| {
        let name = one.name();
        ["Create", "Update", "Delete"]
            .iter()
            .any(|verb| name.starts_with(verb))
    });
    for operation in changes {
        let request = json!({"operation": operation.name(), "input": everything()});
        ask! { plan(of(request.clone())); }
    }

    // An instance brings its own proof, and is refused for that.
    let register = service.register_compute_node_group_instance(&stranger, of(everything()));
    let words = refused("register", register.await.map(drop));
    assert!(words.starts_with("The bootstrap id is wrong"), "{words}");

    for method in methods() {
        let named: BTreeSet<String> = method.operations.iter().map(|one| one.action()).collect();
        match method.name {
            "register_compute_node_group_instance" => assert!(!actions.contains_key(method.name)),
            // It asks for one after the other.
            "apply" => assert!(named.is_superset(&actions[method.name])),
            name => assert_eq!(actions.get(name), Some(&named), "{name}"),
        }
    }
}

const DOCUMENT: &str = r#"
apiVersion: openpcs/v1
cluster:
  name: abc
  scheduler: { type: SLURM, version: "24.11" }
  size: SMALL
  networking: {}
computeNodeGroups: []
queues: []
"#;
