//! What must not be read later is not written (S5): secrets are typed wherever there is room for one, in requests that are
//! done and in those that are refused, and are then in no table, no file of the server, no log and no answer.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::{Column, Row, TypeInfo};

use crate::harness::*;

const CLUSTER: &str = "canaries";

/// Words that are nowhere else, and what was answered to who typed them.
#[derive(Default)]
struct Fed {
    words: Vec<String>,
    answers: Vec<String>,
}

impl Fed {
    fn canary(&mut self, place: &str) -> String {
        let word = format!("Canary9f3b1c77-{place}");
        self.words.push(word.clone());
        word
    }

    /// What only was made here, and whoever asked for it was told.
    fn made(&mut self, secret: &str) {
        assert!(secret.len() >= 16, "{secret}");
        self.words.push(secret.to_owned());
    }
}

/// Signing in, and the commands that manage who may.
async fn passwords(plane: &TestPlane, fed: &mut Fed) {
    let client = client_at([127, 0, 0, 8]);
    let (wrong, name) = (fed.canary("sign-in"), fed.canary("name"));
    assert_eq!(
        sign_in(&client, &plane.server, "admin", &wrong).await,
        SignedIn::No
    );
    assert_eq!(
        sign_in(&client, &plane.server, &name, &wrong).await,
        SignedIn::No
    );
    let mut user = |words: &[&str], place: &str| {
        let file = plane.server.root().join(place);
        fs::write(&file, fed.canary(place)).unwrap();
        let mut command = plane.command(&[&["user"], words].concat());
        command.arg("--password-file").arg(&file);
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        fed.answers.push(told);
        output.status.success()
    };
    assert!(user(&["add", "ann"], "password-of-ann"));
    assert!(!user(&["add", "a b"], "password-of-a-b"));
    assert!(!user(&["password", "nobody"], "password-of-nobody"));
    let key = plane.command(&["key", "create", "ann"]).output().unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let secret = key.split("aws_secret_access_key = ").nth(1).unwrap();
    fed.made(secret.trim());
    let made = plane.command(&["user", "add", "bob"]).output().unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    fed.made(made.split("Password: ").nth(1).unwrap().trim());
}

/// The API, signed well and badly.
async fn api(plane: &TestPlane, fed: &mut Fed) {
    let http = plane.http();
    let script = json!({
        "name": "a", "arguments": [fed.canary("argument")],
        "scriptSource": {"scriptLocation": format!("https://b/x.sh?X-Amz-Signature={}", fed.canary("presigned"))},
    });
    let group = json!({
        "clusterIdentifier": "nobody", "computeNodeGroupName": "g", "nodeLifecycleActions": {"stages": {"nodeReady": [script]}},
    });
    let registers = json!({"clusterIdentifier": CLUSTER, "bootstrapId": fed.canary("bootstrap")});
    let misspelled = json!({"clusterIdentifier": CLUSTER, "Password": fed.canary("misspelled")});
    for (operation, body) in [
        ("CreateComputeNodeGroup", group),
        ("RegisterComputeNodeGroupInstance", registers),
        ("GetCluster", misspelled),
    ] {
        let answer = http.call(operation, body.to_string()).await;
        fed.answers.push(answer.text);
    }
    let mut request = http.request("ListClusters", "{}");
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/pcs/aws4_request, SignedHeaders=host, Signature={}",
        fed.canary("key"),
        fed.canary("signature")
    );
    let headers = request.headers_mut();
    headers.insert("authorization", scope.parse().unwrap());
    fed.answers.push(http.send(request).await.text);
    for path in ["/metrics", "/instance/v1/ready", "/controller/v1/hooks"] {
        let bearer = format!("Bearer {}", fed.canary("bearer"));
        let request = http::Request::get(format!("{}{path}", plane.server.endpoint()));
        let request = request.header("authorization", bearer).body(vec![]);
        fed.answers.push(http.send(request.unwrap()).await.text);
    }
}

/// The console.
async fn console(plane: &TestPlane, fed: &mut Fed) {
    let visitor = Visitor::sign_in(plane).await;
    let webhook = |url: String, secret: String| {
        let settings = json!({"kind": "webhook", "name": "hook", "url": url});
        let put = json!({"putChannel": {"id": "", "settings": settings, "secret": secret}});
        json!({"input": {"change": put}, "language": "en"})
    };
    let (inner, path) = (fed.canary("user-of-url"), fed.canary("path-of-url"));
    let odd = format!("ftp://me:{inner}@host/{path}");
    let job = json!({"input": {
        "clusterIdentifier": CLUSTER, "queue": "none", "name": "a", "workingDirectory": "/tmp",
        "script": format!("#!/bin/sh\nexport KEY={}\n", fed.canary("script")), "array": "", "hold": false,
    }});
    let good = webhook(
        "https://hooks.invalid/a".into(),
        fed.canary("secret-of-hook"),
    );
    for (function, body, is_done) in [
        ("change-notifications", good, true),
        (
            "change-notifications",
            webhook(odd, fed.canary("refused-secret")),
            false,
        ),
        ("submit-job", job, false),
    ] {
        let path = format!("/console/{function}");
        let answer = visitor.post(&path, body.to_string()).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status.is_success(), is_done, "{function}: {text}");
        fed.answers.push(text);
    }
    for path in ["/audit", "/console/audit?form=csv", "/notifications"] {
        let answer = visitor.request(reqwest::Method::GET, path).send().await;
        fed.answers.push(answer.unwrap().text().await.unwrap());
    }
}

/// Each row of each table, all its columns.
async fn tables(plane: &TestPlane) -> Vec<(String, String)> {
    let pool = plane.database().await;
    let named = "select name from sqlite_master where type = 'table'";
    let names: Vec<String> = match sqlx::query_scalar(named).fetch_all(&pool).await {
        Ok(names) => names,
        Err(_) => {
            let named = "select cast(tablename as text) from pg_tables where schemaname = 'public'";
            sqlx::query_scalar(named).fetch_all(&pool).await.unwrap()
        }
    };
    let mut all = vec![];
    for name in names.into_iter().filter(|name| !name.starts_with('_')) {
        let select = format!("select * from {name}");
        let rows = sqlx::query(&select).fetch_all(&pool).await.unwrap();
        for row in rows {
            let cells = row.columns().iter().map(|column| {
                let is_text = column.type_info().name() == "TEXT";
                let text = || row.try_get::<Option<String>, _>(column.ordinal()).unwrap();
                is_text.then(text).flatten().unwrap_or_default()
            });
            all.push((name.clone(), cells.collect::<Vec<_>>().join("\n")));
        }
    }
    pool.close().await;
    assert!(all.iter().any(|(table, _)| table == "audit"));
    all
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn secrets_that_are_typed_are_nowhere() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let mut fed = Fed::default();
    passwords(&plane, &mut fed).await;
    api(&plane, &mut fed).await;
    console(&plane, &mut fed).await;
    let export = plane.command(&["audit", "export"]).output().unwrap();
    let export = String::from_utf8(export.stdout).unwrap();
    // Each of these is there, so that it is not for want of records that there is no word.
    for operation in [
        "ConsoleLogin",
        "CreateUser",
        "SetUserPassword",
        "CreateAccessKey",
        "CreateComputeNodeGroup",
        "RegisterComputeNodeGroupInstance",
        "ChangeNotifications",
        "SubmitJob",
    ] {
        let is_it = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["eventName"] == operation
        };
        assert!(export.lines().any(is_it), "no {operation} in {export}");
    }
    let mut all: Vec<(String, String)> = tables(&plane).await;
    let mut paths = vec![plane.server.root().join("log")];
    files(&plane.server.data(), &mut paths);
    for path in paths {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
        all.push((path.display().to_string(), text));
    }
    all.push(("the export".into(), export));
    for answer in fed.answers {
        all.push((format!("the answer {answer}"), answer));
    }
    for word in &fed.words {
        for (place, text) in &all {
            assert!(!text.contains(word), "{word} is in {place}");
        }
    }
    plane.finish().await;
}
