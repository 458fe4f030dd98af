//! What keeps a server from working is said when it starts, with the remedy.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use crate::harness::*;

/// Runs a server that must not start, and returns what it complained of.
#[track_caller]
pub fn complaint(command: &mut Command) -> String {
    let Output {
        status,
        stderr,
        stdout,
    } = command.output().unwrap();
    assert!(!status.success() && !String::from_utf8_lossy(&stdout).contains("ready"));
    let text = String::from_utf8(stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[tokio::test]
async fn a_host_that_cannot_run_clusters_is_refused_with_the_remedy() {
    let server = Server::new(None);
    let empty = server.home();
    let text = complaint(server.serve().arg("--scheduler-root").arg(&empty));
    assert!(
        text.contains("no Slurm") && text.contains("--scheduler-root"),
        "{text}"
    );

    let root = std::env::var_os("OPENPCS_SCHEDULER_ROOT");
    let inside = server.data().join("scheduler");
    std::os::unix::fs::symlink(root.unwrap_or("/opt/openpcs/scheduler".into()), &inside).unwrap();
    let text = complaint(server.serve().arg("--scheduler-root").arg(&inside));
    assert!(text.contains("which nodes do not see"), "{text}");

    if nix::unistd::geteuid().is_root() {
        // Root without the right to make namespaces, as in a plain container.
        let serve = server.serve();
        let mut command = Command::new("setpriv");
        command
            .args(["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
            .arg(serve.get_program());
        let text = complaint(command.args(serve.get_args()));
        assert!(
            text.contains("forbids the namespaces") && text.contains("--privileged"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn jobs_are_given_to_an_ordinary_user_or_the_server_does_not_start() {
    let server = Server::new(None);
    let refused: &[(&str, &str)] = match nix::unistd::geteuid().is_root() {
        true => &[
            ("root", "ordinary user with --job-user"),
            ("openpcs-no-such-user", "useradd --system"),
        ],
        false => &[("root", "Only root can run jobs as another user")],
    };
    for (user, words) in refused {
        let text = complaint(server.serve().args(["--job-user", user]));
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_by_name() {
    let server = Server::new(None);
    for (option, value, words) in [
        ("--data-dir", "/tmp/a b", "--data-dir"),
        ("--ports", "80", "--ports"),
        ("--account-id", "1", "--account-id"),
        ("--region", "US East", "--region"),
        ("--database-url", "oracle://nowhere", "database"),
        (
            "--database-url",
            "postgres://nobody@127.0.0.1:1/none",
            "database",
        ),
    ] {
        let mut serve = server.openpcs();
        serve.arg("serve").args(["--listen", "127.0.0.1:0"]);
        if option != "--data-dir" {
            serve.arg("--data-dir").arg(server.data());
        }
        let text = complaint(serve.args([option, value]));
        assert!(text.contains(words), "{option} {value}: {text}");
    }
}

#[tokio::test]
async fn an_address_that_others_reach_without_tls_is_refused() {
    let server = Server::new(None);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8765"] {
        let mut serve = server.openpcs();
        serve.args(["serve", "--listen", address, "--data-dir"]);
        let text = complaint(serve.arg(server.data()));
        for words in [address, "--behind-tls-proxy", "127.0.0.1"] {
            assert!(text.contains(words), "{address}: {text}");
        }
    }
    assert!(!server.data().exists(), "nothing was made before");
}

#[tokio::test]
async fn the_databases_address_can_be_in_a_file_of_ones_own() {
    let mut server = Server::new(None);
    let file = server.home().join("database-url");
    let url = format!("sqlite://{}/other.db?mode=rwc\n", server.home().display());
    std::fs::write(&file, url).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    server.option("--database-url-file", file.to_str().unwrap());
    let text = complaint(&mut server.serve());
    assert!(text.contains("chmod 600"), "{text}");

    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    server.start().await;
    assert!(server.home().join("other.db").exists());
    assert!(!server.data().join("openpcs.db").exists());
    server.stop();
}

#[tokio::test]
async fn a_data_directory_has_one_server() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let mut second = plane.server.openpcs();
    second
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(plane.server.data());
    let text = complaint(&mut second);
    assert!(text.contains("Another server uses"), "{text}");
    let mut busy = plane.server.serve();
    let text = complaint(
        busy.arg("--data-dir")
            .arg(plane.server.home().join("other")),
    );
    assert!(!text.is_empty(), "a taken address is refused");
    plane.finish().await;
}

#[tokio::test]
async fn what_was_revoked_is_not_in_force_again_after_a_restart() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    let http = plane.http();
    let id = plane.server.access_key().id;
    let done = |plane: &TestPlane, arguments: &[&str]| {
        let output = plane.command(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}");
        String::from_utf8(output.stdout).unwrap()
    };
    let (credentials, password) = (
        plane.server.data().join("credentials"),
        plane.server.data().join("admin-password"),
    );
    let first = std::fs::read(&credentials).unwrap();
    assert_eq!(http.call("ListClusters", "{}").await.status, 200);
    done(&plane, &["key", "delete", &id]);
    // A copy that somebody put back is no key either.
    for _ in 0..2 {
        assert!(!credentials.exists());
        std::fs::write(&credentials, &first).unwrap();
        std::fs::set_permissions(&credentials, Permissions::from_mode(0o600)).unwrap();
        plane.server.stop();
        plane.server.start().await;
        let answer = http.call("ListClusters", "{}").await;
        answer.refused("UnrecognizedClientException");
        assert_eq!(done(&plane, &["key", "list"]), "");
        std::fs::remove_file(&credentials).unwrap();
    }
    assert!(password.exists());
    done(&plane, &["user", "delete", "admin"]);
    plane.server.stop();
    plane.server.start().await;
    assert_eq!(done(&plane, &["user", "list"]), "");
    assert!(!password.exists() && !credentials.exists());
    plane.server.stop();
    plane.leave();
}
