//! What is done outside the database is in the audit trail before it is done, and what became of it after.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::harness::*;

const CLUSTER: &str = "audit";

async fn outcomes(plane: &TestPlane) -> Vec<String> {
    let pool = plane.database().await;
    let query = sqlx::query_scalar(
        "select outcome from audit where operation = 'DrainNode' and why = 'console' order by at",
    );
    let found = query.fetch_all(&pool).await.unwrap();
    pool.close().await;
    found
}

fn all(signal: Signal, plane: &TestPlane) {
    for pid in slurmctld(plane) {
        kill(pid, signal).unwrap();
    }
}

#[tokio::test]
async fn what_was_asked_of_slurm_is_in_the_trail_though_nobody_came_back() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let drain = |node: &str| {
        let input = json!({
            "clusterIdentifier": CLUSTER, "nodeNames": [node], "action": "drain", "reason": "x"
        });
        visitor.post(
            "/console/act-on-nodes",
            json!({ "input": input }).to_string(),
        )
    };
    wait_until("the node is seen", async || {
        match drain("compute-1-1").await.status().as_u16() {
            200 => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;

    // slurmctld stands still, and the server dies before it can tell what became of it.
    all(Signal::SIGSTOP, &plane);
    let asked = wait_until("it is written down", async || {
        match outcomes(&plane).await.as_slice() {
            [first, second] if first == "done" && second == "asked" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    tokio::select! {
        answer = drain("compute-1-2") => panic!("answered: {answer:?}"),
        () = asked => {}
    }
    plane.server.kill();
    all(Signal::SIGCONT, &plane);
    plane.server.start().await;
    assert_eq!(outcomes(&plane).await, ["done", "asked"]);
    plane.finish().await;
}

async fn only_what_is_too_old_leaves_the_trail(database: Database) {
    let mut plane = TestPlane::start(database).await;
    let pool = plane.database().await;
    // A server looks at its trail as it starts, which may be only now.
    plane.server.stop();
    for days in [800, 399] {
        let at = chrono::Utc::now().timestamp_millis() - days * 24 * 3_600_000;
        let old = sqlx::query(
            "insert into audit (id, at, request_id, principal, why, operation, resource_arn, request, outcome) \
             values ($1, $2, '', '', '', 'DrainNode', '', '', 'done')",
        );
        let old = old.bind(format!("{days} days")).bind(at).execute(&pool);
        old.await.unwrap();
    }
    let ids = async || {
        let query = sqlx::query_scalar("select id from audit").fetch_all(&pool);
        query.await.map(BTreeSet::<String>::from_iter)
    };
    let before = ids().await.unwrap();
    plane.server.start().await;
    let after = wait_until("it is gone", async || match ids().await {
        Ok(left) if !left.contains("800 days") => Ok(left),
        other => Err(format!("{other:?}")),
    })
    .await;
    let lost: Vec<_> = before.difference(&after).collect();
    assert_eq!(lost, ["800 days"]);
    pool.close().await;
    plane.finish().await;
}

#[tokio::test]
async fn an_old_trail_on_sqlite() {
    only_what_is_too_old_leaves_the_trail(Database::Sqlite).await;
}

#[tokio::test]
async fn an_old_trail_on_postgres() {
    only_what_is_too_old_leaves_the_trail(Database::Postgres).await;
}
