//! The server-rendered list of 100 clusters at 50 requests a second, beside the smallest page of the same server.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqlitePoolOptions;
use tokio::time::{MissedTickBehavior, interval};

use crate::harness::{Database, TestPlane, Visitor};
use crate::times::p99;

const CLUSTERS: u32 = 100;
const EVERY: Duration = Duration::from_millis(20);
const REQUESTS: usize = 1_000;
const WARM_UP: usize = 50;

pub async fn run() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster("first", 60).await;
    plane.server.kill();
    copy_clusters(&plane).await;
    plane.server.start().await;

    let visitor = Arc::new(Visitor::sign_in(&plane).await);
    let (list, _) = visitor.page(app::paths::CLUSTERS, "identity").await;
    let text = String::from_utf8_lossy(&list);
    assert!(text.contains("copy-99"), "the list has all clusters");
    measure(&visitor, app::paths::CLUSTERS, WARM_UP).await;
    let ours = measure(&visitor, app::paths::CLUSTERS, REQUESTS).await;
    let small = measure(&visitor, "/sign-in", REQUESTS).await;
    println!(
        "list of {CLUSTERS} clusters ({} kB, sent as brotli) at 50 requests/s: p99 {:.1} ms",
        list.len() / 1000,
        ours.as_secs_f64() * 1e3
    );
    println!(
        "sign-in page at 50 requests/s: p99 {:.1} ms",
        small.as_secs_f64() * 1e3
    );
    println!(
        "list: {:.1} times the sign-in page",
        ours.as_secs_f64() / small.as_secs_f64()
    );
    plane.server.kill();
    execute(&plane, "delete from cluster where name like 'copy-%'").await;
    plane.server.start().await;
    plane.finish().await;
}

/// Requests go out on time, whether or not the ones before were answered.
async fn measure(visitor: &Arc<Visitor>, path: &'static str, requests: usize) -> Duration {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut answers = Vec::with_capacity(requests);
    for _ in 0..requests {
        ticks.tick().await;
        let visitor = visitor.clone();
        answers.push(tokio::spawn(
            async move { visitor.page(path, "br").await.1 },
        ));
    }
    let mut times = Vec::with_capacity(requests);
    for answer in answers {
        times.push(answer.await.expect("a request ends by itself"));
    }
    p99(&mut times)
}

/// Rows like the first one, in a status in which the server leaves them alone: 100 controllers are another measurement.
async fn copy_clusters(plane: &TestPlane) {
    execute(
        plane,
        &format!(
            "with recursive copy(n) as (select 1 union all select n + 1 from copy where n < {CLUSTERS} - 1)
             insert into cluster
             select printf('pcs_copy%06d', n), printf('pcs_copy%06d', n), printf('copy-%d', n), 'CREATE_FAILED',
                    generation, spec, applied_spec, error_info, created_at, modified_at
             from cluster, copy"
        ),
    )
    .await;
}

async fn execute(plane: &TestPlane, statement: &str) {
    let file = plane.server.data().join("openpcs.db");
    let pool = SqlitePoolOptions::new()
        .connect(&format!("sqlite://{}", file.display()))
        .await
        .expect("the database can be opened");
    sqlx::query(statement)
        .execute(&pool)
        .await
        .expect("the statement fits the tables");
    pool.close().await;
}
