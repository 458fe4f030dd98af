//! How long `sacct` takes for one user's jobs among a million, beside the database's own time for the same rows.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::*;

use crate::harness::{Database, Records, TestPlane, accounting_on};

const CLUSTER: &str = "records";
const JOBS: u32 = 1_000_000;
const USERS: u32 = 50;
const ROUNDS: u32 = 5;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let slurm = ClusterSlurmConfigurationRequest::builder().accounting(accounting_on());
    let create = plane
        .new_cluster(CLUSTER)
        .slurm_configuration(slurm.build());
    create.send().await.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    plane.group(CLUSTER, "login", 1, 1).await;
    let records = Records::of(&plane, CLUSTER).await;
    // Who asks is the first of them: sacct takes users that the host knows.
    let user = plane.connect(CLUSTER, &["id", "-u"]).trim().to_owned();
    records.fill(JOBS, 0, USERS, &user);
    let of_user = format!("select * from {} where id_user = {user}", records.jobs());
    let own = mean(|| records.ask(&of_user).lines().count());
    let all = ["sacct", "-X", "-n", "-P", "-S", "2026-01-01", "-u", &user];
    let all = [&all[..], &["-E", "2026-12-31"]].concat();
    let sacct = mean(|| plane.connect(CLUSTER, &all).lines().count());
    let day = ["sacct", "-X", "-n", "-P", "-S", "2026-06-01", "-E"];
    let day = [&day[..], &["2026-06-02", "-u", &user]].concat();
    let of_day = mean(|| plane.connect(CLUSTER, &day).lines().count());
    println!(
        "sacct, one user of {USERS} among {JOBS} jobs, all: {}",
        text(sacct)
    );
    println!("the same rows asked of the database alone: {}", text(own));
    println!("sacct, the same user, one day: {}", text(of_day));
    let times = sacct.0.as_secs_f64() / own.0.as_secs_f64();
    println!("sacct takes {times:.1} times as long as the database alone");
    plane.finish().await;
}

/// How long it takes, and how many rows it tells.
type Measured = (Duration, usize);

fn mean(mut ask: impl FnMut() -> usize) -> Measured {
    let begun = Instant::now();
    let rows = (0..ROUNDS).map(|_| ask()).last();
    (begun.elapsed() / ROUNDS, rows.unwrap_or_default())
}

fn text((time, rows): Measured) -> String {
    format!("{:.0} ms for {rows} rows", time.as_secs_f64() * 1000.0)
}
