//! Metrics of clusters come to the account's CloudWatch, each minute once (M1): read back with the real AWS CLI from moto,
//! behind a door that reads the CBOR of the SDK for it.

use app::model::date::{self, DAY, HOUR, MINUTE};
use app::model::metric::Metric;
use aws_sdk_pcs::config::{Credentials, Region};
use openpcs_provider::Datum;
use openpcs_provider_aws::calls::metric;
use openpcs_provider_aws::client::{Client, loader};
use openpcs_server::db::now;
use serde_json::{Value, json};

use crate::harness::ec2::{Ec2, MOTO, REGION};
use crate::harness::*;

const CLUSTER: &str = "published";
const NAMESPACE: &str = "Team/OpenPCS";

async fn client(door: &CloudWatchDoor) -> Client {
    let loader = loader()
        .endpoint_url(door.url())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"));
    Client::load(loader).await.unwrap()
}

/// Of a metric of a cluster, by the minute.
fn statistics(aws: impl Fn(&[&str]) -> Value, metric: &str, cluster: &str, at: i64) -> Vec<Value> {
    let dimension = format!("Name=ClusterId,Value={cluster}");
    let [start, end] = [at - HOUR, at + 6 * HOUR].map(date::machine);
    let told = aws(&[
        "cloudwatch",
        "get-metric-statistics",
        "--namespace",
        NAMESPACE,
        "--metric-name",
        metric,
        "--dimensions",
        &dimension,
        "--start-time",
        &start,
        "--end-time",
        &end,
        "--period",
        "60",
        "--statistics",
        "SampleCount",
        "Sum",
        "Minimum",
        "Maximum",
    ]);
    told["Datapoints"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_call_has_as_many_as_cloudwatch_takes() {
    let moto = Moto::start().await;
    let door = CloudWatchDoor::before(moto.port);
    let client = client(&door).await.cloudwatch;
    let begin = now() / MINUTE * MINUTE - 6 * HOUR;
    let minute = |n: i64| {
        Metric::PUBLISHED.map(|metric| Datum {
            cluster_id: "pcs_1".into(),
            metric,
            at: begin + n * MINUTE,
            count: 2,
            sum: 3.0 * n as f64,
            minimum: n as f64,
            maximum: 2.0 * n as f64,
        })
    };
    let few: Vec<Datum> = minute(0).into();
    metric::put(&client, NAMESPACE, &few).await.unwrap();
    let many: Vec<Datum> = (1..300).flat_map(minute).collect();
    metric::put(&client, NAMESPACE, &many).await.unwrap();
    let call = |data, is_packed| Put {
        namespace: NAMESPACE.into(),
        data,
        is_packed,
    };
    assert_eq!(
        door.puts(),
        [call(5, false), call(1_000, true), call(495, true)]
    );
    for metric in Metric::PUBLISHED {
        let points = statistics(|words| moto.aws(words), metric.as_str(), "pcs_1", begin);
        assert_eq!(points.len(), 300, "{metric:?}");
        for point in points {
            let number = |name: &str| point[name].as_f64().unwrap();
            let n = (number("Timestamp") as i64 - begin / 1000) / 60;
            let told = ["SampleCount", "Sum", "Minimum", "Maximum"].map(number);
            let n = n as f64;
            assert_eq!(told, [2.0, 3.0 * n, n, 2.0 * n], "{point}");
            assert_eq!(point["Unit"], "Count");
        }
    }
    door.refuse(true);
    let refusal = metric::put(&client, NAMESPACE, &few).await.unwrap_err();
    let words = &refusal.message;
    assert!(words.contains("call cloudwatch:PutMetricData."), "{words}");
    assert!(words.contains("openpcs iam-policy"), "{words}");
}

/// As if there had been no answer for two days: minutes of then, of a cluster that had two of three nodes busy.
async fn old_minutes_wait(plane: &TestPlane, cluster: &str) -> Vec<i64> {
    let begin = now() / MINUTE * MINUTE - 2 * DAY;
    let measured = json!({ "stats": {
        "IdleCapacity": [1.0], "UtilizedCapacity": [2.0], "ActualCapacity": [3.0], "DesiredCapacity": [4.0, 12.0, 3.0, 4.0],
        "CapacityUtilization": [0.5], "PendingJobs": [9.0],
    } });
    let minutes: Vec<i64> = (0..250).map(|n| begin + n * MINUTE).collect();
    let pool = plane.database().await;
    // The server writes beside: as one transaction it waits for it once.
    let mut all = pool.begin().await.unwrap();
    for at in &minutes {
        sqlx::query(
            "insert into metric (cluster_id, period, at, measured) values ($1, 60000, $2, $3)",
        )
        .bind(cluster)
        .bind(*at)
        .bind(measured.to_string())
        .execute(&mut *all)
        .await
        .unwrap();
        sqlx::query("insert into metric_outbox (at, cluster_id) values ($1, $2)")
            .bind(*at)
            .bind(cluster)
            .execute(&mut *all)
            .await
            .unwrap();
    }
    all.commit().await.unwrap();
    pool.close().await;
    minutes
}

async fn until_told(plane: &TestPlane, words: &str) -> String {
    wait_until(words, async || {
        let events = plane.events().await;
        let told = events.iter().filter(|event| event.contains(words));
        match *told.collect::<Vec<_>>() {
            [one] => Ok(one.clone()),
            _ => Err(format!("{events:?}")),
        }
    })
    .await
}

/// On SQLite: the network of the test has no PostgreSQL.
#[tokio::test]
async fn each_minute_is_sent_once_also_after_an_outage_on_sqlite() {
    let ec2 = match Ec2::start().await {
        Ok(ec2) => ec2,
        Err(why) => return eprintln!("an account needs a network of its own: {why}"),
    };
    let door = CloudWatchDoor::before(MOTO.port());
    door.refuse(true);
    let mut server = ec2.server(None);
    // What is measured in a minute is looked at each second.
    server.option("--metrics-seconds", "1");
    server.option("--cloudwatch-namespace", NAMESPACE);
    server.environment("AWS_ENDPOINT_URL_CLOUDWATCH", &door.url());
    let mut plane = TestPlane::of_account(server, None, ec2.catalogue()).await;
    let id = plane.cluster(CLUSTER, 600).await.id;
    let minutes = old_minutes_wait(&plane, &id).await;
    let event = until_told(&plane, "do not reach the account's CloudWatch").await;
    assert!(event.contains("openpcs iam-policy"), "{event}");
    assert!(door.puts().is_empty());

    // Killed, the server knows what it has not sent.
    plane.server.kill();
    plane.server.start().await;
    door.refuse(false);
    until_told(&plane, "reach CloudWatch again").await;
    let aws = |words: &[&str]| ec2.aws(words);
    let old = wait_until("all minutes came", async || {
        let told = statistics(aws, "DesiredCapacity", &id, minutes[0]);
        match told.len() == minutes.len() {
            true => Ok(told),
            false => Err(format!("{} of {}", told.len(), minutes.len())),
        }
    })
    .await;
    for point in &old {
        let number = |name: &str| point[name].as_f64().unwrap();
        let told = ["SampleCount", "Sum", "Minimum", "Maximum"].map(number);
        assert_eq!(told, [4.0, 12.0, 3.0, 4.0], "once: {point}");
    }
    let now = wait_until("a minute of now came", async || {
        let told = statistics(aws, "ActualCapacity", &id, now() - 3 * HOUR);
        told.last().cloned().ok_or("none yet".to_owned())
    })
    .await;
    assert!(now["SampleCount"].as_f64().unwrap() > 1.0, "{now}");
    assert_eq!(now["Maximum"], json!(0.0), "it has no nodes: {now}");
    assert!(door.puts().iter().all(|put| put.namespace == NAMESPACE));
    until_told(&plane, "do not reach the account's CloudWatch").await;
    plane.delete_all_of(CLUSTER).await;
    plane.finish().await;
}
