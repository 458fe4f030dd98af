//! From a change to the open pages that are told of it, and what open pages cost while nothing changes.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::harness::{Database, TestPlane, Visitor, until};
use crate::idle::cpu_seconds;
use crate::times::p99;

const WATCHING: usize = 100;
const CHANGES: usize = 30;
/// What is promised: a change is seen within this.
const PROMISED: Duration = Duration::from_secs(1);
const IDLE: usize = 1_000;
const WATCHED: Duration = Duration::from_secs(30);

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let cluster = plane.cluster("watched", 60).await;
    let visitor = Visitor::sign_in(&plane).await;
    // The first looks at a new cluster are no idling.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let without = share_of_a_core(&plane).await;

    let (told, mut heard) = mpsc::unbounded_channel();
    let mut streams = JoinSet::new();
    for _ in 0..WATCHING {
        let (mut stream, told) = (visitor.stream().await, told.clone());
        streams.spawn(async move {
            loop {
                until(&mut stream, "event: change").await;
                told.send(Instant::now()).expect("somebody listens");
            }
        });
    }
    let mut times = vec![];
    for number in 0..CHANGES {
        let begun = Instant::now();
        plane
            .admin()
            .tag_resource()
            .resource_arn(cluster.arn())
            .tags("number", number.to_string())
            .send()
            .await
            .expect("a cluster takes a tag");
        for _ in 0..WATCHING {
            let at = heard.recv().await.expect("every stream is told");
            times.push(at.saturating_duration_since(begun));
        }
    }
    let seen = p99(&mut times);
    println!(
        "change to {WATCHING} open pages: p99 {:.0} ms, {:.0} % of the second that is promised",
        seen.as_secs_f64() * 1e3,
        100.0 * seen.as_secs_f64() / PROMISED.as_secs_f64()
    );

    for _ in WATCHING..IDLE {
        let mut stream = visitor.stream().await;
        streams.spawn(async move { until(&mut stream, "nothing says this").await });
    }
    let with = share_of_a_core(&plane).await;
    println!(
        "{IDLE} idle pages: {:.2} % of a core ({:.2} % without them)",
        100.0 * with,
        100.0 * without
    );
    streams.shutdown().await;
    plane.finish().await;
}

async fn share_of_a_core(plane: &TestPlane) -> f64 {
    let pid = plane.server.pid();
    let (before, begun) = (cpu_seconds(pid), Instant::now());
    tokio::time::sleep(WATCHED).await;
    (cpu_seconds(pid) - before) / begun.elapsed().as_secs_f64()
}
