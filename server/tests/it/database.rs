//! The database goes away and comes back: a clear answer meanwhile, and no need for anybody to do anything after it.

use std::time::Duration;

use openpcs_server::db::Db;
use openpcs_server::db::connection::Limits;
use sqlx::Row as _;

use crate::harness::*;

#[tokio::test]
async fn a_server_without_its_database_says_so_and_recovers() {
    let mut plane = TestPlane::start(Database::Postgres).await;
    let cluster = "patient";
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 1).await;
    plane.queue(cluster, "demo", &group.id).await;
    let job = plane.sbatch(cluster, &[], "until test -e go; do sleep 0.1; done");
    plane.wait_job(cluster, &job, "RUNNING").await;
    let http = plane.http();
    assert_eq!(http.get("/readyz").await.status, 200);

    plane.postgres.as_mut().unwrap().halt();
    wait_until(
        "the server says that it is not ready",
        async || match http.get("/readyz").await {
            answer if answer.status == 503 && answer.text.contains("does not answer") => Ok(()),
            answer => Err(format!("{} {}", answer.status, answer.text)),
        },
    )
    .await;
    assert_eq!(http.get("/healthz").await.status, 200);
    let told = http.get("/metrics").await.text;
    assert!(told.contains("\nopenpcs_db_up 0"), "{told}");
    assert!(!told.contains("openpcs_clusters"), "nobody knows: {told}");
    let answer = http.call("ListClusters", "{}").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (500, "InternalServerException")
    );
    for private in ["postgres", "127.0.0.1", "sqlx", "pool", "connection"] {
        assert!(
            !answer.text.to_lowercase().contains(private),
            "{}",
            answer.text
        );
    }

    plane.postgres.as_mut().unwrap().resume();
    wait_until("the server is ready again", async || {
        match http.get("/readyz").await {
            answer if answer.status == 200 => Ok(()),
            answer => Err(answer.text),
        }
    })
    .await;
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(cluster, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    plane.finish().await;
}

const LIMITS: Limits = Limits {
    statement: Duration::from_secs(1),
    turn: Duration::from_secs(2),
};

/// The smallest of writes.
async fn write(db: &Db) -> sqlx::Result<()> {
    db.write().await?.commit().await
}

#[tokio::test]
async fn connections_that_fall_silent_are_given_up() {
    let postgres = Postgres::start();
    let proxy = SilentProxy::before(postgres.port());
    let url = postgres.url_at(proxy.port());
    let db = Db::connect_within(&url, LIMITS).await.unwrap();
    let ping_all = || futures::future::join_all((0..10).map(|_| db.ping()));
    let all_answer = async |what: &str| {
        wait_until(what, async || {
            let all: sqlx::Result<()> = ping_all().await.into_iter().collect();
            all.map_err(|error| error.to_string())
        })
        .await;
    };
    for round in 0..2 {
        // Every connection that there may be, idle or at work.
        all_answer("the pool is full").await;
        let mut held = db.write().await.unwrap();
        proxy.silence();
        let asked = sqlx::query("select 1").execute(&mut *held.tx).await;
        let error = asked.unwrap_err().to_string();
        assert!(error.contains("did not answer"), "{round}: {error}");
        drop(held);
        wait_until("a write succeeds", async || {
            write(&db).await.map_err(|error| error.to_string())
        })
        .await;
        all_answer("reads succeed").await;
    }

    // Nobody waits for the answer: the connection comes back to no one.
    for _ in 0..20 {
        let _ = tokio::time::timeout(Duration::from_millis(1), write(&db)).await;
    }
    write(&db).await.unwrap();

    // Who keeps the turn without a word loses it, and what was written.
    let late = db.write().await.unwrap();
    wait_until("PostgreSQL has let go of it", async || {
        write(&db).await.map_err(|error| error.to_string())
    })
    .await;
    assert!(late.commit().await.is_err());
    write(&db).await.unwrap();
}

#[tokio::test]
async fn any_text_from_outside_can_be_stored() {
    let postgres = Postgres::start();
    let dir = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}/a.db?mode=rwc", dir.path().display());
    for (url, columns) in [
        (
            postgres.url(),
            "select cast(table_name as text) as t, cast(column_name as text) as c from information_schema.columns \
             where table_schema = current_schema() and data_type = 'text'",
        ),
        (
            sqlite,
            "select m.name as t, c.name as c from sqlite_master m, pragma_table_info(m.name) c \
             where m.type = 'table' and upper(c.type) = 'TEXT'",
        ),
    ] {
        let db = Db::connect(&url).await.unwrap();
        let columns = sqlx::query(columns).fetch_all(db.pool()).await.unwrap();
        assert!(columns.len() > 50, "{}", columns.len());
        let mut writer = db.writer().await.unwrap();
        for column in &columns {
            let (table, column): (String, String) = (column.get("t"), column.get("c"));
            // PostgreSQL looks at what is bound before it looks for rows.
            let sql = format!("update \"{table}\" set \"{column}\" = $1 where \"{column}\" = $2");
            let bound = sqlx::query(&sql).bind("a\0b").bind("\0".to_owned());
            let stored = bound.execute(&mut *writer).await;
            assert!(stored.is_ok(), "{url} {table}.{column}: {stored:?}");
        }
        let text = sqlx::query("select cast($1 as text) as said, cast($2 as text) as unsaid");
        let row = text.bind("为\0\0e").bind(None::<String>);
        let row = row.fetch_one(&mut *writer).await.unwrap();
        assert_eq!(row.get::<String, _>("said"), "为\u{FFFD}\u{FFFD}e");
        assert_eq!(row.get::<Option<String>, _>("unsaid"), None);
    }
}

/// A file system of its own, small enough to fill.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(path: std::path::PathBuf) -> Self {
        std::fs::create_dir_all(&path).unwrap();
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        Self(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(&self.0)
            .status();
    }
}

#[tokio::test]
async fn a_server_on_a_full_disk_says_so_and_recovers() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: only root may mount a small disk");
    }
    let server = Server::new(None);
    let _disk = SmallDisk::mount(server.data());
    let plane = TestPlane::on(server, None).await;
    let arn = plane.cluster("small", 600).await.arn;
    let http = plane.http();
    assert_eq!(http.get("/readyz").await.status, 200);
    let tag = || {
        http.call(
            "TagResource",
            format!(r#"{{"resourceArn":"{arn}","tags":{{"a":"b"}}}}"#),
        )
    };

    let filler = plane.server.data().join("filler");
    std::fs::write(&filler, vec![0; 64 << 20]).unwrap_err();
    wait_until(
        "the server says that it is not ready",
        async || match http.get("/readyz").await {
            answer if answer.status == 503 => Ok(answer.text),
            answer => Err(answer.text),
        },
    )
    .await;
    assert_eq!(http.get("/healthz").await.status, 200);
    // Each of them on another connection, if a failed commit spoils one.
    for _ in 0..40 {
        tag().await.refused_as(500, "InternalServerException");
    }
    let words = tag().await.message();
    assert!(
        words.contains("disk") && words.contains("Free space"),
        "{words}"
    );
    // Who looks after the host comes in all the same.
    plane.connect("small", &["true"]);

    std::fs::remove_file(&filler).unwrap();
    wait_until("the server is ready again", async || {
        match http.get("/readyz").await {
            answer if answer.status == 200 => Ok(()),
            answer => Err(answer.text),
        }
    })
    .await;
    for _ in 0..40 {
        let answer = tag().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(http.get("/readyz").await.status, 200);
    plane.finish().await;
}
