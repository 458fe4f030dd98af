//! The logs beside what happened: which jobs ended, and who called what. Each record of a real Slurm reaches the directory
//! that it is delivered to once. What slurmctld logs reaches CloudWatch Logs and S3, both moto's, once too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use app::model::log::AUDIT_APART_SINCE;
use openpcs_server::db::now;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::delivery_engine::records;
use crate::delivery_api::logs;
use crate::harness::*;

const CLUSTER: &str = "recorded";

/// Of the account that moto answers for.
const GROUP: &str = "/pcs/recorded";
const BUCKET: &str = "pcs-recorded";

struct Recorded {
    plane: TestPlane,
    cluster_id: String,
}

impl Recorded {
    fn aws(&self, command: &str) -> Value {
        logs(&self.plane, command)
    }

    /// Has that log of the cluster delivered to the directory of that name; the delivery's id.
    fn deliver(&self, arn: &str, log_type: &str, name: &str) -> String {
        let place = format!("arn:aws:pcs:us-east-1:111122223333:log-directory/{name}");
        self.put_source(arn, log_type, name);
        self.connect(name, name, &place)
    }

    fn put_source(&self, arn: &str, log_type: &str, name: &str) {
        self.aws(&format!(
            "put-delivery-source --name {name} --resource-arn {arn} --log-type {log_type}"
        ));
    }

    /// Has that source delivered to that place, by a destination of that name.
    fn connect(&self, source: &str, name: &str, place: &str) -> String {
        let made = self.aws(&format!(
            "put-delivery-destination --name {name} \
             --delivery-destination-configuration destinationResourceArn={place}"
        ));
        let to = made["deliveryDestination"]["arn"].as_str().unwrap();
        let made = self.aws(&format!(
            "create-delivery --delivery-source-name {source} --delivery-destination-arn {to}"
        ));
        made["delivery"]["id"].as_str().unwrap().to_owned()
    }

    fn delivered(&self, name: &str) -> Vec<Value> {
        records(&self.plane.server.data().join("log-deliveries").join(name))
    }

    fn file(&self, log: &str) -> PathBuf {
        let clusters = self.plane.server.data().join("clusters");
        clusters.join(&self.cluster_id).join("controller").join(log)
    }

    /// Runs a job to its end.
    async fn run(&self, name: &str) -> u64 {
        let option = format!("--job-name={name}");
        let job = self.plane.sbatch(CLUSTER, &[&option], "true");
        self.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        job.parse().unwrap()
    }

    /// Of each job its records, when all these have one.
    async fn jobs(&self, wanted: &[u64]) -> BTreeMap<u64, Vec<Value>> {
        wait_until("the jobs' records are delivered", async || {
            let all = self.delivered("jobs");
            let mut found: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
            for record in &all {
                let job = &record["fields"]["jobcomp"];
                let id = job["job_id"].as_u64().unwrap_or_default();
                found.entry(id).or_default().push(record.clone());
            }
            let is_there = wanted.iter().all(|job| found.contains_key(job));
            is_there.then_some(found).ok_or_else(|| format!("{all:?}"))
        })
        .await
    }

    /// What is kept of slurmctld's log, with when it was written.
    async fn kept(&self) -> Vec<(String, i64)> {
        let file = format!("logs/{}.db", self.cluster_id);
        let file = self.plane.server.data().join(file);
        let options = SqliteConnectOptions::new().filename(file);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        // Who called what is a part of it in those versions that have no log of that.
        let all = "SELECT text, at FROM line JOIN stream ON stream.id = line.stream WHERE daemon = 'slurmctld' \
                   OR daemon = 'slurmctld_audit' AND version < ? ORDER BY seq";
        let all = sqlx::query_as(all).bind(AUDIT_APART_SINCE);
        let all = all.fetch_all(&pool).await.unwrap();
        pool.close().await;
        all
    }

    /// What is there of it, is there once: all of what was logged since then.
    async fn is_there_once(&self, mut there: Vec<String>, since: i64) {
        let kept = self.kept().await;
        let fresh = kept.iter().filter(|(_, at)| *at > since).count();
        let may_be = fresh..=kept.len();
        assert!(
            fresh > 10 && may_be.contains(&there.len()),
            "{} of {fresh}",
            there.len()
        );
        let from = kept.len() - there.len();
        let mut wanted: Vec<String> = kept[from..].iter().map(|(text, _)| text.clone()).collect();
        there.sort();
        wanted.sort();
        assert_eq!(there, wanted);
    }

    async fn says_who_calls(&self, wanted: bool) {
        wait_until(&format!("slurmctld says who calls: {wanted}"), async || {
            let config = self.plane.connect(CLUSTER, &["scontrol", "show", "config"]);
            let flags = config.lines().find(|line| line.starts_with("DebugFlags"));
            let says = flags.is_some_and(|flags| flags.contains("AuditRPCs"));
            (says == wanted)
                .then_some(())
                .ok_or_else(|| format!("{flags:?}"))
        })
        .await;
    }
}

/// A server whose log groups and buckets are that account's.
async fn plane_of(moto: &Moto) -> TestPlane {
    let postgres = Database::OfRun.is_postgres().then(Postgres::start);
    let mut server = Server::new(postgres.as_ref().map(Postgres::url));
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    for (name, value) in [
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", endpoint.as_str()),
        ("AWS_ENDPOINT_URL_S3", &endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ] {
        server.environment(name, value);
    }
    TestPlane::on(server, postgres).await
}

/// What slurmctld logged, of all of these records.
fn of_slurmctld(records: impl Iterator<Item = Value>) -> Vec<String> {
    let of_it = records.filter(|record| record["log_name"] == "slurmctld");
    let texts = of_it.map(|record| record["message"].as_str().unwrap().to_owned());
    let whole = texts.map(|text| text.strip_suffix('\n').unwrap().to_owned());
    whole.collect()
}

fn in_the_group(moto: &Moto) -> Vec<String> {
    let of = ["logs", "filter-log-events", "--log-group-name", GROUP];
    let events = moto.aws(&of)["events"].as_array().unwrap().clone();
    let text = |event: &Value| event["message"].as_str().unwrap().to_owned();
    let records = events.iter().map(text);
    of_slurmctld(records.map(|record| serde_json::from_str(&record).unwrap()))
}

fn in_the_bucket(moto: &Moto, to: &Path) -> Vec<String> {
    let from = format!("s3://{BUCKET}");
    moto.aws(&["s3", "cp", "--recursive", &from, to.to_str().unwrap()]);
    of_slurmctld(records(to).into_iter())
}

#[tokio::test]
async fn each_record_is_delivered_once_to_a_directory_cloudwatch_logs_and_s3() {
    let moto = Moto::start().await;
    let plane = plane_of(&moto).await;
    let cluster = plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    let mut it = Recorded {
        plane,
        cluster_id: cluster.id,
    };
    it.says_who_calls(false).await;
    it.deliver(&cluster.arn, "PCS_JOBCOMP_LOGS", "jobs");
    let audit = it.deliver(&cluster.arn, "PCS_SCHEDULER_AUDIT_LOGS", "audit");
    it.says_who_calls(true).await;
    moto.aws(&["s3api", "create-bucket", "--bucket", BUCKET]);
    it.put_source(&cluster.arn, "PCS_SCHEDULER_LOGS", "scheduler");
    let place = format!("arn:aws:logs:us-east-1:111122223333:log-group:{GROUP}:*");
    it.connect("scheduler", "group", &place);
    it.connect("scheduler", "bucket", &format!("arn:aws:s3:::{BUCKET}"));
    let since = now();

    // What a job is called says nothing of others.
    let first = it.run("hello").await;
    let second = it.run("x JobState=FAILED Partition=p").await;
    let third = it
        .run("a\nJobId=99 UserId=root(0) GroupId=root(0) Name=b")
        .await;
    // The file is rotated while the server is down, and Slurm goes on.
    let file = it.file("jobcomp.log");
    fs::rename(&file, file.with_extension("log.1")).unwrap();
    it.plane.crash().await;
    let fourth = it.run("again").await;
    let found = it.jobs(&[first, second, fourth]).await;
    assert!(!found.contains_key(&99), "{found:?}");
    for (job, name) in [
        (first, "hello"),
        (second, "x JobState=FAILED Partition=p"),
        (fourth, "again"),
    ] {
        assert_eq!(found[&job].len(), 1, "{:?}", found[&job]);
        let record = &found[&job][0];
        assert_eq!(record["resource_id"], it.cluster_id.as_str());
        assert_eq!(record["scheduler_type"], "slurm");
        let told = &record["fields"]["jobcomp"];
        assert_eq!(told["name"], name);
        assert_eq!(told["job_state"], "COMPLETED");
        assert_eq!(told["partition"], "demo");
        let node = &told["node_details"][0];
        assert_eq!(node["name"], "compute-1-1", "{told}");
        assert!(node["instance_id"].is_string(), "{told}");
        assert!(node["instance_type"].is_string(), "{told}");
    }
    let whole = it.delivered("jobs").len();
    assert!((4..=5).contains(&whole), "{whole}: {third} {found:?}");
    let group = format!("/aws/pcs/clusters/{}", it.cluster_id);
    let stream = format!("AWSLogs/PCS/{}/jobcomp.log", it.cluster_id);
    let read = format!("get-log-events --log-group-name {group} --log-stream-name {stream}");
    let events = it.aws(&read)["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), whole);

    // Each call that slurmctld tells is there, and nothing else.
    let told = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("] AUDIT_RPCS:"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let log = it.file("slurmctld.log");
    let wanted = told(&fs::read_to_string(&log).unwrap());
    assert!(!wanted.is_empty());
    let last = wanted.last().unwrap().clone();
    let audited = wait_until("who called what is delivered", async || {
        let all = it.delivered("audit");
        let messages = all.iter().map(|record| record["message"].as_str().unwrap());
        let messages: Vec<String> = messages.map(|text| text.trim_end().to_owned()).collect();
        let is_there = messages.contains(&last);
        is_there
            .then_some(messages)
            .ok_or_else(|| format!("{}", all.len()))
    })
    .await;
    let end = audited.iter().position(|line| *line == last).unwrap();
    assert_eq!(audited[..=end], wanted[wanted.len() - end - 1..]);
    // None but those before the delivery was made is missing.
    let before = wanted.len() - end - 1;
    assert!(before < 50, "{before} of {}", wanted.len());
    let record = it.delivered("audit").remove(0);
    assert_eq!(record["log_type"], "audit");
    assert_eq!(record["log_name"], "slurmctld");

    it.aws(&format!("delete-delivery --id {audit}"));
    it.says_who_calls(false).await;
    it.plane.delete_all_of(CLUSTER).await;
    it.is_there_once(in_the_group(&moto), since).await;
    let objects = in_the_bucket(&moto, &it.plane.server.root().join("objects"));
    it.is_there_once(objects, since).await;
    it.plane.finish().await;
}
