//! Metrics are read with the real AWS CLI as from Amazon CloudWatch, and in each protocol that its clients speak (M1).

use std::time::SystemTime;

use app::model::date::{self, HOUR};
use aws_sdk_pcs::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "watched";
const FIVE: [&str; 5] = [
    "ActualCapacity",
    "CapacityUtilization",
    "DesiredCapacity",
    "IdleCapacity",
    "UtilizedCapacity",
];

#[tokio::test]
async fn on_sqlite() {
    the_cli_reads_metrics(None).await;
}

#[tokio::test]
async fn on_postgres() {
    the_cli_reads_metrics(Some(Postgres::start())).await;
}

async fn the_cli_reads_metrics(postgres: Option<Postgres>) {
    let mut server = Server::new(postgres.as_ref().map(Postgres::url));
    // A minute is put together of its seconds.
    server.option("--metrics-seconds", "1");
    let plane = TestPlane::on(server, postgres).await;
    let id = plane.cluster(CLUSTER, 600).await.id;
    let group = plane.group(CLUSTER, "compute-1", 1, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;

    metrics_are_listed(&plane, &id).await;
    statistics_are_told(&plane, &id).await;
    data_come_in_pages(&plane, &id).await;
    what_is_not_answered_is_said(&plane, &id);
    every_protocol_is_spoken(&plane, &id).await;
    plane.finish().await;
}

fn cloudwatch(plane: &TestPlane, arguments: &[&str]) -> Result<Value, String> {
    let output = plane.server.aws(&[&["cloudwatch"], arguments].concat());
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

async fn until(
    what: &str,
    plane: &TestPlane,
    arguments: &[&str],
    is: impl Fn(&Value) -> bool,
) -> Value {
    wait_until(what, async || {
        let told = cloudwatch(plane, arguments)?;
        if is(&told) {
            Ok(told)
        } else {
            Err(told.to_string())
        }
    })
    .await
}

async fn metrics_are_listed(plane: &TestPlane, id: &str) {
    let list = [
        "list-metrics",
        "--namespace",
        "AWS/PCS",
        "--recently-active",
        "PT3H",
    ];
    let is_listed = |told: &Value| !told["Metrics"].as_array().unwrap().is_empty();
    let told = until("that metrics are listed", plane, &list, is_listed).await;
    let all = told["Metrics"].as_array().unwrap();
    let mut names: Vec<&str> = all
        .iter()
        .map(|one| one["MetricName"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, FIVE);
    for one in all {
        assert_eq!(one["Namespace"], "AWS/PCS");
        assert_eq!(
            one["Dimensions"],
            json!([{"Name": "ClusterId", "Value": id}])
        );
    }
    let count = |arguments: &[&str]| {
        let told = cloudwatch(plane, &[&["list-metrics"], arguments].concat()).unwrap();
        told["Metrics"].as_array().unwrap().len()
    };
    let of = format!("Name=ClusterId,Value={id}");
    assert_eq!(count(&["--dimensions", &of]), 5);
    assert_eq!(count(&["--dimensions", "Name=ClusterId"]), 5);
    assert_eq!(count(&["--dimensions", "Name=ClusterId,Value=pcs_none"]), 0);
    assert_eq!(count(&["--metric-name", "IdleCapacity"]), 1);
    assert_eq!(count(&["--namespace", "AWS/EC2"]), 0);
}

/// An hour up to in an hour, as the CLI is given times.
fn range() -> [String; 2] {
    let now = openpcs_server::db::now();
    [now - HOUR, now + HOUR].map(date::machine)
}

async fn statistics_are_told(plane: &TestPlane, id: &str) {
    let [start, end] = range();
    let of = format!("Name=ClusterId,Value={id}");
    let base = [
        "get-metric-statistics",
        "--namespace",
        "AWS/PCS",
        "--dimensions",
        &of,
    ];
    let times = ["--start-time", &start, "--end-time", &end];
    let wanted = [
        "--statistics",
        "Average",
        "Sum",
        "Minimum",
        "Maximum",
        "SampleCount",
    ];
    let ask = |metric: &'static str, period: &'static str| {
        let of = ["--metric-name", metric, "--period", period];
        [&base[..], &times, &of, &wanted].concat()
    };
    let is_up = |told: &Value| {
        let points = told["Datapoints"].as_array().unwrap();
        points.iter().any(|point| point["Maximum"] == 1.0)
    };
    let told = until(
        "that a node is up",
        plane,
        &ask("ActualCapacity", "60"),
        is_up,
    )
    .await;
    assert_eq!(told["Label"], "ActualCapacity");
    let mut last = 0.0;
    for point in told["Datapoints"].as_array().unwrap() {
        let number = |name: &str| point[name].as_f64().unwrap();
        assert!(number("SampleCount") >= 1.0, "{point}");
        let average = number("Sum") / number("SampleCount");
        assert!((number("Average") - average).abs() < 1e-9, "{point}");
        assert!(number("Minimum") <= number("Maximum"), "{point}");
        assert_eq!(point["Unit"], "Count");
        // Of CBOR the CLI shows times as they come: in seconds.
        let at = point["Timestamp"].as_f64().unwrap();
        assert!(at % 60.0 == 0.0 && at > last, "{at} after {last}");
        last = at;
    }
    let hours = cloudwatch(plane, &ask("ActualCapacity", "3600")).unwrap();
    assert!(
        hours["Datapoints"].as_array().unwrap().len() <= 2,
        "{hours}"
    );
    let none = cloudwatch(plane, &ask("NoMetric", "60")).unwrap();
    assert_eq!(none["Datapoints"], json!([]));
}

async fn data_come_in_pages(plane: &TestPlane, id: &str) {
    let [start, end] = range();
    let query = |query_id: &str, metric: &str| {
        let dimensions = json!([{"Name": "ClusterId", "Value": id}]);
        let metric =
            json!({"Namespace": "AWS/PCS", "MetricName": metric, "Dimensions": dimensions});
        json!({"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}})
    };
    let queries = json!([
        query("idle", "IdleCapacity"),
        query("actual", "ActualCapacity")
    ])
    .to_string();
    let base = [
        "get-metric-data",
        "--start-time",
        &start,
        "--end-time",
        &end,
    ];
    let ask = |more: &[&str]| {
        let told = cloudwatch(
            plane,
            &[&base[..], &["--metric-data-queries", &queries], more].concat(),
        );
        told.unwrap()
    };
    let whole = ask(&["--scan-by", "TimestampAscending"]);
    let results = whole["MetricDataResults"].as_array().unwrap();
    assert_eq!(results.len(), 2, "{whole}");
    for (result, (id, label)) in results
        .iter()
        .zip([("idle", "IdleCapacity"), ("actual", "ActualCapacity")])
    {
        assert_eq!(
            (&result["Id"], &result["Label"]),
            (&json!(id), &json!(label))
        );
        assert_eq!(result["StatusCode"], "Complete");
        let values = result["Values"].as_array().unwrap();
        assert_eq!(values.len(), result["Timestamps"].as_array().unwrap().len());
        assert!(values.iter().any(|value| *value == 1.0), "{result}");
    }
    // The CLI asks for all pages of it by itself: of one value each.
    let pages = ask(&["--scan-by", "TimestampAscending", "--page-size", "1"]);
    let points = |told: &Value, id: &str| -> Vec<Value> {
        let all = told["MetricDataResults"].as_array().unwrap().clone();
        let own = all.into_iter().filter(|result| result["Id"] == id);
        own.flat_map(|result| result["Timestamps"].as_array().unwrap().clone())
            .collect()
    };
    // Another minute may have begun meanwhile.
    let (few, more) = (points(&whole, "idle"), points(&pages, "idle"));
    assert!(more.starts_with(&few), "{few:?} {more:?}");
    let page = ask(&["--max-datapoints", "1", "--no-paginate"]);
    assert_eq!(
        page["MetricDataResults"].as_array().unwrap().len(),
        1,
        "{page}"
    );
    assert!(page["NextToken"].is_string(), "{page}");
}

fn what_is_not_answered_is_said(plane: &TestPlane, id: &str) {
    let [start, end] = range();
    let math = json!([{"Id": "half", "Expression": "m1/2"}]).to_string();
    let p99 = json!([{"Id": "p", "MetricStat": {"Period": 60, "Stat": "p99", "Metric": {
        "Namespace": "AWS/PCS", "MetricName": "IdleCapacity", "Dimensions": [{"Name": "ClusterId", "Value": id}]}}}]);
    let data = [
        "get-metric-data",
        "--start-time",
        &start,
        "--end-time",
        &end,
        "--metric-data-queries",
    ];
    let refusal = cloudwatch(plane, &[&data[..], &[&math]].concat()).unwrap_err();
    assert!(
        refusal.contains("Metric math is computed by Amazon CloudWatch"),
        "{refusal}"
    );
    let refusal = cloudwatch(plane, &[&data[..], &[&p99.to_string()]].concat()).unwrap_err();
    assert!(
        refusal.contains("MetricDataQueries[0].MetricStat.Stat: p99 needs"),
        "{refusal}"
    );
    let statistics = [
        "get-metric-statistics",
        "--namespace",
        "AWS/PCS",
        "--metric-name",
        "IdleCapacity",
        "--statistics",
        "Sum",
        "--start-time",
        &end,
        "--end-time",
        &start,
        "--period",
        "60",
    ];
    let refusal = cloudwatch(plane, &statistics).unwrap_err();
    assert!(
        refusal.contains("EndTime: The end must be later"),
        "{refusal}"
    );
    let refusal = cloudwatch(plane, &["describe-alarms"]).unwrap_err();
    assert!(
        refusal.contains("list-metrics, get-metric-data"),
        "{refusal}"
    );
    let other = json!([{"Id": "e", "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
        "Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}}}]);
    let told = cloudwatch(plane, &[&data[..], &[&other.to_string()]].concat()).unwrap();
    assert_eq!(told["MetricDataResults"][0]["Values"], json!([]));
    assert_eq!(told["Messages"][0]["Code"], "UnknownMetric");
}

/// Signed for CloudWatch.
fn signed(plane: &TestPlane, headers: &[(&str, &str)], body: &str) -> http::Request<Vec<u8>> {
    let key = plane.server.access_key();
    let identity = Credentials::new(key.id, key.secret, None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("monitoring")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let uri = format!("{}/", plane.server.endpoint());
    let body = body.as_bytes();
    let signable = SignableRequest::new(
        "POST",
        &uri,
        headers.iter().copied(),
        SignableBody::Bytes(body),
    );
    let (instructions, _) = sign(signable.unwrap(), &parameters.into())
        .unwrap()
        .into_parts();
    let mut request = http::Request::post(&uri).body(body.to_vec()).unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    instructions.apply_to_request_http1x(&mut request);
    request
}

/// The newest CLI speaks CBOR, which the others of these tests show.
async fn every_protocol_is_spoken(plane: &TestPlane, id: &str) {
    let form = [(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )];
    let ask = |body: &str| signed(plane, &form, body);
    let listed = plane
        .http()
        .send(ask(
            "Action=ListMetrics&Version=2010-08-01&MetricName=IdleCapacity",
        ))
        .await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    let wanted = format!(
        "<Dimensions><member><Name>ClusterId</Name><Value>{id}</Value></member></Dimensions>\
         <MetricName>IdleCapacity</MetricName><Namespace>AWS/PCS</Namespace>"
    );
    assert!(listed.text.contains(&wanted), "{}", listed.text);
    let refusal = plane
        .http()
        .send(ask("Action=GetMetricData&Version=2010-08-01&StartTime=1"))
        .await;
    assert_eq!(refusal.status, 400);
    assert!(
        refusal
            .text
            .contains("<ErrorResponse><Error><Type>Sender</Type>"),
        "{}",
        refusal.text
    );
    let unknown = plane
        .http()
        .send(ask("Action=PutMetricData&Version=2010-08-01"))
        .await;
    assert!(
        unknown.text.contains("AWS_ENDPOINT_URL_CLOUDWATCH"),
        "{}",
        unknown.text
    );

    let json = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "GraniteServiceVersion20100801.ListMetrics"),
    ];
    let listed = plane
        .http()
        .send(signed(plane, &json, "{\"MetricName\": \"IdleCapacity\"}"))
        .await;
    assert_eq!(listed.json()["Metrics"][0]["Dimensions"][0]["Value"], id);
    let mut stranger = signed(plane, &form, "Action=ListMetrics");
    stranger.headers_mut().remove("authorization");
    let refusal = plane.http().send(stranger).await;
    assert!(
        refusal
            .text
            .contains("<Code>MissingAuthenticationTokenException</Code>"),
        "{}",
        refusal.text
    );
}
