//! A minute of the largest cluster there may be, measured and written, beside its writing alone; and fifteen months of it,
//! read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::date::{DAY, HOUR};
use app::model::job::Job;
use app::model::metric::Range;
use openpcs_server::db::measured::Measured;
use openpcs_server::db::metric::{add, between};
use openpcs_server::db::{Db, now};
use openpcs_server::live::observed::Snapshot;
use openpcs_server::plan::metric::measure;
use openpcs_server::slurm::client::NodeInfo;

const NODES: usize = 2_048;
const JOBS: usize = 16_384;
const ROUNDS: u32 = 50;

pub async fn run() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let url = format!("sqlite://{}/bench.db?mode=rwc", dir.path().display());
    let db = Db::connect(&url).await.expect("a database can be made");
    let seen = seen(now());
    let end = now() - now().rem_euclid(DAY);
    let (mut measuring, mut writing) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let at = end + i64::from(round) * 60_000;
        let began = Instant::now();
        let measured = measure(&seen, &[], at, at + 1).expect("it was seen now");
        measuring += began.elapsed();
        let began = Instant::now();
        write(&db, &[at], &measured).await;
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

fn seen(at: i64) -> Snapshot {
    let node = |number: usize| NodeInfo {
        name: format!("compute-1-{number}"),
        states: match number % 3 {
            0 => ["ALLOCATED", "CLOUD"].map(str::to_owned).into(),
            1 => ["IDLE", "CLOUD"].map(str::to_owned).into(),
            _ => ["IDLE", "CLOUD", "POWERED_DOWN"].map(str::to_owned).into(),
        },
        ..NodeInfo::default()
    };
    let job = |number: usize| Job {
        id: number.to_string(),
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
