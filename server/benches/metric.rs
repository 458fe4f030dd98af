//! A minute of the largest cluster there may be with its groups, queues and types, measured and written, beside its writing
//! alone; and fifteen months of it, read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::date::{DAY, HOUR};
use app::model::job::Job;
use app::model::metric::Range;
use openpcs_server::db::measured::Measured;
use openpcs_server::db::metric::{add, between};
use openpcs_server::db::{Db, metric_part, now};
use openpcs_server::live::observed::Snapshot;
use openpcs_server::plan::metric::measure;
use openpcs_server::plan::metric_part::measure_parts;
use openpcs_server::slurm::client::NodeInfo;

const NODES: usize = 2_048;
const JOBS: usize = 16_384;
/// Groups, queues and types of instances.
const PARTS: usize = 10;
const ROUNDS: u32 = 50;

pub async fn run() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let url = format!("sqlite://{}/bench.db?mode=rwc", dir.path().display());
    let db = Db::connect(&url).await.expect("a database can be made");
    let seen = seen(now());
    let types = (1..=NODES).map(|n| (node_name(n), format!("c6i.{}", n % PARTS)));
    let types: HashMap<String, String> = types.collect();
    let end = now() - now().rem_euclid(DAY);
    let (mut measuring, mut writing) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let at = end + i64::from(round) * 60_000;
        let began = Instant::now();
        let measured = measure(&seen, &[], at, at + 1).expect("it was seen now");
        let parts = measure_parts(&seen, &[], &[], &types, at, at + 1);
        measuring += began.elapsed();
        let began = Instant::now();
        let mut write = db.write().await.expect("nobody else writes");
        let added = add(&mut write, "pcs_c", at, &measured).await;
        added.expect("it can be written");
        for (by, of_kind) in &parts {
            let added = metric_part::add(&mut write, "pcs_c", *by, at, of_kind).await;
            added.expect("it can be written");
        }
        write.commit().await.expect("it can be written");
        writing += began.elapsed();
    }
    let each = |all: Duration| all.as_secs_f64() * 1000.0 / f64::from(ROUNDS);
    println!(
        "a minute of {NODES} nodes and {JOBS} jobs: measured in {:.2} ms, written in {:.2} ms",
        each(measuring),
        each(writing)
    );

    let measured = measure(&seen, &[], 0, now()).expect("it was seen now");
    let hours: Vec<i64> = (0..455 * 24).map(|hour| end - hour * HOUR).collect();
    for some in hours.chunks(500) {
        write(&db, some, &measured).await;
    }
    for (what, period, length) in [
        ("fifteen months", DAY, Range::FifteenMonths),
        ("thirty days", HOUR, Range::ThirtyDays),
    ] {
        let began = Instant::now();
        let rows = between(db.pool(), "pcs_c", period, end - length.length(), end).await;
        let count = rows.expect("they can be read").len();
        let took = began.elapsed().as_secs_f64() * 1000.0;
        println!("{what} of a cluster, {count} rows: read in {took:.2} ms");
    }
}

async fn write(db: &Db, at: &[i64], measured: &Measured) {
    let mut write = db.write().await.expect("nobody else writes");
    for at in at {
        let added = add(&mut write, "pcs_c", *at, measured).await;
        added.expect("it can be written");
    }
    write.commit().await.expect("it can be written");
}

fn node_name(number: usize) -> String {
    format!("compute{}-{number}", number % PARTS)
}

fn seen(at: i64) -> Snapshot {
    let node = |number: usize| NodeInfo {
        name: node_name(number),
        partitions: vec![format!("queue{}", number % PARTS)],
        states: match number % 3 {
            0 => ["ALLOCATED", "CLOUD"].map(str::to_owned).into(),
            1 => ["IDLE", "CLOUD"].map(str::to_owned).into(),
            _ => ["IDLE", "CLOUD", "POWERED_DOWN"].map(str::to_owned).into(),
        },
        ..NodeInfo::default()
    };
    let job = |number: usize| Job {
        id: number.to_string(),
        queue: format!("queue{}", number % PARTS),
        state: if number.is_multiple_of(2) {
            "RUNNING"
        } else {
            "PENDING"
        }
        .into(),
        ..Job::default()
    };
    Snapshot {
        asked_at: at,
        nodes: Arc::new((1..=NODES).map(node).collect()),
        jobs_asked_at: at,
        jobs: Arc::new((1..=JOBS).map(job).collect()),
        ..Snapshot::default()
    }
}
