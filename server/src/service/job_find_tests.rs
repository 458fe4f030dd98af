//! How a job is found that Slurm, or OpenPCS, knows under another name, or in parts.

use super::*;
use crate::service::fixture;

fn record(id: &str, state: &str, started_at: i64, ended_at: i64) -> JobRecord {
    let mut record = JobRecord::default();
    record.job.id = id.into();
    record.job.state = state.into();
    record.job.submitted_at = 1;
    record.job.started_at = started_at;
    record.job.ended_at = ended_at;
    record
}

#[test]
fn only_what_slurm_could_have_said_is_an_id() {
    for good in ["12", "12_3", "12_[4-9%2]", "13+1"] {
        assert!(job_id(good).is_ok(), "{good}");
    }
    for bad in ["", "12;id", "--help", "12_", "_3", "1e9", "12 13"] {
        assert!(job_id(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_array_failed_as_all_its_tasks_that_did() {
    let ended = |(state, reason, code): (&str, &str, i64)| {
        let mut record = record("4_1", state, 2, 3);
        record.job.reason = reason.into();
        record.exit_code = Some(code);
        record
    };
    let (well, three) = (("COMPLETED", "", 0), ("FAILED", "NonZeroExitCode", 3));
    for (ends, common) in [
        (vec![], None),
        (vec![well, well], None),
        (vec![three, three], Some("FAILED")),
        (vec![well, three, well, three], Some("FAILED")),
        (vec![three, ("FAILED", "NonZeroExitCode", 4)], None),
        (vec![three, ("TIMEOUT", "TimeLimit", 0)], None),
        (vec![("CANCELLED", "", 0); 2], Some("CANCELLED")),
    ] {
        let members: Vec<JobRecord> = ends.into_iter().map(ended).collect();
        let found = common_end(&members).map(|one| one.job.state.as_str());
        assert_eq!(found, common, "{members:?}");
    }
}

#[tokio::test]
async fn silence_is_not_that_there_is_no_such_job() {
    let dir = tempfile::tempdir().unwrap();
    let service = fixture::service(dir.path()).await;
    fixture::fill(&service).await;
    let cluster = service.find_cluster("abc").await.unwrap();
    let mut write = service.parts.db.write().await.unwrap();
    for id in ["7", "8_1", "9_1", "9_[4-5]"] {
        let ended = record(id, "COMPLETED", 2, 3);
        job::put(&mut write, &cluster.id, &ended, None)
            .await
            .unwrap();
    }
    write.commit().await.unwrap();
    let alive = ["7", "8_2", "6"].map(|id| record(id, "RUNNING", 2, 0).job);
    service
        .parts
        .observed
        .jobs(&cluster.id, now(), alive.to_vec());
    // Its controller does not run.
    for (id, is_told) in [
        ("5", false),
        ("5_1", false),
        ("5+0", false),
        ("6", false),
        // It was requeued since it ended.
        ("7", false),
        ("8", false),
        ("8_1", true),
        ("8_2", false),
        ("9", true),
        ("9_1", true),
        ("9_4", true),
    ] {
        match service.find(&cluster, id, true, Language::English).await {
            Ok(found) => {
                assert!(is_told, "{id}");
                assert_eq!(found.record.job.id, id);
            }
            Err(error) => assert!(!is_told && !error.is_not_found(), "{id}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_part_is_found_by_its_own_number() {
    let dir = tempfile::tempdir().unwrap();
    let service = fixture::service(dir.path()).await;
    fixture::fill(&service).await;
    let cluster = service.find_cluster("abc").await.unwrap();
    let numbered = |id: &str, own_number| JobRecord {
        own_number,
        ..record(id, "COMPLETED", 2, 3)
    };
    let parts = [("22+0", 22), ("22+2", 24), ("30_7", 33), ("41", 41)];
    let mut write = service.parts.db.write().await.unwrap();
    for (id, own) in parts {
        let record = numbered(id, own);
        let put = job::put(&mut write, &cluster.id, &record, None);
        put.await.unwrap();
    }
    write.commit().await.unwrap();
    let found = async |number: u32, known: &[JobRecord]| {
        let part = service
            .part_numbered(&cluster, number, known)
            .await
            .unwrap();
        part.map(|part| part.to_string())
    };
    // As Slurm has forgotten them.
    for (number, part) in [
        (24, Some("22+2")),
        (33, Some("30_7")),
        (22, None),
        (41, None),
        (2, None),
    ] {
        assert_eq!(found(number, &[]).await.as_deref(), part, "{number}");
    }
    let known = |id: &str| [numbered(id, 0)];
    assert_eq!(found(25, &known("22+3")).await.as_deref(), Some("22+3"));
    assert_eq!(found(30, &known("30_[1-4]")).await, None);
    assert_eq!(found(24, &known("24")).await, None, "a job of its own");
}

#[test]
fn who_asks_a_silent_controller_is_told_to_come_again() {
    let error = unheard(
        "nine",
        &SlurmError {
            program: "scontrol".into(),
            message: "no answer within 30 s".into(),
        },
    );
    assert_eq!(error.code(), "ThrottlingException");
    assert!(error.message.contains("nine does not answer"), "{error}");
}

#[test]
fn a_whole_is_what_its_parts_are() {
    let running = [
        record("22_[3-10]", "PENDING", 0, 0),
        record("22_2", "RUNNING", 20, 0),
        record("22_1", "COMPLETED", 10, 30),
    ];
    let all = whole(22, &running).job;
    assert_eq!((all.id.as_str(), all.state.as_str()), ("22", "RUNNING"));
    assert_eq!((all.started_at, all.ended_at), (10, 0));
    let over = [
        record("22_1", "COMPLETED", 10, 30),
        record("22_2", "FAILED", 20, 40),
    ];
    let all = whole(22, &over).job;
    assert_eq!((all.state.as_str(), all.ended_at), ("FAILED", 40));
}

#[test]
fn the_way_of_an_array_is_told_in_the_order_of_time() {
    let mut waiting = record("22_[3-10]", "PENDING", 0, 0);
    // Its first might start when the array came, one that was requeued only later.
    (waiting.eligible_at, waiting.job.expected_at) = (70, i64::MAX);
    let mut requeued = record("22_2", "PENDING", 0, 0);
    requeued.job.expected_at = i64::MAX - 1;
    let mut ran = record("22_1", "COMPLETED", 10, 30);
    ran.eligible_at = 5;
    let all = whole(22, &[waiting, requeued, ran]);
    assert_eq!((all.eligible_at, all.job.expected_at), (5, i64::MAX - 1));
    let steps = super::super::job_timeline::timeline(&all, &[], &[]);
    assert!(steps.is_sorted_by_key(|step| step.at), "{steps:?}");
    assert_eq!(steps.len(), 4);
}

#[test]
fn a_task_is_found_before_it_starts() {
    let mut waiting = record("22_[3-10%2]", "PENDING", 0, 0);
    waiting.standard_output = "/w/slurm-22_%a.out".into();
    let task: JobId = "22_7".parse().unwrap();
    assert!(waiting.job.includes(&task));
    assert!(!waiting.job.includes(&"22_2".parse().unwrap()));
    let task = narrowed(waiting, &task);
    assert_eq!(
        (task.job.id.as_str(), task.standard_output.as_str()),
        ("22_7", "/w/slurm-22_7.out")
    );
}
