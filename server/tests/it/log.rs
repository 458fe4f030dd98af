//! What daemons log is kept once, whatever happens to their files and to the server, and the real AWS CLI reads it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

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

fn line(number: usize) -> String {
    format!("[2026-11-01T00:00:00.000+00:00] error: canary{number:04}")
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
    logged.plane.delete_all_of(CLUSTER).await;
    logged.plane.finish().await;
}
