//! The console's door for strangers: without a session no function of it answers, and no page shows anything.

use http::Request;

use crate::harness::*;

#[tokio::test]
async fn without_a_session_no_server_function_answers() {
    let plane = TestPlane::start(Database::OfRun).await;
    let http = plane.http();
    // Registers every function, as the server does at its start.
    app::routes();
    let mut asked = 0;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        for body in ["{}", r#"{"cluster_identifier":"any"}"#] {
            let request = Request::builder()
                .method(method.clone())
                .uri(format!("{}{path}", plane.server.endpoint()))
                .header("content-type", "application/json")
                .header("origin", plane.server.endpoint())
                .body(body.as_bytes().to_vec())
                .unwrap();
            let answer = http.send(request).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            asked += 1;
        }
    }
    assert!(asked > 0);
    plane.finish().await;
}
