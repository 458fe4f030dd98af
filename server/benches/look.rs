//! What a request waits while the server looks at thousands of jobs, beside the same while there is nothing to look at, and
//! beside a bare server that is asked in turns with it: what a machine is busy with, both wait for.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::{ClusterStatus, Size};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::get_cluster::{Bare, raw, read_answer};
use crate::harness::{Database, TestPlane, idle};
use crate::idle::cpu_seconds;
use crate::times::p99;

const CLUSTER: &str = "looked-at";
const JOBS: usize = 3_000;
const REQUESTS: usize = 1_000;
const EVERY: Duration = Duration::from_millis(5);
/// A job more comes so often, and after so many seconds each.
const TIMES: usize = 30;
const HAPPENS: f64 = 0.2;

/// So many nodes work off so many jobs that do nothing, as the tasks of some arrays: one has a thousand at most, if nobody
/// sets MaxArraySize.
const NODES: i32 = 200;
const SHORT_JOBS: usize = 4_000;
const ARRAYS: usize = 4;

pub async fn run() {
    waiting_jobs().await;
    short_jobs().await;
}

/// A cluster with a queue of so many nodes, at least and at most.
async fn plane(least: i32, most: i32) -> TestPlane {
    let plane = TestPlane::start(Database::Sqlite).await;
    let create = plane.new_cluster(CLUSTER).size(Size::Medium);
    let create = create.slurm_configuration(idle(600)).send().await;
    create.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", least, most).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
    plane
}

async fn waiting_jobs() {
    let plane = plane(0, 2).await;
    let quiet = measure(&plane).await;
    let submit = "sbatch --hold --partition=demo --output=/dev/null --wrap=true --job-name";
    let all = format!("seq {JOBS} | xargs --max-procs=4 --max-args=1 {submit} >/dev/null");
    plane.connect(CLUSTER, &["sh", "-c", &all]);
    let again =
        format!("for n in $(seq {TIMES}); do {submit} more >/dev/null; sleep {HAPPENS}; done");
    let mut happens = plane
        .server
        .connecting(CLUSTER, &["sh", "-c", &again])
        .spawn()
        .expect("a shell on the login node starts");
    let busy = measure(&plane).await;
    happens.wait().expect("the shell ends by itself");
    println!("GetCluster p99, no jobs: {quiet}");
    println!("GetCluster p99, {JOBS} jobs that are looked at: {busy}");
    plane.connect(CLUSTER, &["scancel", "--partition=demo"]);
    plane.finish().await;
}

async fn short_jobs() {
    let plane = plane(NODES, NODES).await;
    let up = format!("demo up infinite {NODES} idle compute-1-[1-{NODES}]");
    plane.wait_sinfo(CLUSTER, &[&up]).await;
    let quiet = measure(&plane).await;
    let array = format!("--array=1-{}", SHORT_JOBS / ARRAYS);
    for _ in 0..ARRAYS {
        plane.sbatch(CLUSTER, &["--output=/dev/null", &array], "true");
    }
    let busy = measure(&plane).await;
    let left = plane.connect(CLUSTER, &["sh", "-c", "squeue --noheader --array | wc -l"]);
    println!("GetCluster p99, {NODES} nodes that idle: {quiet}");
    println!(
        "GetCluster p99, they run {SHORT_JOBS} short jobs: {busy}; then {} are left",
        left.trim()
    );
    plane.connect(CLUSTER, &["scancel", "--partition=demo"]);
    plane.finish().await;
}

/// The p99 of both, and what the server took meanwhile.
async fn measure(plane: &TestPlane) -> String {
    let http = plane.http();
    let body = format!(r#"{{"clusterIdentifier":"{CLUSTER}"}}"#);
    let mut request = http.request("GetCluster", body.as_str());
    http.sign(&mut request);
    let answer = http.send(request.clone()).await;
    let bytes = raw(&request);
    let mut bare = Bare::start(&answer.text);
    let mut ours = Line::to(plane.server.address()).await;
    let mut theirs = Line::to(bare.address.clone()).await;
    let (begun, cpu) = (Instant::now(), cpu_seconds(plane.server.pid()));
    for _ in 0..REQUESTS {
        ours.ask(&bytes).await;
        theirs.ask(&bytes).await;
        sleep(EVERY).await;
    }
    let share = (cpu_seconds(plane.server.pid()) - cpu) / begun.elapsed().as_secs_f64();
    bare.end();
    format!(
        "{:.1} ms, of a bare server {:.1} ms; ours takes {:.0} % of a core, {} MB",
        ours.p99(),
        theirs.p99(),
        100.0 * share,
        resident_megabytes(plane.server.pid())
    )
}

/// A connection, and how long each answer took.
struct Line {
    stream: TcpStream,
    times: Vec<Duration>,
    buffer: Vec<u8>,
}

impl Line {
    async fn to(address: String) -> Line {
        let stream = TcpStream::connect(address).await;
        Line {
            stream: stream.expect("the server takes connections"),
            times: vec![],
            buffer: vec![0; 64 * 1024],
        }
    }

    async fn ask(&mut self, request: &[u8]) {
        let asked = Instant::now();
        self.stream
            .write_all(request)
            .await
            .expect("the server reads");
        read_answer(&mut self.stream, &mut self.buffer).await;
        self.times.push(asked.elapsed());
    }

    /// In milliseconds.
    fn p99(&mut self) -> f64 {
        p99(&mut self.times).as_secs_f64() * 1000.0
    }
}

fn resident_megabytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
