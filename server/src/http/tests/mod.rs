//! The doors around a plane that answers without doing anything.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::model::error::Error;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use chrono::{TimeDelta, Utc};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;
use zeroize::Zeroizing;

mod fake;

use fake::Fake;
use openpcs_agent::answer::{NONCE, PROOF, PROVE_TO, PeerId, is_proven};

use super::*;
use crate::auth::seal::Seal;
use crate::auth::sigv4::sign::Signer;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn state() -> (Arc<Fake>, HttpState) {
    let fake = Arc::new(Fake::default());
    let state = HttpState {
        plane: fake.clone(),
        hooks: fake.clone(),
        logins: fake.clone(),
        readiness: fake.clone(),
        metrics: fake.clone(),
        diagnostics: fake.clone(),
        meter: Meter::default(),
        recorder: Default::default(),
        verifier: Arc::new(Verifier::new("us-east-1", fake.clone())),
        prover: Arc::new(proof::Prover {
            seal: Arc::new(Seal::new(&[7; 32]).unwrap()),
            keys: fake.clone(),
        }),
        front: Arc::new(Front {
            behind_tls_proxy: true,
            ..Front::default()
        }),
    };
    (fake, state)
}

fn door() -> (Arc<Fake>, Doors) {
    let (fake, state) = state();
    (fake, Doors::new(state, None))
}

fn unsigned(operation: &str, body: impl Into<String>) -> Request<String> {
    Request::post("http://127.0.0.1:8765/")
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "x-amz-target",
            format!("AWSParallelComputingService.{operation}"),
        )
        .body(body.into())
        .unwrap()
}

fn sign(mut request: Request<String>) -> Request<String> {
    let signer = Signer {
        access_key_id: ID.into(),
        secret: Zeroizing::new(SECRET.into()),
        region: "us-east-1".into(),
    };
    signer.sign(&mut request, Utc::now()).unwrap();
    request
}

async fn send(request: Request<String>) -> Response {
    door().1.oneshot(request.map(Body::from)).await.unwrap()
}

async fn body(response: Response) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// Status, exception, reason.
async fn refusal(request: Request<String>) -> (u16, String, Value) {
    let response = send(request).await;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = body(response).await;
    assert_eq!(
        headers["x-amzn-errortype"],
        body["__type"].as_str().unwrap()
    );
    assert_eq!(headers["x-amzn-requestid"].len(), 36);
    assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
    assert!(!body["message"].as_str().unwrap().is_empty());
    (
        status,
        body["__type"].as_str().unwrap().into(),
        body["reason"].clone(),
    )
}

#[tokio::test]
async fn a_signed_call_is_answered() {
    let response = send(sign(unsigned("ListClusters", "{}"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["content-type"],
        "application/x-amz-json-1.0"
    );
    assert_eq!(body(response).await, json!({"clusters": []}));
    let empty = send(sign(unsigned("ListClusters", ""))).await;
    assert_eq!(empty.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_operation_reaches_the_plane() {
    let arn = "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_0123456789";
    for &operation in Operation::PCS {
        let everything = json!({
            "clusterIdentifier": "abc", "computeNodeGroupIdentifier": "abc", "queueIdentifier": "abc",
            "clusterName": "abc", "computeNodeGroupName": "abc", "queueName": "abc", "size": "SMALL",
            "scheduler": {"type": "SLURM", "version": "24.11"}, "networking": {}, "resourceArn": arn,
            "tags": {"a": "b"}, "tagKeys": ["a"], "bootstrapId": "b", "subnetIds": ["subnet-12345678"],
            "iamInstanceProfileArn": "arn:aws:iam::111122223333:instance-profile/AWSPCS-a",
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
            "instanceConfigs": [{"instanceType": "c6i.large"}],
        });
        let mut input = everything.clone();
        // The door says itself which members are too many.
        if let Err(Error {
            kind: app::model::error::ErrorKind::Validation { fields, .. },
            ..
        }) = crate::service::shape::check(operation, &input)
        {
            let members = input.as_object_mut().unwrap();
            for field in fields {
                members.remove(field.name.split('.').next().unwrap());
            }
        }
        let (status, code) = match send(sign(unsigned(operation.name(), input.to_string()))).await {
            ok if ok.status() == StatusCode::OK => continue,
            refused => (refused.status().as_u16(), body(refused).await),
        };
        if operation == Operation::GetCluster {
            assert_eq!(status, 500, "{code}");
            continue;
        }
        let method = app::command::kebab(operation.name()).replace('-', "_");
        let words = format!("This server does not answer {method}.");
        assert_eq!((status, &code["message"]), (400, &json!(words)));
    }
}

#[tokio::test]
async fn what_is_not_understood_is_said() {
    let parse = json!("cannotParse");
    let field = json!("fieldValidationFailed");
    let unknown = json!("unknownOperation");
    let validation = |reason: &Value| (400, "ValidationException".to_owned(), reason.clone());
    assert_eq!(
        refusal(sign(unsigned("MakeCoffee", "{}"))).await,
        validation(&unknown)
    );
    let deep = "[".repeat(100_000);
    for bad in ["{", "\u{0}", "nul", deep.as_str(), "{} {}"] {
        assert_eq!(
            refusal(sign(unsigned("ListClusters", bad))).await,
            validation(&parse)
        );
    }
    for bad in ["[]", "null", "1", "{\"x\": 1}", "{\"maxResults\": \"1\"}"] {
        assert_eq!(
            refusal(sign(unsigned("ListClusters", bad))).await,
            validation(&field),
            "{bad}"
        );
    }
    let mut form = unsigned("ListClusters", "{}");
    form.headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(refusal(sign(form)).await, validation(&parse));
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let code = |request| async { refusal(request).await.1 };
    assert_eq!(
        code(unsigned("ListClusters", "{")).await,
        "MissingAuthenticationTokenException"
    );
    let mut tampered = sign(unsigned("ListClusters", "{}"));
    *tampered.body_mut() = "{\"maxResults\": 1}".into();
    assert_eq!(code(tampered).await, "InvalidSignatureException");
    let mut cut = sign(unsigned("ListClusters", "{}"));
    cut.headers_mut()
        .insert("authorization", "AWS4-HMAC-SHA256 Cred".parse().unwrap());
    assert_eq!(code(cut).await, "IncompleteSignatureException");
    let mut old = unsigned("ListClusters", "{}");
    let mut signer = Signer {
        access_key_id: ID.into(),
        secret: Zeroizing::new(SECRET.into()),
        region: "us-east-1".into(),
    };
    signer
        .sign(&mut old, Utc::now() - TimeDelta::minutes(6))
        .unwrap();
    assert_eq!(code(old).await, "InvalidSignatureException");
    signer.access_key_id = "AKIANOBODY".into();
    let mut unknown = unsigned("ListClusters", "{}");
    signer.sign(&mut unknown, Utc::now()).unwrap();
    assert_eq!(code(unknown).await, "UnrecognizedClientException");
}

#[tokio::test]
async fn other_services_are_told_what_is_answered_here() {
    let request = |target: Option<&str>, scope: &str| {
        let mut request = Request::post("http://127.0.0.1:8765/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={ID}/20260101/us-east-1/{scope}/aws4_request, SignedHeaders=host, Signature=0"));
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        request.body("{}".to_owned()).unwrap()
    };
    for (target, scope, named) in [
        (
            Some("secretsmanager.CreateSecret"),
            "secretsmanager",
            "secretsmanager.CreateSecret",
        ),
        (
            Some("DynamoDB_20120810.ListTables"),
            "dynamodb",
            "DynamoDB_20120810.ListTables",
        ),
        (None, "lambda", "lambda"),
    ] {
        let response = send(request(target, scope)).await;
        assert_eq!(response.status(), 400);
        let told = body(response).await;
        assert_eq!(told["__type"], "ValidationException");
        let message = told["message"].as_str().unwrap();
        for words in [named, "aws pcs", "get-secret-value", "AWS_ENDPOINT_URL_PCS"] {
            assert!(message.contains(words), "{message}");
        }
    }
    // The one that is: signed for another service than its own it is not believed.
    let (_, code, _) = refusal(request(Some("secretsmanager.GetSecretValue"), "pcs")).await;
    assert!(code.ends_with("SignatureException"), "{code}");
}

#[tokio::test]
async fn an_instance_registers_without_a_signature() {
    let input = json!({"clusterIdentifier": "abc", "bootstrapId": "secret"}).to_string();
    let (_, code, _) = refusal(unsigned("RegisterComputeNodeGroupInstance", input)).await;
    assert_eq!(code, "ValidationException", "it came to the plane");
}

#[tokio::test]
async fn a_body_has_a_limit_told_or_not() {
    let large = "x".repeat(app::model::limits::REQUEST_BYTES + 1);
    let too_large = (
        413,
        "RequestEntityTooLargeException".to_owned(),
        Value::Null,
    );
    assert_eq!(
        refusal(unsigned("ListClusters", large.clone())).await,
        too_large
    );
    let stream = futures::stream::iter([Ok::<_, std::io::Error>(large)]);
    let request = unsigned("ListClusters", "").map(|_| Body::from_stream(stream));
    let response = door().1.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        body(response).await["__type"],
        "RequestEntityTooLargeException"
    );
}

#[tokio::test]
async fn a_panic_is_an_answer_with_an_id() {
    let request = sign(unsigned("GetCluster", "{\"clusterIdentifier\": \"panic\"}"));
    let (status, code, _) = refusal(request).await;
    assert_eq!((status, code.as_str()), (500, "InternalServerException"));
}

#[tokio::test]
async fn a_mutation_goes_on_when_the_client_is_gone() {
    let (fake, router) = door();
    let input = json!({"resourceArn": "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_a", "tags": {"a": "b"}});
    let request = sign(unsigned("TagResource", input.to_string())).map(Body::from);
    let call = tokio::spawn(router.oneshot(request));
    tokio::time::sleep(Duration::from_millis(20)).await;
    call.abort();
    assert!(call.await.is_err(), "it was aborted half-way");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fake.finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_answer_has_careful_headers() {
    for path in ["/healthz", "/readyz", "/nowhere"] {
        let response = send(Request::get(path).body(String::new()).unwrap()).await;
        for name in [
            "x-request-id",
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "permissions-policy",
            "strict-transport-security",
        ] {
            assert!(response.headers().contains_key(name), "{path} {name}");
        }
    }
    let ready = send(Request::get("/readyz").body(String::new()).unwrap()).await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn agents_come_with_their_token() {
    let report = json!({"instanceId": "i-1", "name": "slurmd-started", "detail": null}).to_string();
    let step = |authorization: &str, body: &str| {
        let request = Request::post("/instance/v1/steps").header("authorization", authorization);
        send(request.body(body.to_owned()).unwrap())
    };
    assert_eq!(
        step("Bearer right", &report).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        step("Bearer wrong", &report).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        step("right", &report).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        step("Bearer right", "{").await.status(),
        StatusCode::BAD_REQUEST
    );
    let call = json!({"clusterId": "pcs_a", "program": "prolog", "nodes": "a-[1-2]"}).to_string();
    let hook = Request::post("/controller/v1/hooks").header("authorization", "Bearer t");
    assert_eq!(
        body(send(hook.body(call).unwrap()).await).await,
        json!({"goOn": true})
    );
}

#[tokio::test]
async fn the_login_node_is_told_to_users_only() {
    let path = "http://127.0.0.1:8765/openpcs/v1/clusters/get-started/login";
    let request = || Request::get(path).body(String::new()).unwrap();
    assert_eq!(send(request()).await.status(), StatusCode::BAD_REQUEST);
    let target = body(send(sign(request())).await).await;
    assert_eq!(
        target,
        json!({"sandboxDir": "get-started", "slurmPrefix": "/opt/slurm"})
    );
}

/// Serves at most two connections, patient for a moment only, until the sender is used or dropped.
async fn serve_impatiently(
    routes: Router,
) -> (
    std::net::SocketAddr,
    tokio::sync::oneshot::Sender<()>,
    tokio::task::JoinHandle<std::io::Result<()>>,
) {
    let moment = Duration::from_millis(200);
    let limits = connection::Limits {
        head: moment,
        idle: 3 * moment,
        stalled: moment,
    };
    let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async { _ = stopped.await };
    let served = tokio::spawn(serve::serve(listener, routes, 2, limits, stopped));
    (address, stop, served)
}

/// Sends it, and reads until the other end hangs up.
async fn converse(address: std::net::SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = vec![];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer));
    // Hung up on with unread bytes, it is reset.
    let _ = read.await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_connection_that_is_silent_is_closed_and_one_at_work_is_not() {
    let slowly = async || {
        tokio::time::sleep(Duration::from_secs(1)).await;
        "slow"
    };
    let routes = Router::new().route("/slow", get(slowly));
    let (address, _stop, _) = serve_impatiently(routes).await;
    assert_eq!(converse(address, "").await, "");
    assert_eq!(converse(address, "GET /slow HTTP/1.1\r\nhost:").await, "");
    // It idles after the answer, and then it is over too.
    let answer = converse(address, "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(answer.ends_with("slow"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_gone() {
    struct Taken(Arc<AtomicUsize>);
    impl Drop for Taken {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let ended = Arc::new(AtomicUsize::new(0));
    let mark = ended.clone();
    let endless = move || {
        let taken = Taken(mark.clone());
        let bytes = futures::stream::repeat_with(move || {
            let _ = &taken;
            Ok::<_, Infallible>(vec![b'x'; 1 << 16])
        });
        std::future::ready(Body::from_stream(bytes))
    };
    let routes = Router::new().route("/endless", get(endless));
    let (address, _stop, _) = serve_impatiently(routes).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(ask).await.unwrap();
    while ended.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn when_the_server_works_for_all_one_more_is_refused_at_once() {
    let begun = Arc::new(AtomicUsize::new(0));
    let mark = begun.clone();
    let endless = move || {
        mark.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>()
    };
    let (address, _stop, _) =
        serve_impatiently(Router::new().route("/endless", get(endless))).await;
    let mut at_work = vec![];
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let ask = b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        at_work.push(stream);
    }
    while begun.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = converse(address, "").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
}

/// Whatever the silent have sent or not taken: each of these alone could else keep everybody out.
#[tokio::test]
async fn whoever_keeps_the_server_waiting_makes_way_for_the_next() {
    let endless = || {
        let bytes = futures::stream::repeat_with(|| Ok::<_, Infallible>(vec![b'x'; 1 << 16]));
        std::future::ready(Body::from_stream(bytes))
    };
    let routes = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/endless", get(endless))
        .route("/body", post(|body: String| async { body }));
    let patient = connection::Limits::default();
    let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(serve::serve(
        listener,
        routes,
        2,
        patient,
        std::future::pending(),
    ));
    let ask = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    for sent in [
        "",
        "GET / HTTP/1.1\r\nhost:",
        "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf",
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /endless HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let mut silent = vec![];
        for _ in 0..4 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            silent.push(stream);
        }
        // An answer that fills what is between both ends is not taken from then on.
        let start = std::time::Instant::now();
        loop {
            let answer = converse(address, ask).await;
            if answer.ends_with("here") {
                break;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{sent}: {answer}"
            );
        }
    }
    served.abort();
}

/// Jobs of the server's own user see the agents' socket.
#[tokio::test]
async fn the_silent_make_way_at_a_socket_of_this_host_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let routes = Router::new().route("/", get(|| async { "here" }));
    let limits = connection::Limits::default();
    let served = tokio::spawn(serve::serve(
        listener,
        routes,
        2,
        limits,
        std::future::pending(),
    ));
    let mut silent = vec![];
    for _ in 0..4 {
        silent.push(tokio::net::UnixStream::connect(&path).await.unwrap());
    }
    let mut next = tokio::net::UnixStream::connect(&path).await.unwrap();
    let ask = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    next.write_all(ask).await.unwrap();
    let mut answer = String::new();
    next.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("here"), "{answer}");
    served.abort();
}

#[tokio::test]
async fn a_head_has_its_limit() {
    let (address, _stop, _) =
        serve_impatiently(Router::new().route("/", get(|| async { "here" }))).await;
    for (length, status) in [(12 * 1024, "200"), (20 * 1024, "431")] {
        let long = "a".repeat(length);
        let answer = converse(address, &format!("GET / HTTP/1.1\r\nhost: {long}\r\n\r\n")).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_long_polls() {
    let endless = Router::new().route("/endless", get(std::future::pending::<()>));
    let (address, stop, served) = serve_impatiently(endless).await;
    let poll = tokio::spawn(reqwest::get(format!("http://{address}/endless")));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), served).await;
    assert!(ended.unwrap().unwrap().is_ok());
    poll.abort();
}

/// An answer of these doors to a request that asks for its proof, and whether that is right.
async fn proven(doors: Doors, request: Request<String>, peer: PeerId, key: &str) -> bool {
    let (mut parts, body) = request.into_parts();
    let nonce = "a text that nobody chose";
    parts.headers.insert(NONCE, nonce.parse().unwrap());
    let peer = peer.to_string().parse().unwrap();
    parts.headers.insert(PROVE_TO, peer);
    let request = Request::from_parts(parts, Body::from(body));
    let response = doors.oneshot(request).await.unwrap();
    let given = response.headers().get(PROOF).cloned();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    given.is_some_and(|given| is_proven(key, nonce, status, &body, given.to_str().unwrap()))
}

#[tokio::test]
async fn the_server_proves_itself_to_those_who_share_a_key_with_it() {
    let (_, state) = state();
    let agent = state.prover.seal.agent_key("i-1");
    let hello = || {
        let path = "http://127.0.0.1/instance/v1/proof";
        Request::get(path).body(String::new()).unwrap()
    };
    for doors in [Doors::for_agents(state.clone()), Doors::new(state, None)] {
        let as_instance = PeerId::Agent("i-1".into());
        let other = PeerId::Agent("i-2".into());
        let as_key = PeerId::AccessKey(ID.into());
        let unknown = PeerId::AccessKey("AKIAUNKNOWN".into());
        let register = unsigned("RegisterComputeNodeGroupInstance", "{}");
        assert!(proven(doors.clone(), register, as_instance.clone(), &agent).await);
        assert!(proven(doors.clone(), hello(), as_instance, &agent).await);
        assert!(!proven(doors.clone(), hello(), other, &agent).await);
        assert!(proven(doors.clone(), hello(), as_key, SECRET).await);
        assert!(!proven(doors, hello(), unknown, SECRET).await);
    }
    // A stream has no end to prove.
    let stream = Request::get("http://127.0.0.1/healthz").body(String::new());
    let peer = PeerId::Agent("i-1".into());
    assert!(!proven(door().1, stream.unwrap(), peer, &agent).await);
}

#[tokio::test]
async fn agents_get_in_for_what_they_do_only() {
    let doors = Doors::for_agents(state().1);
    let request = sign(unsigned("ListClusters", "{}")).map(Body::from);
    let response = doors.clone().oneshot(request).await.unwrap();
    assert_eq!(body(response).await["reason"], "unknownOperation");
    let path = "http://127.0.0.1/openpcs/v1/clusters/any/login";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = doors.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nodes_of_other_hosts_get_in_for_what_they_do_only() {
    let doors = Doors::for_nodes(state().1, Programs::default());
    let ask = |request: Request<String>| doors.clone().oneshot(request.map(Body::from));
    let get = |path: &str| {
        let request = Request::get(format!("http://10.0.0.5:8766{path}"));
        let request = request.header("authorization", "Bearer right");
        request.body(String::new()).unwrap()
    };
    let hosts = ask(get("/instance/v1/hosts?after=second")).await.unwrap();
    assert_eq!(body(hosts).await["version"], "second");
    let agent = ask(get("/instance/v1/agent/riscv64")).await.unwrap();
    assert_eq!(agent.status(), StatusCode::NOT_FOUND);
    let text = agent.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("--agents-dir"));
    let claim = Request::post("http://10.0.0.5:8766/instance/v1/claim");
    let claim = claim.body(r#"{"computeNodeGroupId": "g", "sealed": ""}"#.to_owned());
    let claim = ask(claim.unwrap()).await.unwrap();
    assert_eq!(body(claim).await["__type"], "AccessDeniedException");
    // Registering unsealed would show the cluster's key to the network.
    for operation in ["ListClusters", "RegisterComputeNodeGroupInstance"] {
        let refused = ask(sign(unsigned(operation, "{}"))).await.unwrap();
        assert_eq!(body(refused).await["reason"], "unknownOperation");
    }
    for path in ["/healthz", "/metrics", "/controller/v1/hooks", "/clusters"] {
        let nothing = ask(get(path)).await.unwrap();
        assert_eq!(nothing.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
