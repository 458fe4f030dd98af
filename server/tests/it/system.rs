//! How the server itself is: the page *System* and `/metrics` tell the same, strangers learn nothing, and a reconciler that
//! fails shows until it works again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use app::model::system::{DatabaseKind, Reconciler, ReconcilerKind, System};
use aws_sdk_pcs::types::QueueStatus;
use http::Request;
use openpcs_agent::layout::cluster_dir;

use crate::harness::*;

/// What `/metrics` said, by what stands before each value.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    async fn of(plane: &TestPlane) -> Scrape {
        let answer = plane.http().get("/metrics").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Scrape(valid(&answer.text))
    }

    #[track_caller]
    fn get(&self, series: &str) -> f64 {
        let found = self.0.get(series).copied();
        found.unwrap_or_else(|| panic!("no {series} in {:?}", self.0.keys()))
    }
}

/// Reads the text as strictly as the format is written down: each family once, with HELP and TYPE before its samples, every
/// series once, histograms that add up. https://prometheus.io/docs/instrumenting/exposition_formats/
fn valid(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families) = (BTreeMap::new(), BTreeSet::new());
    let (mut family, mut kind) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            assert!(words.len() > 10, "{line}");
            (family, kind) = (name.to_owned(), String::new());
            continue;
        }
        if let Some(of) = line.strip_prefix("# TYPE ") {
            let (name, word) = of.split_once(' ').unwrap();
            assert_eq!((name, kind.as_str()), (family.as_str(), ""), "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&word), "{line}");
            assert_eq!(word == "counter", name.ends_with("_total"), "{line}");
            kind = word.to_owned();
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(is_part), "{line}");
        let suffix = name
            .strip_prefix(&family)
            .unwrap_or_else(|| panic!("{line} is not of {family}"));
        let allowed: &[&str] = match kind.as_str() {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(allowed.contains(&suffix), "{line}");
        let value: f64 = value.parse().unwrap();
        assert!(value >= 0.0, "{line}");
        assert!(
            samples.insert(series.to_owned(), value).is_none(),
            "{series} comes twice"
        );
    }
    buckets_add_up(text, &samples);
    samples
}

fn buckets_add_up(text: &str, samples: &BTreeMap<String, f64>) {
    let mut last = (String::new(), 0.0);
    for line in text.lines().filter(|line| line.contains("_bucket{")) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (before, bound) = series.split_once("le=\"").unwrap();
        let value: f64 = value.parse().unwrap();
        if last.0 == before {
            assert!(value >= last.1, "{line} is less than the bucket before");
        }
        last = (before.to_owned(), value);
        if bound == "+Inf\"}" {
            let count = before.replace("_bucket{", "_count{");
            let count = count.trim_end_matches(',').to_owned() + "}";
            let count = count.replace("{}", "");
            assert_eq!(samples.get(&count), Some(&value), "{count}");
        }
    }
}

async fn look(visitor: &Visitor) -> System {
    let answer = visitor.post(app::paths::GET_SYSTEM, "{}").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[track_caller]
fn of(system: &System, kind: ReconcilerKind) -> &Reconciler {
    let found = system.reconcilers.iter().find(|one| one.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind:?} in {:?}", system.reconcilers))
}

#[tokio::test]
async fn the_server_tells_how_it_is() {
    let mut server = Server::new(None);
    // All reconcilers are to run while it lasts.
    server.option("--metrics-seconds", "1");
    let plane = TestPlane::on(server, None).await;
    let visitor = Visitor::sign_in(&plane).await;
    before_there_is_a_cluster(&plane, &visitor).await;
    let cluster = plane.cluster("watched", 600).await;
    let group = plane.group("watched", "compute-1", 0, 2).await;
    plane.queue("watched", "demo", &group.id).await;
    let job = plane.sbatch("watched", &[], "true");
    plane.wait_job("watched", &job, "COMPLETED").await;
    what_happened_is_counted(&plane, &visitor, &cluster.id).await;
    a_failure_shows_until_it_is_over(&plane, &visitor, &cluster.id).await;
    all_of_it_is_told(&plane, &cluster.id).await;
    strangers_are_told_nothing(
        &plane,
        &["watched", &cluster.id, "compute-1", "demo", "admin"],
    )
    .await;
    plane.delete_all_of("watched").await;
    wait_until(
        "the reconcilers are forgotten with the cluster",
        async || {
            let left = look(&visitor).await.reconcilers;
            match left.iter().all(|one| one.cluster_id.is_empty()) {
                true => Ok(()),
                false => Err(format!("{left:?}")),
            }
        },
    )
    .await;
    plane.finish().await;
}

async fn before_there_is_a_cluster(plane: &TestPlane, visitor: &Visitor) {
    let system = wait_until("the server has looked after itself", async || {
        let system = look(visitor).await;
        let has_run = |kind: ReconcilerKind| {
            let mut all = system.reconcilers.iter();
            all.any(|one| one.kind == kind && one.succeeded_at > 0)
        };
        let wanted = [
            ReconcilerKind::Sweep,
            ReconcilerKind::Metric,
            ReconcilerKind::Notification,
        ];
        match wanted.into_iter().all(has_run) {
            true => Ok(system),
            false => Err(format!("{:?}", system.reconcilers)),
        }
    })
    .await;
    let sweep = of(&system, ReconcilerKind::Sweep);
    assert!(
        sweep.next_at > sweep.ran_at && !sweep.is_failing(),
        "{sweep:?}"
    );
    let data_dir = plane.server.data().display().to_string();
    let database = &system.database;
    assert_eq!(database.kind, DatabaseKind::Sqlite);
    assert_eq!(database.address, format!("sqlite://{data_dir}/openpcs.db"));
    assert!(database.answered_in.is_some() && database.takes_writes);
    assert!(database.size.is_some_and(|size| size > 0));
    assert!(database.connections.most >= database.connections.busy);
    let host = &system.host;
    assert_eq!(host.data_dir, data_dir);
    assert!(!host.name.is_empty() && host.started_at > 0 && host.cpus > 0);
    assert!(host.load.is_some() && host.memory.is_some() && host.disk.is_some());
    let versions = &system.versions;
    assert_eq!(versions.openpcs, env!("CARGO_PKG_VERSION"));
    assert_eq!(versions.agent, versions.openpcs);
    let slurm = &versions.slurm;
    assert!(
        slurm.iter().any(|v| v.starts_with(&format!("{VERSION}."))),
        "{slurm:?}"
    );
}

async fn what_happened_is_counted(plane: &TestPlane, visitor: &Visitor, cluster: &str) {
    let node = wait_until("the node loop says what it did", async || {
        let system = look(visitor).await;
        let node = of(&system, ReconcilerKind::Node).clone();
        if node.did.is_empty() {
            Err(format!("{node:?}"))
        } else {
            Ok(node)
        }
    })
    .await;
    assert_eq!(
        (node.cluster_id.as_str(), node.cluster_name.as_str()),
        (cluster, "watched")
    );
    assert!(node.did_at > 0 && node.did_at <= node.ran_at);

    let told = wait_until("the nodes and jobs are counted", async || {
        let told = Scrape::of(plane).await;
        match told.get(r#"openpcs_jobs{state="completed"}"#) {
            1.0 => Ok(told),
            _ => Err(format!("{:?}", told.0)),
        }
    })
    .await;
    assert_eq!(told.get(r#"openpcs_clusters{status="ACTIVE"}"#), 1.0);
    assert_eq!(told.get(r#"openpcs_clusters{status="CREATING"}"#), 0.0);
    assert_eq!(told.get(r#"openpcs_jobs{state="running"}"#), 0.0);
    let nodes = told
        .0
        .iter()
        .filter(|(series, _)| series.starts_with("openpcs_nodes{"));
    assert_eq!(nodes.map(|(_, count)| count).sum::<f64>(), 2.0);
    let launched = r#"openpcs_reconcile_work_total{reconciler="node",work="node-launched"}"#;
    assert!(told.get(launched) >= 1.0);
    // The local provider's account takes no metrics.
    let all = ReconcilerKind::ALL.into_iter();
    let all = all.filter(|kind| *kind != ReconcilerKind::Publish);
    for kind in all.map(ReconcilerKind::as_str) {
        assert!(
            told.get(&format!(
                "openpcs_reconcile_seconds_count{{reconciler=\"{kind}\"}}"
            )) >= 1.0
        );
        let last =
            format!("openpcs_reconcile_last_success_timestamp_seconds{{reconciler=\"{kind}\"}}");
        assert!(told.get(&last) > 1e9);
    }
    assert!(told.get(r#"openpcs_http_requests_total{door="api",status="2xx"}"#) >= 3.0);
    assert!(told.get(r#"openpcs_http_request_seconds_count{door="agent",status="2xx"}"#) >= 1.0);
    for series in [
        "openpcs_db_up",
        "openpcs_db_writable",
        r#"openpcs_build_info{version="0.1.0"}"#,
    ] {
        assert_eq!(told.get(series), 1.0, "{series}");
    }
    for series in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "openpcs_db_size_bytes",
    ] {
        assert!(told.get(series) > 0.0, "{series}");
    }
    the_dashboard_asks_for_what_is_told(&told);
}

/// Each name in a question of the dashboard is that of a series.
fn the_dashboard_asks_for_what_is_told(told: &Scrape) {
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../grafana/openpcs.json")).unwrap();
    let names: BTreeSet<&str> = told
        .0
        .keys()
        .map(|series| series.split('{').next().unwrap())
        .collect();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut asked = 0;
    for target in targets {
        let question = target["expr"].as_str().unwrap();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = question.split(|c| !is_part(c));
        for word in
            words.filter(|word| word.starts_with("openpcs_") || word.starts_with("process_"))
        {
            assert!(names.contains(word), "{question}: nothing is called {word}");
            asked += 1;
        }
    }
    assert!(asked >= panels.len(), "{asked}");
}

/// The cluster's own record of what is in force cannot be read.
async fn a_failure_shows_until_it_is_over(plane: &TestPlane, visitor: &Visitor, cluster: &str) {
    let dir = cluster_dir(&plane.server.data(), cluster).join("controller");
    let (record, kept) = (dir.join("in-force.json"), plane.server.home().join("kept"));
    std::fs::rename(&record, &kept).unwrap();
    std::fs::create_dir(&record).unwrap();
    let group = plane.get_group("watched", "compute-1").await.id;
    plane
        .new_queue("watched", "late", &group)
        .send()
        .await
        .unwrap();

    let failed = r#"openpcs_reconcile_failures_total{reconciler="cluster"}"#;
    let failing = r#"openpcs_reconcilers_failing{reconciler="cluster"}"#;
    let system = wait_until("the failure shows", async || {
        let system = look(visitor).await;
        match of(&system, ReconcilerKind::Cluster).failures {
            0 | 1 => Err(format!("{:?}", system.reconcilers)),
            _ => Ok(system),
        }
    })
    .await;
    let first = &system.reconcilers[0];
    assert_eq!(
        first.kind,
        ReconcilerKind::Cluster,
        "what fails comes first"
    );
    assert!(first.error.contains("directory"), "{}", first.error);
    assert!(!of(&system, ReconcilerKind::Node).is_failing());
    wait_until("it is counted", async || {
        let told = Scrape::of(plane).await;
        match (told.get(failed), told.get(failing)) {
            (2.0.., 1.0) => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
    .await;

    std::fs::remove_dir(&record).unwrap();
    std::fs::rename(Path::new(&kept), &record).unwrap();
    plane
        .wait_queue("watched", "late", QueueStatus::Active)
        .await;
    wait_until("it works again", async || {
        let (system, told) = (look(visitor).await, Scrape::of(plane).await);
        let one = of(&system, ReconcilerKind::Cluster);
        match (one.failures, one.error.as_str(), told.get(failing)) {
            (0, "", 0.0) => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
    .await;
    assert!(plane.server.log().contains("works again"));
}

/// A request for metrics with these headers.
async fn ask(plane: &TestPlane, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = Request::get(format!("{}/metrics", plane.server.endpoint()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = plane.http().send(request.body(vec![]).unwrap()).await;
    (answer.status, answer.text)
}

fn token(plane: &TestPlane) -> String {
    let file = plane.server.data().join("metrics-token");
    format!("Bearer {}", std::fs::read_to_string(file).unwrap().trim())
}

/// What the server did itself is all there, and each cluster is told to those who show the token.
async fn all_of_it_is_told(plane: &TestPlane, cluster_id: &str) {
    let http = plane.http();
    let refused = http
        .call("GetCluster", r#"{"clusterIdentifier":"nowhere"}"#)
        .await;
    // AWS JSON says by its body what is wrong.
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        refused.text.contains("ResourceNotFoundException"),
        "{}",
        refused.text
    );
    let right = token(plane);
    let refusals =
        r#"openpcs_api_operations_total{operation="GetCluster",code="ResourceNotFoundException"}"#;
    let idle = format!(r#"openpcs_cluster_idle_capacity{{cluster="{cluster_id}"}}"#);
    // An answer stands for a second, so that of before the refusal may come again.
    let told = wait_until("refusal and cluster are told", async || {
        let (status, text) = ask(plane, &[("authorization", &right)]).await;
        assert_eq!(status, 200);
        let told = valid(&text);
        match [refusals, &idle]
            .into_iter()
            .find(|series| !told.contains_key(*series))
        {
            None => Ok(told),
            Some(missing) => Err(format!("no {missing}")),
        }
    })
    .await;
    for name in ["utilized_capacity", "actual_capacity", "desired_capacity"] {
        let series = format!(r#"openpcs_cluster_{name}{{cluster="{cluster_id}"}}"#);
        assert!(told.contains_key(&series), "no {series}");
    }
    for series in [
        refusals,
        r#"openpcs_api_operations_total{operation="CreateCluster",code="OK"}"#,
        r#"openpcs_api_operation_seconds_count{operation="CreateCluster"}"#,
        r#"openpcs_slurm_call_seconds_count{program="scontrol",outcome="done"}"#,
        "openpcs_db_write_wait_seconds_count",
    ] {
        assert!(
            told.get(series).is_some_and(|value| *value > 0.0),
            "no {series} in {told:?}"
        );
    }
    assert!(told.contains_key("openpcs_db_writes_waiting"));
    assert!(told.contains_key("openpcs_db_answer_seconds"));
}

async fn strangers_are_told_nothing(plane: &TestPlane, names: &[&str]) {
    let (status, text) = ask(plane, &[]).await;
    assert_eq!(status, 200, "on this host they are open");
    for name in names {
        assert!(!text.contains(name), "{name} is told:\n{text}");
    }
    assert_eq!(ask(plane, &[("host", "evil.example")]).await.0, 421);
    let right = token(plane);
    assert_eq!(ask(plane, &[("authorization", &right)]).await.0, 200);
    let cut = &right[..right.len() - 1];
    for wrong in ["Bearer wrong", "Bearer ", "Basic YTpi", "", cut] {
        assert_eq!(
            ask(plane, &[("authorization", wrong)]).await.0,
            401,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn behind_a_proxy_metrics_are_for_those_who_show_the_token() {
    let mut server = Server::new(None);
    server.option("--public-url", "https://pcs.example.org");
    server.flag("--behind-tls-proxy");
    let mut plane = TestPlane::on(server, None).await;
    let refused = ask(&plane, &[("host", "pcs.example.org")]).await;
    assert!(
        refused.0 == 401 && refused.1.contains("metrics-token"),
        "{refused:?}"
    );
    let first = token(&plane);
    let shown = [
        ("authorization", first.as_str()),
        ("host", "openpcs.internal"),
    ];
    assert_eq!(ask(&plane, &shown).await.0, 200);
    // It stays over a restart, and there is another one once it is removed.
    plane.crash().await;
    assert_eq!(ask(&plane, &shown).await.0, 200);
    std::fs::remove_file(plane.server.data().join("metrics-token")).unwrap();
    plane.crash().await;
    assert_eq!(ask(&plane, &shown).await.0, 401);
    assert_eq!(
        ask(&plane, &[("authorization", &token(&plane))]).await.0,
        200
    );
    plane.finish().await;
}
