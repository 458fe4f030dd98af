//! What the audit trail costs: changes with their record beside the same ones without, alone and two thousand in a transaction;
//! and reads, whose records are written behind.

use std::time::{Duration, Instant};

use app::explain::What;
use app::model::live::Kind;
use app::model::operation::Operation;
use app::port::{Ctx, Principal, Watcher, Why};
use openpcs_server::db::event::{self, RECONCILER};
use openpcs_server::db::{Db, audit};
use openpcs_server::service::audit::Recorder;
use serde_json::json;

const ROUNDS: u32 = 500;
const NODES: u32 = 2_048;
const READS: u32 = 10_000;
const USER: &str = "arn:aws:iam::111122223333:user/ann";

pub async fn run() {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let url = format!("sqlite://{}/bench.db?mode=rwc", dir.path().display());
    let db = Db::connect(&url).await.expect("a database can be made");
    // The timeline alone has what a user did, both have what the service did.
    for (what, transactions, events) in [
        ("a change", ROUNDS, 1),
        ("a transaction of 2,048 changes", 5, NODES),
    ] {
        let (mut without, mut with) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..transactions {
            without += written(&db, USER, events).await;
            with += written(&db, RECONCILER, events).await;
        }
        let each = |all: Duration| all.as_secs_f64() * 1000.0 / f64::from(transactions);
        println!(
            "{what}: {:.2} ms; with its record in the audit trail {:.2} ms, {:.2} times as long",
            each(without),
            each(with),
            with.as_secs_f64() / without.as_secs_f64()
        );
    }
    read(&db).await;
    let began = Instant::now();
    let (check, _) = audit::chain::verify(&db).await.expect("it can be read");
    println!(
        "the chain of {} records verified in {:.0} ms",
        check.records,
        began.elapsed().as_secs_f64() * 1000.0
    );
}

async fn written(db: &Db, actor: &str, events: u32) -> Duration {
    let began = Instant::now();
    let mut write = db.write().await.expect("it can be written");
    for number in 0..events {
        let (noun, name) = (Kind::Queue, format!("queue-{number}"));
        let what = What::Create { noun, name };
        let noted = event::insert(&mut write, "pcs_c", Kind::Queue, "pcs_q", actor, &what).await;
        noted.expect("it can be written");
    }
    write.commit().await.expect("it can be written");
    began.elapsed()
}

async fn read(db: &Db) {
    let (recorder, _writer) = Recorder::start(db.clone());
    let user = Principal::User {
        name: "ann".into(),
        arn: USER.into(),
    };
    let ctx = Ctx::new(user, Why::Api, "bench".into());
    const GET: &[Operation] = &[Operation::GetCluster];
    let (mut caller, began) = (Duration::ZERO, Instant::now());
    for round in 0..READS {
        let asked = Instant::now();
        recorder.answered(&ctx, GET, json!({"clusterIdentifier": "bench"}), None);
        caller += asked.elapsed();
        // Not more than may wait.
        if round % 5_000 == 4_999 {
            recorder.flush().await;
        }
    }
    let each = |all: Duration| all.as_secs_f64() * 1e6 / f64::from(READS);
    println!(
        "a read: its record takes {:.1} µs of the answer, and {:.1} µs with being written behind",
        each(caller),
        each(began.elapsed())
    );
}
