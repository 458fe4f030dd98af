//! Jobs that ended are told of when Slurm has forgotten them, and when their cluster was deleted.

use app::paths;
use aws_sdk_pcs::types::*;
use reqwest::Method;
use reqwest::header::ACCEPT_ENCODING;
use serde_json::{Value, json};

use crate::harness::*;
use crate::job_parts::ask;

const CLUSTER: &str = "past";
/// What a spreadsheet would run, and more than one line of it.
const NAME: &str = "=1+1\n,\"x";

#[tokio::test]
async fn ended_jobs_are_told_of_whoever_forgot_them() {
    let plane = TestPlane::start(Database::OfRun).await;
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(600)
        .slurm_custom_settings(setting("MinJobAge", "5"))
        .accounting(accounting_on())
        .build();
    plane
        .new_cluster(CLUSTER)
        .slurm_configuration(slurm)
        .send()
        .await
        .unwrap();
    let cluster = plane.wait_cluster(CLUSTER, ClusterStatus::Active).await.id;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let past = Past {
        visitor: Visitor::sign_in(&plane).await,
        cluster,
    };

    let quiet = "--output=/dev/null";
    let good = plane.sbatch(CLUSTER, &[quiet, "--acctg-freq=task=1"], "srun sleep 4");
    let odd = plane.sbatch(CLUSTER, &[quiet, "--job-name", NAME], "exit 3");
    let array = plane.sbatch(CLUSTER, &[quiet, "--array=1-3"], "true");
    let again = plane.sbatch(
        CLUSTER,
        &[quiet],
        "[ $SLURM_RESTART_COUNT ] || scontrol requeue $SLURM_JOB_ID",
    );
    let held = plane.sbatch(CLUSTER, &[quiet, "--hold"], "true");
    let both = of_two(&plane, &[quiet]);
    let never = of_two(&plane, &[quiet, "--hold"]);
    for held in [&held, &never] {
        plane.connect(CLUSTER, &["scancel", held]);
    }

    let job = past.accounted(&good).await;
    let steps = job["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["id"] == "0"), "{job}");
    assert!(
        job["row"]["job"]["usedMemoryMib"].as_i64() > Some(0),
        "{job}"
    );
    assert_eq!(past.accounted(&odd).await["row"]["job"]["exitCode"], 3);
    assert_eq!(past.accounted(&held).await["row"]["job"]["startedAt"], 0);
    let twice = past.accounted(&again).await;
    assert_eq!(twice["row"]["job"]["state"], "COMPLETED", "{twice}");
    past.accounted(&format!("{array}_3")).await;

    wait_until("Slurm has forgotten them", async || {
        let known = plane.connect(CLUSTER, &["squeue", "--noheader", "--states=all"]);
        known.trim().is_empty().then_some(()).ok_or(known)
    })
    .await;
    past.are_told(&[&good, &odd, &array, &again, &held, &both, &never])
        .await;

    plane.delete_all_of(CLUSTER).await;
    let rows = past.list(json!({})).await;
    assert!(rows[0]["clusterDeletedAt"].as_i64() > Some(0), "{rows:?}");
    past.are_told(&[&good, &odd, &array, &again, &held, &both, &never])
        .await;
    let gone = past.detail(&good).await.unwrap();
    assert_eq!(
        (&gone["steps"], &gone["hasPage"]),
        (&job["steps"], &json!(false))
    );
    plane.finish().await;
}

/// A heterogeneous job of two components.
fn of_two(plane: &TestPlane, options: &[&str]) -> String {
    let one = [&["--partition=demo"], options].concat();
    let first = [&["sbatch", "--parsable", "--wrap=true"], &one[..]].concat();
    let all = [&first[..], &[":"], &one[..]].concat();
    plane.connect(CLUSTER, &all).trim().to_owned()
}

struct Past {
    visitor: Visitor,
    /// Its id.
    cluster: String,
}

impl Past {
    async fn detail(&self, job: &str) -> Result<Value, Value> {
        let body = json!({ "cluster_identifier": self.cluster, "job_id": job, "language": "en" });
        ask(&self.visitor, "get-past-job", body).await
    }

    /// The job once accounting has told of it.
    async fn accounted(&self, job: &str) -> Value {
        wait_until(&format!("accounting has told of job {job}"), async || {
            let detail = self
                .detail(job)
                .await
                .map_err(|refusal| refusal.to_string())?;
            match detail["row"]["job"]["isAccounted"] == json!(true) {
                true => Ok(detail),
                false => Err(detail.to_string()),
            }
        })
        .await
    }

    async fn answer(&self, of: Value, page: Value) -> Value {
        let body = json!({ "of": of, "page": page, "language": "en" });
        ask(&self.visitor, "list-past-jobs", body).await.unwrap()
    }

    async fn list(&self, page: Value) -> Vec<Value> {
        let of = json!({ "clusterIdentifier": self.cluster });
        let answer = self.answer(of, page).await;
        answer["page"]["rows"].as_array().unwrap().clone()
    }

    async fn found(&self, filter: &str) -> Vec<String> {
        let rows = self.list(json!({ "filter": filter })).await;
        let ids = rows
            .iter()
            .map(|row| row["job"]["id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    /// The list has these, each once, by whatever it is asked for.
    async fn are_told(&self, [good, odd, array, again, held, both, never]: &[&str; 7]) {
        let mut all = self.found("").await;
        all.sort();
        let tasks = [1, 2, 3].map(|task| format!("{array}_{task}"));
        let jobs = [good, odd, again, held].map(|id| (*id).to_string());
        let components = [both, never].map(|id| [format!("{id}+0"), format!("{id}+1")]);
        let components = components.iter().flatten();
        let mut wanted: Vec<String> = tasks
            .iter()
            .chain(&jobs)
            .chain(components)
            .cloned()
            .collect();
        wanted.sort();
        assert_eq!(all, wanted);
        assert_eq!(self.found("State = failed").await, [*odd]);
        assert_eq!(self.found("state != completed").await.len(), 4);
        assert_eq!(self.found("=1+1").await, [*odd]);
        assert_eq!(self.found(&format!("Job = {good}")).await, [*good]);
        assert_eq!(self.found("Queue = other").await, [""; 0]);
        self.pages_follow_each_other(&all).await;
        self.the_table_has_them(odd, all.len()).await;
    }

    async fn pages_follow_each_other(&self, all: &[String]) {
        let (mut found, mut after) = (vec![], Value::Null);
        loop {
            let answer = self
                .answer(json!({ "after": after }), json!({ "size": 2 }))
                .await;
            let rows = answer["page"]["rows"].as_array().unwrap().clone();
            found.extend(
                rows.iter()
                    .map(|row| row["job"]["id"].as_str().unwrap().to_owned()),
            );
            after = answer["next"].clone();
            if after.is_null() {
                break;
            }
        }
        found.sort();
        assert_eq!(found, all);
        let tomorrow = app::model::date::parse("2100-01-01T00:00:00Z").unwrap();
        let none = self.answer(json!({ "from": tomorrow }), json!({})).await;
        assert_eq!(none["page"]["found"], 0);
    }

    async fn the_table_has_them(&self, odd: &str, count: usize) {
        let of = json!({ "clusterIdentifier": self.cluster, "timeZone": "Asia/Shanghai" });
        let file = paths::past_jobs_file(&of.to_string(), "{}", "en");
        let answer = self
            .visitor
            .request(Method::GET, &file)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let table = answer.text().await.unwrap();
        let small = self.visitor.request(Method::GET, &file);
        let small = small.header(ACCEPT_ENCODING, "gzip").send().await.unwrap();
        assert!(small.bytes().await.is_ok(), "all of it comes");
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), count + 1, "{table}");
        assert!(lines[0].contains(",ended (Asia/Shanghai),"), "{table}");
        assert!(lines[1].contains("+08:00,"), "{table}");
        let line = lines
            .iter()
            .find(|line| line.contains(&format!(",{CLUSTER},{odd},")))
            .unwrap();
        // Slurm's accounting has another mark for quotes.
        assert!(line.contains(r#","'=1+1␊,`x","#), "{line}");
    }
}
