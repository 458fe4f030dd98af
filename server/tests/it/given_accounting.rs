//! The accounting in a database that somebody gave (C9), and records that are lost and put back, wherever they are.

use std::path::{Path, PathBuf};

use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};

use crate::harness::*;

const CLUSTER: &str = "accounts";
const PASSWORD: &str = "let-me-in";

struct Given {
    plane: TestPlane,
    mariadb: MariaDb,
}

impl Given {
    /// The address is in a file, as people are told.
    async fn start() -> Given {
        let mariadb = MariaDb::start(PASSWORD);
        let url = mariadb.url(PASSWORD);
        Given::at(mariadb, &url).await
    }

    async fn at(mariadb: MariaDb, url: &str) -> Given {
        let mut server = Server::new(None);
        let file = url_file(&server);
        write_url(&server, url);
        server.option("--accounting-database-url-file", file.to_str().unwrap());
        let plane = TestPlane::on(server, None).await;
        Given { plane, mariadb }
    }

    async fn finish(self) {
        let log = self.plane.server.log();
        assert!(!log.contains(PASSWORD), "the log has the password");
        self.plane.finish().await;
        assert_eq!(self.mariadb.databases(), ["pcs_somebodys"]);
        let dear = self.mariadb.run("show tables in pcs_somebodys");
        assert_eq!(dear.trim(), "dear");
    }
}

fn url_file(server: &Server) -> PathBuf {
    server.root().join("accounting-url")
}

fn write_url(server: &Server, url: &str) {
    openpcs_agent::files::write(&url_file(server), url.as_bytes(), 0o600).unwrap();
}

async fn ask_for_cluster(plane: &TestPlane) {
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(600)
        .accounting(accounting_on())
        .build();
    let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
    cluster.send().await.unwrap();
}

async fn new_cluster(plane: &TestPlane) {
    ask_for_cluster(plane).await;
    with_queue(plane).await;
}

async fn with_queue(plane: &TestPlane) {
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", group.id()).await;
}

async fn runs_a_job(plane: &TestPlane) -> String {
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    job
}

async fn is_told(plane: &TestPlane, job: &str) {
    let asked = ["sacct", "-X", "-n", "-P", "-o", "state", "-j", job];
    wait_until(&format!("job {job} is recorded"), async || {
        let told = plane.server.connect(CLUSTER, &asked);
        let told = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        (told == "COMPLETED").then_some(()).ok_or(told)
    })
    .await;
}

/// Waits until the cluster complains of its accounting in these words; all of them, with the status meanwhile.
async fn complains(plane: &TestPlane, words: &str) -> (String, ClusterStatus) {
    wait_until(&format!("it is told: {words}"), async || {
        let cluster = plane.get_cluster(CLUSTER).await;
        let errors = cluster.error_info().iter();
        let mut errors = errors.filter(|error| error.code() == Some("AccountingUnavailable"));
        let told = errors.next().and_then(|error| error.message());
        match told {
            Some(told) if told.contains(words) => Ok((told.to_owned(), cluster.status)),
            _ => Err(format!("{:?}", cluster.error_info())),
        }
    })
    .await
}

async fn complains_no_more(plane: &TestPlane) {
    wait_until("nothing is wrong any more", async || {
        let cluster = plane.get_cluster(CLUSTER).await;
        let errors = cluster.error_info();
        errors.is_empty().then_some(()).ok_or(format!("{errors:?}"))
    })
    .await;
}

#[tokio::test]
async fn what_goes_wrong_with_a_given_database_is_told_and_heals() {
    let mut given = Given::start().await;
    // A cluster that never had a database waits for it.
    given.mariadb.set_password("changed");
    ask_for_cluster(&given.plane).await;
    let (told, status) = complains(&given.plane, "does not let the user keeper in").await;
    assert!(told.contains("--accounting-database-url"), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
    assert_eq!(status, ClusterStatus::Creating);
    given.mariadb.set_password(PASSWORD);
    with_queue(&given.plane).await;
    complains_no_more(&given.plane).await;
    let first = runs_a_job(&given.plane).await;
    is_told(&given.plane, &first).await;
    let id = given.plane.get_cluster(CLUSTER).await.id;
    assert!(given.mariadb.databases().contains(&id), "{id}");

    // One that had it goes on.
    given.mariadb.halt();
    let (_, status) = complains(&given.plane, "cannot be reached").await;
    assert_eq!(status, ClusterStatus::Active);
    given.plane.crash().await;
    let during = runs_a_job(&given.plane).await;
    complains(&given.plane, "cannot be reached").await;
    given.mariadb.resume();
    complains_no_more(&given.plane).await;
    is_told(&given.plane, &first).await;
    is_told(&given.plane, &during).await;

    // A right is missing.
    given
        .mariadb
        .run("revoke all on `pcs\\_%`.* from keeper@'127.0.0.1'; kill user keeper@'127.0.0.1'");
    let (told, _) = complains(&given.plane, "lacks a right").await;
    assert!(told.contains("GRANT ALL ON `pcs\\_%`.*"), "{told}");
    given
        .mariadb
        .run("grant all on `pcs\\_%`.* to keeper@'127.0.0.1'");
    complains_no_more(&given.plane).await;
    let events = given.plane.events().await.join("\n");
    assert!(events.contains("The accounting does not work"), "{events}");
    assert!(events.contains("The accounting works again"), "{events}");
    given.finish().await;
}

/// The database takes nobody without.
#[tokio::test]
async fn a_given_database_is_reached_by_tls_where_a_certificate_vouches_for_it() {
    let mariadb = MariaDb::start_with_tls(PASSWORD);
    let plain = mariadb.url(PASSWORD);
    let other = tempfile::tempdir().unwrap();
    let others = other.path().join("certificate.pem");
    certify(&others, &other.path().join("key.pem"));
    let vouched = |by: &Path| format!("{plain}?ssl-ca={}", by.display());
    let mut given = Given::at(mariadb, &plain).await;
    ask_for_cluster(&given.plane).await;
    complains(&given.plane, "add ?ssl-ca=FILE").await;

    write_url(&given.plane.server, &vouched(&others));
    given.plane.crash().await;
    let (told, status) = complains(&given.plane, "does not prove by TLS").await;
    assert!(told.contains(others.to_str().unwrap()), "{told}");
    assert_eq!(status, ClusterStatus::Creating);

    write_url(&given.plane.server, &vouched(&given.mariadb.certificate()));
    given.plane.crash().await;
    with_queue(&given.plane).await;
    complains_no_more(&given.plane).await;
    let job = runs_a_job(&given.plane).await;
    is_told(&given.plane, &job).await;
    let id = given.plane.get_cluster(CLUSTER).await.id;
    let records = std::fs::read_to_string(backup_of(&given.plane, "by-tls", &id)).unwrap();
    assert!(records.contains("convert_version_table"));
    given.finish().await;
}

/// slurmdbd ends over it, again and again.
#[tokio::test]
async fn records_of_a_newer_slurm_are_told_as_such() {
    let given = Given::start().await;
    new_cluster(&given.plane).await;
    let first = runs_a_job(&given.plane).await;
    is_told(&given.plane, &first).await;
    let id = given.plane.get_cluster(CLUSTER).await.id;
    let records = backup_of(&given.plane, "before", &id);
    let newer = format!("update {id}.convert_version_table set version = version + 100");
    given.mariadb.run(&newer);
    // Whatever has it open begins anew.
    for (pid, line) in processes(given.plane.server.root()) {
        if line.contains("/slurmdbd") {
            kill(pid, Signal::SIGKILL).unwrap();
        }
    }
    let (told, status) = complains(&given.plane, "written by a newer Slurm").await;
    assert!(told.contains("Update the cluster"), "{told}");
    assert_eq!(status, ClusterStatus::Active);
    let during = runs_a_job(&given.plane).await;
    given.mariadb.load(&id, &records);
    complains_no_more(&given.plane).await;
    is_told(&given.plane, &first).await;
    is_told(&given.plane, &during).await;
    given.finish().await;
}

/// The file with a cluster's records in a backup.
fn backup_of(plane: &TestPlane, name: &str, id: &str) -> PathBuf {
    let to = plane.server.root().join(name);
    crate::backup::done(&mut plane.command(&["backup", "--to", to.to_str().unwrap()]));
    to.join("accounting").join(format!("{id}.sql"))
}

/// As the README says under Backup and restore; `backup` and `restore` are its commands.
async fn survives_the_loss_of_the_data_directory(plane: &mut TestPlane) {
    new_cluster(plane).await;
    runs_a_job(plane).await;
    let last = runs_a_job(plane).await;
    is_told(plane, &last).await;
    let to = plane.server.root().join("backup");
    let to = to.to_str().unwrap();
    crate::backup::done(&mut plane.command(&["backup", "--to", to]));
    plane.server.lose_host();
    let told = crate::backup::done(&mut plane.command(&["restore", "--from", to]));
    assert!(told.contains("Records of accounting"), "{told}");
    plane.server.start().await;
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    is_told(plane, &last).await;
    let next = runs_a_job(plane).await;
    is_told(plane, &next).await;
    complains_no_more(plane).await;
}

#[tokio::test]
async fn private_records_come_out_of_a_backup() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    survives_the_loss_of_the_data_directory(&mut plane).await;
    plane.finish().await;
}

#[tokio::test]
async fn records_in_a_given_database_come_out_of_a_backup() {
    let mut given = Given::start().await;
    survives_the_loss_of_the_data_directory(&mut given.plane).await;
    // It outlived the host. Now it is the database that is lost.
    let (plane, mariadb) = (&given.plane, &given.mariadb);
    let jobs = [runs_a_job(plane).await, runs_a_job(plane).await];
    is_told(plane, &jobs[1]).await;
    let id = plane.get_cluster(CLUSTER).await.id;
    let records = backup_of(plane, "second", &id);
    mariadb.run(&format!("drop database {id}"));
    complains(plane, "has no records of this cluster").await;
    mariadb.run(&format!("create database if not exists {id}"));
    mariadb.load(&id, &records);
    plane.connect_as_admin(CLUSTER, &["sacctmgr", "shutdown"]);
    complains_no_more(plane).await;
    for job in &jobs {
        is_told(plane, job).await;
    }
    given.finish().await;
}
