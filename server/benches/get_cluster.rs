//! Signed `GetCluster` over loopback against a bare axum handler that returns the same bytes: two servers of one kind,
//! one client, one run.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Database, TestPlane};

/// Set in the environment of the bare server: the body it answers with.
pub const BARE: &str = "OPENPCS_BENCH_BARE";
const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster("bench", 60).await;
    let http = plane.http();
    let mut request = http.request("GetCluster", r#"{"clusterIdentifier":"bench"}"#);
    http.sign(&mut request);
    let answer = http.send(request.clone()).await;
    let bytes = raw(&request);
    let mut bare = Bare::start(&answer.text);
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        theirs.push(requests_per_second(&bare.address, &bytes).await);
        ours.push(requests_per_second(&plane.server.address(), &bytes).await);
    }
    bare.end();
    let (ours, theirs) = (best(&ours), best(&theirs));
    println!("GetCluster, signed: {ours:.0} requests/s on {CONNECTIONS} connections");
    println!("the same bytes from a bare axum handler: {theirs:.0} requests/s");
    println!("GetCluster: {:.0} % of bare axum", 100.0 * ours / theirs);
    plane.finish().await;
}

fn best(rounds: &[f64]) -> f64 {
    rounds.iter().copied().fold(0.0, f64::max)
}

/// The request as it goes over the wire; replayed, for a signature is good for five minutes.
pub fn raw(request: &http::Request<Vec<u8>>) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri().path());
    for (name, value) in request.headers() {
        text += &format!(
            "{name}: {}\r\n",
            value.to_str().expect("our headers are text")
        );
    }
    text += &format!("content-length: {}\r\n\r\n", request.body().len());
    [text.as_bytes(), request.body()].concat()
}

async fn requests_per_second(address: &str, request: &[u8]) -> f64 {
    let until = Instant::now() + ROUND;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(client(address.to_owned(), request.to_vec(), until)))
        .collect();
    let mut count = 0;
    for client in clients {
        count += client.await.expect("a client ends by itself");
    }
    f64::from(count) / ROUND.as_secs_f64()
}

async fn client(address: String, request: Vec<u8>, until: Instant) -> u32 {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server takes connections");
    stream
        .set_nodelay(true)
        .expect("a socket takes its options");
    let mut buffer = vec![0; 64 * 1024];
    let mut count = 0;
    while Instant::now() < until {
        stream.write_all(&request).await.expect("the server reads");
        read_answer(&mut stream, &mut buffer).await;
        count += 1;
    }
    count
}

pub async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut length = 0;
    loop {
        length += stream
            .read(&mut buffer[length..])
            .await
            .expect("the server answers");
        let answer = &buffer[..length];
        let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&answer[..head]).expect("headers are text");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let body: usize = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .expect("answers tell their length");
        if length >= head + 4 + body {
            return;
        }
    }
}

/// The bare server, in a process of its own.
pub struct Bare {
    process: Child,
    pub address: String,
}

impl Bare {
    pub fn start(answer: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a program knows its file"))
            .env(BARE, answer)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let out = process.stdout.take().expect("standard output is a pipe");
        let mut address = String::new();
        BufReader::new(out)
            .read_line(&mut address)
            .expect("the bare server says its address");
        Self {
            process,
            address: address.trim().into(),
        }
    }

    pub fn end(&mut self) {
        self.process.kill().expect("the bare server can be ended");
        self.process.wait().expect("an ended process is there");
    }
}

/// The baseline: the same runtime and the same bytes, and nothing between.
pub fn serve_bare(answer: &OsStr) {
    let body = answer.to_string_lossy().into_owned();
    let runtime = tokio::runtime::Runtime::new().expect("the baseline needs a tokio runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        println!(
            "{}",
            listener.local_addr().expect("a listener has an address")
        );
        let router =
            Router::new().route("/", post(move |_: String| std::future::ready(body.clone())));
        axum::serve(listener, router)
            .await
            .expect("the baseline serves until it is killed");
    });
}
