//! Arrays and heterogeneous jobs: what is done to a part is done to that part, and each has a page.

use std::collections::BTreeMap;

use app::model::job_id::JobId;
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "parts";

/// What the console's function answers, or the refusal.
pub async fn ask(visitor: &Visitor, function: &str, body: Value) -> Result<Value, Value> {
    let answer = visitor
        .post(&format!("/console/{function}"), body.to_string())
        .await;
    let good = answer.status().is_success();
    let text = answer.text().await.unwrap();
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if good { Ok(value) } else { Err(value) }
}

pub async fn act(
    visitor: &Visitor,
    cluster: &str,
    job: &str,
    action: &str,
) -> Result<Value, Value> {
    let input = json!({ "clusterIdentifier": cluster, "jobId": job, "action": action });
    ask(visitor, "act-on-job", json!({ "input": input })).await
}

pub async fn page(visitor: &Visitor, cluster: &str, job: &str) -> Value {
    let body = json!({ "cluster_identifier": cluster, "job_id": job, "language": "en" });
    let answer = ask(visitor, "get-job", body).await;
    answer.unwrap_or_else(|refusal| panic!("{job}: {refusal}"))
}

/// Each task or component by its id, with its state and reason.
fn squeue(plane: &TestPlane, job: &str) -> BTreeMap<String, String> {
    let of = format!("--jobs={job}");
    let lines = plane.connect(CLUSTER, &["squeue", "-r", "-h", "-o", "%i %T %r", &of]);
    let pair = |line: &str| {
        let (id, state) = line.trim().split_once(' ').unwrap();
        (id.to_owned(), state.to_owned())
    };
    lines.lines().map(pair).collect()
}

async fn wait_for(plane: &TestPlane, what: &str, job: &str, wanted: &[(&str, &str)]) {
    wait_until(what, async || {
        let seen = squeue(plane, job);
        let is_so = |(id, state): &(&str, &str)| {
            let found = seen.get(*id).is_some_and(|found| found.starts_with(state));
            found || (state.is_empty() && !seen.contains_key(*id))
        };
        if wanted.iter().all(is_so) {
            Ok(())
        } else {
            Err(format!("{seen:?}"))
        }
    })
    .await;
}

fn states<'a>(job: &str, states: &[(u32, &'a str)]) -> Vec<(String, &'a str)> {
    let id = |(task, state): &(u32, &'a str)| (format!("{job}_{task}"), *state);
    states.iter().map(id).collect()
}

fn ids(page: &Value) -> Vec<&str> {
    let members = page["members"].as_array().unwrap();
    members.iter().map(|m| m["id"].as_str().unwrap()).collect()
}

async fn an_array_is_told_and_changed_task_by_task(plane: &TestPlane, visitor: &Visitor) {
    let array = plane.sbatch(
        CLUSTER,
        &["--exclusive", "--array=1-12%2", "--output=out-%A_%a"],
        "echo I am $SLURM_ARRAY_TASK_ID; sleep 600",
    );
    let wanted = |list: &[(u32, &'static str)]| states(&array, list);
    let wait = async |what: &str, list: &[(u32, &'static str)]| {
        let list = wanted(list);
        let list: Vec<(&str, &str)> = list.iter().map(|(id, s)| (id.as_str(), *s)).collect();
        wait_for(plane, what, &array, &list).await;
    };
    let task = |n: u32| format!("{array}_{n}");
    // A task has its page before it is one of Slurm's own.
    let waiting = page(visitor, CLUSTER, &task(12)).await;
    assert_eq!(waiting["record"]["job"]["id"], task(12));
    let output = waiting["record"]["standardOutput"].as_str().unwrap();
    assert!(output.ends_with(&format!("out-{array}_12")), "{output}");
    wait("two tasks run", &[(1, "RUNNING"), (2, "RUNNING")]).await;

    let set = |tasks: &str| format!("{array}_[{tasks}]");
    act(visitor, CLUSTER, &set("11-12"), "cancel")
        .await
        .unwrap();
    wait(
        "two that waited are gone",
        &[(11, ""), (12, ""), (10, "PENDING"), (1, "RUNNING")],
    )
    .await;
    plane.connect(CLUSTER, &["scancel", &task(9)]);
    // Slurm keeps no record of them; none of them is ever "not known".
    for n in [9, 11, 12] {
        wait_until(
            "a task that was cancelled while it waited is told so",
            async || {
                let page = page(visitor, CLUSTER, &task(n)).await;
                match page["record"]["job"]["state"].as_str() {
                    Some("CANCELLED") => Ok(()),
                    state => Err(format!("{n}: {state:?}")),
                }
            },
        )
        .await;
    }
    // What the list said a moment ago: the two that run are not of those that wait.
    act(visitor, CLUSTER, &set("1-4%2"), "cancel")
        .await
        .unwrap();
    wait(
        "what ran goes on",
        &[
            (3, ""),
            (4, ""),
            (5, "PENDING"),
            (1, "RUNNING"),
            (2, "RUNNING"),
        ],
    )
    .await;
    act(visitor, CLUSTER, &set("5-6"), "hold").await.unwrap();
    let held = "PENDING JobHeld";
    wait(
        "two are held",
        &[(5, held), (6, held), (7, "PENDING JobArrayTaskLimit")],
    )
    .await;
    act(visitor, CLUSTER, &task(5), "release").await.unwrap();
    wait("one is not", &[(5, "PENDING JobArrayTaskLimit"), (6, held)]).await;
    let refusal = act(visitor, CLUSTER, &set("1-2"), "hold")
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("has started"), "{refusal}");

    let whole = page(visitor, CLUSTER, &array).await;
    assert_eq!(whole["record"]["job"]["id"], array);
    assert_eq!(whole["record"]["job"]["state"], "RUNNING");
    assert!(!whole.to_string().contains("4294967294"), "{whole}");
    let parts = ids(&whole);
    assert!(
        parts.contains(&task(1).as_str()) && parts.contains(&task(6).as_str()),
        "{parts:?}"
    );
    // An old address of what waited leads to the array.
    let old = page(visitor, CLUSTER, &set("3-10%2")).await;
    assert_eq!(old["record"]["job"]["id"], array);

    act(visitor, CLUSTER, &array, "requeue").await.unwrap();
    // Others of the array take their places meanwhile.
    for n in [1, 2] {
        wait_until("the life before is told", async || {
            let page = page(visitor, CLUSTER, &task(n)).await;
            match page["lives"][0]["end"] == json!({ "kind": "by-user", "user": "admin" }) {
                true => Ok(()),
                false => Err(page["lives"].to_string()),
            }
        })
        .await;
    }
    // Slurm forgets which tasks it never started; the page does not.
    act(visitor, CLUSTER, &set("1-12"), "cancel").await.unwrap();
    wait_until(
        "what was cancelled together is told by its tasks",
        async || {
            let whole = page(visitor, CLUSTER, &array).await;
            let members = whole["members"].as_array().unwrap();
            let waits = members.iter().any(|member| member["state"] == "PENDING");
            let is_set = |id: &&str| matches!(id.parse(), Ok(JobId::Tasks { .. }));
            match (ids(&whole).iter().any(is_set), waits) {
                (true, false) => Ok(()),
                other => Err(format!("{other:?} {:?}", ids(&whole))),
            }
        },
    )
    .await;
    act(visitor, CLUSTER, &array, "cancel").await.unwrap();
    wait(
        "all are gone",
        &(1..=12).map(|n| (n, "")).collect::<Vec<_>>(),
    )
    .await;
    let whole = page(visitor, CLUSTER, &array).await;
    let parts = ids(&whole)
        .into_iter()
        .map(|id| id.parse::<JobId>().unwrap());
    let mut tasks: Vec<u32> = parts
        .flat_map(|id| id.tasks().iter().collect::<Vec<u32>>())
        .collect();
    tasks.sort_unstable();
    assert_eq!(tasks, (1..=12).collect::<Vec<u32>>(), "{:?}", ids(&whole));
}

async fn a_heterogeneous_job_is_one(plane: &TestPlane, visitor: &Visitor) {
    let room = plane.sbatch(CLUSTER, &["--partition=other", "--exclusive"], "sleep 600");
    plane.wait_job(CLUSTER, &room, "RUNNING").await;
    let component = ["--exclusive", "--output=het-%j", "--wrap=sleep 600"];
    let mut command = vec!["sbatch", "--parsable", "--partition=demo"];
    command.extend(component);
    command.extend([":", "--partition=other", "--exclusive"]);
    let job = plane.connect(CLUSTER, &command).trim().to_owned();
    let (first, second) = (format!("{job}+0"), format!("{job}+1"));
    let both = |state: &'static str| [(first.as_str(), state), (second.as_str(), state)];
    wait_for(plane, "both wait", &job, &both("PENDING")).await;
    let part = page(visitor, CLUSTER, &second).await;
    assert_eq!(
        (part["record"]["job"]["id"].as_str(), ids(&part)),
        (Some(second.as_str()), vec![first.as_str(), second.as_str()])
    );
    let whole = page(visitor, CLUSTER, &job).await;
    assert_eq!(
        (whole["record"]["job"]["id"].as_str(), ids(&whole).len()),
        (Some(job.as_str()), 2)
    );
    // Slurm knows the second one also by a number of its own.
    let own = plane.connect(CLUSTER, &["squeue", "-h", "-o", "%i %A", "-j", &job]);
    let number = |line: &str| Some(line.trim().strip_prefix(&second)?.trim().to_owned());
    let own = own.lines().find_map(number).unwrap();
    let by_number = page(visitor, CLUSTER, &own).await;
    let told = |page: &Value| {
        let (id, output) = (
            &page["record"]["job"]["id"],
            &page["record"]["standardOutput"],
        );
        (id.to_string(), output.to_string(), ids(page).len())
    };
    assert_eq!(told(&by_number), told(&part), "{own}");
    let refusal = act(visitor, CLUSTER, &own, "requeue").await.unwrap_err();
    assert!(refusal.to_string().contains("in the queue"), "{refusal}");
    // The part that there is room for has no node meanwhile.
    let nodes = plane.sinfo(CLUSTER);
    assert!(
        nodes
            .iter()
            .any(|line| line.starts_with("demo") && line.contains("idle~")),
        "{nodes:?}"
    );
    act(visitor, CLUSTER, &second, "hold").await.unwrap();
    wait_for(plane, "both are held", &job, &both("PENDING JobHeld")).await;
    act(visitor, CLUSTER, &first, "release").await.unwrap();
    act(visitor, CLUSTER, &second, "cancel").await.unwrap();
    wait_for(plane, "both are gone", &job, &both("")).await;
    plane.connect(CLUSTER, &["scancel", &room]);
}

async fn an_array_over_the_limit_is_refused_at_its_field(plane: &TestPlane, visitor: &Visitor) {
    for (array, words) in [
        ("0-299%4", ["300", "256"]),
        ("0-1001", ["1001", "MaxArraySize"]),
    ] {
        let input = json!({
            "clusterIdentifier": CLUSTER, "queue": "demo", "name": "", "script": "#!/bin/sh\ntrue\n",
            "workingDirectory": "", "array": array, "hold": true,
        });
        let refusal = ask(visitor, "submit-job", json!({ "input": input }))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refusal.contains("array") && words.iter().all(|w| refusal.contains(w)),
            "{refusal}"
        );
    }
    // Not "temporarily unable to accept job, sleeping and retrying" for minutes.
    let output = plane
        .try_connect(
            CLUSTER,
            &[
                "sbatch",
                "--partition=demo",
                "--array=0-299%4",
                "--wrap=true",
            ],
        )
        .unwrap_err();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("Invalid job array specification"), "{words}");
    let age = plane.connect(CLUSTER, &["scontrol", "show", "config"]);
    assert!(
        age.lines()
            .any(|line| line.starts_with("MinJobAge") && line.contains("300 sec")),
        "{age}"
    );
}

#[tokio::test]
async fn a_part_of_a_job_is_what_it_is() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let group = plane.group(CLUSTER, "compute-2", 0, 1).await;
    plane.queue(CLUSTER, "other", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    a_heterogeneous_job_is_one(&plane, &visitor).await;
    an_array_is_told_and_changed_task_by_task(&plane, &visitor).await;
    an_array_over_the_limit_is_refused_at_its_field(&plane, &visitor).await;
    plane.finish().await;
}
