//! What the database keeps of past jobs, and how they are found.

use super::*;
use crate::db::happening::{self, After};
use crate::db::{now, past_cluster};

fn job(id: &str, ended_at: i64, is_accounted: bool) -> PastJob {
    PastJob {
        id: id.into(),
        name: format!("job_{id} 100%"),
        user: "Ann".into(),
        state: "COMPLETED".into(),
        ended_at,
        is_accounted,
        ..PastJob::default()
    }
}

fn record(id: &str, ended_at: i64) -> JobRecord {
    let mut record = JobRecord::default();
    (record.job.id, record.job.ended_at) = (id.into(), ended_at);
    record.job.state = "FAILED".into();
    record
}

async fn database(dir: &tempfile::TempDir) -> Db {
    let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
    Db::connect(&url).await.unwrap()
}

async fn fill(db: &Db, cluster_id: &str, jobs: &[PastJob]) {
    let mut write = db.write().await.unwrap();
    for job in jobs {
        put(&mut write, cluster_id, job, &[PastStep::default()])
            .await
            .unwrap();
    }
    write.commit().await.unwrap();
}

async fn see(db: &Db, id: &str, ended_at: i64) {
    let mut write = db.write().await.unwrap();
    saw(&mut write, "c", &record(id, ended_at)).await.unwrap();
    write.commit().await.unwrap();
}

fn of(clusters: &[&str], tests: &[Test]) -> Wanted {
    Wanted {
        clusters: clusters.iter().map(|id| (*id).to_owned()).collect(),
        tests: tests.to_vec(),
        ..Wanted::default()
    }
}

async fn ids(db: &Db, wanted: &Wanted) -> String {
    let found = list(db.pool(), wanted, 0, 100).await.unwrap();
    let counted = async |most| count_to(db.pool(), wanted, most).await.unwrap();
    assert_eq!(counted(100).await, found.len() as i64);
    assert_eq!(counted(1).await, found.len().min(1) as i64);
    let ids: Vec<String> = found.into_iter().map(|found| found.id).collect();
    ids.join(" ")
}

#[tokio::test]
async fn accounting_knows_better_and_the_last_end_counts() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(&dir).await;
    let told = async || {
        let (job, steps) = find(db.pool(), "c", "7").await.unwrap().unwrap();
        (job.ended_at, job.is_accounted, steps.len())
    };
    see(&db, "7", 1_000_500).await;
    assert_eq!(told().await, (1_000_500, false, 0));
    fill(&db, "c", &[job("7", 1_000_000, true)]).await;
    assert_eq!(told().await, (1_000_000, true, 1));
    see(&db, "7", 1_000_500).await;
    assert_eq!(told().await, (1_000_000, true, 1), "the same end");
    see(&db, "7", 9_000_000).await;
    assert_eq!(told().await, (9_000_000, false, 0), "it ran again");
    fill(&db, "c", &[job("7", 9_000_000, true)]).await;
    fill(&db, "c", &[job("7", 1_000_000, true)]).await;
    assert_eq!(
        told().await,
        (9_000_000, true, 1),
        "a late record of before"
    );
}

/// Whoever tells of them first.
#[tokio::test]
async fn components_that_never_started_are_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(&dir).await;
    let all = of(&["c"], &[]);
    let both = [job("8", 20, true), job("9", 10, true)];
    see(&db, "8+0", 20).await;
    see(&db, "8+1", 10).await;
    fill(&db, "c", &both).await;
    assert_eq!(ids(&db, &all).await, "8+0 8+1");
    let (first, _) = find(db.pool(), "c", "8+0").await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.is_accounted), ("8+0", true));
    fill(&db, "c", &[job("18", 9, true), job("19", 8, true)]).await;
    see(&db, "18+1", 8).await;
    see(&db, "18+0", 9).await;
    assert_eq!(ids(&db, &all).await, "8+0 8+1 18+0 18+1");
    // One that has a number beside them is another.
    let mut other = job("20", 7, true);
    other.started_at = 5;
    fill(&db, "c", &[other, job("1", 6, true)]).await;
    assert_eq!(ids(&db, &all).await, "8+0 8+1 18+0 18+1 20 1");
}

#[tokio::test]
async fn a_list_is_found_by_all_that_it_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(&dir).await;
    fill(&db, "c", &[job("1", 10, true), job("2", 30, true)]).await;
    fill(&db, "d", &[job("1", 20, true), job("12_3", 30, false)]).await;
    fill(&db, "e", &[job("5", 30, true)]).await;
    let both = of(&["c", "d"], &[]);
    assert_eq!(ids(&db, &both).await, "12_3 2 1 1");
    assert_eq!(ids(&db, &of(&[], &[])).await, "");
    let ann = vec!["ANN".to_owned()];
    for (test, found) in [
        (Test::Is(Column::User, ann.clone()), "12_3 2 1 1"),
        (Test::IsNot(Column::User, ann), ""),
        (Test::Is(Column::User, vec![]), ""),
        (Test::IsNot(Column::User, vec![]), "12_3 2 1 1"),
        (Test::Contains(Column::Name, "JOB_1".into()), "12_3 1 1"),
        (Test::Contains(Column::Name, "job%1".into()), ""),
        (Test::Contains(Column::Name, "100%".into()), "12_3 2 1 1"),
        (Test::Any(vec![]), ""),
        (
            Test::Any(vec![
                Test::Is(Column::Id, vec!["2".into()]),
                Test::Contains(Column::Id, "_".into()),
            ]),
            "12_3 2",
        ),
    ] {
        let wanted = of(&["c", "d"], std::slice::from_ref(&test));
        assert_eq!(ids(&db, &wanted).await, found, "{test:?}");
    }
    let mut later = both.clone();
    (later.from, later.to) = (Some(20), Some(30));
    assert_eq!(ids(&db, &later).await, "1");
    let users = values(db.pool(), &both, Column::User, 5).await.unwrap();
    assert_eq!(users, ["Ann"]);

    let first = list(db.pool(), &both, 0, 2).await.unwrap();
    let rest = Wanted {
        after: first.last().map(Found::place),
        ..both
    };
    fill(&db, "c", &[job("9", 99, true)]).await;
    assert_eq!(ids(&db, &rest).await, "1 1");
}

#[tokio::test]
async fn a_deleted_cluster_is_remembered_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(&dir).await;
    fill(&db, "c", &[job("1", 10, true), job("2", 30, false)]).await;
    let long = format!("12_[{}]", "1,3,".repeat(2000));
    fill(&db, "d", &[job(&long, 10, true)]).await;
    assert!(find(db.pool(), "d", &long).await.unwrap().is_some());
    forget(&db, "c", true, 20).await.unwrap();
    assert_eq!(ids(&db, &of(&["c"], &[])).await, "2");
    let mut write = db.write().await.unwrap();
    past_cluster::close(&mut write, "c", "demo").await.unwrap();
    write.commit().await.unwrap();
    let names = async || {
        let all = past_cluster::deleted(db.pool()).await.unwrap();
        all.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    for (before, left) in [(0, vec!["demo"]), (now() + 1, vec![])] {
        prune(&db, before).await.unwrap();
        past_cluster::prune(&db, before).await.unwrap();
        assert_eq!(names().await, left);
    }
    assert_eq!(ids(&db, &of(&["c", "d"], &[])).await.len(), LONGEST_KEY);
}

#[tokio::test]
async fn an_end_is_found_once_and_anew_when_it_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(&dir).await;
    let found_at = async || {
        let after = After {
            at: 0,
            id: String::new(),
        };
        let ends = happening::job_ends(db.pool(), &after, 10).await.unwrap();
        assert_eq!(ends.len(), 1);
        ends[0].found_at
    };
    let begun = now();
    fill(&db, "c", &[job("7", 1_000, true)]).await;
    let first = found_at().await;
    assert!(first >= begun);
    let old = "update past_job set found_at = 5";
    let mut writer = db.writer().await.unwrap();
    sqlx::query(old).execute(&mut *writer).await.unwrap();
    drop(writer);
    fill(&db, "c", &[job("7", 1_000, true)]).await;
    assert_eq!(found_at().await, 5, "the same end");
    fill(&db, "c", &[job("7", 2_000, true)]).await;
    assert!(found_at().await >= first, "it ran again");
}
