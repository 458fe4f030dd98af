//! What strangers can do to a server: little, and nothing to others.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use http::Request;
use nix::unistd::{User, getuid};
use reqwest::Method;
use reqwest::header::HOST;
use sqlx::SqlitePool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::*;

#[tokio::test]
async fn strangers_cost_nothing() {
    let plane = TestPlane::start(Database::Sqlite).await;
    guesses_are_few_and_harm_nobody_else(&plane).await;
    long_names_are_refused_and_not_logged(&plane).await;
    stalled_bodies_keep_out_no_ordinary_request(&plane).await;
    silent_connections_end_and_kept_ones_stay(&plane).await;
    asking_how_it_is_writes_nothing(&plane).await;
    streams_end_with_their_session(&plane).await;
    who_may_come_in_is_in_the_trail(&plane).await;
    the_console_answers_under_its_own_names_only(&plane).await;
    plane.finish().await;
}

async fn database(server: &Server) -> SqlitePool {
    let file = server.data().join("openpcs.db");
    SqlitePool::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap()
}

fn add_user(server: &Server, name: &str, password: &str) {
    user(server, "add", name, password);
}

fn set_password(server: &Server, name: &str, password: &str) {
    user(server, "password", name, password);
}

fn user(server: &Server, action: &str, name: &str, password: &str) {
    let file = server.home().join("password");
    std::fs::write(&file, password).unwrap();
    let mut command = server.openpcs();
    command
        .args(["user", action, name, "--password-file"])
        .arg(&file);
    assert_succeeds(command.arg("--data-dir").arg(server.data()));
}

fn assert_succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

async fn guesses_are_few_and_harm_nobody_else(plane: &TestPlane) {
    let server = &plane.server;
    add_user(server, "ann", "ann's password");
    let guesser = client_at([127, 0, 0, 66]);
    let guesses = (0..1000).map(|n| {
        let password = if n == 900 {
            "ann's password"
        } else {
            "a guess"
        };
        sign_in(&guesser, server, "ann", password)
    });
    let answers = join_all(guesses).await;
    let tried = answers.iter().filter(|answer| **answer != SignedIn::Locked);
    assert!(tried.count() <= 8, "{answers:?}");
    // Whichever of them came first.
    let let_in = |answer: &SignedIn| matches!(answer, SignedIn::Yes(_));
    assert!(answers.iter().filter(|answer| let_in(answer)).count() <= 1);
    let ann = client_at([127, 0, 0, 77]);
    let answer = sign_in(&ann, server, "ann", "ann's password").await;
    assert!(let_in(&answer), "{answer:?}");
    while sign_in(&guesser, server, "ann", "a guess").await != SignedIn::Locked {}
    set_password(server, "ann", "ann's new password");
    let unlocked = sign_in(&guesser, server, "ann", "ann's new password").await;
    assert!(let_in(&unlocked), "{unlocked:?}");
    let log = server.log();
    assert!(
        log.contains("127.0.0.66") && log.contains("127.0.0.77"),
        "{log}"
    );
}

async fn long_names_are_refused_and_not_logged(plane: &TestPlane) {
    let client = client_at([127, 0, 0, 67]);
    let long = "long-name-".repeat(10);
    for _ in 0..20 {
        let answer = sign_in(&client, &plane.server, &long, "x").await;
        assert_eq!(answer, SignedIn::No);
    }
    let form = format!("user={}&password=x", long.repeat(10_000));
    let request = Request::post(format!("{}/console/sign-in", plane.server.endpoint()))
        .header("origin", plane.server.endpoint())
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = plane.http().send(request.body(form.into()).unwrap()).await;
    assert_eq!(answer.status, 413);
    assert!(!plane.server.log().contains("long-name-"));
}

async fn stalled_bodies_keep_out_no_ordinary_request(plane: &TestPlane) {
    let address = plane.server.address();
    let length = 1 << 20;
    let head = format!("POST / HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n");
    let all_but_one = vec![b' '; length - 1];
    let stall = async || {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The last ones are refused while they send.
        let _ = stream.write_all(&all_but_one).await;
        stream
    };
    let mut stalled = vec![];
    for _ in 0..64 {
        stalled.push(stall().await);
    }
    let refused = wait_until("a large body finds no room", async || {
        // Those that come at once may be refused together, and then leave more room than one needs.
        stalled.push(stall().await);
        let mut request = plane.http().request("ListClusters", vec![b' '; length]);
        plane.http().sign(&mut request);
        match plane.http().send(request).await {
            answer if answer.status == 503 => Ok(answer),
            answer => Err(answer.text),
        }
    });
    assert_eq!(refused.await.code(), "ServiceUnavailableException");
    // Ordinary requests of strangers, and people who are signed in, find theirs.
    assert_eq!(plane.http().call("ListClusters", "{}").await.status, 200);
    let visitor = Visitor::sign_in(plane).await;
    let large = " ".repeat(length - 100) + r#"{"scope": 1}"#;
    assert_eq!(
        visitor.post("/console/list-settings", large).await.status(),
        400
    );
}

/// Reads to the end, which must come.
async fn ended(mut stream: TcpStream) -> String {
    let mut rest = vec![];
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest)).await;
    read.expect("the connection is closed").unwrap_or_default();
    String::from_utf8_lossy(&rest).into_owned()
}

async fn silent_connections_end_and_kept_ones_stay(plane: &TestPlane) {
    let address = plane.server.address();
    let open = || async { TcpStream::connect(&address).await.unwrap() };
    let silent = open().await;
    let mut slow = open().await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let mut kept = open().await;
    let ask = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    kept.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    kept.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let stays = async {
        // Longer than a head may take.
        tokio::time::sleep(Duration::from_secs(12)).await;
        let last = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        kept.write_all(last.as_bytes()).await.unwrap();
        ended(kept).await
    };
    let (_, _, rest) = tokio::join!(ended(silent), ended(slow), stays);
    assert!(rest.contains("HTTP/1.1 200"), "{rest}");
}

async fn asking_how_it_is_writes_nothing(plane: &TestPlane) {
    let database = database(&plane.server).await;
    let writes = || async {
        let query = sqlx::query_scalar("select value from counter where name = 'change'");
        query.fetch_one(&database).await.unwrap()
    };
    let before: i64 = writes().await;
    for path in ["/readyz", "/metrics"] {
        let asked = join_all((0..200).map(|_| async { plane.http().get(path).await.status }));
        assert!(asked.await.iter().all(|status| *status == 200), "{path}");
    }
    assert_eq!(writes().await, before);
}

async fn streams_end_with_their_session(plane: &TestPlane) {
    let server = &plane.server;
    add_user(server, "bob", "bob's password");
    let bob = Visitor::sign_in_as(server, "bob", "bob's password").await;
    let mut signed_out = bob.stream().await;
    bob.request(Method::POST, app::paths::POST_SIGN_OUT)
        .send()
        .await
        .unwrap();
    until(&mut signed_out, "event: signed-out").await;

    let bob = Visitor::sign_in_as(server, "bob", "bob's password").await;
    let mut changed = bob.stream().await;
    let mut password = server.openpcs();
    password.args(["user", "password", "bob", "--data-dir"]);
    assert_succeeds(password.arg(server.data()));
    until(&mut changed, "event: signed-out").await;

    let admin = Visitor::sign_in(plane).await;
    let mut expired = admin.stream().await;
    let database = database(server).await;
    let expire = sqlx::query("update session set expires_at = 1");
    expire.execute(&database).await.unwrap();
    until(&mut expired, "event: signed-out").await;
}

/// The commands on the server's host are the first start and those that the tests before this ran.
async fn who_may_come_in_is_in_the_trail(plane: &TestPlane) {
    let id = getuid();
    let user = User::from_uid(id).unwrap();
    let host = user.map_or_else(|| id.to_string(), |user| user.name);
    let query = sqlx::query_as(
        "select principal, operation, resource_arn from audit where why = 'command' order by at",
    );
    let database = database(&plane.server).await;
    let rows: Vec<(String, String, String)> = query.fetch_all(&database).await.unwrap();
    let told = rows.iter().map(|(who, operation, arn)| {
        let resource = arn.rsplit_once(':').map_or(arn.as_str(), |(_, last)| last);
        assert_eq!(*who, format!("host:{host}"), "{operation} {arn}");
        format!("{operation} {resource}")
    });
    let told: Vec<String> = told.collect();
    let key = &plane.server.access_key().id;
    for expected in [
        "CreateUser user/admin",
        &format!("CreateAccessKey access-key/{key}"),
        "CreateUser user/bob",
        "SetUserPassword user/bob",
    ] {
        assert!(told.iter().any(|one| one == expected), "{told:?}");
    }
}

async fn the_console_answers_under_its_own_names_only(plane: &TestPlane) {
    let visitor = Visitor::sign_in(plane).await;
    for (method, path) in [
        (Method::GET, "/sign-in"),
        (Method::GET, "/clusters"),
        (Method::GET, "/pkg/openpcs.css"),
        (Method::POST, "/console/sign-in"),
        (Method::POST, "/console/list-clusters"),
    ] {
        let request = visitor.request(method, path).header(HOST, "evil.example");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 421, "{path}");
        assert!(
            answer.text().await.unwrap().contains("--public-url"),
            "{path}"
        );
    }
    for host in ["localhost:1", "127.0.0.1"] {
        let request = visitor.request(Method::GET, "/clusters").header(HOST, host);
        assert_eq!(request.send().await.unwrap().status(), 200, "{host}");
    }
    let elsewhere = visitor
        .request(Method::GET, "/healthz")
        .header(HOST, "evil.example");
    assert_eq!(elsewhere.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn behind_a_proxy_the_client_is_whom_it_names_and_cookies_are_secure() {
    let mut server = Server::new(None);
    server.option("--public-url", "https://pcs.example.org");
    server.flag("--behind-tls-proxy");
    server.start().await;
    add_user(&server, "ann", "ann's password");
    let answer = client_at([127, 0, 0, 1])
        .post(format!("{}/console/sign-in", server.endpoint()))
        .header(HOST, "pcs.example.org")
        .header("origin", "https://pcs.example.org")
        .header("x-forwarded-for", "6.6.6.6, 10.1.2.3")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("user=ann&password=ann's password")
        .send()
        .await
        .unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    let cookie = header("set-cookie");
    assert!(
        cookie.starts_with("openpcs-443=") && cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(header("strict-transport-security").contains("max-age="));
    let log = server.log();
    assert!(
        log.contains("10.1.2.3") && !log.contains("6.6.6.6"),
        "{log}"
    );
    server.stop();
}

#[tokio::test]
async fn the_limit_of_open_files_stops_no_newcomer_and_no_reconciler() {
    let mut server = Server::new(None);
    server.limit_open_files(256);
    let plane = TestPlane::on(server, None).await;
    plane.cluster("reserved", 600).await;
    let group = plane.group("reserved", "compute-1", 0, 1).await;
    plane.queue("reserved", "demo", &group.id).await;

    let address = plane.server.address();
    let ask = |connection: &str| {
        format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: {connection}\r\n\r\n")
    };
    let job = plane.sbatch("reserved", &[], "echo done");
    // Half of them silent from the beginning, half of them after an answer.
    let strangers = join_all((0..300).map(|n| {
        let sent = if n % 2 == 0 {
            ask("keep-alive")
        } else {
            String::new()
        };
        let address = &address;
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Those that made way already do not take it.
            let _ = stream.write_all(sent.as_bytes()).await;
            stream
        }
    }))
    .await;
    wait_until("the server is full", async || {
        let log = plane.server.log();
        log.contains("as many connections as can be")
            .then_some(())
            .ok_or(log)
    })
    .await;
    // Whoever comes next is let in all the same, for as long as the strangers stay.
    for _ in 0..3 {
        let mut next = TcpStream::connect(&address).await.unwrap();
        next.write_all(ask("close").as_bytes()).await.unwrap();
        let answer = ended(next).await;
        assert!(answer.contains("HTTP/1.1 200"), "{answer}");
    }
    drop(strangers);
    plane.wait_job("reserved", &job, "COMPLETED").await;
    let log = plane.server.log();
    assert!(!log.contains("Too many open files"), "{log}");
    assert_eq!(
        log.matches("as many connections as can be").count(),
        1,
        "{log}"
    );
    plane.finish().await;
}
