//! What is found late is told all the same, and what found no room is counted.

use app::model::date::{DAY, HOUR};
use app::model::notification::{Content, DeliveryState, RuleSettings, Trigger};
use app::model::past_job::PastJob;

use super::*;
use crate::db::notification::NotificationRow;
use crate::db::{happening, notification_rule, past_job};
use crate::service::fixture;

async fn parts(dir: &tempfile::TempDir) -> Parts {
    fixture::service(dir.path()).await.parts
}

/// The messages there are, the newest first.
async fn messages(parts: &Parts) -> Vec<NotificationRow> {
    notification::newest(parts.db.pool(), 10_000).await.unwrap()
}

/// Accounting tells of a job that ended then.
async fn found(parts: &Parts, id: &str, ended_at: i64) {
    let job = PastJob {
        id: id.into(),
        user: "ann".into(),
        state: "COMPLETED".into(),
        started_at: ended_at - 1,
        ended_at,
        is_accounted: true,
        ..PastJob::default()
    };
    let mut write = parts.db.write().await.unwrap();
    past_job::put(&mut write, "c", &job, &[]).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_job_whose_end_is_found_late_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let parts = parts(&dir).await;
    let mut write = parts.db.write().await.unwrap();
    let settings = RuleSettings {
        triggers: vec![Trigger::JobDone],
        ..RuleSettings::default()
    };
    notification_rule::put(&mut write, "r", &settings)
        .await
        .unwrap();
    // It was there before the jobs ended.
    let sql = "update notification_rule set since = 0";
    sqlx::query(sql).execute(&mut *write.tx).await.unwrap();
    // Another server looked all the while.
    let looked = happening::look_until(&mut write, "job", now());
    looked.await.unwrap();
    write.commit().await.unwrap();

    let mut gatherer = Gatherer::default();
    gatherer.run(&parts).await.unwrap();
    found(&parts, "7", now() - 3 * HOUR).await;
    found(&parts, "8", now() - 8 * DAY).await;
    gatherer.run(&parts).await.unwrap();
    let told = async || {
        let all = messages(&parts).await.into_iter();
        let ids: Vec<String> = all.map(|row| row.content.resource_id).collect();
        ids
    };
    assert_eq!(told().await, ["7"]);
    // The next server looks back, and finds what was told.
    Gatherer::default().run(&parts).await.unwrap();
    assert_eq!(told().await, ["7"]);
}

#[tokio::test]
async fn a_digest_counts_what_found_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let parts = parts(&dir).await;
    let mut write = parts.db.write().await.unwrap();
    let at = now() - HOUR;
    for (number, state) in [
        (1, DeliveryState::GivenUp),
        (2, DeliveryState::Held),
        (3, DeliveryState::GivenUp),
        (4, DeliveryState::GivenUp),
    ] {
        let row = NotificationRow {
            id: number.to_string(),
            rule_id: "r".into(),
            channel_id: "c".into(),
            made_at: at + number,
            content: Content {
                text: format!("thing {number}."),
                ..Content::default()
            },
            state,
            attempts: 0,
            due_at: at,
            sent_at: 0,
            error: String::new(),
        };
        notification::insert(&mut write, &row).await.unwrap();
    }
    write.commit().await.unwrap();
    send::digest(&parts).await.unwrap();
    let all = messages(&parts).await.into_iter();
    let waiting: Vec<String> = all
        .filter(|row| row.state == DeliveryState::Waiting)
        .map(|row| row.content.text)
        .collect();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let text = &waiting[0];
    // The first one had been dropped before the digest began.
    assert!(text.contains("thing 2.\n2 more were dropped"), "{text}");
}
