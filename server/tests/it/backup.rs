//! A backup of a running server, in a new directory and back in its own.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::harness::*;

/// Runs it; it must succeed.
#[track_caller]
pub fn done(command: &mut std::process::Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned();
    assert!(
        status.success(),
        "{text}{}",
        String::from_utf8_lossy(&stderr)
    );
    text
}

/// A queue `demo` on one node group, and a job on it that runs until `go` and then leaves `NAME.done`.
async fn with_a_job(plane: &TestPlane, cluster: &str, name: &str) {
    let groups = plane
        .admin()
        .list_compute_node_groups()
        .cluster_identifier(cluster);
    if groups.send().await.unwrap().compute_node_groups.is_empty() {
        let group = plane.group(cluster, "compute-1", 0, 2).await;
        plane.queue(cluster, "demo", &group.id).await;
    }
    submit(plane, cluster, "demo", name).await;
}

async fn submit(plane: &TestPlane, cluster: &str, queue: &str, name: &str) {
    let command =
        format!("until test -e go; do sleep 0.1; done; touch {name}.$SLURM_RESTART_COUNT.done");
    let queue = format!("--partition={queue}");
    let job = plane.sbatch(cluster, &["--exclusive", &queue], &command);
    plane.wait_job(cluster, &job, "RUNNING").await;
}

async fn wait_for(what: &Path) {
    wait_until(&format!("{} is there", what.display()), async || {
        if what.exists() {
            Ok(())
        } else {
            Err("not yet".into())
        }
    })
    .await
}

#[tokio::test]
async fn a_restored_backup_keeps_what_is_younger() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster("old", 600).await;
    with_a_job(&plane, "old", "first").await;
    let backup = plane.server.root().join("backup");
    let to = backup.to_str().unwrap();
    done(&mut plane.command(&["backup", "--to", to]));

    with_a_job(&plane, "old", "second").await;
    // A group and a queue that the backup does not know.
    let group = plane.group("old", "compute-2", 0, 1).await;
    let queue = plane.new_queue("old", "later", &group.id);
    queue.send().await.unwrap();
    plane
        .wait_queue("old", "later", aws_sdk_pcs::types::QueueStatus::Active)
        .await;
    submit(&plane, "old", "later", "fourth").await;
    plane.cluster("young", 600).await;
    with_a_job(&plane, "young", "third").await;
    let young = plane.get_cluster("young").await.id;

    let refused = crate::start::complaint(&mut plane.command(&["restore", "--from", to]));
    assert!(refused.contains("stop it first"), "{refused}");
    plane.server.kill();
    let text = done(&mut plane.command(&["restore", "--from", to]));
    assert!(text.contains("kept as"), "{text}");
    plane.server.start().await;
    wait_until("they are set aside", async || {
        let log = plane.server.log();
        if log.matches("set aside").count() >= 3 {
            Ok(())
        } else {
            Err(log)
        }
    })
    .await;

    sqlx::any::install_default_drivers();
    let file = plane.server.data().join("openpcs.db");
    let db = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    wait_until("it is told of both instances", async || {
        let told = sqlx::query("select * from event where code = 'instance-set-aside'");
        match told.fetch_all(&db).await.unwrap().len() {
            2 => Ok(()),
            count => Err(count.to_string()),
        }
    })
    .await;

    let home = plane.server.home();
    std::fs::write(home.join("go"), "").unwrap();
    for name in ["first", "second", "third", "fourth"] {
        wait_for(&home.join(format!("{name}..done"))).await;
    }
    let list = done(&mut plane.command(&["set-aside", "list"]));
    let aside: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert!(
        aside.len() == 3 && aside.contains(&young.as_str()),
        "{list}"
    );
    let page = Visitor::sign_in(&plane).await;
    let (page, _) = page.page(app::paths::CLUSTERS, "identity").await;
    let page = String::from_utf8_lossy(&page);
    for id in &aside {
        let remove = format!("openpcs set-aside remove {id} ");
        assert!(page.contains(&remove), "{id}: {page}");
    }
    let directory = plane.server.data().join("clusters").join(&young);
    assert!(page.contains(&*directory.to_string_lossy()), "{page}");
    let nothing =
        crate::start::complaint(&mut plane.command(&["set-aside", "remove", "pcs_0000000000"]));
    assert!(nothing.contains("set-aside list"), "{nothing}");
    for id in aside {
        done(&mut plane.command(&["set-aside", "remove", id]));
    }
    wait_until("they are gone", async || {
        let clusters = std::fs::read_dir(plane.server.data().join("clusters")).unwrap();
        let list = done(&mut plane.command(&["set-aside", "list"]));
        match clusters.count() {
            1 if list.is_empty() => Ok(()),
            count => Err(format!("{count} {list}")),
        }
    })
    .await;
    wait_until("the younger queue is gone from Slurm", async || {
        let seen = plane.sinfo("old");
        match seen.iter().any(|line| line.starts_with("later")) {
            true => Err(format!("{seen:?}")),
            false => Ok(()),
        }
    })
    .await;
    plane.finish().await;
}

#[tokio::test]
async fn a_backup_goes_into_a_new_directory() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let root = plane.server.root().to_owned();
    let (backup, new) = (root.join("backup"), root.join("new"));
    done(&mut plane.command(&["user", "add", "jane"]));
    done(&mut plane.command(&["backup", "--to", backup.to_str().unwrap()]));
    let refused =
        crate::start::complaint(&mut plane.command(&["backup", "--to", backup.to_str().unwrap()]));
    assert!(refused.contains("not empty"), "{refused}");

    let mut restore = plane.server.openpcs();
    restore
        .args(["restore", "--from"])
        .arg(&backup)
        .arg("--data-dir")
        .arg(&new);
    done(&mut restore);
    for dir in [&backup, &new] {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert!(mode == 0o600 || name == "lock", "{name}: {mode:o}");
        }
        for name in [
            "openpcs.db",
            "data-key",
            "credentials",
            "admin-password",
            "database-id",
        ] {
            assert!(dir.join(name).exists(), "no {name} in {}", dir.display());
        }
    }
    let mut users = plane.server.openpcs();
    let users = done(users.args(["user", "list", "--data-dir"]).arg(&new));
    assert!(users.contains("admin") && users.contains("jane"), "{users}");
    // The data key opens what the database has.
    let mut key = plane.server.openpcs();
    done(key.args(["key", "create", "jane", "--data-dir"]).arg(&new));

    let other = Server::new(None);
    done(
        other
            .openpcs()
            .arg("migrate")
            .arg("--data-dir")
            .arg(other.data()),
    );
    let mut wrong = other.openpcs();
    wrong
        .args(["restore", "--from"])
        .arg(&backup)
        .arg("--data-dir")
        .arg(other.data());
    let refused = crate::start::complaint(&mut wrong);
    assert!(refused.contains("another server"), "{refused}");
    plane.finish().await;
}

#[test]
fn a_data_directory_is_no_backup_of_itself() {
    let server = Server::new(None);
    let data = server.data();
    let mut migrate = server.openpcs();
    done(migrate.arg("migrate").arg("--data-dir").arg(&data));
    let by_another_name = server.root().join("link");
    std::os::unix::fs::symlink(&data, &by_another_name).unwrap();
    for from in [&data, &by_another_name] {
        let mut restore = server.openpcs();
        restore.args(["restore", "--from"]).arg(from);
        let refused = crate::start::complaint(restore.arg("--data-dir").arg(&data));
        assert!(refused.contains("the data directory itself"), "{refused}");
        assert!(data.join("openpcs.db").exists());
    }
}

#[tokio::test]
async fn a_backup_beside_postgres_says_what_it_is_not() {
    let plane = TestPlane::start(Database::Postgres).await;
    let backup = plane.server.root().join("backup");
    let text = done(&mut plane.command(&["backup", "--to", backup.to_str().unwrap()]));
    assert!(text.contains("pg_dump"), "{text}");
    assert!(backup.join("data-key").exists() && !backup.join("openpcs.db").exists());
    plane.finish().await;
}
