//! Every page of the console and every function behind it, for somebody who is signed in.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::harness::*;

/// As a class of people who open the same page: more than the server has cores or connections to its database.
const AT_ONCE: usize = 12;

#[tokio::test]
async fn every_page_comes_whole_however_many_ask_for_it_at_once() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = plane.cluster("pages", 600).await;
    let group = plane.group("pages", "compute-1", 0, 1).await;
    let queue = plane.queue("pages", "demo", &group.id).await;
    let ended = plane.sbatch("pages", &[], "echo done");
    plane.wait_job("pages", &ended, "COMPLETED").await;
    let running = plane.sbatch(
        "pages",
        &[],
        "until test -e go; do echo on; sleep 0.1; done",
    );
    plane.wait_job("pages", &running, "RUNNING").await;

    let visitor = Visitor::sign_in(&plane).await;
    let mut loaded = 0;
    for route in app::routes() {
        for job in [&ended, &running] {
            let path = route
                .path()
                .replace("{id}", &cluster.id)
                .replace("{cluster}", &cluster.id)
                .replace("{group}", &group.id)
                .replace("{queue}", &queue.id)
                .replace("{node}", "compute-1-1")
                .replace("{job}", job)
                .replace("{code}", "NodesBusy")
                .replace("{*any}", "nowhere");
            assert!(!path.contains(['{', ':', '*']), "what is {path}?");
            if !route.path().contains("{job}") && job == &running {
                continue; // the same again
            }
            join_all((0..AT_ONCE).map(|_| comes_whole(&visitor, &path))).await;
            loaded += 1;
        }
    }
    assert!(loaded > 20, "{loaded}");

    an_output_ends_with_its_session(&plane, &cluster.id, &running).await;
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    plane.wait_job("pages", &running, "COMPLETED").await;
    // Fails if a page made the server panic.
    plane.finish().await;
}

async fn comes_whole(visitor: &Visitor, path: &str) {
    let answer = visitor.request(Method::GET, path).send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert!(status < 500, "{path}: {status} {text}");
    // What the browser needs to go on stands behind the page.
    let is_whole = text.contains("</html>") && text.trim_end().ends_with("</script>");
    assert!(is_whole || status / 100 == 3, "{path}: {status} {text}");
}

async fn an_output_ends_with_its_session(plane: &TestPlane, cluster: &str, job: &str) {
    let visitor = Visitor::sign_in(plane).await;
    let path = app::paths::job_output(cluster, job, app::model::job::OutputKind::Stdout);
    let mut output = visitor.open(&path).await;
    until(&mut output, "event: output").await;
    let out = visitor.request(Method::POST, app::paths::POST_SIGN_OUT);
    out.send().await.unwrap();
    let mut rest = vec![];
    let ends = output
        .into_inner()
        .into_inner()
        .read_to_end(&mut rest)
        .await;
    assert!(ends.is_ok(), "{ends:?}");
}

#[tokio::test]
async fn a_function_that_is_called_wrongly_says_what_is_wrong() {
    let plane = TestPlane::start(Database::OfRun).await;
    let visitor = Visitor::sign_in(&plane).await;
    app::routes();
    let mut with_arguments = 0;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
        for body in [
            "",
            "{",
            "nonsense",
            "1",
            "null",
            "\"text\"",
            "{} {}",
            "\u{feff}{}",
        ] {
            let answer = visitor.post(path, body).await;
            assert_eq!(answer.status(), 400, "{path} {body:?}");
            let refusal: Value = answer.json().await.unwrap();
            assert_eq!(refusal["kind"], "validation", "{path} {body:?}: {refusal}");
        }
        for content_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
            let request = visitor.request(Method::POST, path).body("{}");
            let answer = request.header("content-type", content_type).send().await;
            assert_eq!(answer.unwrap().status(), 400, "{path} {content_type:?}");
        }
        let Some(member) = missing_member(&visitor, path).await else {
            continue;
        };
        with_arguments += 1;
        for value in [
            json!(1),
            json!(-1.5),
            json!(true),
            json!([]),
            json!({}),
            Value::Null,
        ] {
            let body = json!({ &member: value });
            let answer = visitor.post(path, body.to_string()).await;
            let status = answer.status().as_u16();
            assert!(status < 500, "{path} {body}: {status}");
            if status == 400 {
                let refusal: Value = answer.json().await.unwrap();
                let name = refusal["fields"][0]["name"].as_str().unwrap_or_default();
                assert!(!name.is_empty(), "{path} {body}: {refusal}");
            }
        }
    }
    assert!(with_arguments > 20, "{with_arguments}");
    let log = plane.server.log();
    assert!(!log.contains(" ERROR "), "{log}");
    plane.finish().await;
}

/// The member that the function misses first when it is called with none; nothing if it takes none.
async fn missing_member(visitor: &Visitor, path: &str) -> Option<String> {
    let answer = visitor.post(path, "{}").await;
    if answer.status().is_success() {
        return None;
    }
    assert_eq!(answer.status(), 400, "{path}");
    let refusal: Value = answer.json().await.unwrap();
    let name = refusal["fields"][0]["name"].as_str();
    Some(
        name.unwrap_or_else(|| panic!("{path} names no member: {refusal}"))
            .into(),
    )
}
