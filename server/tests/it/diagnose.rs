//! The bundle for whoever looks for the cause of a trouble: what is in it, what never is, and that nothing keeps it waiting.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use nix::sys::signal::{Signal, kill};

use crate::harness::*;

const CLUSTER: &str = "troubled";

/// Unpacks it; the directory in it.
fn unpacked(file: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    let done = Command::new("tar")
        .arg("--extract")
        .arg("--file")
        .arg(file)
        .arg("--directory")
        .arg(to)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    to.join("openpcs-diagnostics")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn diagnose(plane: &TestPlane, name: &str) -> PathBuf {
    let file = plane.server.root().join(format!("{name}.tar.gz"));
    let path = file.to_str().unwrap();
    let said = plane
        .server
        .command("diagnose", &[CLUSTER, "--output", path]);
    assert!(said.unwrap().contains(path));
    file
}

/// Secrets of every place, and what holds them.
fn secrets(plane: &TestPlane, controller: &Path) -> Vec<(String, Vec<u8>)> {
    let data = plane.server.data();
    let mut all = vec![];
    for name in ["admin-password", "metrics-token", "data-key"] {
        let bytes = fs::read(data.join(name)).unwrap();
        all.push((name.to_owned(), bytes.trim_ascii().to_vec()));
    }
    let key = fs::read(controller.join("slurm.key")).unwrap();
    all.push((
        "slurm.key in base64".into(),
        BASE64.encode(&key).into_bytes(),
    ));
    all.push(("slurm.key".into(), key));
    let hook: serde_json::Value =
        serde_json::from_str(&text(controller.join("hook.json"))).unwrap();
    for member in ["token", "proofKey"] {
        let secret = hook[member].as_str().unwrap().as_bytes().to_vec();
        all.push((member.into(), secret));
    }
    let admin = plane.server.access_key().secret.into_bytes();
    all.push(("the administrator's secret".into(), admin));
    all
}

#[tokio::test]
async fn a_bundle_has_what_helps_and_no_secret_and_nothing_keeps_it_waiting() {
    let mut server = Server::new(None);
    server.environment("OPENPCS_CANARY", "canary-of-the-server");
    let mut plane = TestPlane::on(server, None).await;
    let cluster = plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let options = [
        "--partition=demo",
        "--job-name=canary-name",
        "--comment=canary-comment",
        "--export=CANARY=canary-environment",
    ];
    let job = plane.sbatch(CLUSTER, &options, "echo canary-script");
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let controller = plane
        .server
        .data()
        .join("clusters")
        .join(&cluster.id)
        .join("controller");
    let log = controller.join("slurmctld.log");
    let mut lines = fs::OpenOptions::new().append(true).open(log).unwrap();
    let fed = "[now] password=canary-log Bearer canary-bearer mysql://u:canary-url@h/\n";
    std::io::Write::write_all(&mut lines, fed.as_bytes()).unwrap();

    let file = diagnose(&plane, "first");
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(metadata.len() < 50 * 1024 * 1024);
    let dir = unpacked(&file, &plane.server.root().join("first"));
    what_helps_is_there(&dir, &cluster.id);
    let secrets = secrets(&plane, &controller);
    no_secret_is_there(&dir, &secrets);
    assert!(!plane.server.data().join("diagnostics").exists());
    it_is_in_the_audit_trail(&plane).await;
    a_file_that_is_there_is_left(&plane, &file);
    a_button_gives_the_same(&plane).await;
    a_cluster_that_hangs_is_noted(&plane).await;
    plane.server.kill();
    without_a_server_it_is_of_the_data_directory(&plane, &cluster.id, &secrets);
    plane.server.start().await;
    plane.finish().await;
}

const CANARIES: [&str; 8] = [
    "canary-of-the-server",
    "canary-name",
    "canary-comment",
    "canary-environment",
    "canary-script",
    "canary-log",
    "canary-bearer",
    "canary-url",
];

fn no_secret_is_there(dir: &Path, secrets: &[(String, Vec<u8>)]) {
    let words = CANARIES.map(|word| (word.to_owned(), word.as_bytes().to_vec()));
    for (what, secret) in words.iter().chain(secrets) {
        for path in files(dir) {
            let bytes = fs::read(&path).unwrap();
            let is_in = bytes.windows(secret.len()).any(|part| part == secret);
            assert!(!is_in, "{what} is in {}", path.display());
        }
    }
}

/// What the command says on the terminal, and the unpacked bundle.
fn without_a_server(plane: &TestPlane, name: &str, options: &[&str]) -> (String, PathBuf) {
    let file = plane.server.root().join(format!("{name}.tar.gz"));
    let mut command = plane.command(&["diagnose", CLUSTER]);
    command.arg("--output").arg(&file);
    command.args(["--endpoint", &plane.server.endpoint()]);
    let output = command.args(options).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    (said, unpacked(&file, &plane.server.root().join(name)))
}

fn without_a_server_it_is_of_the_data_directory(
    plane: &TestPlane,
    cluster_id: &str,
    secrets: &[(String, Vec<u8>)],
) {
    let (said, dir) = without_a_server(plane, "third", &[]);
    assert!(said.contains("no server answers"), "{said}");
    assert!(said.contains("its log"), "{said}");
    let readme = text(dir.join("README.txt"));
    assert!(
        readme.contains("No server made it: no server answers"),
        "{readme}"
    );
    assert!(
        readme.contains("NOT THERE: the server writes its log to"),
        "{readme}"
    );
    let of_cluster = dir.join(format!("clusters/{CLUSTER}-{cluster_id}"));
    for (path, word) in [
        (dir.join("server/version.txt"), env!("CARGO_PKG_VERSION")),
        (dir.join("server/files.txt"), "openpcs.db"),
        (dir.join("server/database-id.txt"), "sqlite"),
        (dir.join("server/servers.json"), "seenAt"),
        (of_cluster.join("cluster.json"), "compute-1"),
        (of_cluster.join("events.json"), "node-up"),
        (of_cluster.join("configuration/slurm.conf"), "ClusterName"),
        (of_cluster.join("logs/slurmctld.log"), "[removed]"),
    ] {
        let found = text(&path);
        assert!(
            found.contains(word),
            "no {word} in {}:\n{found}",
            path.display()
        );
    }
    let is_slurmd = |path: &PathBuf| path.ends_with("slurmd.log");
    assert!(files(&of_cluster).iter().any(is_slurmd), "{readme}");
    no_secret_is_there(&dir, secrets);

    // A database that cannot be used is told of; the rest is there, by the cluster's id.
    let nowhere = "postgres://u:canary-password@127.0.0.1:1/none";
    let (said, dir) = without_a_server(plane, "fourth", &["--database-url", nowhere]);
    assert!(
        said.contains("what the database knows") && !said.contains("canary"),
        "{said}"
    );
    let readme = text(dir.join("README.txt"));
    assert!(
        readme.contains("server/servers.json") && !readme.contains("canary"),
        "{readme}"
    );
    no_secret_is_there(&dir, secrets);
}

fn what_helps_is_there(dir: &Path, cluster_id: &str) {
    let readme = text(dir.join("README.txt"));
    let of_cluster = dir.join(format!("clusters/{CLUSTER}-{cluster_id}"));
    for (path, word) in [
        (dir.join("server/options.txt"), "--data-dir"),
        (dir.join("server/system.json"), "reconcilers"),
        (dir.join("server/log.txt"), "answered"),
        (dir.join("server/metrics.txt"), "openpcs_build_info"),
        (dir.join("server/host/limits.txt"), "Max open files"),
        (of_cluster.join("cluster.json"), CLUSTER),
        (
            of_cluster.join("compute-node-groups/compute-1.json"),
            "compute-1",
        ),
        (of_cluster.join("queues/demo.json"), "demo"),
        (of_cluster.join("nodes.json"), "compute-1-1"),
        (of_cluster.join("events.json"), "node-up"),
        (of_cluster.join("configuration/slurm.conf"), "ClusterName"),
        (of_cluster.join("logs/slurmctld.log"), "[removed]"),
        (of_cluster.join("slurm/sinfo.txt"), "compute-1"),
        (
            of_cluster.join("slurm/scontrol-show-config.txt"),
            "SLURM_VERSION",
        ),
    ] {
        let found = text(&path);
        assert!(
            found.contains(word),
            "no {word} in {}:\n{found}",
            path.display()
        );
        let name = path.strip_prefix(dir).unwrap().to_str().unwrap();
        assert!(
            readme.contains(name),
            "{name} is not in README.txt:\n{readme}"
        );
    }
}

async fn it_is_in_the_audit_trail(plane: &TestPlane) {
    let pool = plane.database().await;
    let query = sqlx::query_scalar(
        "select outcome from audit where operation = 'CreateDiagnostics' order by at",
    );
    let found: Vec<String> = query.fetch_all(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(found, ["done"]);
}

fn a_file_that_is_there_is_left(plane: &TestPlane, file: &Path) {
    let before = fs::read(file).unwrap();
    let path = file.to_str().unwrap();
    let refused = plane.server.command("diagnose", &["--output", path]);
    assert!(refused.unwrap_err().contains("cannot be made"));
    assert!(fs::read(file).unwrap() == before);
    let other = plane.server.root().join("none.tar.gz");
    let wanted = ["nowhere", "--output", other.to_str().unwrap()];
    let refused = plane.server.command("diagnose", &wanted).unwrap_err();
    assert!(refused.contains("nowhere"), "{refused}");
    assert!(!other.exists(), "half of a bundle is none");
}

async fn a_button_gives_the_same(plane: &TestPlane) {
    let path = app::paths::diagnostics(CLUSTER);
    let visitor = Visitor::sign_in(plane).await;
    let answer = visitor.request(reqwest::Method::GET, &path).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    let file = plane.server.root().join("button.tar.gz");
    fs::write(&file, answer.bytes().await.unwrap()).unwrap();
    let dir = unpacked(&file, &plane.server.root().join("button"));
    assert!(dir.join("README.txt").exists());
    let stranger = client_at([127, 0, 0, 1]);
    let refused = stranger.get(format!("{}{path}", plane.server.endpoint()));
    assert_eq!(refused.send().await.unwrap().status(), 401);
}

async fn a_cluster_that_hangs_is_noted(plane: &TestPlane) {
    let all = |signal| {
        for pid in slurmctld(plane) {
            kill(pid, signal).unwrap();
        }
    };
    all(Signal::SIGSTOP);
    let file = diagnose(plane, "second");
    all(Signal::SIGCONT);
    let dir = unpacked(&file, &plane.server.root().join("second"));
    let readme = text(dir.join("README.txt"));
    assert!(readme.contains("NOT THERE"), "{readme}");
    assert!(
        readme.contains("configuration/slurm.conf"),
        "the rest goes on"
    );
}
