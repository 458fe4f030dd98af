//! Metrics are kept while the server runs, and say what a cluster did (M1).

use app::model::error::Error;
use app::model::metric::{Metric, Metrics, Series, TIERS};
use app::model::metric_part::{By, Part};
use app::paths::{self, ChartView, ClusterTab};
use reqwest::Method;
use serde_json::json;

use crate::harness::*;
use crate::job_parts::ask;

const CLUSTER: &str = "measured";

#[tokio::test]
async fn on_sqlite() {
    a_cluster_is_measured(None).await;
}

#[tokio::test]
async fn on_postgres() {
    a_cluster_is_measured(Some(Postgres::start())).await;
}

async fn a_cluster_is_measured(postgres: Option<Postgres>) {
    let mut server = Server::new(postgres.as_ref().map(Postgres::url));
    // A minute is put together of its seconds.
    server.option("--metrics-seconds", "1");
    let mut plane = TestPlane::on(server, postgres).await;
    let id = plane.cluster(CLUSTER, 600).await.id;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;

    let quiet = until_measured(&visitor, &id, |all| {
        all.most(Metric::ActualCapacity).is_some()
    })
    .await;
    for metric in [
        Metric::ActualCapacity,
        Metric::DesiredCapacity,
        Metric::PendingJobs,
        Metric::RunningJobs,
        Metric::NodeStarts,
    ] {
        assert_eq!(quiet.most(metric), Some(0.0), "{metric:?}: {quiet:?}");
    }
    assert_eq!(quiet.most(Metric::CapacityUtilization), None, "of nothing");
    assert_eq!(quiet.sum(Metric::NodeBootTimeP50), 0.0);

    let held = plane.sbatch(CLUSTER, &["--hold"], "true");
    // Slurm tells whole seconds: a job that starts in the one in which it was submitted has not waited.
    let later = ["--begin=now+2"];
    let job = plane.sbatch(CLUSTER, &later, "until test -e go; do sleep 0.1; done");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let busy = until_measured(&visitor, &id, |all| {
        // Jobs and nodes are looked at by themselves.
        let both = [Metric::RunningJobs, Metric::UtilizedCapacity];
        both.iter().all(|one| all.most(*one) == Some(1.0))
    })
    .await;
    assert_eq!(busy.most(Metric::ActualCapacity), Some(1.0), "{busy:?}");
    assert_eq!(busy.most(Metric::DesiredCapacity), Some(1.0));
    assert_eq!(busy.most(Metric::CapacityUtilization), Some(1.0));
    assert!(busy.most(Metric::PendingJobs) >= Some(1.0), "{busy:?}");
    assert_eq!(busy.sum(Metric::NodeStarts), 1.0);
    assert_eq!(busy.sum(Metric::FailedNodeStarts), 0.0);
    let booted = until_measured(&visitor, &id, |all| all.sum(Metric::NodeBootTimeP50) > 0.0).await;
    let took = booted.sum(Metric::NodeBootTimeP95);
    assert!((0.0..120.0).contains(&took), "{took}");
    let waited = until_measured(&visitor, &id, |all| all.sum(Metric::JobWaitTimeP50) > 0.0).await;
    let took = waited.sum(Metric::JobWaitTimeP95);
    assert!((0.0..120.0).contains(&took), "{took}");

    // Who was not there measured nothing, and what is kept stays.
    plane.crash().await;
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let visitor = Visitor::sign_in(&plane).await;
    let idle = until_measured(&visitor, &id, |all| {
        all.most(Metric::IdleCapacity) == Some(1.0)
    })
    .await;
    assert_eq!(idle.sum(Metric::NodeStarts), 1.0, "{idle:?}");
    assert!(idle.0.node_hours() > 0.0);
    let together = metrics(&visitor, None).await;
    let all = together.most(Metric::ActualCapacity);
    assert_eq!(all, Some(1.0), "it is the only one");
    assert!(together.0.node_hours() >= idle.0.node_hours());
    every_length_has_the_same_sum(&plane, &id).await;
    parts_are_told(&plane, &visitor, &id).await;
    pages_draw_it(&visitor, &id).await;

    let mut metrics = plane.server.openpcs();
    let endpoint = plane.server.endpoint();
    metrics.args(["metrics", CLUSTER, "--range", "1h", "--endpoint", &endpoint]);
    let printed = metrics.arg("--data-dir").arg(plane.server.data()).output();
    let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
    assert!(printed.starts_with("Time\tIdleCapacity\t"), "{printed}");
    assert!(printed.lines().count() > 1, "{printed}");
    let mut by_queue = plane.server.openpcs();
    by_queue.args(["metrics", CLUSTER, "--by", "queue", "--endpoint", &endpoint]);
    let printed = by_queue.arg("--data-dir").arg(plane.server.data()).output();
    let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
    assert!(
        printed.starts_with("Time\tQueue\tPendingJobs\t"),
        "{printed}"
    );
    assert!(printed.contains("Z\tdemo\t"), "{printed}");

    plane.connect(CLUSTER, &["scancel", &held]);
    let refusal = ask(
        &visitor,
        "get-metrics",
        json!({"range": "OneHour", "cluster_identifier": "none"}),
    );
    let refusal: Error = serde_json::from_value(refusal.await.unwrap_err()).unwrap();
    assert!(refusal.is_not_found(), "{refusal}");
    plane.finish().await;
}

/// What was answered of the last hour.
#[derive(Debug)]
struct Told(Metrics);

impl Told {
    fn series(&self, metric: Metric) -> &Series {
        let mut all = self.0.series.iter();
        all.find(|series| series.metric == metric).unwrap()
    }

    fn most(&self, metric: Metric) -> Option<f64> {
        self.series(metric).maximum
    }

    fn sum(&self, metric: Metric) -> f64 {
        self.series(metric).values.iter().flatten().sum()
    }
}

async fn metrics(visitor: &Visitor, cluster: Option<&str>) -> Told {
    let body = json!({ "cluster_identifier": cluster, "range": "OneHour" });
    let answer = ask(visitor, "get-metrics", body).await.unwrap();
    Told(serde_json::from_value(answer).unwrap())
}

async fn until_measured(visitor: &Visitor, cluster: &str, wanted: impl Fn(&Told) -> bool) -> Told {
    wait_until("that is measured", async || {
        let told = metrics(visitor, Some(cluster)).await;
        if wanted(&told) {
            Ok(told)
        } else {
            Err(format!("{told:?}"))
        }
    })
    .await
}

/// Of what was measured in seconds, each length has all.
async fn every_length_has_the_same_sum(plane: &TestPlane, cluster: &str) {
    let pool = plane.database().await;
    for tier in TIERS {
        let rows = sqlx::query_scalar(
            "select measured from metric where cluster_id = $1 and period = $2 order by at",
        );
        let rows: Vec<String> = rows
            .bind(cluster)
            .bind(tier.period)
            .fetch_all(&pool)
            .await
            .unwrap();
        let starts = rows.iter().map(|row| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let stat = &row["stats"]["NodeStarts"];
            stat[1].as_f64().or(stat[0].as_f64()).unwrap()
        });
        assert_eq!(starts.sum::<f64>(), 1.0, "{tier:?}");
    }
    pool.close().await;
}

/// Each by itself: the group and the queue have what the cluster has, the type what ran.
async fn parts_are_told(plane: &TestPlane, visitor: &Visitor, id: &str) {
    let parts = async |by: &str, cluster: Option<&str>, clusters: &[&str]| -> Vec<Part> {
        let body = json!({"cluster_identifier": cluster, "range": "OneHour", "by": by, "clusters": clusters});
        let answer = ask(visitor, "get-metrics", body).await.unwrap();
        let told: Metrics = serde_json::from_value(answer).unwrap();
        told.parts
    };
    let most = |part: &Part, metric: Metric| {
        let values = part.values(metric).iter().flatten();
        values.copied().fold(0.0, f64::max)
    };
    let groups = parts("ComputeNodeGroup", Some(id), &[]).await;
    let names: Vec<&str> = groups.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["compute-1"]);
    assert!(
        most(&groups[0], Metric::UtilizedCapacity) > 0.0,
        "{groups:?}"
    );
    let sum = groups[0].values(Metric::NodeStarts).iter().flatten();
    assert_eq!(sum.sum::<f64>(), 1.0);
    assert!(most(&groups[0], Metric::NodeBootTimeP50) > 0.0);
    let queues = parts("Queue", Some(id), &[]).await;
    assert_eq!((queues.len(), queues[0].name.as_str()), (1, "demo"));
    assert!(most(&queues[0], Metric::PendingJobs) > 0.0, "{queues:?}");
    assert!(most(&queues[0], Metric::JobWaitTimeP50) > 0.0);
    let types = parts("InstanceType", None, &[]).await;
    assert_eq!((types.len(), types[0].name.as_str()), (1, "c6i.xlarge"));
    let (of_type, of_group) = (types[0].node_hours(), groups[0].node_hours());
    assert!(of_type > 0.0 && of_type >= of_group, "{of_type} {of_group}");
    let compared = parts("Cluster", None, &[CLUSTER]).await;
    assert_eq!((compared.len(), compared[0].name.as_str()), (1, CLUSTER));
    assert!(most(&compared[0], Metric::ActualCapacity) > 0.0);
    let twice = json!({"range": "OneHour", "by": "Cluster", "clusters": [id, id]});
    let refusal = ask(visitor, "get-metrics", twice).await.unwrap_err();
    let refusal: Error = serde_json::from_value(refusal).unwrap();
    assert!(refusal.message.contains("each once"), "{refusal}");

    let token = std::fs::read_to_string(plane.server.data().join("metrics-token")).unwrap();
    let scrape = reqwest::Client::new()
        .get(format!("{}/metrics", plane.server.endpoint()))
        .bearer_auth(token.trim());
    let told = scrape.send().await.unwrap().text().await.unwrap();
    for series in [
        format!("openpcs_group_idle_capacity{{cluster=\"{id}\",group=\"compute-1\"}}"),
        format!("openpcs_queue_pending_jobs{{cluster=\"{id}\",queue=\"demo\"}}"),
    ] {
        assert!(told.contains(&series), "{series} in {told}");
    }
}

/// Without a script, as charts and as a table.
async fn pages_draw_it(visitor: &Visitor, cluster: &str) {
    let own = paths::cluster(cluster, ClusterTab::Monitoring);
    for page in [own.as_str(), paths::MONITORING] {
        for (as_table, wanted) in [
            (false, "class=\"chart-line ink-main\""),
            (true, "<th scope=\"row\""),
        ] {
            let view = ChartView {
                range: "1h".into(),
                as_table,
                ..ChartView::default()
            };
            let path = paths::monitoring(page, &view);
            let answer = visitor.request(Method::GET, &path).send().await.unwrap();
            let text = answer.text().await.unwrap();
            assert!(text.contains(wanted), "{path}: {text}");
        }
    }
    for (page, by, wanted) in [
        (own.as_str(), By::ComputeNodeGroup, "compute-1"),
        (own.as_str(), By::Queue, "demo"),
        (paths::MONITORING, By::InstanceType, "c6i.xlarge"),
        (paths::MONITORING, By::Cluster, CLUSTER),
    ] {
        let view = ChartView {
            range: "1h".into(),
            by: Some(by),
            clusters: vec![CLUSTER.into()],
            as_table: false,
        };
        let path = paths::monitoring(page, &view);
        let answer = visitor.request(Method::GET, &path).send().await.unwrap();
        let text = answer.text().await.unwrap();
        let key = "<span class=\"chart-key ink-part-0\"></span>";
        let legend = text.split(key).nth(1).unwrap_or_default();
        let legend: String = legend.chars().take(60).collect();
        assert!(legend.contains(wanted), "{path}: {legend:?}");
    }
}
