//! The logs beside what happened: which jobs ended, and who called what. Each record of a real Slurm reaches the directory
//! that it is delivered to once.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::delivery_engine::records;
use crate::delivery_api::logs;
use crate::harness::*;

const CLUSTER: &str = "recorded";

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
        let place = "arn:aws:pcs:us-east-1:111122223333:log-directory";
        let made = self.aws(&format!(
            "put-delivery-destination --name {name} \
             --delivery-destination-configuration destinationResourceArn={place}/{name}"
        ));
        let to = made["deliveryDestination"]["arn"].as_str().unwrap();
        self.aws(&format!(
            "put-delivery-source --name {name} --resource-arn {arn} --log-type {log_type}"
        ));
        let made = self.aws(&format!(
            "create-delivery --delivery-source-name {name} --delivery-destination-arn {to}"
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

#[tokio::test]
async fn jobs_that_ended_and_who_called_what_are_delivered_once() {
    let plane = TestPlane::start(Database::OfRun).await;
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
    it.plane.finish().await;
}
