//! Every line exactly once, whatever goes wrong where: sinks that are down, answers that are lost, ends in mid-batch.

mod cloud;
mod taken_over;

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::model::log::{Log, LogDaemon};
use async_trait::async_trait;
use cloud::{Cloud, Fate};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::batch::tests::{line, origin};
use super::batch::{Limits, Record};
use super::cloudwatch::CloudWatch;
use super::courier::{Courier, Fared, Memory, Report};
use super::directory::Directory;
use super::firehose::Firehose;
use super::journal::Journal;
use super::lane::{Delivered, Lane, Source, Step};
use super::names::Origin;
use super::record::{Line, record};
use super::s3::S3;
use super::wire::{Answer, Call, Wire};
use super::{Failure, Sink};

const LOG: Log = Log::Daemon(LogDaemon::Slurmctld);
const HOUR: i64 = 3_600_000;

/// Lines in memory, some of which may be gone, and how often they were asked for.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Line>>>, Arc<Mutex<u64>>, Arc<AtomicUsize>);

impl Source for Lines {
    fn newest(&self, _: Log) -> i64 {
        self.0.lock().unwrap().last().map_or(0, |line| line.seq)
    }

    async fn after(&self, _: Log, seq: i64, limits: &Limits) -> Result<Vec<Line>, Failure> {
        self.2.fetch_add(1, Ordering::Relaxed);
        let all = self.0.lock().unwrap();
        let behind = all.iter().filter(|line| line.seq > seq);
        Ok(behind.take(limits.records).cloned().collect())
    }

    async fn lost(&self, _: Log, _: i64) -> Result<u64, Failure> {
        self.2.fetch_add(1, Ordering::Relaxed);
        Ok(std::mem::take(&mut *self.1.lock().unwrap()))
    }
}

async fn pool(dir: &std::path::Path) -> SqlitePool {
    // No power is lost here.
    let file = SqliteConnectOptions::new().filename(dir.join("logs.db"));
    let file = file.synchronous(SqliteSynchronous::Off);
    let pool = SqlitePoolOptions::new().max_connections(1);
    pool.connect_with(file.create_if_missing(true))
        .await
        .unwrap()
}

async fn lane(pool: &SqlitePool, lines: &Lines, version: &str) -> Lane<Lines> {
    let journal = Journal::open(pool.clone(), "d1", LOG.as_str())
        .await
        .unwrap();
    let origin = Origin {
        version: version.into(),
        ..origin()
    };
    Lane::new(lines.clone(), journal, origin, LOG, 0)
}

/// Steps until there is nothing more to do; after each failure by a new lane, as after a restart with a newer Slurm, if so
/// wanted.
async fn deliver(pool: &SqlitePool, lines: &Lines, sink: &Sink, restarts: bool) -> Delivered {
    let mut all = Delivered::default();
    let mut at_work = lane(pool, lines, "24.11.5").await;
    for _ in 0..100 {
        match at_work.step(sink, i64::MAX / 2).await {
            Ok(Step::Rest(_)) => return all,
            Ok(Step::Delivered(one)) => {
                all.lines += one.lines;
                all.lost += one.lost;
            }
            Ok(Step::Part(_)) | Err(_) if restarts => {
                at_work = lane(pool, lines, "25.05.1").await;
            }
            Ok(Step::Part(_)) | Err(_) => {}
        }
    }
    panic!("it never ends");
}

fn sinks(cloud: &Arc<Cloud>) -> [Sink; 3] {
    sinks_by(cloud.clone())
}

fn sinks_by(wire: Arc<dyn Wire>) -> [Sink; 3] {
    [
        Sink::CloudWatch(CloudWatch {
            wire: wire.clone(),
            region: "us-east-1".into(),
            group: "/pcs".into(),
            settle: Duration::ZERO,
        }),
        Sink::S3(S3 {
            wire: wire.clone(),
            bucket: "logs".into(),
            prefix: "a b/".into(),
            delivery_id: "d1".into(),
            linger: Duration::ZERO,
        }),
        Sink::Firehose(Firehose {
            wire,
            region: "us-east-1".into(),
            stream: "s".into(),
        }),
    ]
}

/// S3, where lines wait a minute for others.
fn patient(cloud: &Arc<Cloud>) -> Sink {
    let [_, mut sink, _] = sinks(cloud);
    if let Sink::S3(s3) = &mut sink {
        s3.linger = Duration::from_secs(60);
    }
    sink
}

/// Two hours with lines.
fn lines() -> Lines {
    let lines = Lines::default();
    let all = (1..=1_200).map(|seq| line(seq, seq / 900 * HOUR + seq));
    lines.0.lock().unwrap().extend(all);
    lines
}

/// What is in the cloud, as numbers of lines.
fn arrived(cloud: &Cloud) -> Vec<i64> {
    let objects = cloud.objects.lock().unwrap();
    let objects = objects.values().flat_map(|object| {
        let text = String::from_utf8(object.clone()).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let stream = cloud.stream.lock().unwrap().clone().unwrap_or_default();
    let stream = stream.into_iter().map(|(_, message)| message);
    let firehose = cloud.firehose.lock().unwrap().clone();
    objects
        .chain(stream)
        .chain(firehose)
        .map(|json| number(&json))
        .collect()
}

fn number(json: &str) -> i64 {
    let record: Value = serde_json::from_str(json).unwrap();
    let message = record["message"].as_str().unwrap();
    message
        .trim()
        .strip_prefix("line ")
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn every_line_arrives_once_whatever_the_wire_does() {
    use Fate::*;
    let ways: [&[Fate]; 9] = [
        &[],
        &[Down],
        &[Down, Down, Down],
        &[Broken],
        &[AnswerLost],
        &[Well, AnswerLost],
        &[Well, Well, Well, AnswerLost, Well, Lie],
        &[Lie, Lie, Down, AnswerLost],
        &[Well, Broken, AnswerLost, Broken, Well, Lie],
    ];
    for (fates, restarts) in ways.iter().flat_map(|way| [(*way, false), (*way, true)]) {
        for which in 0..3 {
            let cloud = Arc::new(Cloud::default());
            let sink = &sinks(&cloud)[which];
            *cloud.fates.lock().unwrap() = fates.iter().rev().copied().collect();
            let dir = tempfile::tempdir().unwrap();
            let pool = pool(dir.path()).await;
            let done = deliver(&pool, &lines(), sink, restarts).await;
            let mut there = arrived(&cloud);
            there.sort();
            if which == 2 {
                // Firehose cannot be asked.
                there.dedup();
            }
            assert_eq!(there, (1..=1_200).collect::<Vec<_>>(), "{which} {fates:?}");
            assert_eq!(done.lines, 1_200, "{which} {fates:?}");
        }
    }
}

#[tokio::test]
async fn of_a_call_that_was_taken_in_part_only_the_rest_is_sent_again() {
    for restarts in [false, true] {
        let cloud = Arc::new(Cloud::default());
        let [_, _, sink] = sinks(&cloud);
        *cloud.fates.lock().unwrap() = vec![Fate::Half, Fate::Down, Fate::Half, Fate::Half];
        let dir = tempfile::tempdir().unwrap();
        deliver(&pool(dir.path()).await, &lines(), &sink, restarts).await;
        let mut there = arrived(&cloud);
        there.sort();
        assert_eq!(there, (1..=1_200).collect::<Vec<_>>());
    }
}

fn files(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_file_is_cut_back_to_where_the_batch_began() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("out");
    let sink = Sink::Directory(Directory::new(root.clone(), "d1", None));
    let (pool, lines) = (pool(dir.path()).await, lines());
    let mut first = lane(&pool, &lines, "24.11.5").await;
    let delivered = first.step(&sink, 0).await.unwrap();
    assert!(
        matches!(&delivered, Step::Delivered(one) if one.lines == 899),
        "{delivered:?}"
    );
    // A process that ended after it had written, before it went on: the decision is there, and so is half of the batch.
    let cursor = first.journal.read().await.unwrap().unwrap();
    lines
        .0
        .lock()
        .unwrap()
        .iter_mut()
        .skip(1_000)
        .for_each(|line| line.at += HOUR);
    let decided = super::journal::Intent {
        until: 1_000,
        version: "24.11.5".into(),
        mark: "0".into(),
    };
    let decided = super::journal::Cursor {
        intent: Some(decided),
        ..cursor.clone()
    };
    first.journal.advance(&cursor, &decided).await.unwrap();
    let half = Record {
        at: HOUR,
        json: record(&origin(), LOG, &line(900, HOUR + 900)),
    };
    let path = files(&root)[0].to_str().unwrap().replace("/00/", "/01/");
    let path = path.replace("-00_", "-01_");
    std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
    std::fs::write(&path, format!("{}\n{{\"half", half.json)).unwrap();
    assert_eq!(deliver(&pool, &lines, &sink, false).await.lines, 301);
    let there = files(&root);
    assert_eq!(there.len(), 3, "{there:?}");
    let text = there
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    let text: String = text.collect();
    let numbers: Vec<i64> = text.lines().map(number).collect();
    assert_eq!(numbers, (1..=1_200).collect::<Vec<_>>());
    let mode = std::fs::metadata(&there[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_is_removed_before_it_is_delivered_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Arc::new(Cloud::default());
    let (sink, pool, lines) = (&sinks(&cloud)[1], pool(dir.path()).await, lines());
    *cloud.fates.lock().unwrap() = vec![Fate::Down];
    let mut first = lane(&pool, &lines, "24.11.5").await;
    assert!(first.step(sink, i64::MAX / 2).await.is_err());
    // All of the decided batch, and some that come after.
    lines.0.lock().unwrap().retain(|line| line.seq > 1_000);
    *lines.1.lock().unwrap() = 1_000;
    let done = deliver(&pool, &lines, sink, false).await;
    assert_eq!((done.lines, done.lost), (200, 1_000));
}

#[tokio::test]
async fn lines_wait_for_others() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Arc::new(Cloud::default());
    let sink = patient(&cloud);
    let pool = pool(dir.path()).await;
    let lines = Lines::default();
    lines.0.lock().unwrap().push(line(1, 1_000));
    let mut lane = lane(&pool, &lines, "24.11.5").await;
    for (now, rests) in [(1_500, true), (0, true), (60_999, true), (61_000, false)] {
        let step = lane.step(&sink, now).await.unwrap();
        assert_eq!(matches!(step, Step::Rest(_)), rests, "{now}");
    }
}

#[tokio::test]
async fn a_second_without_lines_asks_nothing_and_waiting_lines_are_read_few_times() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Arc::new(Cloud::default());
    let sink = patient(&cloud);
    let pool = pool(dir.path()).await;
    let lines = Lines::default();
    let mut lane = lane(&pool, &lines, "24.11.5").await;
    let asked = || lines.2.swap(0, Ordering::Relaxed);
    let mut rests = async |seconds: std::ops::Range<i64>| {
        for second in seconds {
            let step = lane.step(&sink, second * 1_000).await.unwrap();
            let Step::Rest(rest) = step else {
                return Some(second);
            };
            assert!(rest <= Duration::from_secs(1));
            if (100..200).contains(&second) {
                let new =
                    (0..1_000).map(|one| line((second - 100) * 1_000 + one + 1, second * 1_000));
                lines.0.lock().unwrap().extend(new);
            }
        }
        None
    };
    assert_eq!(rests(0..59).await, None);
    assert_eq!(asked(), 1);
    // Whatever is not told of is found all the same.
    assert_eq!(rests(59..61).await, None);
    assert_eq!(asked(), 1);
    // A thousand lines come each second: until they are as many as travel at once, they are read as often as they double.
    let sent = rests(61..200).await.unwrap();
    assert!((105..122).contains(&sent), "{sent}");
    assert!(asked() < 12);
}

static HOURS_CLOCK: AtomicI64 = AtomicI64::new(0);

#[tokio::test]
async fn a_sink_that_is_down_for_an_hour_gets_each_line_once() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Arc::new(Cloud::default());
    for (number, sink) in sinks(&cloud).into_iter().enumerate() {
        HOURS_CLOCK.store(0, Ordering::Relaxed);
        cloud.objects.lock().unwrap().clear();
        *cloud.stream.lock().unwrap() = None;
        cloud.firehose.lock().unwrap().clear();
        let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let pool = pool(dir.path()).await;
        let journal = Journal::open(pool, &format!("d{number}"), LOG.as_str()).await;
        let lines = Lines::default();
        let mut courier = Courier {
            sink,
            lanes: vec![Lane::new(lines.clone(), journal.unwrap(), origin(), LOG, 0)],
            memory: Memory::default(),
            report: Heard(sender),
            clock: || HOURS_CLOCK.load(Ordering::Relaxed),
        };
        // The pauses are as long as they would be; nobody waits for them.
        let (mut fared, mut now, mut count, mut turns) = (Fared::default(), 0, 0, 0);
        while now < 2 * HOUR {
            let is_down = now < HOUR;
            *cloud.fates.lock().unwrap() = if is_down { vec![Fate::Down] } else { vec![] };
            // A line each second, until a quarter of an hour after it is back.
            while count < now.min(HOUR * 5 / 4) / 1_000 {
                count += 1;
                lines.0.lock().unwrap().push(line(count, count * 1_000));
            }
            let pause = courier.turn(&mut fared).await;
            now += i64::try_from(pause.as_millis()).unwrap().max(1);
            HOURS_CLOCK.store(now, Ordering::Relaxed);
            turns += i64::from(is_down);
        }
        assert!(turns < 150, "it was tried {turns} times in the hour");
        let mut there = arrived(&cloud);
        there.sort();
        assert_eq!(there, (1..=count).collect::<Vec<_>>(), "{number}");
        let mut told = vec![];
        while let Ok(one) = heard.try_recv() {
            told.push(one);
        }
        let count = |words: &str| told.iter().filter(|one| *one == words).count();
        assert_eq!(
            (count("SinkUnreachable"), count("recovered")),
            (1, 2),
            "{number}"
        );
    }
}

/// Hears how a delivery fares.
#[derive(Clone)]
struct Heard(tokio::sync::mpsc::UnboundedSender<String>);

impl Report for Heard {
    async fn delivered(&mut self, delivered: Delivered) {
        let _ = self.0.send(format!("{} lines", delivered.lines));
    }

    async fn failed(&mut self, failure: &Failure) {
        let _ = self.0.send(failure.code.clone());
    }

    async fn recovered(&mut self) {
        let _ = self.0.send("recovered".into());
    }
}

/// A destination that never answers.
struct Silent;

#[async_trait]
impl Wire for Silent {
    async fn call(&self, _: &Call) -> Result<Answer, Failure> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_delivery_tells_its_error_once_heals_and_waits_for_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (pool, memory) = (pool(dir.path()).await, Memory::default());
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let cloud = Arc::new(Cloud::default());
    *cloud.fates.lock().unwrap() = vec![Fate::Well, Fate::Broken, Fate::Down, Fate::Down];
    let mut tasks = vec![];
    for (wire, delivery) in [(Arc::new(Silent) as Arc<dyn Wire>, "d1"), (cloud, "d2")] {
        let journal = Journal::open(pool.clone(), delivery, LOG.as_str()).await;
        let sink = Sink::S3(S3 {
            wire,
            bucket: "logs".into(),
            prefix: String::new(),
            delivery_id: delivery.into(),
            linger: Duration::ZERO,
        });
        let courier = Courier {
            sink,
            lanes: vec![Lane::new(lines(), journal.unwrap(), origin(), LOG, 0)],
            memory: memory.clone(),
            report: Heard(sender.clone()),
            clock: || chrono::Utc::now().timestamp_millis(),
        };
        tasks.push(tokio::spawn(courier.run()));
    }
    let right = [
        "SinkUnreachable",
        "SinkBroken",
        "899 lines",
        "recovered",
        "301 lines",
    ];
    for right in right {
        assert_eq!(heard.recv().await.unwrap(), right);
    }
    tasks.iter().for_each(|task| task.abort());
}

#[tokio::test]
async fn a_lane_that_fails_keeps_no_other_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (healthy, broken) = (pool(dir.path()).await, pool(other.path()).await);
    let lanes = vec![
        lane(&broken, &lines(), "24.11.5").await,
        lane(&healthy, &lines(), "24.11.5").await,
    ];
    broken.close().await;
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let cloud = Arc::new(Cloud::default());
    let [_, sink, _] = sinks(&cloud);
    let mut courier = Courier {
        sink,
        lanes,
        memory: Memory::default(),
        report: Heard(sender),
        clock: || 0,
    };
    let mut fared = Fared::default();
    for _ in 0..2 {
        assert_eq!(courier.turn(&mut fared).await, Duration::ZERO);
    }
    assert_eq!(courier.turn(&mut fared).await, Duration::from_millis(500));
    assert_eq!(arrived(&cloud), (1..=1_200).collect::<Vec<_>>());
    let mut told = vec![];
    while let Ok(one) = heard.try_recv() {
        told.push(one);
    }
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!([&told[0], &told[2]], ["899 lines", "301 lines"]);
}
