//! What is said of jobs that wait, against the Slurm that is installed: no reason of it is without an explanation, and a
//! reservation is told as one.

use std::path::PathBuf;

use app::explain::reason::Reason;
use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::harness::*;
use crate::job_parts::{ask, page};

/// The words of the table's own list, and those of the library that look like reasons.
#[test]
fn every_reason_of_the_installed_slurm_is_explained() {
    let root =
        std::env::var_os("OPENPCS_SCHEDULER_ROOT").unwrap_or("/opt/openpcs/scheduler".into());
    let library = PathBuf::from(root).join("slurm-24.11/lib/slurm/libslurmfull.so");
    let bytes = std::fs::read(&library).unwrap_or_else(|e| panic!("{}: {e}", library.display()));
    let strings: Vec<&str> = bytes
        .split(|byte| *byte == 0)
        .filter_map(|string| std::str::from_utf8(string).ok())
        .filter(|string| !string.is_empty() && string.bytes().all(|b| b.is_ascii_alphabetic()))
        .collect();
    let is_reason = |word: &&&str| {
        let limit = [
            "AssocGrp",
            "AssocMax",
            "Association",
            "QOSGrp",
            "QOSMax",
            "QOSMin",
        ];
        let account = word.starts_with("Max") && word.ends_with("PerAccount");
        limit
            .iter()
            .any(|start| word.starts_with(start) && word.len() > start.len())
            || account
    };
    let unknown: Vec<&&str> = strings
        .iter()
        .filter(is_reason)
        .filter(|word| Reason::parse(word).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // The linker keeps `Constraints` as the end of `BadConstraints`.
    let all: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let has = |word: &str| all.iter().any(|string| string.ends_with(word.as_bytes()));
    let listed = include_str!("../../../app/src/explain/reasons-24.11.txt");
    let gone: Vec<&str> = listed.lines().filter(|word| !has(word)).collect();
    assert!(gone.is_empty(), "Slurm has these no more: {gone:?}");
}

const CLUSTER: &str = "reserved";

/// The flags of a node, once it has these and none of those.
async fn wait_node(plane: &TestPlane, node: &str, these: &[&str], not: &[&str]) {
    wait_until(&format!("node {node} is {these:?}"), async || {
        let state = plane.node(CLUSTER, node)["State"].clone();
        let has = |flag: &&str| state.contains(*flag);
        match these.iter().all(has) && !not.iter().any(has) {
            true => Ok(()),
            false => Err(state),
        }
    })
    .await;
}

/// How often a node was launched.
async fn launches(plane: &TestPlane, node: &str) -> i64 {
    let pool = plane.database().await;
    let count = sqlx::query_scalar("select count(*) from instance where node_name = $1");
    let count = count.bind(node).fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

/// The list, Slurm itself and the command say what the page does.
async fn the_same_everywhere(plane: &TestPlane, visitor: &Visitor, job: &str, title: &str) {
    wait_until("the list says the same", async || {
        let list = json!({"cluster_identifier": CLUSTER, "page": {}, "language": "en"});
        let list = ask(visitor, "list-jobs", list).await.unwrap();
        let mut rows = list["rows"].as_array().unwrap().iter();
        let row = rows.find(|row| row["item"]["id"] == job);
        let why = row.map(|row| row["item"]["why"].to_string());
        match why.as_ref().is_some_and(|why| why.contains(title)) {
            true => Ok(()),
            false => Err(format!("{why:?}")),
        }
    })
    .await;
    wait_until("Slurm says the same", async || {
        let told = plane.connect(CLUSTER, &["scontrol", "show", "job", job]);
        match told.contains(&format!("AdminComment=OpenPCS: {title}")) {
            true => Ok(()),
            false => Err(told),
        }
    })
    .await;
    let told = plane.server.command("why", &[CLUSTER, job]).unwrap();
    assert!(told.contains(title), "{told}");
}

#[tokio::test]
async fn reserved_nodes_are_for_those_who_may_and_come_back_reserved() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    plane.group(CLUSTER, "steady", 1, 1).await;
    let off = ["DOWN", "POWERING", "NOT_RESPONDING"];
    wait_node(&plane, "steady-1", &["IDLE"], &off).await;
    let user = plane.connect(CLUSTER, &["id", "-un"]);
    plane.administrate(&format!(
        "scontrol create reservation ReservationName=fixit StartTime=now Duration=10 Nodes=compute-1-2,steady-1 \
         Users={} Flags=MAINT,IGNORE_JOBS",
        user.trim()
    ));

    let on_it = "--nodelist=compute-1-2";
    let outside = plane.sbatch(CLUSTER, &[on_it, "--output=/dev/null"], "true");
    let visitor = Visitor::sign_in(&plane).await;
    let told = wait_until("the page says that the node is reserved", async || {
        let told = page(&visitor, CLUSTER, &outside).await["explanation"].clone();
        let code = told["code"].as_str().unwrap_or_default();
        match code.starts_with("NodesReserved") {
            true => Ok(told),
            false => Err(told.to_string()),
        }
    })
    .await;
    let meaning = told["meaning"].as_str().unwrap();
    for words in ["fixit", "compute-1-2", "min"] {
        assert!(meaning.contains(words), "{meaning}");
    }
    let remedy = told["remedy"].as_str().unwrap();
    assert!(remedy.contains("--reservation="), "{remedy}");
    assert_eq!(told["outlook"], "by-itself", "{told}");
    the_same_everywhere(&plane, &visitor, &outside, told["title"].as_str().unwrap()).await;

    let (slurmd, _) = processes(plane.server.root())
        .into_iter()
        .find(|(_, line)| line.contains("/slurmd ") && line.contains("-N steady-1 "))
        .unwrap();
    kill(slurmd, Signal::SIGKILL).unwrap();
    wait_until("the dead node is replaced", async || {
        match launches(&plane, "steady-1").await {
            2 => Ok(()),
            count => Err(format!("{count} launches")),
        }
    })
    .await;
    wait_node(&plane, "steady-1", &["MAINT"], &off).await;
    // Nobody who may use it has asked for the other one yet.
    assert_eq!(launches(&plane, "compute-1-2").await, 0);
    wait_node(&plane, "compute-1-2", &["POWERED_DOWN", "MAINT"], &[]).await;

    let inside = [on_it, "--reservation=fixit", "--output=/dev/null"];
    let inside = plane.sbatch(CLUSTER, &inside, "true");
    plane.wait_job(CLUSTER, &inside, "COMPLETED").await;
    assert_eq!(plane.job(CLUSTER, &outside)["JobState"], "PENDING");
    assert_eq!(launches(&plane, "steady-1").await, 2, "replaced in a loop");
    wait_node(&plane, "steady-1", &["MAINT"], &off).await;

    plane.administrate("scontrol delete ReservationName=fixit");
    plane.wait_job(CLUSTER, &outside, "COMPLETED").await;
    plane.finish().await;
}
