//! For the tests of this room: a service on a database of its own, and something in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::model::catalogue::SlurmVersion;
use app::model::name::Arns;
use app::model::status::Status;
use app::port::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Service;
use super::system::Itself;
use crate::auth::seal::Seal;
use crate::db::server::ServerRow;
use crate::db::{Db, resource};
use crate::live::homes::Homes;
use crate::live::meter::Meter;
use crate::live::observed::Observed;
use crate::live::reach::Reach;
use crate::live::status::Statuses;
use crate::logs::stores::Stores;
use crate::parts::Parts;
use crate::provider::buckets::Buckets;
use crate::provider::local::Local;
use crate::provider::script::Scripts;
use crate::slurm::catalogue;
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::database::Database;
use crate::slurm::job_user::JobUser;

/// One that can write down what is wanted; nothing starts for it.
pub async fn service(dir: &Path) -> Service {
    let url = format!("sqlite://{}/test.db?mode=rwc", dir.display());
    let db = Db::connect(&url).await.unwrap();
    let version = SlurmVersion {
        id: "24.11".into(),
        name: "Slurm 24.11".into(),
        end_of_life: "2026-05-29".into(),
        suspended_from: None,
        installed: true,
        has_accounting: false,
        has_rest: false,
    };
    // The server looks for itself what is installed.
    let sbin = catalogue::prefix(dir, &version.id).join("sbin");
    std::fs::create_dir_all(&sbin).unwrap();
    std::fs::write(sbin.join("slurmctld"), "").unwrap();
    let agent = dir.join("agent");
    let meter = Meter::default();
    let parts = Parts {
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        arns: Arns {
            region: "us-east-1".into(),
            account: "111122223333".into(),
        },
        provider: Arc::new(Local::new(dir, dir, &agent, "unix:none", vec![version]).unwrap()),
        seal: Arc::new(Seal::new(&[7; 32]).unwrap()),
        ports: "40000-49999".parse().unwrap(),
        audit_days: 0,
        metrics_every: Duration::from_secs(60),
        server: ServerRow {
            id: "here".into(),
            url: String::new(),
            host: String::new(),
            process: "here-1".into(),
        },
        homes: Homes::new(None),
        observed: Observed::new(db.changes()),
        logs: Stores::below(dir),
        delivering: Default::default(),
        database: Database::private(dir, &agent, "nobody".into()),
        controllers: ControllerHost::new(dir, dir, agent),
        wakers: Default::default(),
        gates: Default::default(),
        statuses: Statuses::new(meter.clone()),
        endpoint: "unix:none".into(),
        guard: Default::default(),
        shared_dirs: vec![],
        scripts: Scripts::new(Buckets::below(dir.join("buckets"))),
        job_user: JobUser::own().unwrap(),
        db: db.clone(),
    };
    Service {
        parts,
        submissions: Default::default(),
        names: Default::default(),
        recorder: Default::default(),
        itself: Arc::new(Itself {
            started_at: 0,
            database: url.parse().unwrap(),
            options: vec![],
            scheduler_root: dir.into(),
            meter,
            pulse: Default::default(),
            reach: Reach::new(db),
            versions: Default::default(),
            for_nodes: None,
            account: Default::default(),
        }),
    }
}

/// What any operation asks for; an input takes of it what is its own.
pub fn everything() -> Value {
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
        "serverId": "other", "resourceType": "", "resourceId": "", "document": "", "prune": false, "dryRun": false,
    })
}

pub fn with(more: Value) -> Value {
    let mut all = everything();
    let members = all.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    all
}

pub fn of<T: DeserializeOwned>(input: Value) -> T {
    serde_json::from_value(input).unwrap()
}

/// Somebody who is signed in.
pub fn admin(service: &Service) -> Ctx {
    let user = Principal::User {
        name: "admin".into(),
        arn: service.parts.arns.user("admin"),
    };
    Ctx::new(user, Why::Api, "request".into())
}

/// A cluster `abc` with a group `group` and a queue `queue`; the cluster's ARN.
pub async fn fill(service: &Service) -> String {
    let admin = admin(service);
    let made = service.create_cluster(&admin, of(everything())).await;
    let arn = made.unwrap().cluster.arn;
    let mut row = (*service.find_cluster("abc").await.unwrap()).clone();
    row.status = Status::Active;
    let mut write = service.parts.db.write().await.unwrap();
    resource::update(&mut write, &row, false).await.unwrap();
    write.commit().await.unwrap();
    let group = service.create_compute_node_group(&admin, of(everything()));
    group.await.unwrap();
    let queue = service.create_queue(&admin, of(everything()));
    queue.await.unwrap();
    arn
}
