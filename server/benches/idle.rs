//! What a server with five clusters costs while nothing happens.

use std::time::{Duration, Instant};

use crate::harness::{Database, TestPlane};

const CLUSTERS: usize = 5;
const WATCHED: Duration = Duration::from_secs(30);
/// `utime` and `stime` count in ticks of this many per second on Linux.
const TICKS: f64 = 100.0;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    for number in 1..=CLUSTERS {
        plane.cluster(&format!("idle-{number}"), 60).await;
    }
    // The first looks at new clusters are no idling.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let pid = plane.server.pid();
    let (before, begun) = (cpu_seconds(pid), Instant::now());
    tokio::time::sleep(WATCHED).await;
    let share = (cpu_seconds(pid) - before) / begun.elapsed().as_secs_f64();
    println!(
        "idle with {CLUSTERS} clusters: {:.1} MB resident",
        resident_mb(pid)
    );
    println!(
        "idle with {CLUSTERS} clusters: {:.2} % of a core, with the Slurm programs it calls",
        share * 100.0
    );
    plane.finish().await;
}

/// The server's own time and that of the children it has waited for.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name
        .split(' ')
        .skip(11)
        .take(4)
        .filter_map(|t| t.parse::<f64>().ok())
        .sum();
    ticks / TICKS
}

pub fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find(|l| l.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib: f64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or_default();
    kib / 1024.0
}
