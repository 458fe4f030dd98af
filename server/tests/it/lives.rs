//! A job that went back to the queue has had a life before: each is told, and the next one begins at once.

use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::harness::*;
use crate::job_parts::{act, ask, page};

const CLUSTER: &str = "lives";

/// Waits until the job runs for the time after so many requeues, and the console has seen it.
async fn wait_life(plane: &TestPlane, visitor: &Visitor, job: &str, restarts: usize) {
    wait_until(
        &format!("job {job} runs after {restarts} requeues"),
        async || {
            let found = plane.job(CLUSTER, job);
            match (found["Restarts"].as_str(), found["JobState"].as_str()) {
                (count, "RUNNING") if count == restarts.to_string() => Ok(()),
                _ => Err(format!("{found:?}")),
            }
        },
    )
    .await;
    wait_until("the console has seen it", async || {
        let record = &page(visitor, CLUSTER, job).await["record"];
        match (&record["restarts"], record["job"]["state"].as_str()) {
            (count, Some("RUNNING")) if *count == restarts => Ok(()),
            _ => Err(record.to_string()),
        }
    })
    .await;
}

/// The job's page, once the console has seen so many lives.
async fn lives(visitor: &Visitor, job: &str, count: usize) -> Value {
    wait_until(&format!("{count} lives are told"), async || {
        let page = page(visitor, CLUSTER, job).await;
        match page["lives"].as_array().map(Vec::len) {
            Some(found) if found == count => Ok(page),
            _ => Err(page["lives"].to_string()),
        }
    })
    .await
}

#[tokio::test]
async fn every_life_of_a_job_is_told() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    let settings = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(600)
        .slurm_custom_settings(setting("PreemptType", "preempt/partition_prio"))
        .slurm_custom_settings(setting("PreemptMode", "REQUEUE"))
        .build();
    let create = plane.new_cluster(CLUSTER).slurm_configuration(settings);
    create.send().await.unwrap();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    for (queue, tier) in [("demo", "1"), ("urgent", "10")] {
        let first = QueueSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting("PriorityTier", tier))
            .build();
        let create = plane.new_queue(CLUSTER, queue, &group.id);
        create.slurm_configuration(first).send().await.unwrap();
        plane.wait_queue(CLUSTER, queue, QueueStatus::Active).await;
    }
    let visitor = Visitor::sign_in(&plane).await;

    let options = ["--exclusive", "--open-mode=append", "--output=all-lives"];
    let job = plane.sbatch(
        CLUSTER,
        &options,
        "echo life $SLURM_RESTART_COUNT; sleep 600",
    );
    wait_life(&plane, &visitor, &job, 0).await;
    // Whoever looks at it knows when it was submitted.
    let first = lives(&visitor, &job, 0).await["record"]["job"]["submittedAt"].clone();

    act(&visitor, CLUSTER, &job, "requeue").await.unwrap();
    wait_life(&plane, &visitor, &job, 1).await;
    let told = lives(&visitor, &job, 1).await;
    let life = &told["lives"][0];
    assert_eq!(
        life["end"],
        json!({ "kind": "by-user", "user": "admin" }),
        "{life}"
    );
    assert_eq!(life["nodes"], "compute-1-1");
    // What comes later in the file is of the next life.
    let bytes = usize::try_from(life["outputBytes"].as_u64().unwrap()).unwrap();
    let file = plane.server.home().join("all-lives");
    wait_until("the next life writes", async || {
        let text = std::fs::read_to_string(&file).unwrap();
        match text.split_at_checked(bytes) {
            Some((first, next)) if first.starts_with("life") && next.starts_with("life 1\n") => {
                Ok(())
            }
            _ => Err(format!("{bytes} of {text}")),
        }
    })
    .await;
    // Slurm alone waits half a minute for an old credential.
    let began = told["record"]["job"]["startedAt"].as_i64().unwrap();
    let pause = began - life["endedAt"].as_i64().unwrap();
    assert!(pause < 15_000, "it waited {pause} ms for a free node");

    plane.crash().await;
    let visitor = Visitor::sign_in(&plane).await;
    lives(&visitor, &job, 1).await;
    let urgent = plane.connect(
        CLUSTER,
        &[
            "sbatch",
            "--parsable",
            "--partition=urgent",
            "--exclusive",
            "--wrap=true",
        ],
    );
    wait_life(&plane, &visitor, &job, 2).await;
    let told = lives(&visitor, &job, 2).await;
    let by = json!({ "kind": "preempted", "by": urgent.trim() });
    assert_eq!(told["lives"][1]["end"], by, "{told}");

    let (slurmd, _) = processes(plane.server.root())
        .into_iter()
        .find(|(_, line)| line.contains("/slurmd ") && line.contains("-N compute-1-1 "))
        .unwrap();
    kill(slurmd, Signal::SIGKILL).unwrap();
    wait_life(&plane, &visitor, &job, 3).await;
    let told = lives(&visitor, &job, 3).await;
    let lost = json!({ "kind": "node-failed", "node": "compute-1-1" });
    assert_eq!(told["lives"][2]["end"], lost, "{told}");

    assert_eq!(told["record"]["job"]["submittedAt"], first);
    let moments: Vec<&str> = told["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["moment"].as_str().unwrap())
        .filter(|moment| ["submitted", "running", "requeued"].contains(moment))
        .collect();
    let again = ["running", "requeued"].repeat(3);
    assert_eq!(
        moments,
        [&["submitted"], again.as_slice(), &["running"]].concat()
    );
    let body = json!({ "cluster_identifier": CLUSTER, "page": {}, "language": "en" });
    let listed = ask(&visitor, "list-jobs", body).await.unwrap();
    let mut rows = listed["rows"].as_array().unwrap().iter();
    let row = rows.find(|row| row["item"]["id"] == job.as_str());
    assert_eq!(row.unwrap()["item"]["submittedAt"], first);
    plane.connect(CLUSTER, &["scancel", &job]);
    output_that_is_written_anew(&plane, &visitor).await;
    plane.finish().await;
}

/// Where the next life does not append, nothing in the file is of the first.
async fn output_that_is_written_anew(plane: &TestPlane, visitor: &Visitor) {
    let command = "test $SLURM_RESTART_COUNT && echo again || echo the first of two; sleep 600";
    let job = plane.sbatch(CLUSTER, &["--exclusive", "--output=anew"], command);
    wait_life(plane, visitor, &job, 0).await;
    let file = plane.server.home().join("anew");
    let written = async |text: &str| {
        wait_until("the life writes", async || {
            match std::fs::read_to_string(&file) {
                Ok(now) if now == text => Ok(()),
                now => Err(format!("{now:?}")),
            }
        })
        .await;
    };
    written("the first of two\n").await;
    act(visitor, CLUSTER, &job, "requeue").await.unwrap();
    wait_life(plane, visitor, &job, 1).await;
    written("again\n").await;
    wait_until("the first life has no output any more", async || {
        let told = lives(visitor, &job, 1).await;
        match told["lives"][0]["outputBytes"].is_null() {
            true => Ok(()),
            false => Err(told["lives"].to_string()),
        }
    })
    .await;
    plane.connect(CLUSTER, &["scancel", &job]);
}
