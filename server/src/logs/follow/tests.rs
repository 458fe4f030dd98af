//! Each line once, whatever happens to the file.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use app::model::log::{Log, LogDaemon};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::logs::line;
use crate::logs::recent::Limit;

const SLURMCTLD: Log = Log::Daemon(LogDaemon::Slurmctld);

const ALL: Limit = Limit {
    lines: usize::MAX,
    bytes: usize::MAX,
    overhead: 0,
};

struct Followee {
    dir: TempDir,
    path: PathBuf,
    written: Vec<String>,
}

impl Followee {
    fn new() -> Followee {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slurmctld.log");
        Followee {
            dir,
            path,
            written: vec![],
        }
    }

    fn append(&self, bytes: &[u8]) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .unwrap();
        file.write_all(bytes).unwrap();
    }

    fn write(&mut self, lines: usize) {
        for _ in 0..lines {
            let line = format!(
                "[2026-01-02T03:04:05.006+00:00] line {}",
                self.written.len()
            );
            self.append(format!("{line}\n").as_bytes());
            self.written.push(line);
        }
    }

    /// As after a restart: all that is known is in the file.
    async fn follow(&self) -> Followed {
        self.follow_by(Arc::new(line::parse)).await.unwrap()
    }

    async fn follow_by(&self, parse: Parse) -> anyhow::Result<Followed> {
        let store = LogStore::open(&self.dir.path().join("logs"), "pcs_1")
            .await
            .unwrap();
        let stream = Stream {
            log: SLURMCTLD,
            version: "25.05".to_owned(),
        };
        follow(&store, &stream, &self.path, UNIX_EPOCH, &parse).await
    }

    async fn kept(&self) -> Vec<String> {
        let store = LogStore::open(&self.dir.path().join("logs"), "pcs_1")
            .await
            .unwrap();
        let lines = store.after(&[SLURMCTLD], 0, ALL).await.unwrap();
        lines.into_iter().map(|line| line.text).collect()
    }

    fn other(&self, end: &str) -> PathBuf {
        self.dir.path().join(format!("slurmctld.log{end}"))
    }
}

#[tokio::test]
async fn each_line_is_kept_once_while_files_are_rotated_and_truncated() {
    let mut log = Followee::new();
    assert_eq!(log.follow().await, Followed::default());
    log.write(3);
    log.follow().await;
    log.follow().await;
    // Renamed, and more written into it and into a new one.
    log.write(2);
    fs::rename(&log.path, log.other(".1")).unwrap();
    log.write(2);
    log.follow().await;
    // Twice between two looks.
    log.write(1);
    fs::rename(log.other(".1"), log.other(".2")).unwrap();
    fs::rename(&log.path, log.other(".1")).unwrap();
    log.write(2);
    fs::rename(log.other(".2"), log.other(".3")).unwrap();
    fs::rename(log.other(".1"), log.other(".2")).unwrap();
    fs::rename(&log.path, log.other(".1")).unwrap();
    log.write(2);
    log.follow().await;
    // Copied and truncated.
    log.write(2);
    fs::copy(&log.path, log.other("-20260102")).unwrap();
    log.follow().await;
    File::options()
        .write(true)
        .open(&log.path)
        .unwrap()
        .set_len(0)
        .unwrap();
    log.write(60);
    log.follow().await;
    // Removed.
    fs::remove_file(&log.path).unwrap();
    log.write(1);
    log.follow().await;
    assert_eq!(log.kept().await, log.written);
}

#[tokio::test]
async fn a_line_is_kept_when_it_is_whole_and_a_long_one_bounded() {
    let log = Followee::new();
    log.append(b"[2026-01-02T03:04:05.006+00:00] error: one\ntwo");
    log.follow().await;
    assert_eq!(log.kept().await.len(), 1);
    log.append(b" goes on \xff\x1b[31m\n");
    log.append(&vec![b'x'; 3 * CHUNK]);
    log.follow().await;
    log.append(b"rest\nlast\n");
    assert!(!log.follow().await.has_more);
    let kept = log.kept().await;
    assert_eq!(kept[1], "two goes on \u{fffd}\u{241b}[31m");
    assert!(kept[2].starts_with("xxx") && kept[2].len() < 20_000);
    assert_eq!(kept[3..], ["last"]);
}

#[tokio::test]
async fn a_copy_that_is_not_whole_is_no_new_file() {
    let mut log = Followee::new();
    log.write(100);
    log.follow().await;
    let whole = fs::read(&log.path).unwrap();
    fs::write(log.other(".1"), &whole[..whole.len() / 2]).unwrap();
    log.write(1);
    assert!(log.follow().await.waits);
    fs::copy(&log.path, log.other(".1")).unwrap();
    File::create(&log.path).unwrap();
    log.write(1);
    assert!(!log.follow().await.waits);
    assert_eq!(log.kept().await, log.written);
    // One that stays as it is was no copy of what is there: it is read, and so is all else.
    fs::write(log.other(".2"), &whole[..whole.len() / 2]).unwrap();
    let old = SystemTime::now() - COPYING;
    let other = File::options().append(true).open(log.other(".2")).unwrap();
    other.set_modified(old).unwrap();
    assert!(!log.follow().await.waits);
}

/// Of a process that stands still between its look at a file and the keeping of what it read, and is told when to go on.
fn stalling(reached: mpsc::UnboundedSender<()>) -> (Parse, std::sync::mpsc::Sender<()>) {
    let (go, stands) = std::sync::mpsc::channel();
    let (stands, is_first) = (Mutex::new(stands), AtomicBool::new(true));
    let parse = move |bytes: &[u8], last: (i64, LogLevel)| {
        if is_first.swap(false, Ordering::Relaxed) {
            reached.send(()).unwrap();
            stands.lock().unwrap().recv().unwrap();
        }
        line::parse(bytes, last)
    };
    (Arc::new(parse), go)
}

#[tokio::test]
async fn a_process_that_stood_still_keeps_no_line_again() {
    let mut log = Followee::new();
    // The file is new to the first process, or known to it.
    for _ in 0..2 {
        log.write(5);
        let (sender, mut reached) = mpsc::unbounded_channel();
        let (parse, go) = stalling(sender);
        let second = async {
            reached.recv().await.unwrap();
            log.follow().await;
            // It is further than the first one will say.
            log.append(b"[2026-01-02T03:04:05.006+00:00] more\n");
            log.follow().await;
            go.send(()).unwrap();
        };
        let (first, ()) = tokio::join!(log.follow_by(parse), second);
        let why = first.unwrap_err().to_string();
        assert!(why.contains("Another process"), "{why}");
        log.written
            .push("[2026-01-02T03:04:05.006+00:00] more".into());
        log.follow().await;
        assert_eq!(log.kept().await, log.written);
    }
    // What it takes for gone is what the other one reads now: the kernel gave the number of the file away again.
    let store = LogStore::open(&log.dir.path().join("logs"), "pcs_1").await;
    let store = store.unwrap();
    let old = store.places(SLURMCTLD).await.unwrap().remove(0);
    log.write(1);
    log.follow().await;
    store.forget(SLURMCTLD, &old).await.unwrap();
    log.follow().await;
    assert_eq!(log.kept().await, log.written);
}
