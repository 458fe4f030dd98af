//! What daemons log is kept once, whatever happens to their files and to the server, and the real AWS CLI reads it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use app::model::log::LogView;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "logged";

fn append(log: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    file.write_all(bytes).unwrap();
}

/// Of today: lines of longer ago are past their time.
fn line(number: usize) -> String {
    let today = chrono::Utc::now().format("%Y-%m-%dT00:00:00.000+00:00");
    format!("[{today}] error: canary{number:04}")
}

struct Logged {
    plane: TestPlane,
    group: String,
    log: PathBuf,
}

impl Logged {
    fn logs(&self, words: &[&str]) -> String {
        let output = self.plane.server.aws(&[&["logs"], words].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws logs {words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.logs(words)).unwrap()
    }

    /// The lines that have that word, as the CLI reads them page by page.
    fn messages(&self, word: &str) -> Vec<String> {
        let found = self.json(&[
            "filter-log-events",
            "--log-group-name",
            &self.group,
            "--filter-pattern",
            word,
        ]);
        let events = found["events"].as_array().unwrap();
        events
            .iter()
            .map(|one| one["message"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn has(&self, word: &str, wanted: &[String]) {
        wait_until(&format!("{} lines with {word}", wanted.len()), async || {
            let found = self.messages(word);
            (found == wanted)
                .then_some(())
                .ok_or_else(|| format!("{found:?}"))
        })
        .await;
    }
}

#[tokio::test]
async fn each_line_is_kept_once_and_the_aws_cli_reads_it() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = plane.cluster(CLUSTER, 3).await;
    let clusters = plane.server.data().join("clusters");
    let log = clusters.join(&cluster.id).join("controller/slurmctld.log");
    let mut logged = Logged {
        group: format!("/aws/pcs/clusters/{}", cluster.id),
        plane,
        log,
    };
    // Slurm's own.
    let groups = logged.json(&["describe-log-groups"]);
    assert_eq!(
        groups["logGroups"][0]["logGroupName"],
        logged.group.as_str()
    );
    wait_until("slurmctld's lines are there", async || {
        let found = logged.messages("slurmctld");
        (!found.is_empty())
            .then_some(())
            .ok_or_else(|| "none".to_owned())
    })
    .await;
    let streams = logged.json(&["describe-log-streams", "--log-group-name", &logged.group]);
    let stream = streams["logStreams"][0]["logStreamName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        stream.starts_with(&format!("AWSLogs/PCS/{}/slurmctld_", cluster.id)),
        "{stream}"
    );

    // Rotation, truncation, and an end of the server in the midst.
    let mut wanted = vec![];
    let mut more = |log: &Path, count: usize| {
        for _ in 0..count {
            wanted.push(line(wanted.len()));
            append(log, format!("{}\n", line(wanted.len() - 1)).as_bytes());
        }
        wanted.clone()
    };
    let rotated = logged.log.with_extension("log.1");
    more(&logged.log, 50);
    fs::rename(&logged.log, &rotated).unwrap();
    let all = more(&logged.log, 50);
    logged.has("canary", &all).await;
    more(&logged.log, 500);
    logged.plane.crash().await;
    let all = more(&logged.log, 50);
    logged.has("canary", &all).await;
    OpenOptions::new()
        .write(true)
        .open(&logged.log)
        .unwrap()
        .set_len(0)
        .unwrap();
    let all = more(&logged.log, 50);
    logged.has("canary", &all).await;

    // What is no text.
    append(&logged.log, b"hostile \xff\x1b[31m<script>\n");
    append(
        &logged.log,
        &[&b"hostile "[..], &vec![b'x'; 1_000_000], b"\n"].concat(),
    );
    wait_until("hostile lines are kept", async || {
        let found = logged.messages("hostile");
        let is_safe = found.len() == 2 && found[0] == "hostile \u{fffd}\u{241b}[31m<script>";
        let is_bounded = found.iter().all(|one| one.len() < 20_000);
        (is_safe && is_bounded)
            .then_some(())
            .ok_or_else(|| format!("{}", found.len()))
    })
    .await;

    // The newest, by its stream; and by the call that version 2 of the CLI tails with.
    let newest = [
        "get-log-events",
        "--log-group-name",
        &logged.group,
        "--log-stream-name",
        &stream,
        "--limit",
        "2",
    ];
    let newest = logged.json(&newest);
    let events = newest["events"].as_array().unwrap();
    assert_eq!(events[0]["message"], "hostile \u{fffd}\u{241b}[31m<script>");
    assert_eq!(events.len(), 2);
    let tailed = logged.logs(&[
        "filter-log-events",
        "--log-group-name",
        &logged.group,
        "--start-time",
        "1700000000000",
        "--interleaved",
        "--filter-pattern",
        "canary0649",
    ]);
    assert!(tailed.contains("canary0649"), "{tailed}");
    the_console_searches(&logged.plane, &cluster.id).await;
    // From its beginning on, however many lines were before.
    let from_there = [
        "get-log-events",
        "--log-group-name",
        &logged.group,
        "--log-stream-name",
        &stream,
        "--start-from-head",
        "--start-time",
        "1700000000000",
    ];
    let first = logged.json(&from_there)["events"][0].clone();
    assert!(first["timestamp"].as_i64() >= Some(1_700_000_000_000));

    logged.plane.delete_all_of(CLUSTER).await;
    // What it logged is read on, its last words too.
    let groups = logged.json(&["describe-log-groups"])["logGroups"].clone();
    assert_eq!(groups[0]["logGroupName"], logged.group.as_str());
    assert_eq!(logged.messages("canary0649").len(), 1);
    logged.plane.finish().await;
}

/// By words, level and daemon, page by page both ways, around a time, and as a download.
async fn the_console_searches(plane: &TestPlane, cluster: &str) {
    let visitor = Visitor::sign_in(plane).await;
    let search = async |view: Value| -> (Vec<String>, Value) {
        let body = json!({"cluster_identifier": cluster, "view": view});
        let answer = visitor.post("/console/search-log", body.to_string()).await;
        assert!(answer.status().is_success(), "{answer:?}");
        let page: Value = answer.json().await.unwrap();
        let lines = page["lines"].as_array().unwrap().iter();
        let texts = lines.map(|line| line["text"].as_str().unwrap().to_owned());
        (texts.collect(), page)
    };
    let (texts, page) =
        search(json!({"text": "CANARY", "level": "error", "daemon": "slurmctld"})).await;
    assert_eq!(texts.len(), 200);
    assert_eq!(texts[0], line(699), "the newest first");
    let before = page["older"].as_i64().unwrap().to_string();
    assert!(page["newer"].is_null());
    let (texts, page) = search(json!({"text": "canary", "before": before})).await;
    assert_eq!((texts[0].as_str(), texts.len()), (line(499).as_str(), 200));
    let after = page["newer"].as_i64().unwrap().to_string();
    let (texts, _) = search(json!({"text": "canary", "after": after})).await;
    assert_eq!(texts[0], line(699), "back to the newer ones");
    for none in [
        json!({"text": "canary0699", "daemon": "slurmdbd"}),
        json!({"text": "canary0699", "level": "fatal"}),
        json!({"text": "nowhere"}),
    ] {
        assert_eq!(search(none.clone()).await.0, [""; 0], "{none}");
    }
    let (_, page) = search(json!({"text": "canary0649"})).await;
    let at = page["lines"][0]["at"].as_i64().unwrap().to_string();
    let (texts, page) = search(json!({"around": at})).await;
    assert!(texts.contains(&line(699)), "{texts:?}");
    assert!(page["older"].is_i64());

    let path = app::paths::log_file(
        cluster,
        &LogView {
            text: "canary".into(),
            ..LogView::default()
        },
    );
    let file = visitor.request(Method::GET, &path).send().await.unwrap();
    assert!(file.status().is_success());
    let text = file.text().await.unwrap();
    assert_eq!(text.lines().count(), 700);
    let first = format!("slurmctld {}", line(699));
    assert_eq!(text.lines().next(), Some(first.as_str()));

    let page = visitor.request(
        Method::GET,
        &format!("/logs?cluster={cluster}&text=hostile"),
    );
    let html = page.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("<mark>hostile</mark>"), "{html}");
    assert!(!html.contains("[31m<script>"), "it is a text");
}
