//! What is told of a job's lives: by looks, by what was noted at a start, by the controller's log.

use chrono::TimeZone as _;
use tempfile::TempDir;

use super::*;

fn record(restarts: i64, state: &str, reason: &str) -> JobRecord {
    let mut record = JobRecord {
        restarts,
        eligible_at: 131_000,
        ..JobRecord::default()
    };
    record.job.id = "7".into();
    record.job.state = state.into();
    record.job.reason = reason.into();
    record.job.priority = 1;
    record.job.submitted_at = 100_000;
    record
}

/// The controller's log is that now, and is read on.
async fn tells(log: &TempDir, text: &str, lives: &mut Lives) {
    let path = log.path().join("slurmctld.log");
    std::fs::write(&path, text).unwrap();
    lives.log.read_on(&DaemonLog::at(&path)).await;
}

#[test]
fn a_life_ends_when_the_job_is_back_in_the_queue() {
    let before = Run {
        restarts: 0,
        submitted_at: 1_000,
        started_at: 2_000,
        nodes: "a-1".into(),
    };
    let mut lives = Lives::new("pcs_a");
    lives.runs.insert("7".into(), before.clone());
    let life = &lives.lives_of(&record(1, "PENDING", "BeginTime"), &[])[0];
    assert_eq!((life.restarts, life.submitted_at), (0, 1_000));
    assert_eq!((life.started_at, life.ended_at), (2_000, 100_000));
    assert_eq!(life.nodes, "a-1");
    assert_eq!(lives.lives_of(&record(0, "RUNNING", ""), &[]), []);
    let mut completing = record(1, "COMPLETING", "");
    completing.job.submitted_at = 1_000;
    assert_eq!(lives.lives_of(&completing, &[]), [], "it may still write");
    assert_eq!(
        run(&completing, Some(&before)).map(|run| run.restarts),
        Some(0),
        "it is told later"
    );
}

#[tokio::test]
async fn a_job_that_is_first_seen_as_it_leaves_its_node_has_had_a_life() {
    let mut lives = Lives::new("pcs_a");
    let log = tempfile::tempdir().unwrap();
    tells(&log, "", &mut lives).await;
    let submitted = chrono::Local.timestamp_millis_opt(89_000).unwrap();
    let submitted = submitted.format("[%Y-%m-%dT%H:%M:%S.000]");
    let line = format!("{submitted} _slurm_rpc_submit_batch_job: JobId=7 InitPrio=1 usec=9\n");
    tells(&log, &line, &mut lives).await;
    let mut leaving = record(1, "COMPLETING", "");
    leaving.job.submitted_at = 89_000;
    assert_eq!(lives.lives_of(&leaving, &[]), []);
    assert!(run(&leaving, None).is_none(), "however often it is seen");

    let starts = [(0, 90_000), (1, 95_000)];
    let starts = starts.map(|(restarts, at)| Start {
        job: 7,
        restarts,
        at,
    });
    let told = lives.lives_of(&record(1, "PENDING", "BeginTime"), &starts);
    let life = told.first().unwrap();
    let moments = (life.submitted_at, life.started_at, life.ended_at);
    assert_eq!((told.len(), moments), (1, (89_000, 90_000, 100_000)));

    // Its own time of submit is that of the last requeue by now.
    let told = lives.lives_of(&record(2, "PENDING", "BeginTime"), &starts);
    let submits: Vec<i64> = told.iter().map(|life| life.submitted_at).collect();
    assert_eq!(submits, [89_000, 95_000]);
    assert_eq!(
        lives.lives_of(&record(1, "COMPLETED", ""), &[]),
        [],
        "none is made up"
    );
}

#[test]
fn only_who_waits_for_an_old_credential_is_started() {
    let now = 101_000;
    let requeued = record(1, "PENDING", "BeginTime");
    assert_eq!(to_start(std::slice::from_ref(&requeued), now), ["7"]);
    let unnamed = record(1, "PENDING", "");
    assert_eq!(to_start(&[unnamed], now), ["7"]);
    let mut held = requeued.clone();
    held.job.priority = 0;
    let mut later = requeued.clone();
    later.eligible_at = 3_600_000;
    let mut due = requeued.clone();
    due.eligible_at = now;
    let others = [
        record(0, "PENDING", "BeginTime"),
        record(1, "COMPLETING", "BeginTime"),
        record(1, "PENDING", "Resources"),
        held,
        later,
        due,
    ];
    assert_eq!(to_start(&others, now), Vec::<String>::new());
}

#[tokio::test]
async fn a_life_that_no_look_saw_is_told_by_what_was_noted() {
    let mut lives = Lives::new("pcs_a");
    let log = tempfile::tempdir().unwrap();
    tells(&log, "", &mut lives).await;
    let places = "[x] sched: Allocate JobId=7_1(9) NodeList=a-3 #CPUs=2 Partition=demo\n\
                      [x] sched: Allocate JobId=7_1(9) NodeList=a-4 #CPUs=2 Partition=demo\n";
    tells(&log, places, &mut lives).await;
    let starts = [(9, 0, 90_000), (9, 1, 95_000), (7, 1, 102_000)];
    let starts = starts.map(|(job, restarts, at)| Start { job, restarts, at });
    let mut waits = record(2, "PENDING", "");
    waits.job.id = "7_1".into();
    let tell = |life: &Life| {
        (
            life.submitted_at,
            life.started_at,
            life.ended_at,
            life.nodes.clone(),
        )
    };

    // Never looked at before.
    let told = lives.lives_of(&waits, &starts);
    let first = (90_000, 90_000, 95_000, "a-3".to_owned());
    let second = (95_000, 95_000, 100_000, "a-4".to_owned());
    assert_eq!(told.iter().map(tell).collect::<Vec<_>>(), [first, second]);

    // Seen while it waited for its second life.
    let seen = Run {
        restarts: 1,
        submitted_at: 94_000,
        ..Run::default()
    };
    lives.runs.insert("7_1".into(), seen);
    let told = lives.lives_of(&waits, &starts);
    let second = (94_000, 95_000, 100_000, "a-4".to_owned());
    assert_eq!(told.iter().map(tell).collect::<Vec<_>>(), [second]);

    lives.over.insert("7_1".into());
    assert_eq!(lives.lives_of(&waits, &starts), [], "it begins anew");
    lives.over.clear();

    // Nothing was noted: that it had a life is known all the same.
    let told = lives.lives_of(&waits, &[]);
    assert_eq!(tell(&told[0]), (94_000, 0, 100_000, String::new()));
}

/// The controller that had seen it end died, and the next one requeued it before it was looked at.
#[tokio::test]
async fn a_life_whose_end_was_lost_between_two_looks_is_told() {
    let mut lives = Lives::new("pcs_a");
    let log = tempfile::tempdir().unwrap();
    tells(&log, "", &mut lives).await;
    let starts = [(7, 0, 90_000), (9, 0, 90_000), (9, 1, 95_000)];
    let starts = starts.map(|(job, restarts, at)| Start { job, restarts, at });
    let again = |id: &str, restarts| {
        let mut record = record(restarts, "PENDING", "BeginTime");
        record.job.id = id.into();
        record
    };
    let jobs = [again("7", 1), again("8_1", 2)];
    lives.over.extend(["7".into(), "8_1".into()]);
    for job in &jobs {
        assert_eq!(lives.lives_of(job, &starts), [], "somebody requeued it");
    }
    let lost = |id: &str| {
        format!(
            "[x] Batch JobId={id} missing from batch node a-1 (not found BatchStartTime after startup), Requeuing job\n"
        )
    };
    tells(&log, &(lost("7") + &lost("8_1(9)")), &mut lives).await;
    let told = jobs.each_ref().map(|job| {
        let lives = lives.lives_of(job, &starts);
        let lives = lives.iter().map(|life| (life.restarts, life.started_at));
        lives.collect::<Vec<_>>()
    });
    assert_eq!(told, [[(0, 90_000)], [(1, 95_000)]]);
}

#[test]
fn what_the_log_tells_and_slurm_contradicts_is_left_out() {
    let told = |places: &[&str]| {
        let mut told = Told::default();
        let places = places.iter().map(|place| (*place).to_owned());
        told.places.extend(places);
        told
    };
    let start = |restarts| Start {
        job: 7,
        restarts,
        at: 90_000,
    };
    let mut runs = record(1, "RUNNING", "");
    runs.job.started_at = 100_000;
    runs.job.nodes = "a-[1-2]".into();
    let place = |places: &[&str], record: &JobRecord| {
        let starts = [start(0)];
        let noted = Noted {
            told: told(places),
            record,
            starts: &starts,
        };
        noted.run(0, None).unwrap().nodes
    };
    assert_eq!(place(&["a-3", "a-[1-2]"], &runs), "a-3");
    assert_eq!(place(&["a-3", "a-[1,2]"], &runs), "a-3", "the same nodes");
    assert_eq!(place(&["a-3", "a-4"], &runs), "", "it runs elsewhere");
    let more = ["a-3", "a-9", "a-[1-2]"];
    assert_eq!(place(&more, &runs), "", "it began twice only");
    let waits = record(1, "PENDING", "");
    assert_eq!(place(&["a-3"], &waits), "a-3");
    assert_eq!(place(&["a-3", "a-9"], &waits), "");

    let life = Life {
        nodes: "a-[1-2]".into(),
        ..ended_life(Run::default(), None, &waits)
    };
    let records = [waits];
    let failed = |node: &str| LifeEnd::NodeFailed { node: node.into() };
    let by = |by: &str| LifeEnd::Preempted { by: by.into() };
    for (end, id, is_so) in [
        (failed("a-2"), "7", true),
        (failed("a-3"), "7", false),
        (by("7"), "8", true),
        (by("7"), "7", false),
        (by("50"), "8", false),
    ] {
        assert_eq!(can_be(&end, id, &life, &records), is_so, "{end:?}");
    }
}
