//! How long a page of past jobs takes among a million: of all, and by filters that find next to nothing.

use std::time::{Duration, Instant};

use aws_sdk_pcs::types::ClusterStatus;
use serde_json::{Value, json};

use crate::harness::{Database, TestPlane, Visitor};

const JOBS: i64 = 1_000_000;
/// Written at once: others wait meanwhile.
const PART: i64 = 50_000;
const ASKED: usize = 5;
/// Of a job's record, about.
const BYTES: usize = 400;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let mut ids = vec![];
    for cluster in ["large", "small"] {
        let create = plane.new_cluster(cluster).send().await;
        create.expect("a cluster can be made");
        ids.push(plane.wait_cluster(cluster, ClusterStatus::Active).await.id);
    }
    fill(&plane, &ids).await;
    let visitor = Visitor::sign_in(&plane).await;
    let all = json!({});
    for (what, of, filter) in [
        ("all", all.clone(), ""),
        ("one that ended first", all.clone(), "Name = rare-1"),
        ("words that no job has", all.clone(), "nothing of that kind"),
        ("a user's, who has half of them", all.clone(), "User = ann"),
        ("while a user's name is typed", all, "User = a"),
        (
            "a small cluster's",
            json!({"clusterIdentifier": "small"}),
            "",
        ),
        (
            "of these one",
            json!({"clusterIdentifier": "small"}),
            "Name = rare-1",
        ),
    ] {
        let (mut longest, mut answer) = (Duration::ZERO, Value::Null);
        for _ in 0..ASKED {
            let begun = Instant::now();
            answer = ask(&visitor, &of, filter).await;
            longest = longest.max(begun.elapsed());
        }
        let found = &answer["page"]["found"];
        println!(
            "past jobs, {what}: {} ms, found {found}, not looked at yet: {}",
            longest.as_millis(),
            !answer["searchedTo"].is_null()
        );
    }
    let (begun, mut of, mut answers) = (Instant::now(), json!({}), 0);
    while !of["after"].is_null() || answers == 0 {
        let answer = ask(&visitor, &of, "nothing of that kind").await;
        of["after"] = answer["next"].clone();
        answers += 1;
    }
    println!(
        "past jobs, to the end of all: {} ms in {answers} answers",
        begun.elapsed().as_millis()
    );
    plane.finish().await;
}

async fn ask(visitor: &Visitor, of: &Value, filter: &str) -> Value {
    let body = json!({"of": of, "page": {"filter": filter}, "language": "en"});
    let answer = visitor.post("/console/list-past-jobs", body.to_string());
    let answer = answer.await.json().await;
    answer.expect("a list is answered")
}

/// The small cluster has one of 500.
async fn fill(plane: &TestPlane, ids: &[String]) {
    let pool = plane.database().await;
    let statement = format!(
        "with recursive n(i) as (select $3 union all select i + 1 from n where i < $4) insert into past_job \
         (cluster_id, id, ended_at, name, user_name, account, queue, state, accounted, record, steps) \
         select case when i % 500 = 0 then $2 else $1 end, i, 1700000000000 + i * 10000, \
         case when i <= 500 then 'rare-1' else 'job-' || i end, case when i % 2 = 0 then 'ann' else 'bob' end, 'lab', \
         'demo', 'COMPLETED', 1, '{{\"id\":\"' || i || '\",\"command\":\"{}\"}}', '[]' from n",
        "x".repeat(BYTES)
    );
    for first in (1..=JOBS).step_by(PART as usize) {
        let part = sqlx::query(&statement);
        let part = part.bind(&ids[0]).bind(&ids[1]);
        let part = part.bind(first).bind(first + PART - 1);
        part.execute(&pool).await.expect("the database takes jobs");
    }
    pool.close().await;
}
