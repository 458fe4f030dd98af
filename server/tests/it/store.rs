//! Nothing is touched that is not the server's own: another database, a database that vanished, another data key, a
//! directory that others come into.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::harness::*;
use crate::start::complaint;

const CLUSTER: &str = "mine";

/// A cluster with a job that runs until the file `go` is there; its id.
async fn with_a_job(plane: &TestPlane) -> String {
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let job = plane.sbatch(CLUSTER, &[], "until test -e go; do sleep 0.1; done");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    job
}

async fn ends_well(plane: &TestPlane, job: &str) {
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(CLUSTER, job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
}

/// The agents of the sandboxes of controllers and nodes: with one of them all that is in its sandbox goes.
fn running(plane: &TestPlane) -> Vec<i32> {
    let all = processes(plane.server.root()).into_iter();
    let mut pids: Vec<i32> = all
        .filter(|(_, line)| line.contains("openpcs-agent "))
        .map(|(pid, _)| pid.as_raw())
        .collect();
    pids.sort_unstable();
    pids
}

/// A database of its own in that directory.
fn migrate(plane: &TestPlane, data_dir: &Path) {
    let mut migrate = plane.server.openpcs();
    let made = migrate
        .arg("migrate")
        .arg("--data-dir")
        .arg(data_dir)
        .output();
    assert!(made.unwrap().status.success());
}

#[tokio::test]
async fn another_database_is_refused_and_touches_nothing() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    let job = with_a_job(&plane).await;
    plane.server.stop();
    let before = running(&plane);
    assert!(!before.is_empty());

    let home = plane.server.home();
    let (missing, empty, other) = (
        home.join("no.db"),
        home.join("empty.db"),
        home.join("other"),
    );
    std::fs::write(&empty, "").unwrap();
    migrate(&plane, &other);
    for file in [&missing, &empty, &other.join("openpcs.db")] {
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let content = std::fs::read(file).ok();
        let text = complaint(plane.server.serve().env("OPENPCS_DATABASE_URL", &url));
        assert!(
            text.contains("Nothing was touched") && text.contains("data/openpcs.db"),
            "{text}"
        );
        assert_eq!(std::fs::read(file).ok(), content, "{}", file.display());
    }
    let own = plane.server.data().join("openpcs.db");
    std::fs::rename(&own, home.join("kept.db")).unwrap();
    let text = complaint(&mut plane.server.serve());
    assert!(text.contains("Nothing was touched"), "{text}");
    assert!(!own.exists());
    std::fs::rename(home.join("kept.db"), &own).unwrap();
    // As an earlier release left it: the database that knows its clusters gets it, and no other.
    std::fs::remove_file(plane.server.data().join("database-id")).unwrap();
    let url = format!("sqlite://{}/other/openpcs.db", home.display());
    let text = complaint(plane.server.serve().args(["--database-url", &url]));
    assert!(text.contains("does not know (pcs_"), "{text}");
    assert_eq!(running(&plane), before);

    plane.server.start().await;
    assert!(plane.server.data().join("database-id").exists());
    ends_well(&plane, &job).await;
    plane.finish().await;
}

#[tokio::test]
async fn a_database_that_is_exchanged_under_a_running_server_harms_nobody() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let job = with_a_job(&plane).await;
    let before = running(&plane);
    let other = plane.server.home().join("other");
    migrate(&plane, &other);

    let (data, kept) = (plane.server.data(), plane.server.home().join("kept"));
    let files = ["openpcs.db", "openpcs.db-wal", "openpcs.db-shm"];
    let moved = |from: &Path, to: &Path| {
        std::fs::create_dir_all(to).unwrap();
        for file in files.iter().filter(|file| from.join(file).exists()) {
            std::fs::rename(from.join(file), to.join(file)).unwrap();
        }
    };
    let http = plane.http();
    let write = || http.call("DeleteCluster", DELETE_NOBODY);
    for exchange in [false, true] {
        moved(&data, &kept);
        if exchange {
            moved(&other, &data);
        }
        let failed = || {
            plane
                .server
                .log()
                .matches("cannot say that this server lives")
                .count()
        };
        let before = failed();
        wait_until("a sweep has come and gone", async || {
            match failed() - before {
                0 | 1 => Err(plane.server.log()),
                _ => Ok(()),
            }
        })
        .await;
        assert!(plane.server.log().contains("nothing is removed from disk"));
        assert_eq!(http.get("/readyz").await.status, 503);
        write().await.refused_as(500, "InternalServerException");
        moved(&data, &other);
        moved(&kept, &data);
        wait_until("the server is ready again", async || {
            match http.get("/readyz").await {
                answer if answer.status == 200 => Ok(()),
                answer => Err(answer.text),
            }
        })
        .await;
    }
    assert_eq!(running(&plane), before);
    write().await.refused("ResourceNotFoundException");
    ends_well(&plane, &job).await;
    plane.finish().await;
}

/// Takes the writer's turn before it is refused.
const DELETE_NOBODY: &str = r#"{"clusterIdentifier":"pcs_0000000000"}"#;

#[tokio::test]
async fn a_lock_of_another_program_delays_writes_and_never_reads() {
    for database in [Database::Sqlite, Database::Postgres] {
        hold_the_lock(TestPlane::start(database).await).await;
    }
}

async fn hold_the_lock(plane: TestPlane) {
    use sqlx::{Connection, Executor};
    let http: std::sync::Arc<Http> = std::sync::Arc::new(plane.http());
    sqlx::any::install_default_drivers();
    let (url, begin) = match &plane.postgres {
        Some(postgres) => (postgres.url(), "begin"),
        None => {
            let file = plane.server.data().join("openpcs.db");
            (format!("sqlite://{}", file.display()), "begin immediate")
        }
    };
    let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
    other.execute(begin).await.unwrap();
    other
        .execute("update counter set value = value")
        .await
        .unwrap();
    let writes: Vec<_> = (0..12)
        .map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.call("DeleteCluster", DELETE_NOBODY).await })
        })
        .collect();
    // Reads as long as the writes wait, until the first of them gives up.
    while !writes.iter().any(|write| write.is_finished()) {
        let read = http.call("ListClusters", "{}").await;
        assert_eq!(read.status, 200, "{}", read.text);
    }
    for write in writes {
        let answer = write.await.unwrap();
        answer.refused("ThrottlingException");
        assert!(answer.message().contains("busy"), "{}", answer.text);
    }
    other.execute("commit").await.unwrap();
    http.call("DeleteCluster", DELETE_NOBODY)
        .await
        .refused("ResourceNotFoundException");
    plane.finish().await;
}

#[tokio::test]
async fn a_data_key_is_never_made_beside_secrets() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    plane.server.stop();
    let key = plane.server.data().join("data-key");
    let right = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    for refused in [
        complaint(&mut plane.server.serve()),
        complaint(&mut plane.command(&["key", "create", "admin"])),
    ] {
        assert!(
            refused.contains("data key") && refused.contains("missing"),
            "{refused}"
        );
        assert!(!key.exists());
    }
    std::fs::write(&key, [7; 32]).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let refused = complaint(&mut plane.server.serve());
    assert!(refused.contains("not the one that sealed"), "{refused}");
    std::fs::write(&key, right).unwrap();
    plane.server.start().await;
    plane.finish().await;
}

#[test]
fn asking_makes_nothing_and_a_directory_keeps_its_mode() {
    let server = Server::new(None);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    for command in [
        &["user", "list"][..],
        &["key", "list"],
        &["set-aside", "list"],
    ] {
        let mut ask = server.openpcs();
        let text = complaint(ask.args(command).arg("--data-dir").arg(server.data()));
        assert!(text.contains("openpcs serve"), "{text}");
        assert!(!server.data().exists());
    }
    let shared = server.home().join("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(shared.join("photo"), "").unwrap();
    for bits in [0o1777, 0o755] {
        std::fs::set_permissions(&shared, PermissionsExt::from_mode(bits)).unwrap();
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
            let mut ask = server.openpcs();
            let text = complaint(ask.args(command).arg("--data-dir").arg(&shared));
            assert!(text.contains("chmod 700"), "{text}");
            assert_eq!(mode(&shared), bits);
            assert_eq!(std::fs::read_dir(&shared).unwrap().count(), 1);
        }
    }
}

#[tokio::test]
async fn who_is_signed_in_stays_so_while_the_database_is_held() {
    for database in [Database::Sqlite, Database::Postgres] {
        hold_the_sessions(TestPlane::start(database).await).await;
    }
}

/// On SQLite another program writes: pages are read all the same. On PostgreSQL one keeps others from reading too.
async fn hold_the_sessions(plane: TestPlane) {
    use reqwest::Method;
    use sqlx::{Connection, Executor};
    sqlx::any::install_default_drivers();
    let visitor = Visitor::sign_in(&plane).await;
    let is_postgres = plane.postgres.is_some();
    let url = match &plane.postgres {
        Some(postgres) => postgres.url(),
        None => format!(
            "sqlite://{}",
            plane.server.data().join("openpcs.db").display()
        ),
    };
    let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
    // Used long ago: the next request is to write that it is used.
    let (data,): (String,) = sqlx::query_as("select data from session")
        .fetch_one(&mut other)
        .await
        .unwrap();
    let mut data: serde_json::Value = serde_json::from_str(&data).unwrap();
    data["seen"] = 0.into();
    sqlx::query("update session set data = $1")
        .bind(data.to_string())
        .execute(&mut other)
        .await
        .unwrap();
    let hold: &[&str] = match is_postgres {
        true => &["begin", "lock table session in access exclusive mode"],
        false => &["begin immediate", "update counter set value = value"],
    };
    for statement in hold {
        other.execute(*statement).await.unwrap();
    }
    let page = || visitor.request(Method::GET, app::paths::CLUSTERS).send();
    let call = || visitor.post("/console/list-clusters", "{}");
    let out = || {
        visitor
            .request(Method::POST, app::paths::POST_SIGN_OUT)
            .send()
    };
    let (page, call, out) = tokio::join!(page(), call(), out());
    for (what, answer, is_read) in [
        ("page", page.unwrap(), true),
        ("call", call, true),
        ("sign-out", out.unwrap(), false),
    ] {
        let status = answer.status().as_u16();
        let retry = answer.headers().get("retry-after").cloned();
        let text = answer.text().await.unwrap();
        if is_read && !is_postgres {
            assert_eq!(status, 200, "{what}: {text}");
            continue;
        }
        assert_eq!(status, 503, "{what}: {text}");
        assert!(retry.is_some() && text.contains("busy"), "{what}: {text}");
        if what == "call" {
            assert!(text.contains("retryAfterSeconds"), "{text}");
        }
    }
    other.execute("commit").await.unwrap();
    let after = visitor.request(Method::GET, app::paths::CLUSTERS).send();
    assert_eq!(after.await.unwrap().status(), 200, "still signed in");
    plane.finish().await;
}
