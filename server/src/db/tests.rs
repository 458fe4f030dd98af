//! The pool under faults of the database: a full disk, a lock held by another program, a file that was exchanged.

use std::time::{Duration, Instant};

use sqlx::Connection;

use super::*;

struct Fixture {
    db: Db,
    dir: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::connect(&url(dir.path())).await.unwrap();
        Self { db, dir }
    }
}

fn url(dir: &std::path::Path) -> String {
    format!("sqlite://{}/test.db?mode=rwc", dir.display())
}

/// The smallest of writes.
async fn write(db: &Db) -> sqlx::Result<()> {
    db.write().await?.commit().await
}

#[tokio::test]
async fn a_transaction_that_is_dropped_or_fails_leaves_a_sound_pool() {
    let Fixture { db, dir: _dir } = Fixture::new().await;
    let before = change::latest(&db).await.unwrap();
    for _ in 0..20 {
        drop(db.write().await.unwrap());
        let mut write = db.write().await.unwrap();
        // As a full disk does it: the statement's failure ends the whole transaction, and so the commit fails.
        sqlx::query("rollback")
            .execute(&mut *write.tx)
            .await
            .unwrap();
        write.commit().await.unwrap_err();
    }
    assert_eq!(change::latest(&db).await.unwrap(), before);
    for done in 1..=20 {
        write(&db).await.unwrap();
        assert_eq!(change::latest(&db).await.unwrap(), before + done);
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_on_the_way_leaves_a_sound_pool() {
    let Fixture { db, dir: _dir } = Fixture::new().await;
    for n in 0..60 {
        let write = async { db.write().await?.commit().await };
        let _ = tokio::time::timeout(Duration::from_micros(n * 20), write).await;
    }
    for _ in 0..20 {
        db.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_full_database_refuses_and_recovers() {
    let Fixture { db, dir: _dir } = Fixture::new().await;
    let limit = |pages: i64| {
        let db = db.clone();
        async move {
            // On every connection that there may be.
            let mut all = vec![];
            for _ in 0..CONNECTIONS {
                let mut one = db.pool().acquire().await.unwrap();
                one.execute(format!("pragma max_page_count = {pages}").as_str())
                    .await
                    .unwrap();
                all.push(one);
            }
        }
    };
    let fill = async || {
        let mut write = db.write().await?;
        for _ in 0..200 {
            sqlx::query("insert into session (id, data, expires_at) values ($1, $2, 0)")
                .bind(crate::random::random_hex(16))
                .bind("x".repeat(1000))
                .execute(&mut *write.tx)
                .await?;
        }
        write.commit().await
    };
    for _ in 0..5 {
        limit(1).await;
        let error = fill().await.unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        limit(1_000_000).await;
        fill().await.unwrap();
    }
}

#[tokio::test]
async fn a_lock_of_another_program_never_stops_readers() {
    let Fixture { db, dir } = Fixture::new().await;
    let mut other = sqlx::AnyConnection::connect(&url(dir.path()))
        .await
        .unwrap();
    other.execute("begin immediate").await.unwrap();
    let writers: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let db = db.clone();
                async move { db.ping().await }
            })
        })
        .collect();
    let asked = Instant::now();
    for _ in 0..50 {
        change::latest(&db).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(asked.elapsed() < ACQUIRE_TIMEOUT, "readers waited");
    other.execute("commit").await.unwrap();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_told_as_busy() {
    let Fixture { db, dir } = Fixture::new().await;
    let mut other = sqlx::AnyConnection::connect(&url(dir.path()))
        .await
        .unwrap();
    other.execute("begin immediate").await.unwrap();
    let both = tokio::join!(write(&db), write(&db));
    for refused in [both.0, both.1] {
        let error = refused.unwrap_err();
        assert!(writer::is_busy(&error), "{error:?}");
    }
    other.execute("commit").await.unwrap();
    write(&db).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_removed_or_exchanged_takes_no_more_writes() {
    let Fixture { db, dir } = Fixture::new().await;
    let file = dir.path().join("test.db");
    let away = dir.path().join("away.db");
    write(&db).await.unwrap();
    std::fs::rename(&file, &away).unwrap();
    assert!(
        write(&db)
            .await
            .unwrap_err()
            .to_string()
            .contains("exchanged")
    );
    assert!(db.is_the_same().await.is_err());
    assert!(!file.exists(), "an empty database was made in its place");

    let another = Db::connect(&url(dir.path())).await.unwrap();
    another.close().await;
    assert!(write(&db).await.is_err() && db.is_the_same().await.is_err());

    std::fs::rename(&away, &file).unwrap();
    write(&db).await.unwrap();
    db.is_the_same().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_closed_is_whole_in_its_one_file() {
    let Fixture { db, dir } = Fixture::new().await;
    for _ in 0..50 {
        write(&db).await.unwrap();
    }
    let seq = change::latest(&db).await.unwrap();
    db.close().await;
    let wal = std::fs::metadata(dir.path().join("test.db-wal"));
    assert!(wal.map_or(0, |m| m.len()) == 0);
    let copy = dir.path().join("copy.db");
    std::fs::copy(dir.path().join("test.db"), &copy).unwrap();
    let copy = Db::connect(&format!("sqlite://{}", copy.display()))
        .await
        .unwrap();
    assert_eq!(change::latest(&copy).await.unwrap(), seq);
}
