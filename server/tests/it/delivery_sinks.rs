//! Lines arrive in CloudWatch Logs, S3 and Firehose once each, through a wire that loses, refuses and lies: signed as the
//! server signs, answered by moto.

use std::sync::Arc;
use std::time::Duration;

use app::model::log::{Log, LogDaemon};
use aws_sdk_pcs::config::{Credentials, Region};
use openpcs_provider_aws::client::loader;
use openpcs_provider_aws::delivery::Sender;
use openpcs_server::provider::delivery::Aws;
use openpcs_server::sink::batch::Limits;
use openpcs_server::sink::cloudwatch::CloudWatch;
use openpcs_server::sink::firehose::Firehose;
use openpcs_server::sink::journal::Journal;
use openpcs_server::sink::lane::{Lane, Source, Step};
use openpcs_server::sink::names::Origin;
use openpcs_server::sink::record::Line;
use openpcs_server::sink::s3::S3;
use openpcs_server::sink::wire::{self, Call, Wire};
use openpcs_server::sink::{Failure, Sink};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::harness::{Fate, FaultyProxy, Moto};

const LOG: Log = Log::Daemon(LogDaemon::Slurmctld);
const COUNT: i64 = 1_200;
const REGION: &str = "us-east-1";

/// Two hours of the same day.
#[derive(Clone)]
struct Lines(Arc<Vec<Line>>);

impl Lines {
    fn new() -> Lines {
        // moto takes what AWS takes: nothing of another fortnight.
        let hour = openpcs_server::db::now() / 3_600_000 * 3_600_000;
        let line = |seq: i64| Line {
            seq,
            at: hour - 3_600_000 + seq / 700 * 3_600_000 + seq,
            level: "info",
            text: format!("<b>\u{1b}[1mé \"line\" {seq}"),
        };
        Lines(Arc::new((1..=COUNT).map(line).collect()))
    }
}

impl Source for Lines {
    fn newest(&self, _: Log) -> i64 {
        COUNT
    }

    async fn after(&self, _: Log, seq: i64, limits: &Limits) -> Result<Vec<Line>, Failure> {
        let behind = self.0.iter().filter(|line| line.seq > seq);
        Ok(behind.take(limits.records).cloned().collect())
    }

    async fn lost(&self, _: Log, _: i64) -> Result<u64, Failure> {
        Ok(0)
    }
}

struct Account {
    proxy: FaultyProxy,
    /// Through the proxy.
    wire: Arc<dyn Wire>,
    /// Around it.
    direct: Arc<dyn Wire>,
    dir: tempfile::TempDir,
    _moto: Moto,
}

async fn wire_to(port: u16) -> Arc<dyn Wire> {
    let config = loader()
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"));
    Arc::new(Aws(Sender::of(config.load().await)))
}

impl Account {
    async fn new() -> Account {
        let moto = Moto::start().await;
        let proxy = FaultyProxy::before(moto.port);
        Account {
            wire: wire_to(proxy.port()).await,
            direct: wire_to(moto.port).await,
            dir: tempfile::tempdir().unwrap(),
            proxy,
            _moto: moto,
        }
    }

    async fn pool(&self) -> SqlitePool {
        let file = SqliteConnectOptions::new().filename(self.dir.path().join("logs.db"));
        let file = file.create_if_missing(true);
        SqlitePool::connect_with(file).await.unwrap()
    }

    /// Until there is nothing more to do; after each failure by another process.
    async fn deliver(&self, sink: &Sink) {
        let (lines, origin) = (Lines::new(), origin());
        let mut arrived = 0;
        loop {
            let journal = Journal::open(self.pool().await, "d1", LOG.as_str()).await;
            let mut lane = Lane::new(lines.clone(), journal.unwrap(), origin.clone(), LOG, 0);
            loop {
                match lane.step(sink, i64::MAX / 2).await {
                    Ok(Step::Delivered(one)) => arrived += one.lines,
                    Ok(Step::Rest(_)) => {
                        assert_eq!(arrived as i64, COUNT);
                        assert!(self.proxy.is_done(), "all faults happened");
                        return;
                    }
                    Ok(Step::Part(_)) => {}
                    Err(failure) => {
                        assert!(failure.message.contains("again"), "{failure}");
                        break;
                    }
                }
            }
        }
    }

    async fn s3(&self, method: &'static str, path: String) -> String {
        let call = Call {
            service: "s3",
            region: None,
            method,
            path,
            headers: vec![],
            body: vec![],
        };
        let answer = self.direct.call(&call).await.unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        assert!((200..300).contains(&answer.status), "{text}");
        text
    }

    async fn keys(&self, bucket: &str) -> Vec<String> {
        let list = self.s3("GET", format!("/{bucket}?list-type=2")).await;
        let keys = list.split("<Key>").skip(1);
        keys.map(|rest| rest.split("</Key>").next().unwrap().to_owned())
            .collect()
    }

    /// The lines of all objects.
    async fn objects(&self, bucket: &str) -> Vec<String> {
        let mut lines = vec![];
        for key in self.keys(bucket).await {
            let object = self.s3("GET", format!("/{bucket}/{key}")).await;
            lines.extend(object.lines().map(str::to_owned));
        }
        lines
    }
}

fn origin() -> Origin {
    Origin {
        account_id: "123456789012".into(),
        region: REGION.into(),
        cluster_id: "pcs_abc".into(),
        version: "24.11.5".into(),
    }
}

/// Each record is of a line: of which.
fn numbers(records: &[String]) -> Vec<i64> {
    let number = |json: &String| {
        let record: Value = serde_json::from_str(json).unwrap();
        let message = record["message"].as_str().unwrap();
        let number = message.strip_prefix("<b>\u{1b}[1mé \"line\" ").unwrap();
        number.strip_suffix('\n').unwrap().parse().unwrap()
    };
    let mut numbers: Vec<i64> = records.iter().map(number).collect();
    numbers.sort();
    numbers
}

fn all() -> Vec<i64> {
    (1..=COUNT).collect()
}

#[tokio::test]
async fn cloudwatch_logs_has_each_line_once() {
    use Fate::*;
    let account = Account::new().await;
    // The first finds neither group nor stream, and makes both.
    let fates = [Down, Broken, Well, Well, Well, Well, AnswerLost, Well, Lie];
    account.proxy.let_happen(&fates);
    let sink = Sink::CloudWatch(CloudWatch {
        wire: account.wire.clone(),
        region: REGION.into(),
        group: "/pcs/logs".into(),
        settle: Duration::ZERO,
    });
    account.deliver(&sink).await;
    let stream = "AWSLogs/PCS/pcs_abc/slurmctld_24.11.log";
    let input =
        json!({"logGroupName": "/pcs/logs", "logStreamName": stream, "startFromHead": true});
    let target = "Logs_20140328.GetLogEvents";
    let said = wire::json(&*account.direct, "logs", REGION, target, &input).await;
    let events = said.unwrap()["events"].as_array().unwrap().clone();
    let messages = events
        .iter()
        .map(|event| event["message"].as_str().unwrap().to_owned());
    assert_eq!(numbers(&messages.collect::<Vec<_>>()), all());
}

#[tokio::test]
async fn s3_has_each_line_once() {
    use Fate::*;
    let account = Account::new().await;
    account.s3("PUT", "/logs".into()).await;
    account
        .proxy
        .let_happen(&[Down, AnswerLost, Broken, Well, Lie, AnswerLost]);
    let sink = Sink::S3(S3 {
        wire: account.wire.clone(),
        bucket: "logs".into(),
        prefix: "of/hpc/".into(),
        delivery_id: "d1".into(),
        linger: Duration::from_secs(60),
    });
    account.deliver(&sink).await;
    assert_eq!(numbers(&account.objects("logs").await), all());
    let keys = account.keys("logs").await;
    assert_eq!(keys.len(), 2, "one for each hour: {keys:?}");
    let place = "of/hpc/AWSLogs/123456789012/PCS/us-east-1/pcs_abc/slurmctld/24.11/";
    assert!(keys.iter().all(|key| key.starts_with(place)), "{keys:?}");
}

#[tokio::test]
async fn firehose_has_each_line_and_those_whose_answer_was_lost_twice() {
    use Fate::*;
    let account = Account::new().await;
    account.s3("PUT", "/hose".into()).await;
    let input = json!({
        "DeliveryStreamName": "logs",
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": "arn:aws:s3:::hose", "RoleARN": "arn:aws:iam::123456789012:role/hose",
        },
    });
    let target = "Firehose_20150804.CreateDeliveryStream";
    let made = wire::json(&*account.direct, "firehose", REGION, target, &input).await;
    made.unwrap();
    account.proxy.let_happen(&[Down, Broken, Well, AnswerLost]);
    let sink = Sink::Firehose(Firehose {
        wire: account.wire.clone(),
        region: REGION.into(),
        stream: "logs".into(),
    });
    account.deliver(&sink).await;
    let mut there = numbers(&account.objects("hose").await);
    let twice = there.len() - all().len();
    assert!((1..=500).contains(&twice), "one call: {twice}");
    there.dedup();
    assert_eq!(there, all());
}

#[tokio::test]
async fn a_destination_that_is_not_there_is_told_with_its_remedy() {
    let account = Account::new().await;
    let sink = Sink::S3(S3 {
        wire: account.wire.clone(),
        bucket: "nowhere".into(),
        prefix: String::new(),
        delivery_id: "d1".into(),
        linger: Duration::ZERO,
    });
    let journal = Journal::open(account.pool().await, "d1", LOG.as_str()).await;
    let mut lane = Lane::new(Lines::new(), journal.unwrap(), origin(), LOG, 0);
    let failure = lane.step(&sink, 0).await.unwrap_err();
    assert_eq!(failure.code, "NoSuchBucket");
    assert!(
        failure.message.contains("Create the destination"),
        "{failure}"
    );
}
